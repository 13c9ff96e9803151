"""The forms of remote bases, held against the real kustomize: what it asks git for is what we fetch.

The law: for every form, kustomize's `git fetch` names our URL and our revision.
"""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from syncline.render.remote_targets import base_of
from unit.render.test_remote_targets import BASES, NEITHER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GIT = """#!/bin/sh
[ "$1" = fetch ] || exit 0
shift
for each; do echo "$each"; done > NOTES
exit 1
"""
# Where kustomize takes `.git` in the middle of a name for the end of it; and where it would log in to GitHub
# by the name that somebody has on this machine, for which GitHub knows none but git.
OTHERWISE = {"https://github.com/org/.github//deploy", "ssh://github.com/org/repo"}
NOWHERE = "http://127.0.0.1:9"


def _fetched(written: str, kustomize: Path, folder: Path) -> list[str]:
    """What kustomize hands to `git fetch` for a resource that is written so; nothing where it does not."""
    notes, program = folder / "notes", folder / "bin/git"
    program.parent.mkdir(parents=True)
    program.write_text(GIT.replace("NOTES", str(notes)))
    program.chmod(0o755)
    (folder / "kustomization.yaml").write_text(f"resources: ['{written}']\n")
    environ = {"PATH": f"{program.parent}:/usr/bin:/bin", "HTTP_PROXY": NOWHERE, "HTTPS_PROXY": NOWHERE}
    done = subprocess.run(
        [kustomize, "build", folder], env={**environ, "HOME": str(folder)}, capture_output=True, check=False
    )
    assert done.returncode != 0
    return notes.read_text().splitlines() if notes.exists() else []


def test_kustomize_asks_git_for_the_repository_and_revision_that_we_fetch(
    tools: Mapping[str, Path], tmp_path: Path
) -> None:
    forms = [each for each in (*BASES, *NEITHER) if each not in OTHERWISE]

    with ThreadPoolExecutor(4) as pool:
        jobs = {
            each: pool.submit(_fetched, each, tools["kustomize"], tmp_path / str(number))
            for number, each in enumerate(forms)
        }
        asked = {each: job.result() for each, job in jobs.items()}

    expected = {}
    for each in forms:
        base = base_of(each)
        expected[each] = ["--depth=1", base.url, base.revision or "HEAD"] if base else []
    assert asked == expected
