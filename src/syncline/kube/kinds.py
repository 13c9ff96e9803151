"""The schemas of Kubernetes' own kinds, which come with Syncline.

The law: they are read once, and only when somebody asks.
"""

from __future__ import annotations

import functools
from pathlib import Path

from syncline.core.openapi import Table


@functools.cache
def table() -> Table:
    """The table that `make tables` made."""
    return Table(Path(__file__).with_name("kinds.txt").read_text(encoding="utf-8"))
