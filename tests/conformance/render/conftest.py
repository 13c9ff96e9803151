"""The room that renderers run in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from charthouse import packed
from conformance.render.shop import CHARTS
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def room(tools: Mapping[str, Path]) -> Room:
    assert tools
    return Room(path=os.environ["PATH"], seconds=30)


@pytest.fixture(scope="session")
def shelf(tools: Mapping[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Charts as helm packs them, and their index."""
    place = tmp_path_factory.mktemp("shelf")
    packed(CHARTS, place / "charts", tools["helm"], place)
    return place / "charts"
