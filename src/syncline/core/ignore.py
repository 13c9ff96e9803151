"""Fields that Git declares and leaves to others: `spec.ignoreDifferences`.

The law: an ignored field is no difference, whoever changed it, and a rule that finds nothing changes nothing;
a field that nobody declares is not declared by ignoring it.

Source: Argo CD's "Diff Customization". The manifest is given the live value of each ignored field: compared
so, the field is no difference; sent so (RespectIgnoreDifferences), it stays as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.globs import compiled
from syncline.config.jq import program
from syncline.core.fields import ABSENT, Path, Step, is_same, step_of, value_at, with_value, without
from syncline.core.managed import leftovers, owned_paths
from syncline.core.schema import Shape, shape_of_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncline.config.application import IgnoreDifference
    from syncline.core.resource import Body, ResourceKey

_STATUS: Final = "status"


def yielding(
    key: ResourceKey, desired: Body, live: Body | None, rules: Iterable[IgnoreDifference], shape: Shape | None
) -> Body:
    """The manifest with the live value in every field that a rule ignores; itself where there is none."""
    mine = [rule for rule in rules if _concerns(rule, key)]
    if live is None or not mine:
        return desired
    shape = shape or shape_of_body(desired)
    left = leftovers(live, desired, shape=shape)
    for rule in mine:
        for path in dict.fromkeys(_paths(rule, desired, live, shape)):
            desired = _yielded(desired, live, path, (left, shape))
        for path in owned_paths(live, frozenset(rule.managed_fields_managers), shape):
            desired = _modified(desired, live, path, shape)
    return desired


def _concerns(rule: IgnoreDifference, key: ResourceKey) -> bool:
    return (
        compiled(rule.group).fullmatch(key.group) is not None
        and compiled(rule.kind).fullmatch(key.kind) is not None
        and rule.name in {"", key.name}
        and rule.namespace in {"", key.namespace}
    )


def _yielded(desired: Body, live: Body, path: Path, known: tuple[Sequence[Path], Shape]) -> Body:
    left, shape = known
    have, want = value_at(live, path, shape), value_at(desired, path, shape)
    if want is ABSENT:
        # What we applied before and Git no longer has would be taken away, and is ignored, too.
        ours = any(part[: len(path)] == path or path[: len(part)] == part for part in left)
        return with_value(desired, path, have, shape) if have is not ABSENT and ours else desired
    return without(desired, path, shape) if have is ABSENT else with_value(desired, path, have, shape)


def _modified(desired: Body, live: Body, path: Path, shape: Shape) -> Body:
    """Only where both have the field and the values differ (Argo CD, `managedFieldsManagers`)."""
    have, want = value_at(live, path, shape), value_at(desired, path, shape)
    if ABSENT in (have, want) or is_same(have, want):
        return desired
    return with_value(desired, path, have, shape)


def _paths(rule: IgnoreDifference, desired: Body, live: Body, shape: Shape) -> Iterator[Path]:
    for body in (desired, live):
        for pointer in rule.json_pointers:
            path = pointed(body, pointer)
            if path and path[0] != _STATUS:
                yield path
        for expression in rule.jq_path_expressions:
            for steps in selected(expression, body):
                if steps and steps[0] != _STATUS:
                    yield named(body, steps, shape)


def pointed(body: Body, pointer: str) -> Path:
    """A JSON pointer (RFC 6901) as a path; a number is an index where a list stands."""
    value: Any = body
    path: list[Step] = []
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        step: Step = int(name) if isinstance(value, list) and name.isdecimal() else name
        path.append(step)
        inside = isinstance(value, list) and isinstance(step, int) and step < len(value)
        value = value[step] if inside else value.get(step) if isinstance(value, dict) else None
    return tuple(path)


def selected(expression: str, body: Body) -> list[list[Step]]:
    """What a jq expression selects, as steps; nothing where it does not fit the object."""
    try:
        found = program(expression).input_value(body).first()
    except (ValueError, StopIteration):
        return []  # the rule does not fit this object; Argo CD does nothing then, either
    return [steps for steps in found if all(isinstance(step, str | int) for step in steps)]


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
