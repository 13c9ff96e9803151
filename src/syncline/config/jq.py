"""jq expressions that select fields.

The law: an expression is compiled once and sees the object alone: no environment, no other input, no output
but its answer; and what jq says about an input never leaves here, because it can quote it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

_ALONE: Final = (
    "def env: {}; def input: empty; def inputs: empty; def debug: .; def debug(message): .; def stderr: .;"
    " def halt: empty; def halt_error: empty; def halt_error(code): empty; {} as $ENV | "
)
"""Whoever opens a pull request writes expressions, and what they ignore shows in its comment: with the real
`$ENV` a token could be asked for letter by letter.  These hide jq's own for all that follows.
"""


@lru_cache(maxsize=256)
def program(expression: str) -> Any:
    """The jq program that lists the paths an expression selects. Raises ValueError when it is none."""
    import jq

    return jq.compile(f"{_ALONE}[path({expression})]")


def unreadable(expression: str) -> str:
    """Why jq cannot read an expression; empty where it can."""
    try:
        program(expression)
    except ValueError as error:
        return str(error).replace(_ALONE, "").splitlines()[0].removeprefix("jq: error: ").rstrip(":. ")
    return ""
