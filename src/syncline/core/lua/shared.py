"""The one engine of a process.

The law: it is made when the first script is run, because most runs have none; it remembers compiled scripts
and nothing else.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncline.core.lua.engine import Engine


@functools.cache
def engine() -> Engine:
    """The engine."""
    from syncline.core.lua.engine import Engine

    return Engine()
