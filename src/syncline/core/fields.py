"""Paths into an object, and how two objects differ.

The law: `compare(x, x)` is empty, and two bodies with no change between them are equal up to the order of
lists whose members have a name.  Where Kubernetes gives that order a meaning (`env`, `initContainers`) it is
a change.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from syncline.core.schema import UNKNOWN, ListKeys, Shape, shape_of_body
from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.core.resource import Body

Step: TypeAlias = str | int
"""A key of a map, or an index into a list; a member of a named list is written `[name=main]`."""

Path: TypeAlias = tuple[Step, ...]

ORDERED: Final = frozenset({"env", "initContainers"})
"""Named lists whose order means something: variables refer to earlier ones, containers start one after
the other.
"""


class Absent:
    """The value of a field that is not there (which is not the same as null)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = Absent()


class FieldChange(Struct, frozen=True):
    """One field that differs: `before` or `after` is ABSENT where it is added or removed."""

    path: Path
    before: Any
    after: Any


def compare(before: Body, after: Body, shape: Shape | None = None) -> tuple[FieldChange, ...]:
    """Every field that differs, in the order of their names; members of a named list in the order of `after`.

    A list whose kind says how its members are told apart is matched by that; any other by `name` where every
    member on both sides has one of its own, else by position.  A change of order alone is reported only for
    `ORDERED` lists.  `shape` is for custom resources.
    """
    return tuple(_differences((), before, after, shape or shape_of_body(after)))


def _differences(path: Path, before: Any, after: Any, shape: Shape) -> Iterator[FieldChange]:
    if before is after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys(), key=str):
            inner = (before.get(name, ABSENT), after.get(name, ABSENT))
            yield from _differences((*path, name), *inner, shape.at(name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _list_differences(path, before, after, shape)
    elif not is_same(before, after):
        yield FieldChange(path, before, after)


def _list_differences(path: Path, before: list[Any], after: list[Any], shape: Shape) -> Iterator[FieldChange]:
    steps = stepper(before, after, shape)
    old = dict(steps(before))
    new = dict(steps(after))
    for step in [*new, *(step for step in old if step not in new)]:
        inner = (old.get(step, ABSENT), new.get(step, ABSENT))
        yield from _differences((*path, step), *inner, shape.member)
    if path and path[-1] in ORDERED and not in_order(list(old), list(new)):
        yield FieldChange(path, [step for step in old if step in new], [step for step in new if step in old])


def is_same(one: Any, other: Any) -> bool:
    """Equality as JSON has it: `true` is not 1, but 1 is 1.0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    return isinstance(one, bool) is isinstance(other, bool) and bool(one == other)


def in_order(old: Sequence[Step], new: Sequence[Step]) -> bool:
    """Whether the steps that both have come in the same order."""
    shared = set(old) & set(new)
    return [step for step in old if step in shared] == [step for step in new if step in shared]


StepOf: TypeAlias = Callable[[Any], str | None]
"""The step that leads to a member of a list; None where the member has nothing to be called by."""

Steps: TypeAlias = Callable[[Sequence[Any]], Iterator[tuple[Step, Any]]]
"""Gives each member of a list the step that leads to it."""


def stepper(before: Sequence[Any], after: Sequence[Any], shape: Shape) -> Steps:
    """How the members of these two lists are told apart."""
    name_of = step_of(shape)
    if _told_apart(before, name_of) and _told_apart(after, name_of):
        return lambda members: ((name_of(member) or "", member) for member in members)
    return enumerate


def step_of(shape: Shape) -> StepOf:
    """How the members of a list of this shape are called; by their name where the shape does not say."""
    if shape.is_set:
        return _step_by_value
    return functools.partial(_step_by_key, shape.keys) if shape.keys else _step_by_name


def _step_by_value(member: Any) -> str | None:
    return None if isinstance(member, dict | list) else f"[={member}]"


def _step_by_name(member: Any) -> str | None:
    name = member.get("name") if isinstance(member, dict) else None
    return f"[name={name}]" if isinstance(name, str) else None


def _step_by_key(keys: ListKeys, member: Any) -> str | None:
    if not isinstance(member, dict):
        return None
    values = ((name, default if member.get(name) is None else member[name]) for name, default in keys)
    known = [f"{name}={value}" for name, value in values if value is not None]
    return f"[{','.join(known)}]" if known else None


def _told_apart(members: Sequence[Any], name_of: StepOf) -> bool:
    steps = [name_of(member) for member in members]
    return None not in steps and len(set(steps)) == len(steps)


_SIMPLE_KEY: Final = regex(r"[A-Za-z0-9_$-]+")


def show(path: Path) -> str:
    """`spec.template.spec.containers[name=main].image`; a key with a dot or a slash is quoted in brackets."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _MEMBER_STEP.fullmatch(step):
            text += step
        elif _SIMPLE_KEY.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{json.dumps(step, ensure_ascii=False)}]"
    return text


_MEMBER_STEP: Final = regex(r"\[[A-Za-z0-9,]*=.*\]", re.DOTALL)


def value_at(body: Body, path: Path, shape: Shape | None = None) -> Any:
    """The value a path leads to, or ABSENT. `shape` is for custom resources, here and below."""
    return _get(body, path, shape or shape_of_body(body))


def without(body: Body, path: Path, shape: Shape | None = None) -> Body:
    """The body without a field, or without a member of a list; the body itself where there is none."""
    return body if value_at(body, path, shape) is ABSENT else with_value(body, path, ABSENT, shape)


def with_value(body: Body, path: Path, value: Any, shape: Shape | None = None) -> Body:
    """The body with a value at a path; maps on the way are made, a missing member of a list is appended."""
    changed: Body = _put(body, path, value, shape or shape_of_body(body))
    return changed


def shape_at(path: Path, shape: Shape) -> Shape:
    """The shape of the place a path leads to."""
    for step in path:
        shape = shape.member if isinstance(step, int) or step.startswith("[") else shape.at(step)
    return shape


def _get(value: Any, path: Path, shape: Shape) -> Any:
    for step in path:
        found = _find(value, step, shape)
        if found is ABSENT:
            return ABSENT
        value, shape = value[found], _inside(value, found, shape)
    return value


def _find(container: Any, step: Step, shape: Shape) -> Any:
    if isinstance(container, dict):
        return step if step in container else ABSENT
    if not isinstance(container, list):
        return ABSENT
    if isinstance(step, int):
        return step if 0 <= step < len(container) else ABSENT
    name_of = step_of(shape)
    return next((index for index, member in enumerate(container) if name_of(member) == step), ABSENT)


def _inside(container: Any, found: Any, shape: Shape) -> Shape:
    return shape.at(found) if isinstance(container, dict) else shape.member


def _put(container: Any, path: Path, value: Any, shape: Shape) -> Any:
    step, *rest = path
    if not isinstance(container, list):
        container = container if isinstance(container, dict) else {}
        inner = _put(container.get(step), tuple(rest), value, shape.at(str(step))) if rest else value
        kept = {name: old for name, old in container.items() if name != step or inner is not ABSENT}
        return kept if inner is ABSENT else {**kept, step: inner}
    found = _find(container, step, shape)
    old = None if found is ABSENT else container[found]
    inner = _put(old, tuple(rest), value, shape.member) if rest else value
    index = len(container) if found is ABSENT else found
    return [*container[:index], *([] if inner is ABSENT else [inner]), *container[index + 1 :]]


def ordered_like(before: Any, after: Any) -> Any:
    """`after` with its named lists in the order of `before`, so that a textual diff of the two shows no
    moves.
    """
    shape = shape_of_body(after) if isinstance(after, dict) else UNKNOWN
    return _ordered(before, after, shape)


def _ordered(before: Any, after: Any, shape: Shape) -> Any:
    if isinstance(before, dict) and isinstance(after, dict):
        names = [name for name in dict.fromkeys([*before, *after]) if name in after]
        return {name: _ordered_field(name, before.get(name), after[name], shape) for name in names}
    if isinstance(before, list) and isinstance(after, list):
        return _ordered_list(before, after, shape)
    return after


def _ordered_field(name: str, before: Any, after: Any, shape: Shape) -> Any:
    if name in ORDERED and isinstance(before, list) and isinstance(after, list):
        steps = stepper(before, after, shape.at(name))
        if not in_order([step for step, _ in steps(before)], [step for step, _ in steps(after)]):
            return after
    return _ordered(before, after, shape.at(name))


def _ordered_list(before: list[Any], after: list[Any], shape: Shape) -> list[Any]:
    steps = stepper(before, after, shape)
    old = dict(steps(before))
    new = {step: _ordered(old.get(step), member, shape.member) for step, member in steps(after)}
    shared = iter([step for step in old if step in new])
    return [new[next(shared) if step in old else step] for step in new]
