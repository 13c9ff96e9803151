"""Secrets out, equality kept.

The law: a `MaskedBody` can be made only here, and no secret value of four characters or more is a substring
of one, nor of a scrubbed text; the same field looks the same before and after exactly when its value is the
same.

What stands for a value is `‹hidden 1f3a91c2›`: a keyed fingerprint (HMAC-SHA-256, the key is made for one
run).  It tells neither the value's length nor that two different fields hold the same secret.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import urllib.parse
from typing import TYPE_CHECKING, Any, Final, final

from msgspec import Struct

from syncline.core.fields import ordered_like, show
from syncline.core.normalize import LAST_APPLIED, metadata_of, normalize_desired
from syncline.core.resource import group_of
from syncline.core.schema import shape_of_body

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.plan import Change
    from syncline.core.resource import Body
    from syncline.core.schema import Shape

SHORTEST: Final = 4
"""Shorter values are hidden in their own field, but not looked for elsewhere."""

_NOTHING: Final[Mapping[str, Any]] = {}
_ORDINARY: Final = frozenset({"true", "false", "null", "none"})
_ORDINARY_NUMBER: Final = re.compile(r"[0-9]{1,5}")
_WHOLE_LINE: Final = 20
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_SECRET_FIELDS: Final = ("data", "stringData")
_FIELD_NAME: Final = re.compile(r"[$A-Za-z][A-Za-z0-9]*")
_URL_PASSWORD: Final = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")


@final
class MaskedBody(Struct, frozen=True):
    """An object that may be shown to anybody, as plain data; build it with `mask_pair`, never by hand."""

    value: Any


@final
class Masker:
    """What hides the secrets of one run.

    It only ever learns more, so let it learn everything that will be shown before anything is shown.  Values
    that hide nothing are not looked for outside their own field: those shorter than `SHORTEST`; true, false,
    null and none; numbers of up to five digits (ports); the names and namespaces of the objects themselves
    and the words these are made of (a database called like the application).
    """

    __slots__ = ("_annotations", "_index", "_indexed", "_key", "_known", "_public")

    def __init__(self, key: bytes, *, annotations: Iterable[str] = ()) -> None:
        self._key = key
        self._annotations = frozenset(annotations)
        self._known: dict[str, None] = {}
        self._public: dict[str, None] = {}
        self._index: Mapping[str, tuple[str, ...]] = {}
        self._indexed = (0, 0)

    def learn(self, body: Body) -> None:
        """Remember the values of a Secret, and the names of any object, which are no secrets."""
        metadata = metadata_of(body)
        for name in (metadata.get("name"), metadata.get("namespace"), body.get("kind")):
            if isinstance(name, str):
                self._public.update(dict.fromkeys([name, *_WORD.findall(name)]))
        for item in _items(body):
            self.learn(item)
        if is_secret(body):
            for value in _values(body):
                self.learn_value(value)
            for name, value in _annotations(body).items():
                if name in self._annotations:
                    self.learn_value(str(value).encode())

    def learn_value(self, value: bytes) -> None:
        """Remember one secret, in every spelling in which it may turn up."""
        for form in _forms(value):
            if len(form) >= SHORTEST and not _ORDINARY_NUMBER.fullmatch(form):
                self._known[form] = None

    def scrub(self, text: str) -> str:
        """A text without the values learned, and without passwords in URLs."""
        found = "".join(self._hidden_parts(text)) if self._forms() else text
        if "://" not in found:
            return found
        return _URL_PASSWORD.sub(lambda match: f"{match[1]}:{self.fingerprint(match[2])}@", found)

    def fingerprint(self, *parts: str) -> str:
        """What stands for a hidden value; the parts before it say where it stands."""
        digest = hmac.digest(self._key, json.dumps(parts).encode(), hashlib.sha256)
        return f"‹hidden {digest[:4].hex()}›"

    def hides_annotation(self, name: str, body: Body) -> bool:
        """Whether an annotation is hidden as a whole."""
        return name == LAST_APPLIED or (name in self._annotations and is_secret(body))

    def _hidden_parts(self, text: str) -> Iterator[str]:
        end = 0
        for start, stop in _spans(text, self._forms()):
            yield text[end:start]
            yield self.fingerprint(text[start:stop])
            end = stop
        yield text[end:]

    def _forms(self) -> Mapping[str, tuple[str, ...]]:
        """What to look for, by its first characters, the longest first."""
        size = (len(self._known), len(self._public))
        if size != self._indexed:
            index: dict[str, list[str]] = {}
            for form in sorted(self._known, key=len, reverse=True):
                if form not in self._public and form.lower() not in _ORDINARY:
                    index.setdefault(form[:SHORTEST], []).append(form)
            self._index = {start: tuple(forms) for start, forms in index.items()}
            self._indexed = size
        return self._index


def is_secret(body: Body) -> bool:
    """Whether an object is a core Secret, valid or not."""
    return body.get("kind") == "Secret" and not group_of(str(body.get("apiVersion") or ""))


def mask_pair(
    before: Body | None, after: Body | None, masker: Masker
) -> tuple[MaskedBody | None, MaskedBody | None]:
    """The two sides of a change as anybody may see them: normalised, in the same order, without secrets."""
    old = None if before is None else normalize_desired(before)
    new = None if after is None else normalize_desired(after)
    if old is not None and new is not None:
        new = ordered_like(old, new)
    return _masked(old, masker), _masked(new, masker)


def masked_change(
    change: Change, masker: Masker
) -> tuple[MaskedBody | None, MaskedBody | None, tuple[str, ...]]:
    """A change as anybody may see it: before, after, and the fields that differ."""
    before, after = mask_pair(change.before, change.after, masker)
    return before, after, tuple(masker.scrub(show(field.path)) for field in change.fields)


def _masked(body: Body | None, masker: Masker) -> MaskedBody | None:
    return None if body is None else MaskedBody(_shown(body, shape_of_body(body), masker))


def _shown(value: Any, shape: Shape, masker: Masker) -> Any:
    if isinstance(value, str):
        return masker.scrub(value)
    if isinstance(value, dict):
        return _shown_object(value, shape, masker)
    if isinstance(value, list):
        return [_shown(member, shape.member, masker) for member in value]
    if value is None or isinstance(value, bool):
        return value
    scrubbed = masker.scrub(str(value))
    return value if scrubbed == str(value) else scrubbed


def _shown_object(value: dict[str, Any], shape: Shape, masker: Masker) -> dict[str, Any]:
    hidden = _hidden_fields(value, masker)
    shown = {
        name: _shown(inner, shape.at(name), masker) for name, inner in value.items() if name not in hidden
    }
    return {_shown_key(name, shape, masker): hidden.get(name, shown.get(name)) for name in value}


def _shown_key(name: str, shape: Shape, masker: Masker) -> str:
    # A field's name is Kubernetes' word; keys that people choose may hold anything.
    return name if _FIELD_NAME.fullmatch(name) and not shape.free else masker.scrub(name)


def _hidden_fields(body: Body, masker: Masker) -> Mapping[str, Any]:
    """The parts of an object that are hidden by what they are, not by what they hold."""
    if "metadata" not in body and not is_secret(body):
        return _NOTHING
    where = [str(metadata_of(body).get(name) or "") for name in ("namespace", "name")]
    fields = [name for name in _SECRET_FIELDS if name in body] if is_secret(body) else []
    hidden = {name: _hidden_data(name, body[name], where, masker) for name in fields}
    annotations = {
        name: masker.fingerprint(*where, "annotation", name, _text(value))
        for name, value in _annotations(body).items()
        if masker.hides_annotation(name, body)
    }
    if annotations:
        rest = {name: value for name, value in _annotations(body).items() if name not in annotations}
        metadata = {**metadata_of(body), "annotations": rest}
        shown = _shown(metadata, shape_of_body(body).at("metadata"), masker)
        hidden["metadata"] = {**shown, "annotations": {**shown["annotations"], **annotations}}
    return hidden


def _hidden_data(field: str, data: Any, where: list[str], masker: Masker) -> Any:
    if not isinstance(data, dict):
        return None if data is None else masker.fingerprint(*where, field, _text(data))
    return {
        name: masker.fingerprint(*where, "data", name, _meaning(field, value)) for name, value in data.items()
    }


def _meaning(field: str, value: Any) -> str:
    """A value so that two spellings of one secret are equal: `data` is base64, `stringData` is text."""
    if not isinstance(value, str):
        return f"json {_text(value)}"
    decoded = _decoded(value) if field == "data" else value.encode()
    return f"text {value}" if decoded is None else f"bytes {decoded.hex()}"


def _decoded(value: str) -> bytes | None:
    try:
        return base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)


def _annotations(body: Body) -> Mapping[str, Any]:
    found = metadata_of(body).get("annotations")
    return found if isinstance(found, dict) else {}


def _items(body: Body) -> Iterator[Body]:
    items = body.get("items") if str(body.get("kind")).endswith("List") else None
    return (item for item in (items if isinstance(items, list) else ()) if isinstance(item, dict))


def _values(secret: Body) -> Iterator[bytes]:
    """Every value of a Secret as the bytes it stands for, and as it is written where that is not base64."""
    for field in _SECRET_FIELDS:
        data = secret.get(field)
        for value in data.values() if isinstance(data, dict) else [] if data is None else [data]:
            decoded = _decoded(value) if field == "data" and isinstance(value, str) else None
            yield _text(value).encode() if decoded is None else decoded


def _forms(value: bytes) -> Iterator[str]:
    """The spellings in which a value turns up in texts: as it is, line by line, escaped, encoded."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if text:
        yield text
        yield from (line for line in map(str.strip, text.splitlines()) if len(line) >= _WHOLE_LINE)
        yield from (json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False))
        yield urllib.parse.quote(text, safe="")
        yield urllib.parse.quote_plus(text)
    for raw in {value, text.encode()}:
        if len(raw) >= SHORTEST:
            yield raw.hex()
            yield from _base64_forms(raw)


def _base64_forms(value: bytes) -> Iterator[str]:
    """A value as base64, alone and inside of something longer: the characters that are wholly its own."""
    whole = base64.b64encode(value).decode().rstrip("=")
    inside = [
        base64.b64encode(bytes(offset) + value).decode()[-(-offset * 8 // 6) : (offset + len(value)) * 8 // 6]
        for offset in range(3)
    ]
    for form in (whole, *(form for form in inside if len(form) > SHORTEST)):
        yield form
        yield form.replace("+", "-").replace("/", "_")


def _spans(text: str, index: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[int, int]]:
    """Where anything in the index stands in a text, from left to right; what overlaps is one."""
    if not index:
        return
    start = stop = 0
    last = len(text) - SHORTEST + 1
    for position in [place for place in range(last) if text[place : place + SHORTEST] in index]:
        forms = index[text[position : position + SHORTEST]]
        length = next((len(form) for form in forms if text.startswith(form, position)), 0)
        if length and position < stop:
            stop = max(stop, position + length)
        elif length:
            if stop:
                yield start, stop
            start, stop = position, position + length
    if stop:
        yield start, stop
