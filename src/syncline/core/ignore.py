"""Fields that Git declares and leaves to others: `spec.ignoreDifferences`.

The law: an ignored field is no difference, whoever changed it, and a rule that finds nothing changes nothing;
a field that nobody declares is not declared by ignoring it.

Source: Argo CD's "Diff Customization". The manifest is given the live value of each ignored field: compared
so, the field is no difference; sent so (RespectIgnoreDifferences), it stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from syncline.config.globs import compiled
from syncline.config.jq import Steps, is_plain, selected
from syncline.core.fields import ABSENT, Path, Step, is_same, step_of, value_at, with_value, without
from syncline.core.managed import leftovers, owned_paths
from syncline.core.schema import Shape, shape_of_body
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import IgnoreDifference
    from syncline.core.resource import Body, ResourceKey

_STATUS: Final = "status"
_INDEX: Final = regex(r"0|[1-9][0-9]{0,8}")


class Question(Struct, frozen=True):
    """An expression that somebody else has to run, and the object it is about."""

    expression: str
    body: Body


Answers: TypeAlias = "dict[tuple[str, int], list[Steps]]"
"""By expression and identity of the object."""


def questions(
    key: ResourceKey, desired: Body, live: Body | None, rules: Iterable[IgnoreDifference]
) -> Iterator[Question]:
    """What has to be known before `yielding` can say all."""
    if live is None:
        return
    for rule in rules:
        if rule.jq_path_expressions and _concerns(rule, key):
            for expression in rule.jq_path_expressions:
                if not is_plain(expression):
                    yield Question(expression, desired)
                    yield Question(expression, live)


class Place(Struct, frozen=True):
    """How an object is looked at: its custom kind's shape, and what was answered about it."""

    shape: Shape | None = None
    answers: Mapping[tuple[str, int], list[Steps]] | None = None

    def selected(self, expression: str, body: Body) -> list[Steps]:
        """The fields that an expression selects of an object."""
        if is_plain(expression):
            return selected(expression, body)
        return (self.answers or {}).get((expression, id(body)), [])


_HERE: Final = Place()


def yielding(
    key: ResourceKey,
    desired: Body,
    live: Body | None,
    rules: Iterable[IgnoreDifference],
    place: Place = _HERE,
) -> Body:
    """The manifest with the live value in every field that a rule ignores; itself where there is none."""
    mine = [rule for rule in rules if _concerns(rule, key)]
    if live is None or not mine:
        return desired
    shape = place.shape or shape_of_body(desired)
    left = _Left(live, desired, shape)
    ignored = [dict.fromkeys(_paths(rule, desired, live, (place, shape))) for rule in mine]
    for rule, paths in zip(mine, ignored, strict=True):
        for path in paths:
            desired = _yielded(desired, live, path, (left, shape))
        managers = frozenset(rule.managed_fields_managers)
        for path in owned_paths(live, managers, shape) if managers else ():
            desired = _modified(desired, live, path, shape)
    return desired


def _concerns(rule: IgnoreDifference, key: ResourceKey) -> bool:
    return (
        compiled(rule.group).fullmatch(key.group) is not None
        and compiled(rule.kind).fullmatch(key.kind) is not None
        and rule.name in {"", key.name}
        and rule.namespace in {"", key.namespace}
    )


class _Left:
    """What we applied before and Git no longer has; looked for when somebody asks."""

    def __init__(self, live: Body, desired: Body, shape: Shape) -> None:
        self._of = live, desired, shape
        self._paths: tuple[Path, ...] | None = None

    def holds(self, path: Path) -> bool:
        """Whether a path is one of them, or lies inside one or around one."""
        if self._paths is None:
            live, desired, shape = self._of
            self._paths = leftovers(live, desired, shape=shape)
        return any(part[: len(path)] == path[: len(part)] for part in self._paths)


def _yielded(desired: Body, live: Body, path: Path, known: tuple[_Left, Shape]) -> Body:
    left, shape = known
    have, want = value_at(live, path, shape), value_at(desired, path, shape)
    if want is ABSENT:
        # What we applied before and Git no longer has would be taken away, and is ignored, too.
        keeps = have is not ABSENT and left.holds(path)
        return with_value(desired, path, have, shape) if keeps else desired
    return without(desired, path, shape) if have is ABSENT else with_value(desired, path, have, shape)


def _modified(desired: Body, live: Body, path: Path, shape: Shape) -> Body:
    """Only where both have the field and the values differ (Argo CD, `managedFieldsManagers`)."""
    have, want = value_at(live, path, shape), value_at(desired, path, shape)
    if ABSENT in (have, want) or is_same(have, want):
        return desired
    return with_value(desired, path, have, shape)


def _paths(rule: IgnoreDifference, desired: Body, live: Body, known: tuple[Place, Shape]) -> Iterator[Path]:
    place, shape = known
    for body in (desired, live):
        for pointer in rule.json_pointers:
            path = pointed(body, pointer)
            if path and path[0] != _STATUS:
                yield path
        for expression in rule.jq_path_expressions:
            for steps in place.selected(expression, body):
                if steps and steps[0] != _STATUS:
                    yield named(body, steps, shape)


def pointed(body: Body, pointer: str) -> Path:
    """A JSON pointer (RFC 6901) as a path; a number is an index where a list stands."""
    value: Any = body
    path: list[Step] = []
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        step: Step = int(name) if isinstance(value, list) and _INDEX.fullmatch(name) else name
        path.append(step)
        inside = isinstance(value, list) and isinstance(step, int) and step < len(value)
        value = value[step] if inside else value.get(step) if isinstance(value, dict) else None
    return tuple(path)


def named(body: Body, steps: Iterable[Step], shape: Shape) -> Path:
    """The path with members of a list by their keys, since the other side may hold them in another order."""
    value: Any = body
    path: list[Step] = []
    for step in steps:
        if isinstance(value, list) and isinstance(step, int):
            member = value[step] if step < len(value) else None
            path.append(step_of(shape)(member) or step)
            value, shape = member, shape.member
        else:
            path.append(step)
            value, shape = value.get(step) if isinstance(value, dict) else None, shape.at(str(step))
    return tuple(path)
