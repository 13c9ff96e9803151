from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from shell.repos import Repo, trap
from syncline import __version__
from syncline.cli import main, seconds
from syncline.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
SYNCLINE = (sys.executable, "-c", "from syncline.cli import main; main(prog_name='syncline')")
COMMANDS = ("diff", "sync", "drift", "rollback", "render", "status")
APP = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: %s}\nspec:\n"
    "  source: {repoURL: 'https://example.com/x.git', path: %s}\n"
    "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
)
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '%s'}\n"


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Repo:
    made = Repo.make(tmp_path_factory.mktemp("cli") / "repo")
    made.commit({"apps/web.yaml": APP % ("web", "web"), "web/all.yaml": SETTINGS % "1"})
    made.git("checkout", "--quiet", "-b", "change")
    made.commit({"web/all.yaml": SETTINGS % "2", "web/caf\udce9\n\x1b[31m.yaml": "no: manifest\n"})
    return made


def environ(**more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "GIT_CONFIG_NOSYSTEM")}
    return {**kept, "KUBECONFIG": "/dev/null", **more}


def syncline(*arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SYNCLINE, *arguments], cwd=cwd, env=environ(**more), capture_output=True, text=True, check=False
    )


def on_a_terminal(arguments: Sequence[str], cwd: Path, **more: str) -> tuple[int, str]:
    """The exit code and all that a person would see."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*SYNCLINE, *arguments], cwd=cwd, env=environ(**more), stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        seen = b""
        while select.select([ours], [], [], 30)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:
                break
    os.close(ours)
    return child.returncode, seen.decode()


def test_every_command_teaches() -> None:
    said = CliRunner().invoke(main, ["--help"])
    assert said.exit_code == 0
    assert "Shell completion" in said.output
    for command in COMMANDS:
        assert re.search(rf"^  {command} +\w", said.output, re.MULTILINE), command
        taught = CliRunner().invoke(main, [command, "--help"])
        assert taught.exit_code == 0
        assert len(taught.output.split("Options:")[0].split()) > 8, command
        # Whatever can be set is explained.
        for option in main.commands[command].params:
            assert option.param_type_name == "argument" or getattr(option, "help", None), (
                command,
                option.name,
            )


@pytest.mark.parametrize("group", [(), ("actions",)])
def test_what_a_list_of_commands_says_of_each_is_a_whole_sentence(group: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(main, [*group, "--help"]).output.split("\nCommands:\n")[1].split("\n\n")[0]

    assert len(listed.splitlines()) > 1
    assert all(line.endswith(".") and not line.endswith("...") for line in listed.splitlines()), listed


def test_the_exit_codes_are_the_same_in_code_readme_and_help() -> None:
    codes = {int(code) for code in ExitCode}
    table = (ROOT / "README.md").read_text().split("### Exit codes")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]
    epilog = CliRunner().invoke(main, ["--help"]).output.split("Exit codes:")[1]

    assert {int(number) for row in rows for number in re.findall(r"\d+", row)} == codes
    assert {int(number) for number in re.findall(r"(?:^|\s{2,}|, )(\d+)(?= )", epilog)} == codes


def test_the_version_costs_no_heavy_import() -> None:
    code = (
        "import sys\nfrom syncline.cli import main\n"
        "try: main(['--version'])\nfinally: print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout == f"syncline {__version__}\n"
    heavy = {
        "kubernetes",
        "github",
        "yaml",
        "jinja2",
        "lupa",
        "urllib3",
        "ssl",
        "subprocess",
        "asyncio",
        "json",
    }
    loaded = set(ended.stderr.split())
    assert "syncline.cli" in loaded
    assert loaded.isdisjoint(heavy), loaded & heavy
    own = {name for name in loaded if name.startswith("syncline") and not name.startswith("syncline.cli.")}
    assert own <= {"syncline", "syncline.cli", "syncline.errors", "syncline.exits", "syncline.patterns"}


def test_a_diff_without_a_cluster_loads_nothing_that_speaks_to_one(tmp_path: Path) -> None:
    repo = Repo.make(tmp_path / "repo")
    repo.commit({"apps/web.yaml": APP % ("web", "web"), "web/all.yaml": SETTINGS % "1"})
    repo.commit({"web/all.yaml": SETTINGS % "2"})
    code = (
        "import sys\nfrom syncline.cli import main\n"
        "try: main(['diff', '--base', 'HEAD~1'])\nfinally: print(*sorted(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=repo.root, env=environ(), capture_output=True, text=True, check=True
    )

    assert "settings" in ended.stdout
    loaded = set(ended.stderr.split())
    assert "syncline.jobs.diff" in loaded
    assert loaded.isdisjoint({"urllib3", "ssl", "http.client", "lupa", "jinja2", "zoneinfo", "github"}), (
        loaded
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", None), ("0", 0), ("90", 90), ("90s", 90), ("1.5s", 1.5), ("5m", 300), ("1h30m", 5400)],
)
def test_durations(text: str, expected: float | None) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["5x", "m", "-1", "1m1h", "forever", "1e3", "99999999999h", "٣m", "1.5m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Write it like 90s, 5m or 1h30m"):
        seconds(text)


def test_wrong_usage_is_one_sentence_before_anything_is_done(repo: Repo, tmp_path: Path) -> None:
    file, sub = tmp_path / "file", tmp_path / "sub"
    file.touch()
    sub.mkdir()
    cases = {
        ("sync", "--timeout", "soon"): "'soon' is not a duration. Write it like 90s, 5m or 1h30m.",
        ("diff", "wbe", "--base", "main"): "There is no Application 'wbe'. Did you mean 'web'?",
        ("diff", "--html", str(sub)): "is a directory. Name a file.",
        ("diff", "--html", str(file / "x.html")): "is in a directory that does not exist. Make it first.",
        ("diff", "--path", "nowhere"): "There is no 'nowhere', neither at the base nor at the head.",
        ("diff", "--output", "xml"): "is not one of 'text', 'markdown', 'html', 'json'",
        ("diff", "--levle", "live"): "No such option",
        ("rollback",): "Missing argument",
        ("recover", "--keep"): "--keep is about what a drill built. Take it away, or add --drill.",
        ("recover", "--export", str(file), "--dry-run"): "nothing else; --dry-run would have no effect.",
        ("dif",): "No such command 'dif'",
    }
    for arguments, expected in cases.items():
        ended = CliRunner().invoke(
            main, [*arguments, *([] if arguments == ("dif",) else ["-C", str(repo.root)])]
        )
        assert (ended.exit_code, expected in ended.output) == (ExitCode.USAGE, True), ended.output
        assert "Traceback" not in ended.output


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("diff", "--base", "nowhere"), ExitCode.GIT, "The revision 'nowhere' is unknown"),
        (("diff", "-C", "/nowhere"), ExitCode.GIT, "There is no directory '/nowhere'"),
        (("diff", "--base", "main", "--fail-on-difference"), ExitCode.DIFFERENT, 'a: "2"'),
        (("diff", "--base", "main"), ExitCode.OK, 'a: "2"'),
        (("status",), ExitCode.CLUSTER, "There is no kubeconfig"),
    ],
)
def test_the_exit_code_tells_what_kind_of_end_it_was(
    repo: Repo, arguments: tuple[str, ...], code: ExitCode, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    ended = CliRunner().invoke(main, list(arguments))

    assert (ended.exit_code, expected in ended.output) == (code, True), ended.output


def test_every_form_is_whole_and_the_same_command_works_from_elsewhere(repo: Repo, tmp_path: Path) -> None:
    there = ("-C", str(repo.root), "--base", "main", "--fail-on-difference")
    report = syncline("diff", *there, "-o", "json", "--html", "page.html", cwd=tmp_path)
    page = (tmp_path / "page.html").read_text()
    html = syncline("diff", *there, "-o", "html", cwd=tmp_path)

    assert (report.returncode, report.stderr) == (10, "")
    said = json.loads(report.stdout)
    assert (said["version"], said["job"], said["exitCode"]) == (1, "diff", 10)
    assert [app["name"] for app in said["applications"]] == ["web"]
    assert "\\ud" not in report.stdout
    for text in (page, html.stdout):
        assert text.lower().startswith("<!doctype html>")
        assert text.rstrip().endswith("</html>")
        assert "settings" in text
    plain = syncline("diff", *there, cwd=tmp_path)
    assert "\x1b" not in plain.stdout
    assert plain.stderr == ""


def test_colours_and_progress_are_for_a_terminal_that_wants_them(repo: Repo) -> None:
    code, seen = on_a_terminal(["diff", "--base", "main"], repo.root, TERM="xterm")
    assert code == 0
    assert "\x1b[3" in seen
    assert "\r\x1b[2K" in seen
    assert "[31m." not in seen.replace("⟨U+001B⟩[31m.", ""), "a file name coloured the terminal"

    for more in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert not re.search(r"\x1b\[\d*m", on_a_terminal(["diff", "--base", "main"], repo.root, **more)[1])
    assert "\x1b" not in on_a_terminal(["diff", "--base", "main"], repo.root, TERM="dumb")[1]
    _, complaint = on_a_terminal(["diff", "--base", "nowhere"], repo.root, TERM="xterm", NO_COLOR="1")
    assert "\x1b" not in complaint
    assert "\x1b[3" in syncline("diff", "--base", "main", "--color", "always", cwd=repo.root).stdout


def test_a_reader_that_goes_away_changes_nothing_about_the_end(repo: Repo) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [*SYNCLINE, "diff", "--base", "main", "--fail-on-difference", "-o", "html"],
        cwd=repo.root,
        env=environ(),
        stdout=writing,
        stderr=subprocess.PIPE,
    ) as child:
        os.close(writing)
        _, said = child.communicate(timeout=60)

    assert (child.returncode, said) == (10, b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_options_and_names(repo: Repo, shell: str) -> None:
    script = syncline(cwd=repo.root, _SYNCLINE_COMPLETE=f"{shell}_source").stdout
    assert "_SYNCLINE_COMPLETE" in script

    def completed(line: str) -> str:
        words = line.split()
        last = "" if line.endswith(" ") else words[-1]
        word = (
            {"COMP_CWORD": str(len(words) - 1 + line.endswith(" "))}
            if shell != "fish"
            else {"COMP_CWORD": last}
        )
        return syncline(cwd=repo.root, _SYNCLINE_COMPLETE=f"{shell}_complete", COMP_WORDS=line, **word).stdout

    assert "rollback" in completed("syncline ro")
    assert "--level" in completed("syncline diff --le")
    assert "web" in completed("syncline rollback ")
    assert "offline" in completed("syncline diff --level ")


def sleepers(parent: int) -> list[int]:
    """Its children that have become `sleep`."""
    pids: list[int] = []
    for thread in Path(f"/proc/{parent}/task").iterdir():
        with suppress(OSError):  # it has just ended
            pids += map(int, (thread / "children").read_text().split())
    return [pid for pid in pids if command_line(pid).startswith(b"sleep\0")]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""  # it has just ended


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_rendering_leaves_no_child_no_worktree_and_the_truth(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    repo, temporary = Repo.make(tmp_path / "repo"), tmp_path / "temporary"
    temporary.mkdir()
    chart = {"slow/Chart.yaml": "apiVersion: v2\nname: slow\nversion: 1.0.0\n", "slow/values.yaml": "a: 1\n"}
    repo.commit({**chart, "apps/slow.yaml": APP % ("slow", "slow")})
    repo.commit({"slow/values.yaml": "a: 2\n"})
    program, _ = trap(tmp_path, "helm")
    program.write_text("#!/bin/sh\nexec sleep 61\n")
    here = environ(PATH=f"{tmp_path}:{os.environ['PATH']}", TMPDIR=str(temporary))
    command = [*SYNCLINE, "diff", "--base", "HEAD~1", "-o", "json"]
    with subprocess.Popen(command, cwd=repo.root, env=here, stdout=subprocess.PIPE) as child:
        deadline = time.monotonic() + 30
        # Behind its wall it can tell nobody that it runs.
        while not (found := sleepers(child.pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(number)
        out, _ = child.communicate(timeout=30)

    said = json.loads(out)
    assert (child.returncode, said["exitCode"], said["interrupted"]) == (code, code, True)
    assert [note["text"] for note in said["notes"]] == [
        f"The run was stopped by {number.name}. Not finished: slow."
    ]
    assert found
    assert not any(Path(f"/proc/{helm}").exists() for helm in found)
    assert list(temporary.iterdir()) == []
    assert repo.git("worktree", "list").count("\n") == 0


def test_a_rendering_can_be_piped(repo: Repo) -> None:
    ended = syncline("render", cwd=repo.root)
    assert ended.returncode == 0
    assert ended.stdout.startswith("---\n# web: web/all.yaml:1\napiVersion: v1\nkind: ConfigMap\n")
    assert "1 application rendered" in ended.stderr
    assert "rendered" not in ended.stdout


def test_files_that_are_not_committed_are_pointed_out_to_whoever_names_no_commit(tmp_path: Path) -> None:
    mine = Repo.make(tmp_path / "repo")
    mine.commit({"apps/web.yaml": APP % ("web", "web"), "web/all.yaml": SETTINGS % "1", "web/old.yaml": ""})
    assert "not committed" not in syncline("diff", cwd=mine.root).stdout
    mine.root.joinpath("web/all.yaml").write_text(SETTINGS % "2")
    mine.root.joinpath("web/new.yaml").write_text(SETTINGS % "3")
    mine.git("mv", "web/old.yaml", "web/moved.yaml")
    note = "note: 3 files with changes that are not committed are not seen; commit first, if they are meant."
    assert note in syncline("diff", cwd=mine.root).stdout.splitlines()
    assert note in syncline("render", cwd=mine.root).stderr.splitlines()
    assert "not committed" not in syncline("diff", "--head", "HEAD", cwd=mine.root).stdout


def test_a_level_that_cannot_be_reached_is_said_also_where_nothing_differs(repo: Repo) -> None:
    repo.git("checkout", "--quiet", "-b", "same", "main")
    try:
        repo.commit({"web/all.yaml": SETTINGS % "1" + "# the same\n"})
        said = syncline("diff", "--level", "live", cwd=repo.root).stdout
    finally:
        repo.git("checkout", "--quiet", "change")
    assert "warning: Compared offline, so that nothing is known of what is live: web (" in said
    assert "No manifest changes" in said


def test_who_waits_for_what_cannot_be_looked_at_is_told_what_hinders(tmp_path: Path) -> None:
    mine = Repo.make(tmp_path / "repo")
    late = APP.replace("{name: %s}", "{name: %s, annotations: {argocd.argoproj.io/sync-wave: '1'}}")
    root = APP % ("root", "apps")
    mine.commit(
        {
            "root.yaml": root,
            "apps/early.yaml": APP % ("early", "web"),
            "apps/late.yaml": late % ("late", "web"),
            "web/all.yaml": SETTINGS % "1",
        }
    )
    ended = syncline("sync", "late", cwd=mine.root, KUBECONFIG=str(tmp_path / "none"))
    assert ended.returncode == ExitCode.CLUSTER
    sentence = "late could not be synced: It was not started: it is in wave 1, and early (wave 0) could not"
    assert f"{sentence} be looked at: There is no kubeconfig" in ended.stdout
    assert "→ Set KUBECONFIG to one" in ended.stdout
