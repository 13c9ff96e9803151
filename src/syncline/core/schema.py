"""How the lists and maps of a kind merge, and what the server fills in or forgets by itself.

The law: a kind we know is described by Kubernetes' own OpenAPI; a kind we do not know has no keyed lists, no
defaults and forgets nothing, so that a guess never hides a difference.

The notation of `builtin.py`: one type a line, `name [@] field:spec …`.  `@` marks a type that is replaced as
a whole (`x-kubernetes-map-type: atomic`).  A spec is an optional prefix, an optional type and an optional
`=default`:

    [a,b=X]   list whose members are told apart by the fields a and b (b is X where it is not written)
    [set]     list of distinct scalars          []    list that is replaced as a whole
    {}        map of free keys                  {@}   the same, replaced as a whole
    !         a pointer in Go: its empty value is kept
    q         the type of a quantity (`100m`, `1Gi`)

Defaults are noted only inside what is replaced as a whole: elsewhere they are fields that nobody owns and
that no comparison asks for.  They come from the `SetDefaults_*` functions of Kubernetes' `pkg/apis`.
"""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.builtin import KINDS, TYPES
from syncline.core.definitions import as_map, as_texts, schema_of
from syncline.core.resource import Body, group_of
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

ListKeys: TypeAlias = tuple[tuple[str, Any], ...]
"""The fields that tell the members of a list apart, each with the value it has where it is not written."""


class Shape(Struct, frozen=True, eq=False):
    """What is known of one place in an object.

    `rest` is the shape of list members and of keys not in `fields`; None stands for this same shape, all the
    way down.  `default` is empty, or holds the one value the server fills in.
    """

    name: str
    fields: Mapping[str, Shape]
    rest: Shape | None = None
    keys: ListKeys = ()
    is_set: bool = False
    atomic: bool = False
    free: bool = False
    quantity: bool = False
    duration: bool = False
    keeps_empty: bool = False
    default: tuple[Any, ...] = ()

    def at(self, name: str) -> Shape:
        """The shape of a map's field."""
        return self.fields.get(name) or self.rest or self

    @property
    def member(self) -> Shape:
        """The shape of a list's members."""
        return self.rest or self


PLAIN: Final = Shape("plain", {})
"""A place in a built-in kind of which nothing else is to be said."""

UNKNOWN: Final = Shape("unknown", {}, keeps_empty=True)
"""A place in a kind that is not known: what is written counts as written."""

_QUANTITY: Final = Shape("quantity", {}, PLAIN, quantity=True)
_SPEC: Final = regex(r"(?P<mark>!|\{@?\}|\[[^\]]*\])?(?P<type>[^=]*)(?:=(?P<default>.*))?", re.DOTALL)


@functools.cache
def _types() -> Mapping[str, str]:
    return dict(line.partition(" ")[::2] for line in TYPES.splitlines())


@functools.cache
def _kinds() -> Mapping[tuple[str, str], str]:
    """By (apiVersion, kind), and by (group, kind) for the versions we do not have."""
    exact = {(version, kind): name for version, kind, name in map(str.split, KINDS.splitlines())}
    loose = {(group_of(version) + "/*", kind): name for (version, kind), name in exact.items()}
    return loose | exact


@functools.cache
def _type(name: str) -> Shape:
    """The shape of a type in `builtin.py`, and of all it contains."""
    return _read_type(name, {})


def _read_type(name: str, known: dict[str, Shape]) -> Shape:
    if name == "q":
        return _QUANTITY
    if name in known:
        return known[name]
    words = _types().get(name, "").split()
    atomic = words[:1] == ["@"]
    fields: dict[str, Shape] = {}
    known[name] = shape = Shape(name, fields, PLAIN, atomic=atomic)
    for word in words[atomic:]:
        field, _, spec = word.partition(":")
        fields[field] = _read_spec(spec, known)
    return shape


def _read_spec(spec: str, known: dict[str, Shape]) -> Shape:
    match = _SPEC.fullmatch(spec)
    assert match is not None  # noqa: S101 - the pattern matches everything; the table is ours
    mark = match["mark"] or ""
    inner = _read_type(match["type"], known) if match["type"] else PLAIN
    shape = _container(mark, inner)
    return replace(shape, default=(json.loads(match["default"]),)) if match["default"] else shape


def _container(mark: str, inner: Shape) -> Shape:
    match mark:
        case "":
            return inner
        case "!":
            return replace(UNKNOWN if inner is PLAIN else inner, keeps_empty=True)
        case "[]":
            return Shape("list", {}, inner)
        case "[set]":
            return Shape("set", {}, inner, is_set=True)
        case "{}" | "{@}":
            return Shape("map", {}, UNKNOWN if inner is PLAIN else inner, free=True, atomic=mark == "{@}")
        case _:
            return Shape("list", {}, inner, keys=_list_keys(mark))


def _list_keys(mark: str) -> ListKeys:
    pairs = (key.partition("=") for key in mark[1:-1].split(","))
    return tuple((name, value or None) for name, _, value in pairs)


@functools.cache
def shape_of(api_version: str, kind: str) -> Shape:
    """The shape of a built-in kind, in this version or another; of another kind, no more than its
    metadata.
    """
    kinds = _kinds()
    name = kinds.get((api_version, kind)) or kinds.get((group_of(api_version) + "/*", kind))
    return _type(name) if name else Shape("custom", {"metadata": _type("meta.v1.ObjectMeta")}, UNKNOWN)


def shape_of_body(body: Body) -> Shape:
    """The shape of the kind an object says it is."""
    return shape_of(str(body.get("apiVersion", "")), str(body.get("kind", "")))


def shape_from_schema(schema: Mapping[str, Any]) -> Shape:
    """The shape of a custom resource, from its `openAPIV3Schema`.

    Source of the rules: "Merge strategy" in Kubernetes' documentation of server-side apply, and "Defaulting"
    in the one of structural schemas.
    """
    fields = {name: _from_schema(part) for name, part in _properties(schema).items()}
    return Shape("custom", {**fields, "metadata": _type("meta.v1.ObjectMeta")}, UNKNOWN)


def shape_from_crd(crd: Body, version: str) -> Shape:
    """The shape of one version of the kind that a CustomResourceDefinition defines."""
    return shape_from_schema(schema_of(crd, version) or {})


def _properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found = as_map(schema.get("properties"))
    return {name: part for name, part in found.items() if isinstance(part, dict)}


def _from_schema(schema: Mapping[str, Any]) -> Shape:
    items = schema.get("items")
    rest = schema.get("additionalProperties")
    inner = items if isinstance(items, dict) else rest if isinstance(rest, dict) else None
    return Shape(
        "custom",
        {name: _from_schema(part) for name, part in _properties(schema).items()},
        UNKNOWN if inner is None else _from_schema(inner),
        keys=_schema_keys(schema, items if isinstance(items, dict) else {}),
        is_set=schema.get("x-kubernetes-list-type") == "set",
        atomic=schema.get("x-kubernetes-map-type") == "atomic",
        keeps_empty=True,
        default=(schema["default"],) if "default" in schema else (),
    )


def _schema_keys(schema: Mapping[str, Any], items: Mapping[str, Any]) -> ListKeys:
    if schema.get("x-kubernetes-list-type") != "map":
        return ()
    members = _properties(items)
    names = as_texts(schema.get("x-kubernetes-list-map-keys"))
    return tuple((name, members.get(name, {}).get("default")) for name in names)
