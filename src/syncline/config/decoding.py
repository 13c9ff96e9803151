"""From a value in a document to typed fields, by table.

The law: null means absent, as in Go; a wrong type is an error at its own line, and decoding goes on, so that
one run names every mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from syncline.config.complaint import Complaints, Path, did_you_mean, shown, type_name
from syncline.patterns import regex

T = TypeVar("T")


class Node(Struct, frozen=True):
    """A value, where it stands, and the book in which its mistakes are written."""

    value: Any
    path: Path
    complaints: Complaints

    def child(self, step: str | int) -> Node:
        """The value of a key or list member; None when there is none."""
        inside = self.value.get(step) if isinstance(self.value, Mapping) else self.value[step]
        return Node(inside, (*self.path, step), self.complaints)

    def has(self, key: str) -> bool:
        """Whether a key is there with something in it; its type is another question."""
        return isinstance(self.value, Mapping) and bool(self.value.get(key))

    def error(self, message: str) -> None:
        """Note an error here; the message begins with the field's name."""
        self.complaints.error(self.path, f"{shown(self.path)} {message}")

    def warn(self, message: str) -> None:
        """Note a warning here; the message begins with the field's name."""
        self.complaints.warn(self.path, f"{shown(self.path)} {message}")

    def must_be(self, wanted: str) -> None:
        """Note that the value has another type."""
        where = shown(self.path) or "The document"
        quotes = _about_quotes(self.value, wanted)
        self.complaints.error(self.path, f"{where} must be {wanted}, not {type_name(self.value)}{quotes}.")


def _about_quotes(value: Any, wanted: str) -> str:
    if wanted == "a string" and isinstance(value, bool | int | float):
        return "; put it in quotes"
    if isinstance(value, str) and (value.isdigit() or value.lower() in {"true", "false"}):
        return "; remove the quotes"
    return ""


Decoder: TypeAlias = Callable[[Node], T]
Table: TypeAlias = Mapping[str, Decoder[Any]]


def text(node: Node) -> str:
    """A string."""
    if not isinstance(node.value, str):
        node.must_be("a string")
        return ""
    return node.value


def flag(node: Node) -> bool:
    """True or false."""
    if not isinstance(node.value, bool):
        node.must_be("true or false")
        return False
    return node.value


def whole(node: Node) -> int:
    """A whole number that fits Go's int64."""
    if isinstance(node.value, bool) or not isinstance(node.value, int):
        node.must_be("a whole number")
        return 0
    return node.value


def at_least(least: int, most: int | None = None) -> Decoder[int]:
    """A whole number between bounds."""

    def decode(node: Node) -> int:
        number = whole(node)
        if number < least or (most is not None and number > most):
            node.error(f"must be at least {least}." if most is None else f"must be from {least} to {most}.")
        return number

    return decode


def anything(node: Node) -> Any:
    """The value as it is: known to Argo CD, and not used here."""
    return node.value


def members(node: Node) -> Iterator[Node]:
    """The members of a list."""
    if not isinstance(node.value, list):
        node.must_be("a list")
        return
    for index in range(len(node.value)):
        yield node.child(index)


def list_of(decode: Decoder[T]) -> Decoder[tuple[T, ...]]:
    """A list whose members are all alike."""
    return lambda node: tuple(decode(member) for member in members(node))


texts = list_of(text)


def pointer(node: Node) -> str:
    """A JSON pointer, which names one field."""
    return _named(node, pointer_objection)


def jq_path(node: Node) -> str:
    """A jq path expression, which names fields."""
    return _named(node, jq_objection)


def _named(node: Node, objection: Callable[[str], str]) -> str:
    found = text(node)
    if isinstance(node.value, str) and (why := objection(found)):
        node.error(f"{why}.")
    return found


def pointer_objection(written: str) -> str:
    """Why a text is no JSON pointer, as the end of a sentence; empty for one."""
    is_one = written.startswith("/")
    return "" if is_one else "must be a JSON pointer that begins with a slash, such as /spec/replicas"


def jq_objection(written: str) -> str:
    """Why a text is no jq path expression, as the end of a sentence; empty for one."""
    from syncline.config.jq import unreadable

    why = unreadable(written)
    return f"is not a jq path expression: {why}" if why else ""


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    """The entries of a mapping."""
    if not isinstance(node.value, Mapping):
        node.must_be("a mapping")
        return
    for key in node.value:
        yield key, node.child(key)


def text_map(node: Node) -> dict[str, str]:
    """A mapping of strings to strings; null is the empty string, as in Go."""
    return {key: "" if value.value is None else text(value) for key, value in entries(node)}


def fields(node: Node, table: Table) -> dict[str, Any]:
    """The known fields of a mapping as keyword arguments, `valueFiles` under `value_files`.

    An unknown field is a warning. Null and absent fields are left out, so that defaults apply.
    """
    return _fields(
        node, table, lambda child, rest: child.warn(f"is not a field Argo CD knows and has no effect{rest}")
    )


def strict_fields(node: Node, table: Table) -> dict[str, Any]:
    """The same where an unknown field is an error."""
    return _fields(node, table, lambda child, rest: child.error(f"is not a setting{rest}"))


def _fields(node: Node, table: Table, unknown: Callable[[Node, str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, child in entries(node):
        if key not in table:
            unknown(child, did_you_mean(key, table))
        elif child.value is not None:
            found[snake(key)] = table[key](child)
    return found


def checked(table: Table) -> Decoder[Mapping[str, Any]]:
    """A mapping kept as written, after its fields were checked."""

    def decode(node: Node) -> Mapping[str, Any]:
        fields(node, table)
        return node.value if isinstance(node.value, Mapping) else {}

    return decode


_HUMP = regex(r"(?<=[a-z])(?=[A-Z])")


def snake(name: str) -> str:
    """`repoURL` as `repo_url`."""
    return _HUMP.sub("_", name).lower()
