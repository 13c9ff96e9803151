"""Texts to documents, in one pass over libyaml's events.

The law: a text is either read as Kubernetes reads it or refused with one sentence that names the line and
quotes nothing but a key, because a value could be a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from syncline.documents.document import Document, line_number, lines_of, parsing
from syncline.documents.json_text import NotJson, load, load_stream, looks_like_json
from syncline.documents.limits import MAX_BYTES, MAX_DEPTH, MAX_EXPANSION, check_size, decode, short, too_deep
from syncline.documents.scalars import COMPLEX_KEY, MeaninglessScalar, key_text, resolve, tagged, to_json
from syncline.documents.trouble import explain
from syncline.errors import DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_EXPANSION", "read", "read_json"]


def read(text: str | bytes, file: str) -> tuple[Document, ...]:
    """The documents of a YAML or JSON text. Empty documents are left out.

    `file` is only a name for messages. Raises `DocumentError`.
    """
    check_size(text, file)
    decoded = decode(text, file)
    if looks_like_json(decoded):
        try:
            return load_stream(decoded, file)
        except NotJson:
            pass  # YAML that begins like JSON; and for broken JSON, YAML's reader knows the line
    return _read_yaml(decoded, file)


def read_json(text: str | bytes, file: str) -> Document:
    """The one value of a JSON text. Raises `DocumentError`."""
    check_size(text, file)
    decoded = decode(text, file)
    try:
        return load(decoded, file)
    except NotJson as trouble:
        _find_duplicate(decoded, file)
        raise DocumentError(
            f"This is not one JSON value: {trouble}.",
            place=Place(file, trouble.line),
            remedy="A .json file holds exactly one value; several belong in a .yaml file or in a List.",
        ) from None


def _find_duplicate(text: str, file: str) -> None:
    try:
        _read_yaml(text, file)
    except DocumentError as trouble:
        if trouble.message.startswith(_DUPLICATE):
            raise


def _read_yaml(text: str, file: str) -> tuple[Document, ...]:
    builder = _Builder(text, file)
    handlers = builder.handlers
    try:
        with parsing(text) as events:
            for event in events:
                handle = handlers.get(event.__class__)
                if handle is not None:
                    handle(event)
    except yaml.YAMLError as trouble:
        raise explain(trouble, text, file) from None
    return tuple(builder.documents)


_DUPLICATE = "The key "
_NO_KEY: Final = object()
_MERGE: Final = object()
_UNKNOWN: Final = object()
_UNFINISHED: Final = -1
_MERGE_TAG = "tag:yaml.org,2002:merge"


class _Builder:
    """Builds each document's value straight from events; nodes would cost more than all the rest together."""

    __slots__ = (
        "anchors",
        "container",
        "documents",
        "expanded",
        "file",
        "handlers",
        "key",
        "keys",
        "line",
        "merged",
        "plain",
        "root",
        "stack",
        "start",
        "text",
        "total",
    )

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.documents: list[Document] = []
        self.plain: dict[str, Any] = {}
        self.keys: dict[str, Any] = {"<<": _MERGE}
        self.expanded = 0
        self.handlers: dict[type, Callable[[Any], None]] = {
            ScalarEvent: self.scalar,
            MappingStartEvent: self.open_mapping,
            SequenceStartEvent: self.open_sequence,
            MappingEndEvent: self.close,
            SequenceEndEvent: self.close,
            AliasEvent: self.alias,
            DocumentStartEvent: self.start_document,
            DocumentEndEvent: self.end_document,
        }

    def start_document(self, event: DocumentStartEvent) -> None:
        self.start = event.start_mark.index if event.start_mark else 0
        self.root: Any = None
        self.line = 0
        self.container: Any = None
        self.key: Any = _NO_KEY
        self.merged: set[str] | None = None
        self.stack: list[tuple[Any, Any, set[str] | None, str | None, int]] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.total = 0

    def end_document(self, event: DocumentEndEvent) -> None:
        if self.root is not None:
            end = event.end_mark.index if event.end_mark else len(self.text)
            place = Place(self.file, self.line)
            self.documents.append(Document(self.root, place, self.text, (self.start, end)))

    def scalar(self, event: ScalarEvent) -> None:
        container, key = self.container, self.key
        is_map = container.__class__ is dict
        if is_map and key is _NO_KEY:
            self.take_key(event)
            return
        if event.tag is None:
            text = event.value
            if event.implicit[0]:
                value = self.plain.get(text, _UNKNOWN)
                if value is _UNKNOWN:
                    value = self.plain[text] = self.value_of(event)
            else:
                value = text
        else:
            value = self.value_of(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (_go_value(event), 1)
        # Most of a text are scalars, so the two common places are here and not in `put`.
        if is_map and key is not _MERGE:
            container[key] = value
            self.key = _NO_KEY
        elif container.__class__ is list:
            container.append(value)
        else:
            self.put(value, event)

    def value_of(self, event: ScalarEvent) -> Any:
        try:
            return to_json(_go_value(event))
        except MeaninglessScalar as trouble:
            self.refuse(event, f"Here {trouble}.", "Put the value in quotes if it is meant as text.")

    def take_key(self, event: ScalarEvent) -> None:
        key = self.keys.get(event.value, _UNKNOWN) if event.tag is None and event.implicit[0] else _UNKNOWN
        if key is _UNKNOWN:
            key = self.key_of(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (_go_value(event), 1)
        if self.merged is None and key not in self.container:
            self.key = key
        else:
            self.use_key(key, event)

    def key_of(self, event: ScalarEvent) -> Any:
        if event.tag == _MERGE_TAG and event.value == "<<":
            return _MERGE
        try:
            key = key_text(_go_value(event))
        except MeaninglessScalar as trouble:
            self.refuse(event, f"Here {trouble}.", "Put the key in quotes.")
        if event.tag is None and event.implicit[0]:
            self.keys[event.value] = key
        return key

    def use_key(self, key: Any, event: NodeEvent) -> None:
        if key in self.container and (self.merged is None or key not in self.merged):
            self.refuse_duplicate(key, event)
        if self.merged is not None:
            self.merged.discard(key)
        self.key = key

    def put(self, value: Any, event: yaml.Event) -> None:
        container = self.container
        if type(container) is list:
            container.append(value)
        elif container is None:
            self.root = value
            self.line = self.line or line_number(event)
        else:
            if self.key is _MERGE:
                self.merge(value, event)
            else:
                container[self.key] = value
            self.key = _NO_KEY

    def merge(self, value: Any, event: yaml.Event) -> None:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            remedy = "Write an alias of a mapping after `<<:`, or a list of such aliases."
            self.refuse(event, "A merge key (<<) needs a mapping or a list of mappings.", remedy)
        self.merged = self.merged or set()
        for part in reversed(parts):
            self.container.update(part)  # go-yaml v2: the merge wins over what stands before it
            self.merged.update(part)

    def open_mapping(self, event: MappingStartEvent) -> None:
        self.open(event, {})

    def open_sequence(self, event: SequenceStartEvent) -> None:
        self.open(event, [])

    def open(self, event: MappingStartEvent | SequenceStartEvent, container: Any) -> None:
        if self.key is _NO_KEY and type(self.container) is dict:
            remedy = "If it is meant as text, for example `{{ a template }}`, put it in quotes."
            self.refuse(event, f"Here {COMPLEX_KEY}.", remedy)
        if len(self.stack) >= MAX_DEPTH:
            raise too_deep(Place(self.file, line_number(event)))
        if self.container is None:
            self.line = line_number(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (container, _UNFINISHED)
        self.stack.append((self.container, self.key, self.merged, event.anchor, self.total))
        self.container = container
        self.key = _NO_KEY
        self.merged = None

    def close(self, event: MappingEndEvent | SequenceEndEvent) -> None:
        value = self.container
        self.container, self.key, self.merged, anchor, before = self.stack.pop()
        self.total += len(value) + 1
        if anchor is not None and self.anchors[anchor][0] is value:
            self.anchors[anchor] = (value, self.total - before)
        self.put(value, event)

    def alias(self, event: AliasEvent) -> None:
        name = event.anchor or ""
        value, size = self.anchors.get(name, (_UNKNOWN, 0))
        if value is _UNKNOWN:
            message = f"The alias *{short(name)} stands for nothing: no anchor of that name comes before it."
            self.refuse(event, message, f"Write &{short(name)} before the value that is meant.")
        if size == _UNFINISHED:
            message = f"The value of the anchor &{short(name)} contains itself."
            self.refuse(event, message, "Write the value out, or move the alias elsewhere.")
        self.total += size
        self.expanded += size
        if self.expanded > MAX_EXPANSION:
            message = f"The aliases of this text stand for more than {MAX_EXPANSION:,} values."
            self.refuse(event, message, "Write out what is meant; this is how an anchor bomb is built.")
        try:
            if self.key is _NO_KEY and type(self.container) is dict:
                self.use_key(key_text(value), event)
            else:
                self.put(to_json(value), event)
        except MeaninglessScalar as trouble:
            self.refuse(event, f"Here {trouble}.", "Write out what is meant, in quotes.")

    def refuse_duplicate(self, key: Any, event: NodeEvent) -> NoReturn:
        path = tuple(_step(frame[0], frame[1]) for frame in self.stack[1:])
        start = self.text.rfind("\n", 0, self.start) + 1
        found = lines_of(self.text[start:], self.text.count("\n", 0, start) + 1)
        first = found.get((*path, key), 0)
        message = f"{_DUPLICATE}`{short(key)}` appears twice in one mapping, first in line {first}."
        self.refuse(event, message, "Remove one of the two.")

    def refuse(self, event: yaml.Event, message: str, remedy: str) -> NoReturn:
        place = Place(self.file, line_number(event))
        raise DocumentError(message, place=place, remedy=remedy)


def _go_value(event: ScalarEvent) -> Any:
    if event.tag is not None:
        return tagged(event.tag, event.value)
    return resolve(event.value) if event.implicit[0] else event.value


def _step(container: Any, key: Any) -> str | int:
    return len(container) if isinstance(container, list) else str(key)
