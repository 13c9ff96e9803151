"""The whole way from a repository to a real cluster."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from e2e.delivery import Delivery, Repo
from plane.control_plane import ControlPlane


@pytest.fixture
def delivery(plane: ControlPlane, namespace: str, tmp_path: Path, tools: Mapping[str, Path]) -> Delivery:
    assert tools
    return Delivery(Repo.make(tmp_path / "repo", namespace), plane, namespace)
