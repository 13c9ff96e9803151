"""What the server's schema will say about a manifest.

The law: a finding names a field and what the schema wants of it, and never a value; what is null is not
there, as in Kubernetes; what a schema does not speak of is no finding.
"""

from __future__ import annotations

import base64
import binascii
import functools
import operator
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.config.complaint import did_you_mean
from syncline.core.fields import Path, show
from syncline.core.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.core.openapi import Node
    from syncline.core.resource import Body

_LONG: Final = 120
_MOST_MEMORY: Final = 8 * 1024 * 1024
_SERVERS: Final = frozenset({"apiVersion", "kind", "status"})
"""What identifies the object, and what only the server writes."""


class Finding(Struct, frozen=True):
    """Something that the schema does not allow, and where.

    It is not `sure` where a server may take it all the same: what Kubernetes' own schemas require is more
    than what its validation asks for.
    """

    path: Path
    text: str
    sure: bool = True

    def __str__(self) -> str:
        return f"{show(self.path)} {self.text}" if self.path else self.text


def findings(body: Body, node: Node) -> Iterator[Finding]:
    """Unknown fields, wrong types, missing fields, and values beyond a definition's limits."""
    for name, value in body.items():
        if name not in _SERVERS and value is not None:
            if name in node.fields:
                yield from _of_value((name,), value, node.fields[name])
            elif not node.open:
                yield Finding((name,), _unknown(name, node))
    yield from _missing((), body, node)


def _of_value(path: Path, value: Any, node: Node) -> Iterator[Finding]:
    if node.type and not _TYPES[node.type](value):
        yield Finding(path, f"is {_called(value)}, and must be {_NOUNS[node.type]}{_hint(value, node.type)}")
    elif isinstance(value, dict):
        yield from _of_map(path, value, node)
    elif isinstance(value, list) and node.inside is not None:
        for index, member in enumerate(value):
            if member is not None:
                yield from _of_value((*path, index), member, node.inside)
    if node.limits:
        yield from (Finding(path, text) for text in _beyond(value, node.limits))


def _of_map(path: Path, value: Mapping[str, Any], node: Node) -> Iterator[Finding]:
    fields, inside = node.fields, node.inside
    for name, inner in value.items():
        if inner is None:
            continue
        known = fields.get(name)
        if known is not None:
            yield from _of_value((*path, name), inner, known)
        elif inside is not None:
            yield from _of_value((*path, name), inner, inside)
        elif not node.open:
            yield Finding((*path, name), _unknown(name, node))
    if node.required:
        yield from _missing(path, value, node)


def _missing(path: Path, value: Mapping[str, Any], node: Node) -> Iterator[Finding]:
    for name in sorted(node.required - {"metadata"}):
        if value.get(name) is None:
            yield Finding((*path, name), "is missing, and the schema requires it", sure=False)


def _unknown(name: str, node: Node) -> str:
    return f"is no field that the schema knows{did_you_mean(name, node.fields)}".rstrip(".")


def _hint(value: Any, wanted: str) -> str:
    if wanted == "string" and not isinstance(value, dict | list):
        return "; put it in quotes"
    return (
        "; take it out of its quotes"
        if wanted in {"integer", "number", "boolean"} and isinstance(value, str)
        else ""
    )


def _called(value: Any) -> str:
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "a map"


def _is_integer(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_string(value: Any) -> bool:
    return isinstance(value, str)


def _is_quantity(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, str) and parse_quantity(value) is not None)


def _is_base64(value: Any) -> bool:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (AttributeError, binascii.Error, ValueError):
        return False
    return True


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": _is_string,
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "base64": _is_base64,
    "quantity": _is_quantity,
    "integer-or-string": lambda value: _is_string(value) or _is_integer(value),
}
_NOUNS: Final[Mapping[str, str]] = {
    "object": "a map",
    "array": "a list",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "base64": "base64 text",
    "quantity": "a quantity such as 100m or 1Gi",
    "integer-or-string": "an integer or a string",
}


def _beyond(value: Any, limits: Mapping[str, Any]) -> Iterator[str]:
    allowed = limits.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"must be one of {', '.join(map(str, allowed))}"
    if _is_number(value):
        yield from _out_of(value, limits, "minimum", "maximum", "must be")
    elif isinstance(value, str):
        yield from _out_of(len(value), limits, "minLength", "maxLength", "must have a length of")
        pattern = limits.get("pattern")
        if isinstance(pattern, str) and not _matches(pattern, value):
            yield f"must match {pattern if len(pattern) <= _LONG else 'the pattern of its definition'}"
    elif isinstance(value, list):
        yield from _out_of(len(value), limits, "minItems", "maxItems", "must have a number of members of")
    elif isinstance(value, dict):
        yield from _out_of(
            len(value), limits, "minProperties", "maxProperties", "must have a number of keys of"
        )


def _matches(pattern: str, value: str) -> bool:
    """Whether the pattern is anywhere in the value, as Go says; one that Go cannot read refuses nothing."""
    program = _compiled(pattern)
    return program is None or program.search(value) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    # Go's language, and linear in time: a pull request may bring the definition and the value.
    import re2

    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_MEMORY
    try:
        return re2.compile(pattern, options=options)
    except re2.error:
        return None


def _out_of(size: float, limits: Mapping[str, Any], least: str, most: str, words: str) -> Iterator[str]:
    for name, holds, holds_strictly, says, says_strictly in (
        (least, operator.ge, operator.gt, "at least", "more than"),
        (most, operator.le, operator.lt, "at most", "less than"),
    ):
        bound: Any = limits.get(name)
        is_strict = limits.get(f"exclusive{name.capitalize()}") is True
        if _is_number(bound) and not (holds_strictly if is_strict else holds)(size, bound):
            yield f"{words} {says_strictly if is_strict else says} {bound}"
