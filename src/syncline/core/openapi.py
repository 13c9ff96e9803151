"""What may stand at each place of an object, by the schemas that Kubernetes and CustomResourceDefinitions
publish.

The law: a schema says no more than was published for that minor version, and a place that no schema speaks
of may hold anything.

The notation of `kinds.txt`, which `tests/tables/kubernetes.py` makes; `@a-b` are the minor versions it is
for:

    kind apps/v1 Deployment apps.v1.Deployment@a-b          a kind and its type
    life batch/v1beta1 CronJob 8 21 25 batch/v1 CronJob     introduced, deprecated, removed, then what instead
    type apps.v1.DeploymentSpec *selector:TYPE paused:b@a-b its fields, a required one with `*`
    type meta.v1.Time :t                                    a type that is a scalar

A field is `i` integer, `n` number, `b` boolean, `s` string, `t` time, `y` base64, `q` quantity, `x` integer
or string, `?` anything, `[]…` a list, `{}…` a map of free keys, or the name of a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.core.definitions import as_map, as_texts, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.resource import Body

_LIMITS: Final = frozenset(
    {
        "enum",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "pattern",
        "exclusiveMaximum",
        "exclusiveMinimum",
    }
)
_TYPES: Final = frozenset({"object", "array", "string", "integer", "number", "boolean"})
_SCALARS: Final = {
    "i": "integer",
    "n": "number",
    "b": "boolean",
    "s": "string",
    "t": "string",
    "y": "base64",
    "q": "quantity",
    "x": "integer-or-string",
    "?": "",
}


class Node(Struct, frozen=True, eq=False):
    """One place. `type` is empty where anything may stand; `inside` is for list members and free keys.

    Fields that are not listed are kept only where `open`. `limits` are a definition's `enum`, `minimum` and
    the like.
    """

    type: str = ""
    fields: Mapping[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    inside: Node | None = None
    open: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)


ANYTHING: Final = Node(open=True)


class Life(Struct, frozen=True):
    """The minor versions between which an API is served; 0 where nobody has said yet."""

    introduced: int = 0
    deprecated: int = 0
    removed: int = 0
    instead: str = ""


class _Served(Struct, frozen=True):
    type: str
    first: int
    last: int


class Table:
    """The schemas of all kinds, of the minor versions from `oldest` to `newest`. Types are read when asked
    for.
    """

    def __init__(self, text: str) -> None:
        self.kinds: dict[tuple[str, str], tuple[_Served, ...]] = {}
        self.lives: dict[tuple[str, str], Life] = {}
        self._types: dict[str, str] = {}
        self._read: dict[int, dict[str, Node]] = {}
        head, *lines = text.splitlines()
        self.oldest, self.newest = map(int, head.split()[1:])
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "type":
                name, _, fields = rest.partition(" ")
                self._types[name] = fields
            elif word == "kind":
                self._take_kind(*rest.split())
            else:
                self._take_life(*rest.split())
        self.groups = frozenset(version.rpartition("/")[0] for version, _ in (*self.kinds, *self.lives))

    def _take_kind(self, version: str, kind: str, spec: str) -> None:
        name, first, last = self._ranged(spec)
        self.kinds[version, kind] = (*self.kinds.get((version, kind), ()), _Served(name, first, last))

    def _take_life(self, version: str, kind: str, *words: str) -> None:
        introduced, deprecated, removed = (0 if word == "-" else int(word) for word in words[:3])
        self.lives[version, kind] = Life(introduced, deprecated, removed, " ".join(words[3:]).strip("-"))

    def _ranged(self, spec: str) -> tuple[str, int, int]:
        name, _, span = spec.partition("@")
        first, _, last = span.partition("-")
        return name, int(first or self.oldest), int(last or self.newest)

    def served(self, version: str, kind: str, minor: int) -> bool:
        """Whether a server of that minor version can serve the kind."""
        return any(one.first <= minor <= one.last for one in self.kinds.get((version, kind), ()))

    def span(self, version: str, kind: str) -> tuple[int, int] | None:
        """The first and the last minor version in the table that serve a kind."""
        found = self.kinds.get((version, kind))
        return (min(one.first for one in found), max(one.last for one in found)) if found else None

    def node(self, version: str, kind: str, minor: int) -> Node | None:
        """The schema of a kind in that minor version, or in the last before it that served the kind."""
        found = self.kinds.get((version, kind), ())
        one = next((one for one in found if one.first <= minor <= one.last), found[-1] if found else None)
        return self.type(one.type, max(one.first, min(minor, one.last))) if one else None

    def type(self, name: str, minor: int) -> Node:
        """The schema of a type in that minor version."""
        known = self._read.setdefault(minor, {})
        if name not in known:
            self._read_type(name, minor, known)
        return known[name]

    def _read_type(self, name: str, minor: int, known: dict[str, Node]) -> None:
        words = self._types.get(name, ":?").split()
        if words[0].startswith(":"):
            known[name] = self._spec(words[0][1:], minor, known)
            return
        listed = dict(self._fields(words, minor))
        fields: dict[str, Node] = {}
        required = frozenset(field[1:] for field in listed if field.startswith("*"))
        known[name] = Node("object", fields, required)  # before its fields: a type may contain itself
        for field_name, spec in listed.items():
            fields[field_name.removeprefix("*")] = self._spec(spec, minor, known)

    def _fields(self, words: list[str], minor: int) -> Iterator[tuple[str, str]]:
        for word in words:
            name, _, spec = word.partition(":")
            spec, first, last = self._ranged(spec)
            if first <= minor <= last:
                yield name, spec

    def _spec(self, spec: str, minor: int, known: dict[str, Node]) -> Node:
        if spec == "?":
            return ANYTHING
        if spec.startswith("[]"):
            return Node("array", inside=self._spec(spec[2:], minor, known))
        if spec.startswith("{}"):
            return Node("object", inside=self._spec(spec[2:], minor, known), open=True)
        if spec in _SCALARS:
            return Node(_SCALARS[spec])
        if spec not in known:
            self._read_type(spec, minor, known)
        return known[spec]


def node_from_crd(crd: Body, version: str, metadata: Node) -> Node | None:
    """The schema of one version of a custom kind; None where its definition has none."""
    schema = schema_of(crd, version)
    return _resource(schema, metadata) if schema is not None else None


def _resource(schema: Mapping[str, Any], metadata: Node) -> Node:
    node = node_from_schema(schema)
    text = Node("string")
    # The server knows these itself, whatever the definition says of them.
    fields = {**node.fields, "apiVersion": text, "kind": text, "metadata": metadata}
    return Node("object", fields, node.required - {"apiVersion", "kind", "metadata"}, node.inside, node.open)


def node_from_schema(schema: Mapping[str, Any]) -> Node:
    """A structural schema as a node. CEL rules are left to the server."""
    listed = as_map(schema.get("properties"))
    properties = {name: part for name, part in listed.items() if isinstance(part, dict)}
    fields = {name: node_from_schema(part) for name, part in properties.items()}
    rest, items = schema.get("additionalProperties"), schema.get("items")
    inner = items if isinstance(items, dict) else rest if isinstance(rest, dict) else None
    embedded = schema.get("x-kubernetes-embedded-resource") is True
    is_open = embedded or schema.get("x-kubernetes-preserve-unknown-fields") is True or bool(rest)
    kind = schema.get("type")
    kind = kind if isinstance(kind, str) and kind in _TYPES else ""
    kind = "integer-or-string" if schema.get("x-kubernetes-int-or-string") else kind
    # A default is filled in before anybody looks for what is missing.
    defaulted = {name for name, part in properties.items() if "default" in part}
    return Node(
        kind,
        fields,
        frozenset(as_texts(schema.get("required"))) - defaulted,
        node_from_schema(inner) if inner is not None else None,
        open=is_open or not kind,
        limits={name: schema[name] for name in _LIMITS & schema.keys()},
    )
