"""Objects as scripts get them.

The law: what goes in is made of new maps, lists and scalars only, so that no object of ours is ever in a
script's reach; null is absent, and a list closes up over it, as in Argo CD.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

DEEPEST: Final = 100
"""Levels of nesting; the API server's own limit on custom resources lies far below."""

_LARGEST: Final = 2**62
_LEAVES: Final = frozenset({str, bool})


class TooDeep(Exception):  # noqa: N818 - it says what the object is
    """An object that is nested beyond `DEEPEST`."""


def plain(value: Any, depth: int = 0) -> Any:
    """A copy without nulls; anything that is not JSON becomes its text."""
    if type(value) in _LEAVES:
        return value
    if depth > DEEPEST:
        raise TooDeep
    if isinstance(value, Mapping):
        return {
            name if type(name) is str else str(name): inner if type(inner) is str else plain(inner, depth + 1)
            for name, inner in value.items()
            if inner is not None
        }
    if isinstance(value, int | float):
        return value if -_LARGEST < value < _LARGEST else _far(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(inner, depth + 1) for inner in value if inner is not None]
    return str(value)


def _far(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def restored(after: Any, before: Any) -> Any:
    """What a script returned, with empty lists as the maps, nulls and long numbers as they were.

    Lua has one empty table for both.  Where the object had an empty map at that path it is one again; for
    what is new the name decides that only ever held an empty map before.
    """
    return _restored(after, before, _names_of_empty_maps(before))


def _restored(after: Any, before: Any, empty: frozenset[str], name: str = "") -> Any:
    if isinstance(after, dict):
        old = before if isinstance(before, Mapping) else {}
        nulls = {key: None for key, value in old.items() if value is None and key not in after}
        return nulls | {key: _restored(value, old.get(key), empty, key) for key, value in after.items()}
    if isinstance(after, list) and after:
        olds = before if isinstance(before, list) and len(before) == len(after) else [None] * len(after)
        return [_restored(value, old, empty) for value, old in zip(after, olds, strict=True)]
    if _is_number(after) and _is_number(before) and after == float(before):
        return before
    if after == [] and (isinstance(before, Mapping) or (before is None and name in empty)):
        return {}
    return after


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _names_of_empty_maps(body: Any) -> frozenset[str]:
    maps: set[str] = set()
    lists: set[str] = set()
    todo = [body]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            maps.update(name for name, inner in value.items() if inner == {})
            lists.update(name for name, inner in value.items() if isinstance(inner, list))
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
    return frozenset(maps - lists)
