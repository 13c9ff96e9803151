"""One document of a text, and where its parts stand.

The law: a document remembers its own text, so that a line number costs nothing until someone asks for it.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from msgspec import Struct
from yaml.events import CollectionEndEvent, MappingStartEvent, NodeEvent, ScalarEvent, SequenceStartEvent

from syncline.discreet import Discreet
from syncline.documents.scalars import MeaninglessScalar, key_text, resolve
from syncline.errors import Place, ToolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

try:
    from yaml.cyaml import CBaseLoader
except ImportError:  # PyYAML was built without libyaml
    CBaseLoader = None  # type: ignore[assignment, misc]

Path: TypeAlias = tuple[str | int, ...]


class Lines(Struct, frozen=True):
    """The line of every key and list member of one document, by path."""

    found: Mapping[Path, int]

    def of(self, path: Path) -> int:
        """The line of the value at `path`, or of its nearest ancestor that is written in the text."""
        while path and path not in self.found:
            path = path[:-1]
        return self.found.get(path, 0)


class Document(Discreet, frozen=True):
    """One value of a text and the line of its first node. What aliases share is shared: do not change it."""

    _SHOWN = ("place",)

    value: Any
    place: Place
    text: str = ""
    span: tuple[int, int] = (0, 0)

    def lines(self) -> Lines:
        """Where everything stands. Parses the document again: keep the answer when many lines are needed."""
        start, end = self.span
        start = self.text.rfind("\n", 0, start) + 1
        first = self.text.count("\n", 0, start) + 1
        return Lines({(): self.place.line, **lines_of(self.text[start:end], first)})

    def line_of(self, path: Path) -> int:
        """The line of one value, or of its nearest written ancestor."""
        return self.lines().of(path)


@contextmanager
def parsing(text: str) -> Iterator[Iterator[yaml.Event]]:
    """The parser events of libyaml; these raise `yaml.YAMLError` where the text is broken."""
    if CBaseLoader is None:
        raise ToolError(
            "PyYAML was installed without its C extension, which Syncline reads YAML with.",
            remedy="Reinstall it from a wheel: pip install --force-reinstall --only-binary=:all: PyYAML",
        )
    parser = CBaseLoader(text)
    try:
        yield iter(parser.get_event, None)
    finally:
        parser.dispose()


def line_number(event: yaml.Event) -> int:
    """The line an event starts in, from 1."""
    return event.start_mark.line + 1 if event.start_mark else 0


class _Walk:
    __slots__ = ("count", "is_map", "key", "path")

    def __init__(self, path: Path, *, is_map: bool) -> None:
        self.path = path
        self.is_map = is_map
        self.key: str | None = None
        self.count = 0

    def enter(self, event: NodeEvent) -> Path:
        """The path of this node; a key has the path of the value that follows it."""
        if not self.is_map:
            self.count += 1
            return (*self.path, self.count - 1)
        if self.key is None:
            self.key = _key_of(event)
            return (*self.path, self.key)
        path, self.key = (*self.path, self.key), None
        return path


def _key_of(event: NodeEvent) -> str:
    if not isinstance(event, ScalarEvent):
        return ""
    try:
        return key_text(resolve(event.value)) if event.implicit[0] and not event.tag else event.value
    except MeaninglessScalar:
        return event.value


def lines_of(text: str, first: int) -> dict[Path, int]:
    """The first line of every path of the text's first document, as far as the text can be parsed."""
    found: dict[Path, int] = {}
    open_nodes: list[_Walk] = []
    try:
        with parsing(text) as events:
            for event in events:
                _note(event, open_nodes, found, first)
    except yaml.YAMLError:
        pass  # the reader reports it; here the lines before it are enough
    return found


def _note(event: yaml.Event, open_nodes: list[_Walk], found: dict[Path, int], first: int) -> None:
    if isinstance(event, CollectionEndEvent):
        open_nodes.pop()
    elif isinstance(event, NodeEvent):
        path = open_nodes[-1].enter(event) if open_nodes else ()
        found.setdefault(path, line_number(event) - 1 + first)
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            open_nodes.append(_Walk(path, is_map=isinstance(event, MappingStartEvent)))
