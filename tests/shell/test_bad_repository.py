"""One pull request with every kind of broken source, compared as a user does, on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from conformance.render.test_bad_input import BOMB
from shell.repos import Repo
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APP = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: %s}\nspec:\n"
    "  source: {repoURL: 'https://example.com/x.git', path: %s%s}\n"
    "  destination: {server: 'https://kubernetes.default.svc', namespace: shop}\n"
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"
BROKEN: Mapping[str, tuple[Mapping[str, str | bytes], str, ExitCode, str]] = {
    "yaml": ({"a.yaml": MAP + "x: [\n"}, "yaml/a.yaml:5", ExitCode.RENDER, "not valid YAML"),
    "tab": ({"a.yaml": MAP + "x:\n\ty: 1\n"}, "tab/a.yaml:6", ExitCode.RENDER, "tab"),
    "twice": ({"a.yaml": MAP + "data: {}\n"}, "twice/a.yaml:5", ExitCode.RENDER, "`data` appears twice"),
    "large": ({"a.yaml": b"#" * 50_000_000}, "large/a.yaml", ExitCode.RENDER, "more than 10MB"),
    "bomb": ({"a.yaml": f"{MAP}x:\n{BOMB}"}, "bomb/a.yaml:12", ExitCode.RENDER, "anchor bomb"),
    "outside": (
        {"kustomization.yaml": "resources:\n- ../../elsewhere\n"},
        "outside/kustomization.yaml:2",
        ExitCode.RENDER,
        "repository",
    ),
    "novalues": (
        {"Chart.yaml": CHART, "templates/a.yaml": MAP},
        "apps/novalues.yaml:",
        ExitCode.RENDER,
        "prod.yaml",
    ),
    "fails": (
        {"Chart.yaml": CHART, "templates/a.yaml": MAP + '{{ fail "no host is given" }}\n'},
        "fails/Chart.yaml",
        ExitCode.RENDER,
        "web/templates/a.yaml:5:3): no host is given",
    ),
    "endless": (
        {"a.yaml.j2": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}" + MAP},
        "endless",
        ExitCode.TOOL,
        "did not finish within 2 seconds",
    ),
}


def broken(tmp_path: Path, *names: str) -> Repo:
    """A good base, and a change that breaks all but one application; that one has a byte order mark."""
    made = Repo.make(tmp_path / "repo")
    made.commit({"syncline.yaml": "render: {timeout: 2s}\n", "readme.txt": "x"})
    made.git("checkout", "--quiet", "-b", "change")
    files: dict[str, str | bytes | None] = {"fine/a.yaml": b"\xef\xbb\xbf" + MAP.encode()}
    for name in names:
        contents = BROKEN[name][0]
        helm = ", helm: {valueFiles: [prod.yaml]}" if name == "novalues" else ""
        files[f"apps/{name}.yaml"] = APP % (name, name, helm)
        files |= {f"{name}/{path}": text for path, text in contents.items()}
    files["apps/fine.yaml"] = APP % ("fine", "fine", "")
    made.commit(files)
    return made


def compared(repo: Repo, **more: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-c", "from syncline.cli import main; main()", "diff", "--output", "json"]
    done = subprocess.run(
        [*command, "--base", "main", "--level", "offline", "-C", str(repo.root)],
        env={name: os.environ[name] for name in ("PATH", "HOME", "GIT_CONFIG_NOSYSTEM")} | more,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, {app["name"]: app for app in json.loads(done.stdout)["applications"]}


def test_each_broken_source_is_one_sentence_with_place_and_code_and_the_whole_one_is_compared(
    tmp_path: Path, tools: object
) -> None:
    assert tools

    code, apps = compared(broken(tmp_path, *BROKEN))

    assert code == ExitCode.TOOL
    assert apps.keys() == {"fine", *BROKEN}
    assert apps["fine"]["problem"] is None
    assert [change["action"] for change in apps["fine"]["changes"]] == ["create"]
    for name, (_, place, expected, words) in BROKEN.items():
        problem = apps[name]["problem"]
        assert problem, name
        where = problem["place"] or {}
        said = f"{where.get('file')}:{where.get('line')} {problem['message']} {problem['remedy']}"
        assert place in said, (name, said)
        assert words in said, (name, said)
        assert problem["exitCode"] == expected, (name, said)
        assert "\n" not in problem["message"].strip(), name


def test_without_helm_the_charts_say_so_and_the_others_are_none_the_worse(tmp_path: Path) -> None:
    # Git alone is on this path.
    (tmp_path / "bin").mkdir()
    git = subprocess.run(["/bin/sh", "-c", "command -v git"], capture_output=True, text=True, check=True)
    (tmp_path / "bin" / "git").symlink_to(git.stdout.strip())

    code, apps = compared(broken(tmp_path, "fails"), PATH=str(tmp_path / "bin"))

    assert code == ExitCode.TOOL
    assert "helm is not on the PATH. Install helm" in " ".join(
        str(apps["fails"]["problem"][part]) for part in ("message", "remedy")
    )
    assert apps["fine"]["problem"] is None
