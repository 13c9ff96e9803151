"""One renderer at a time more than the machine has cores, so that none idles, and none twice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from conformance.render.kitchen import config_map, notebook
from e2e.delivery import Recorder, Repo
from syncline import cli
from syncline.jobs.invocation import Invocation
from syncline.report.model import Job

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from syncline.room import Room

APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: app%d}
spec:
  source: {repoURL: 'https://github.com/acme/many.git', path: app%d}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""
SPY = """\
#!/bin/sh
test "$1" = build || exec %(tool)s "$@"
echo + >> %(log)s; sleep 0.1; %(tool)s "$@"; code=$?; echo - >> %(log)s; exit $code
"""


def test_builds_keep_all_cores_busy_and_no_more_than_that_each_once_for_each_side_and_one_failure_is_its_own(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = next(f"{part}/kustomize" for part in room.path.split(":") if os.path.exists(f"{part}/kustomize"))  # noqa: PTH110
    log, spy = notebook(tmp_path / "log", monkeypatch), tmp_path / "bin" / "kustomize"
    spy.parent.mkdir()
    spy.write_text(SPY % {"log": log, "tool": tool})
    spy.chmod(0o755)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    repo = Repo.make(tmp_path / "repo", "many")
    files = {f"apps/{n}.yaml": APP % (n, n) for n in range(8)}
    files |= {f"app{n}/kustomization.yaml": "resources: [a.yaml]\n" for n in range(8)}
    base = repo.commit(files | {f"app{n}/a.yaml": config_map(f"a{n}") for n in range(8)})
    head = repo.commit({f"app{n}/a.yaml": config_map(f"a{n}", "c") if n != 4 else "a: [\n" for n in range(7)})

    environ = {"PATH": f"{spy.parent}:{room.path}", "HOME": os.environ["HOME"]}
    report = cli.run(Invocation(Job.DIFF, repo.root, environ=environ, base=base, head=head), Recorder())

    assert [app.name for app in report.applications] == [f"app{n}" for n in range(7)]
    broken = [app.name for app in report.applications if app.problem is not None]
    assert broken == ["app4"]
    steps = [1 if line == "+" else -1 for line in log.read_text().split()]
    assert max(sum(steps[:end]) for end in range(len(steps) + 1)) == 5  # while two are compared
    assert steps.count(1) in {13, 14}  # both sides of seven, each once; the broken one may end at its head
