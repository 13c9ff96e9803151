"""Values that hold what nobody should read in a log.

The law: such a value says what it is, and only of the fields it names what is in them.
"""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """A value whose `repr` shows the fields of `_SHOWN` alone."""

    _SHOWN: ClassVar[tuple[str, ...]] = ()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._SHOWN)
        return f"{type(self).__name__}({shown})"
