"""Small edits that actions are made of.

The law: an edit copies; the object it is given stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from syncline.core.actions.model import ActionError, Asked, Effect
from syncline.core.fields import ABSENT, value_at, with_value, without

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.actions.model import Run, Test
    from syncline.core.resource import Body

Edit: TypeAlias = "Callable[[Body, Asked], Body]"
_LARGEST_REPLICAS: Final = 2**31 - 1


def edit(*edits: Edit) -> Run:
    """The object after these edits, one after the other."""

    def run(body: Body, asked: Asked) -> Effect:
        for change in edits:
            body = change(body, asked)
        return Effect(body)

    return run


def sets(*path: str, value: Any) -> Edit:
    """A field becomes this value."""
    return lambda body, _: with_value(body, path, value)


def removes(*path: str) -> Edit:
    """A field goes."""
    return lambda body, _: without(body, path)


def stamps(*path: str) -> Edit:
    """A field becomes the time."""
    return lambda body, asked: with_value(body, path, asked.now)


def annotates(name: str, value: str) -> Edit:
    """An annotation becomes this text."""
    return sets("metadata", "annotations", name, value=value)


def forgets(name: str) -> Edit:
    """An annotation goes."""
    return removes("metadata", "annotations", name)


def counts(*path: str, parameter: str) -> Edit:
    """A field becomes the number that the parameter holds."""
    return lambda body, asked: with_value(body, path, count(asked, parameter))


def count(asked: Asked, parameter: str) -> int:
    """A number of replicas. Raises ActionError."""
    given = asked.params.get(parameter, "").strip()
    if not (given.isascii() and given.isdigit() and int(given) <= _LARGEST_REPLICAS):
        shown = f", not {given!r}" if given else ""
        raise ActionError(f"The parameter {parameter} must be a number of replicas, such as 3{shown}.")
    return int(given)


def words(asked: Asked, parameter: str) -> str:
    """A text. Raises ActionError where it is missing."""
    given = asked.params.get(parameter, "").strip()
    if not given:
        raise ActionError(f"The action needs the parameter {parameter}.")
    return given


def has(*path: str, value: Any) -> Test:
    """Whether a field has this value."""
    return lambda body: bool(value_at(body, path) == value)


def lacks(*path: str, value: Any) -> Test:
    """Whether a field has another value, or none."""
    return lambda body: bool(value_at(body, path) != value)


def there(*path: str) -> Test:
    """Whether a field is there with something in it."""

    def test(body: Body) -> bool:
        found = value_at(body, path)
        return found is not ABSENT and bool(found)

    return test
