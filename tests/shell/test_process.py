"""Children: what they see, what they may take, and that none is left."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from syncline import process
from syncline.errors import Interrupted, ToolError
from syncline.process import run
from syncline.room import Room, hand_over
from syncline.runtime import Cancellation

if TYPE_CHECKING:
    import subprocess

ROOM = Room(seconds=20)
FAMILY = "sleep 300 & echo $! > child; sh -c 'trap \"\" TERM; sleep 300' & echo $! >> child; "


def shell(script: str, cwd: Path, room: Room = ROOM, stdin: bytes = b"") -> tuple[int, bytes, str]:
    done = run(["/bin/sh", "-c", script], cwd=cwd, room=room, stdin=stdin)
    return done.code, done.stdout, done.stderr


def left(folder: Path) -> list[int]:
    """Those of the children that still run."""
    return [pid for pid in map(int, (folder / "child").read_text().split()) if _runs(pid)]


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in {"Z", "X"}


def settled(folder: Path) -> list[int]:
    until = time.monotonic() + 5
    while left(folder) and time.monotonic() < until:
        time.sleep(0.01)
    return left(folder)


def test_a_child_sees_the_environment_it_is_given_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", "hunter2")
    _, seen, _ = shell("env; ls -A $HOME | wc -l", tmp_path, replace(ROOM, environ={"MINE": "1"}))

    names = {line.partition("=")[0] for line in seen.decode().splitlines() if "=" in line}
    assert names - {"PWD", "SHLVL", "_", "OLDPWD"} == {"PATH", "LANG", "HOME", "MINE"}
    assert os.environ["HOME"] not in seen.decode()
    assert seen.decode().splitlines()[-1].strip() == "0"


def test_a_childs_home_is_its_own_and_goes_with_it(tmp_path: Path) -> None:
    _, home, _ = shell("echo secret > $HOME/file; echo $HOME", tmp_path)

    assert not Path(home.decode().strip()).exists()


def test_much_input_and_much_output_pass_each_other(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    done = run(["/bin/sh", "-c", "tee /dev/stderr"], cwd=tmp_path, room=ROOM, stdin=data)

    assert done.stdout == data
    assert len(done.stderr.encode("utf-8", "replace")) > 0


def test_input_that_nobody_reads_holds_nobody_up(tmp_path: Path) -> None:
    assert shell("exit 3", tmp_path, stdin=b"x" * 3_000_000) == (3, b"", "")
    assert shell("exec 0<&-; sleep 0.1; echo done", tmp_path, stdin=b"x" * 3_000_000) == (0, b"done\n", "")


def test_a_child_that_closes_its_pipes_and_goes_on_is_waited_for(tmp_path: Path) -> None:
    assert shell("exec 1>&- 2>&-; sleep 0.3; exit 7", tmp_path) == (7, b"", "")


def test_what_a_child_left_in_its_pipes_is_read_however_late_we_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = process._has_ended

    def not_before_its_end(child: subprocess.Popen[bytes]) -> bool:
        while not ended(child):
            time.sleep(0.01)
        return True

    # As on a machine that let us run again only long after the child was done.
    monkeypatch.setattr(process, "_has_ended", not_before_its_end)
    monkeypatch.setattr(process, "_GRACE", 0.0)

    assert shell("sleep 0.2; printf whole", tmp_path)[:2] == (0, b"whole")


def test_of_a_long_complaint_the_end_is_kept(tmp_path: Path) -> None:
    _, _, said = shell("yes complaint | head -c 500000 >&2; echo last >&2", tmp_path)

    assert said.endswith("last\n")
    assert 65536 - len("complaint\n") < len(said) <= 65536
    assert said.startswith("complaint\n"), "half a line could be half a secret"


def test_at_the_deadline_the_whole_family_ends(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ToolError, match=r"sh did not finish within 0\.3 seconds") as caught:
        shell(FAMILY + "wait", tmp_path, replace(ROOM, seconds=0.3))

    assert "endless loop" in caught.value.remedy
    assert settled(tmp_path) == []
    assert time.monotonic() - began < 5


def test_at_the_output_limit_the_whole_family_ends(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="sh printed more than 1 MiB"):
        shell(FAMILY + "yes", tmp_path, replace(ROOM, max_output=1024 * 1024))

    assert settled(tmp_path) == []


def test_when_the_run_is_stopped_the_whole_family_ends(tmp_path: Path) -> None:
    cancellation = Cancellation()
    timer = threading.Timer(0.3, cancellation.request)
    timer.start()
    with pytest.raises(Interrupted):
        shell(FAMILY + "wait", tmp_path, replace(ROOM, check=cancellation.check))
    timer.join()

    assert settled(tmp_path) == []


def test_what_a_child_leaves_behind_ends_with_it_and_holds_nobody_up(tmp_path: Path) -> None:
    began = time.monotonic()
    assert shell(FAMILY + "echo done", tmp_path)[:2] == (0, b"done\n")

    assert settled(tmp_path) == []
    assert time.monotonic() - began < 2


def test_one_that_fled_its_group_with_the_pipes_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_GRACE", 0.5)
    began = time.monotonic()
    script = "setsid sh -c 'echo $$ > child; exec sleep 8' & while ! test -s child; do :; done; echo done"
    assert shell(script, tmp_path)[:2] == (0, b"done\n")

    assert time.monotonic() - began < 5
    os.kill(int((tmp_path / "child").read_text()), 9)


@pytest.mark.parametrize(
    ("argv", "cwd", "says"),
    [
        (["no-such-tool"], ".", "no-such-tool is not on the PATH. Install no-such-tool, or use the image"),
        (["/bin/sh"], "missing", "the directory missing does not exist"),
        (["./plain"], ".", "plain cannot start: Permission denied"),
    ],
)
def test_a_program_that_cannot_start_says_why(argv: list[str], cwd: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    with pytest.raises(ToolError) as caught:
        run(argv, cwd=tmp_path / cwd, room=ROOM)

    assert says in str(caught.value)


root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as somebody else")


@root_only
def test_as_root_a_child_runs_as_the_user_of_the_room_with_a_home_it_may_write(tmp_path: Path) -> None:
    script = "id -u; id -g; id -G; touch $HOME/x && echo wrote; touch ./y 2>/dev/null || echo refused"
    _, said, _ = shell(script, tmp_path, replace(ROOM, uid=65532))

    assert said.decode().split() == ["65532", "65532", "65532", "wrote", "refused"]


@root_only
def test_a_link_is_handed_over_itself_and_never_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("root's")
    (tmp_path / "link").symlink_to("precious")
    hand_over(tmp_path / "link", replace(ROOM, uid=65532))

    assert (tmp_path / "precious").stat().st_uid == 0
    assert (tmp_path / "link").lstat().st_uid == 65532
