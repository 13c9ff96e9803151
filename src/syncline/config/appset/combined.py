"""The matrix and merge generators.

The law: a matrix fills its second generator with the parameters of its first; with goTemplate the first wins
a clash, without it a clash is an error. A merge keeps the order of its base, so that two runs agree.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec.structs import replace

from syncline.config.appset.context import Context, deep_merged
from syncline.config.appset.model import Generator, Parameters, SetError
from syncline.config.appset.questions import NotYetAnsweredError
from syncline.config.appset.texts import go_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Generate = Callable[[Generator, Context, Mapping[str, Any] | None], list[Parameters]]

T = TypeVar("T")


def children(generator: Generator) -> list[Generator]:
    """The generators inside, which were checked when the set was read."""
    found = []
    for number, entry in enumerate(generator.body.get("generators") or ()):
        for kind, body in entry.items():
            if kind not in {"template", "selector"} and body is not None:
                path = (*generator.path, "generators", number, kind)
                found.append(Generator(kind, body, path, selector=entry.get("selector")))
    return found


def matrix(
    generator: Generator, context: Context, around: Mapping[str, Any] | None, generate: Generate
) -> list[Parameters]:
    """Every pair of a set of the first generator and one of the second."""
    first, second = children(generator)
    outer = generate(first, context, around)
    inner = _all(lambda each: generate(second, context, _joined(each.values, around, context)), outer)
    made = []
    for one, many in zip(outer, inner, strict=True):
        for other in many:
            values = _combined(one.values, other.values, generator, context)
            made.append(Parameters(values, one.reads | other.reads))
    return made


def _all(look: Callable[[T], list[Parameters]], items: Iterable[T]) -> list[list[Parameters]]:
    """`look` at each, also when the questions of one are open, so that all are put down together."""
    found, waiting = [], False
    for item in items:
        try:
            found.append(look(item))
        except NotYetAnsweredError:
            waiting = True
    if waiting:
        raise NotYetAnsweredError
    return found


def _joined(
    values: Mapping[str, Any], around: Mapping[str, Any] | None, context: Context
) -> Mapping[str, Any]:
    if not around:
        return values
    merged: Mapping[str, Any] = deep_merged(values, around) if context.appset.is_go else {**around, **values}
    return merged


def _combined(
    one: Mapping[str, Any], other: Mapping[str, Any], generator: Generator, context: Context
) -> Mapping[str, Any]:
    if context.appset.is_go:
        merged: Mapping[str, Any] = deep_merged(one, other)
        return merged
    for name in one:
        if name in other and one[name] != other[name]:
            raise SetError(
                f"Both generators of the matrix make the parameter {name}, with different values; "
                "rename one, or use pathParamPrefix or goTemplate.",
                generator.path,
            )
    return {**one, **other}


def merge(
    generator: Generator, context: Context, around: Mapping[str, Any] | None, generate: Generate
) -> list[Parameters]:
    """The sets of the first generator, each overridden by those of the others that agree in the keys."""
    keys = [str(key) for key in generator.body.get("mergeKeys") or ()]
    many = [
        _by_keys(found, keys, generator)
        for found in _all(lambda each: generate(each, context, around), children(generator))
    ]
    base, *overrides = many
    for table in overrides:
        for key, other in table.items():
            if key in base:
                base[key] = Parameters(
                    _overridden(base[key].values, other.values, context), base[key].reads | other.reads
                )
    return list(base.values())


def _by_keys(found: Iterable[Parameters], keys: list[str], generator: Generator) -> dict[str, Parameters]:
    table: dict[str, Parameters] = {}
    for each in found:
        key = json.dumps([_at(each.values, name) for name in keys])
        if key in table:
            named = ", ".join(f"{name}={go_text(_at(each.values, name))}" for name in keys)
            raise SetError(f"One generator of the merge makes {named} twice.", generator.path)
        table[key] = replace(each)
    return table


def _at(values: Mapping[str, Any], name: str) -> Any:
    if name in values:
        return values[name]
    inside: Any = values
    for step in name.split("."):
        inside = inside.get(step) if isinstance(inside, dict) else None
    return inside


def _overridden(base: Mapping[str, Any], other: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    if not context.appset.is_go:
        return {**base, **other}
    merged: Mapping[str, Any] = deep_merged(other, base)
    return merged
