"""JSON read as Kubernetes' decoder reads it.

The law: whole numbers are integers as far as 64 bits go, a duplicate key is no JSON, and no nesting escapes
the limit.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from syncline.documents.document import Document
from syncline.documents.limits import MAX_DEPTH
from syncline.documents.scalars import MeaninglessScalar, to_json
from syncline.errors import Place
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

_JSON_START = regex(r"[ \t\r\n]*[{\[\"]")
_SPACE = regex(r"[ \t\r\n]*")
_SURROGATES = regex(
    r"(\\[^u]|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
_LONG_NUMBER = 18


class NotJson(ValueError):  # noqa: N818 - a finding that usually means YAML
    """The text is no JSON; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def looks_like_json(text: str) -> bool:
    """Whether the text begins like a JSON object, array or string."""
    return _JSON_START.match(text) is not None


def load(text: str, file: str) -> Document:
    """The one value of the text. Raises `NotJson`."""
    found = tuple(_values(_mended(text), file))
    if len(found) != 1:
        what, line = ("a second value follows", found[1].place.line) if found else ("it is empty", 0)
        raise NotJson(what, line)
    return found[0]


def load_stream(text: str, file: str) -> tuple[Document, ...]:
    """The values of the text, one after the other as `kubectl` takes them. Raises `NotJson`."""
    return tuple(document for document in _values(_mended(text), file) if document.value is not None)


def _values(text: str, file: str) -> Iterator[Document]:
    position, line = 0, 1
    while True:
        start = _first_letter(text, position)
        line += text.count("\n", position, start)
        if start == len(text):
            return
        value, position = _value(text, start, line)
        yield Document(value, Place(file, line), text, (start, position))
        line += text.count("\n", start, position)


def _first_letter(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _value(text: str, start: int, line: int) -> tuple[Any, int]:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as trouble:
        raise NotJson(trouble.msg[0].lower() + trouble.msg[1:], trouble.lineno) from None
    except RecursionError:
        raise NotJson(f"its values are nested deeper than {MAX_DEPTH} levels", line) from None
    except (_DuplicateKeyError, MeaninglessScalar) as trouble:
        raise NotJson(str(trouble), line) from None
    if text.count("{", start, end) + text.count("[", start, end) > MAX_DEPTH and _too_deep(value):
        raise NotJson(f"its values are nested deeper than {MAX_DEPTH} levels", line)
    return value, end


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [part for whole in level for part in _parts(whole) if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parts(whole: Any) -> Any:
    return whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()


def _mended(text: str) -> str:
    # Go replaces half a surrogate pair, which is no character, by U+FFFD.
    return _SURROGATES.sub(lambda match: match[1] or r"\ufffd", text) if r"\ud" in text.lower() else text


class _DuplicateKeyError(ValueError):
    pass


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _DuplicateKeyError("a key appears twice in one object")
    return found


def _integer(digits: str) -> int | float:
    if len(digits) <= _LONG_NUMBER:
        return int(digits)
    number: int | float = to_json(int(digits)) if len(digits) < 2 * _LONG_NUMBER else _float(digits)
    return number


def _float(digits: str) -> int | float:
    number: int | float = to_json(float(digits))
    return number


def _constant(_: str) -> Any:
    raise MeaninglessScalar("NaN and Infinity are no JSON numbers")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
