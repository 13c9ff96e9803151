"""The room that renderers run in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from syncline.process import Room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def room(tools: Mapping[str, Path]) -> Room:
    assert tools
    return Room(path=os.environ["PATH"], seconds=30)
