"""Values to block YAML, for people and for line-by-line comparison.

The law: `read(dump(value))` is `value` again, and equal values make equal texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from syncline.documents.scalars import resolve
from syncline.patterns import regex

_FIRST = {name: rank for rank, name in enumerate(("apiVersion", "kind", "metadata", "type", "spec"))}
_LONGEST_SIMPLE_KEY = 1000
"""libyaml reads `key:` on one line up to 1,024 characters; a longer key is written after `? `."""

_PRINTABLE = r"\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
_UNSAFE_START = regex(r"[^A-Za-z_/\\(.$^]")
_UNSAFE = regex(r"\xa0|:(?: |$)| #| $")
_NUMBER_ELSEWHERE = regex(r"[-+.]?[0-9][0-9_,:.eExXoObBaAcCdDfF+-]*|[-+.]+[a-zA-Z0-9]*|=|<<")
_BLANKS = str.maketrans("", "", "\t\n")
_ESCAPES = {"\n": r"\n", "\t": r"\t", "\r": r"\r", '"': r"\"", "\\": r"\\"}
_LINE_WITH_TEXT = regex(r"\n(?=[^\n])")


@cache
def _to_escape() -> re.Pattern[str]:
    """Made when a text needs it: such wide classes of characters take a start-up's time to compile."""
    return re.compile(rf'[^{_PRINTABLE}]|[\\"]')


def dump(value: Any) -> str:
    """Block YAML of JSON-like data, stable: what names an object comes first, all other keys in order."""
    if isinstance(value, Mapping) and value:
        lines = _mapping(value, "", sorted(value, key=_top_rank))
    elif isinstance(value, list | tuple) and value:
        lines = _sequence(value, "")
    else:
        lines = iter((_scalar(value, ""),))
    return "\n".join(lines) + "\n"


def _top_rank(key: str) -> tuple[int, str]:
    return _FIRST.get(key, len(_FIRST)), key


def _name_first(key: str) -> tuple[bool, str]:
    return key != "name", key


def _order(parent_key: str, value: Mapping[str, Any]) -> list[str]:
    return sorted(value, key=_name_first) if parent_key == "metadata" else sorted(value)


def _mapping(value: Mapping[str, Any], pad: str, keys: Iterable[str]) -> Iterator[str]:
    for key in keys:
        yield from _entry(_key(key, pad), key, value[key], pad)


def _entry(head: str, key: str, value: Any, pad: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield f"{pad}{head}"
        yield from _mapping(value, pad + "  ", _order(key, value))
    elif isinstance(value, list | tuple) and value:
        yield f"{pad}{head}"
        yield from _sequence(value, pad)
    else:
        yield f"{pad}{head} {_scalar(value, pad)}"


def _sequence(value: Iterable[Any], pad: str) -> Iterator[str]:
    deeper = pad + "  "
    for member in value:
        if isinstance(member, Mapping) and member:
            lines = _mapping(member, deeper, sorted(member, key=_name_first))
        elif isinstance(member, list | tuple) and member:
            lines = _sequence(member, deeper)
        else:
            yield f"{pad}- {_scalar(member, pad)}"
            continue
        yield f"{pad}- {next(lines)[len(deeper) :]}"
        yield from lines


def _key(key: str, pad: str) -> str:
    text = _quoted(key) if "\n" in key else _text(key)
    return f"{text}:" if len(text) < _LONGEST_SIMPLE_KEY else f"? {text}\n{pad}:"


def _scalar(value: Any, pad: str) -> str:
    if isinstance(value, str):
        return _literal(value, pad) if "\n" in value else _text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _text(text: str) -> str:
    if _is_plain(text):
        return text
    if ('"' in text or "\\" in text) and _is_printable(text):
        return "'" + text.replace("'", "''") + "'"
    return _quoted(text)


def _is_plain(text: str) -> bool:
    if not text or _UNSAFE_START.match(text) or _UNSAFE.search(text) or not _is_printable(text):
        return False
    return isinstance(resolve(text), str) and not _NUMBER_ELSEWHERE.fullmatch(text) and text[:3] != "..."


def _is_printable(text: str) -> bool:
    """Whether all of it may stand in YAML as it is, quotes and backslashes aside."""
    if text.isascii():
        return text.isprintable()
    return not _to_escape().search(text.replace('"', "").replace("\\", ""))


def _quoted(text: str) -> str:
    return f'"{_to_escape().sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    if "\ud800" <= letter <= "\udfff":
        return r"\ufffd"  # half a surrogate pair is no character, and YAML refuses its escape
    return _ESCAPES.get(letter) or f"\\u{ord(letter):04x}"


def _literal(text: str, pad: str) -> str:
    body = text.rstrip("\n")
    if not body or not _is_printable(text.translate(_BLANKS)):
        return _quoted(text)
    indentation = "2" if body[0] in " \n\t" else ""
    ending = text[len(body) :]
    chomping = {"": "-", "\n": ""}.get(ending, "+")
    indent = pad + "  "
    block = _LINE_WITH_TEXT.sub(f"\n{indent}", "\n" + body)
    return f"|{indentation}{chomping}{block}{ending[1:]}"
