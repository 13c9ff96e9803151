"""Paths into an object, and how two objects differ.

The law: `compare(x, x)` is empty, and two bodies with no change between them are equal up to the order of lists whose
members have a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Step: TypeAlias = str | int
"""A key of a map, or an index into a list; a member of a named list is written `[name=main]`."""

Path: TypeAlias = tuple[Step, ...]


class Absent:
    """The value of a field that is not there (which is not the same as null)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs: `before` or `after` is ABSENT where it is added or removed."""

    path: Path
    before: Any
    after: Any
