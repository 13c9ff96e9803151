"""A folder per case: an Application, the repository it points into, and what is rendered.

The law: an expectation is the whole answer, each object below the place that a person would edit.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import CASES, REVISION, helm3_first, serve, served

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.core.rendering import Rendering
    from syncline.room import Room

HELM = [name for name in CASES if name.startswith("helm-") or name == "several-sources"]


@pytest.fixture
def repository(case: str, tmp_path: Path) -> Path:
    return shutil.copytree(CASES[case] / "repository", tmp_path / "repository", symlinks=True)


@pytest.mark.parametrize("case", CASES)
def test_a_case_is_rendered_as_its_folder_says(case: str, repository: Path, room: Room) -> None:
    rendering = serve(CASES[case] / "application.yaml", repository, room)

    assert served(rendering) == (CASES[case] / "expected.yaml").read_text()
    assert rendering.revision == REVISION
    _names_files(rendering, repository)


@pytest.mark.parametrize("case", HELM)
def test_helm_3_renders_what_helm_4_does(
    case: str, repository: Path, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    rendering = serve(CASES[case] / "application.yaml", repository, helm3_first(room, tools, tmp_path))

    assert served(rendering) == (CASES[case] / "expected.yaml").read_text()


def _names_files(rendering: Rendering, repository: Path) -> None:
    for manifest in rendering.manifests:
        file = repository / manifest.origin.file
        assert file.is_file(), f"{manifest.key} names {manifest.origin}"
        if manifest.origin.line:
            assert file.read_text().splitlines()[manifest.origin.line - 1].strip(" -{[").strip()
