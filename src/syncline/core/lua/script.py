"""A script, before anybody runs it.

The law: two scripts of the same text are one, so each text is compiled once.
"""

from __future__ import annotations

from msgspec import Struct


class ScriptError(Exception):
    """A script that cannot be read, raised, did not end, or answered with something else than it should."""


class Script(Struct, frozen=True, eq=False):
    """A text and where it is written; with `open_libs` it has `string`, `math` and `os` too."""

    name: str
    text: str = ""
    open_libs: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Script) and self._content == other._content

    def __hash__(self) -> int:
        return hash(self._content)

    @property
    def _content(self) -> tuple[str, bool]:
        return self.text, self.open_libs
