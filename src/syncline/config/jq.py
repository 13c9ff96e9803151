"""jq expressions that select fields.

The law: an expression is compiled once, and what jq says about an input never leaves here, because it can
quote the input and the environment.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=256)
def program(expression: str) -> Any:
    """The jq program that lists the paths an expression selects. Raises ValueError when it is none."""
    import jq

    return jq.compile(f"[path({expression})]")


def unreadable(expression: str) -> str:
    """Why jq cannot read an expression; empty where it can."""
    try:
        program(expression)
    except ValueError as error:
        return str(error).splitlines()[0].removeprefix("jq: error: ").rstrip(":. ")
    return ""
