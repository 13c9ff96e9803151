"""A script, before anybody runs it.

The law: two scripts of the same text are one, so each text is compiled once.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class ScriptError(Exception):
    """A script that cannot be read, raised, did not end, or answered with something else than it should."""


@dataclass(frozen=True, slots=True)
class Script:
    """A text and where it is written; with `open_libs` it has `string`, `math` and `os` too."""

    name: str = field(compare=False)
    text: str = ""
    open_libs: bool = False
