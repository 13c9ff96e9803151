"""Fields of custom kinds that hold one of Kubernetes' own types (`knownTypeFields`).

The law: such a field's quantities and durations are the same in every spelling; how its lists and maps merge
is its own definition's word, as it is for the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.schema import UNKNOWN, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncline.config.comparison import KnownType
    from syncline.core.openapi import Node

DURATION: Final = "meta/v1/Duration"
QUANTITY: Final = "core/Quantity"
_BUILT_IN: Final = {"argoproj.io/Rollout": (("spec", "template", "spec"), "core/v1/PodSpec")}


def with_known_types(
    shape: Shape, kind: str, known: Iterable[KnownType], node_of: Callable[[str], Node]
) -> Shape:
    """The shape of a kind (`group/Kind`) with what is known of its fields.

    `node_of` gives a type of Kubernetes by a name such as `core.v1.PodSpec`.
    """
    listed = [(entry.path, entry.type) for entry in known]
    listed += [_BUILT_IN[kind]] if kind in _BUILT_IN else []
    for path, name in listed:
        shape = _placed(shape, path, name, node_of)
    return shape


def _placed(shape: Shape, path: tuple[str, ...], name: str, node_of: Callable[[str], Node]) -> Shape:
    if not path:
        return _typed(shape, name, node_of)
    if not shape.fields and shape.rest not in {None, UNKNOWN} and not shape.free:
        # A list on the way: the field is one of its members'.
        return replace(shape, rest=_placed(shape.member, path, name, node_of))
    inner = _placed(shape.at(path[0]), path[1:], name, node_of)
    return replace(shape, fields={**shape.fields, path[0]: inner}, rest=shape.rest or shape)


def _typed(shape: Shape, name: str, node_of: Callable[[str], Node]) -> Shape:
    if name == DURATION:
        return replace(shape, duration=True, rest=shape.rest or UNKNOWN)
    if name == QUANTITY:
        return replace(shape, quantity=True, rest=shape.rest or UNKNOWN)
    return _overlaid(shape, node_of(name.replace("/", ".")))


def _overlaid(shape: Shape, node: Node) -> Shape:
    """The shape with the quantities of a node; the shape itself where it has none."""
    if node.type == "quantity":
        return replace(shape, quantity=True, rest=shape.rest or UNKNOWN)
    fields = {}
    for name, inner in node.fields.items():
        old = shape.at(name)
        new = _overlaid(old, inner)
        if new is not old:
            fields[name] = new
    if fields:
        return replace(shape, fields={**shape.fields, **fields}, rest=shape.rest or shape)
    if node.inside is not None:
        member = _overlaid(shape.member, node.inside)
        if member is not shape.member:
            return replace(shape, rest=member)
    return shape
