"""The whole way from a repository to a real cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, Repo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from plane.control_plane import ControlPlane


@pytest.fixture
def delivery(plane: ControlPlane, namespace: str, tmp_path: Path, tools: Mapping[str, Path]) -> Delivery:
    assert tools
    return Delivery(Repo.make(tmp_path / "repo", namespace), plane, namespace)
