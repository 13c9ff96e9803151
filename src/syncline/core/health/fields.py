"""Reading a live object that may hold anything.

The law: a field of the wrong type is told, never guessed and never a crash.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Malformed(Exception):  # noqa: N818 - it says what the object is
    """A field is not what its API promises."""


def mapping(body: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """The map at this path; empty where it is absent."""
    value: Any = body
    for name in path:
        value = value.get(name)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise Malformed(f"{'.'.join(path)} is not a map")
    found: Mapping[str, Any] = value
    return found


def number(body: Mapping[str, Any], name: str, default: int = 0) -> int:
    """A whole number."""
    value = body.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int):
        raise Malformed(f"{name} is not a number")
    return value


def text(body: Mapping[str, Any], name: str) -> str:
    """A string; empty where it is absent."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{name} is not a string")
    return value


def members(body: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """The maps of a list."""
    value = body.get(name)
    if value is None:
        return
    if not isinstance(value, list):
        raise Malformed(f"{name} is not a list")
    for member in value:
        if not isinstance(member, Mapping):
            raise Malformed(f"{name} holds something that is not a map")
        yield member


def condition(status: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    """The condition of this type; empty where there is none."""
    return next((each for each in members(status, "conditions") if each.get("type") == kind), {})


def words_of(condition: Mapping[str, Any]) -> str:
    """A condition's message, or its reason; empty where it has neither."""
    return text(condition, "message") or text(condition, "reason")


def trouble_of(condition: Mapping[str, Any]) -> str:
    """The same of a condition that keeps an object from being healthy: there is always something to say."""
    said = f"Its condition {condition.get('type')} is {condition.get('status')}."
    return words_of(condition) or said


def is_behind(body: Mapping[str, Any]) -> bool:
    """Whether the controller has not yet seen the newest spec."""
    generation = number(mapping(body, "metadata"), "generation")
    return generation > number(mapping(body, "status"), "observedGeneration")
