"""How a value may be written: the spellings to look for, and the texts that a text may stand for.

The law: a spelling holds only characters that are wholly the value's own, and a view knows for each of its
characters where in the text it comes from.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import urllib.parse
import zlib
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from syncline.core.mask.shapes import is_random, is_sensitive
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SHORTEST: Final = 4
"""Shorter values are hidden in their own field, but not looked for elsewhere."""

SPLIT: Final = 12
"""A value that is broken over lines is looked for from this length on: two short ends meet by chance."""

_WHOLE_LINE: Final = 20
_LONGEST_SETTING: Final = 1000
_PART: Final = 16
_MOST_PARTS: Final = 1000
_UNPACKED: Final = 4 * 1024 * 1024
_SETTING: Final = regex(r"""[-\s"']*([A-Za-z_][\w.-]*)["']?\s*[:=]\s*["']?([^"'\s][^\n]*?)["',;]*\s*$""")
_USERINFO: Final = regex(r"://([^\s/\"'<>:@]{0,256}):([^\s\"'<>]{1,400})@")
_RUN: Final = regex(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_CODED: Final = regex(r"[A-Z0-9]")
_HEX: Final = regex(r"(?:[0-9a-fA-F]{2}){8,}")
_ESCAPE: Final = regex(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}"
    r"|\r?\n[ \t]*|.)"
)
_CONTINUED: Final = regex(r"\\\r?\n[ \t]*")
_LETTERS: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0"}
_PERCENT: Final = regex(r"(?:%[0-9A-Fa-f]{2})+|\+")
_ENTITY: Final = regex(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|amp|lt|gt|quot|apos);")
_DOUBLED: Final = regex("''")
_SPACE: Final = regex(r"\s+")
_LINE_END: Final = regex(r"[ \t]*[\r\n][\s]*")
_PRINTABLE: Final = bytes([9, 10, 13, *range(32, 127)])
_WRAPPED: Final = 60
_GZIP: Final = "H4sI"


def spellings(value: bytes) -> Iterator[str]:
    """What to look for in texts and in what they stand for: the value, its lines and parts, base64, hex."""
    try:
        text = value.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if text:
        yield text
        if len(squeezed := "".join(text.split())) >= SPLIT:
            yield squeezed
        for part in _parts(text):
            yield from (part, *_encoded(part.encode()))
    for raw in {value, text.encode()}:
        yield from _encoded(raw)


def _encoded(raw: bytes) -> Iterator[str]:
    if len(raw) >= SHORTEST:
        yield raw.hex()
        yield raw.hex().upper()
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
        if "+" in form or "/" in form:
            yield form.replace("+", "-").replace("/", "_")


def _parts(text: str) -> Iterator[str]:
    """The secrets inside of one: lines of a key, settings of a file, texts of JSON, passwords in URLs."""
    found = [match[2] for match in _USERINFO.finditer(text)]
    if text[:1] in {"{", "["}:
        found += _leaves(text)
    lines = text.splitlines()
    for line in map(str.strip, lines if len(lines) > 1 else ()):
        setting = _SETTING.match(line) if len(line) <= _LONGEST_SETTING else None
        if setting and _is_worth_hiding(setting[1], setting[2]):
            found.append(setting[2])
        if len(line) >= _WHOLE_LINE and not line.startswith("-----"):
            found.append(line)
    yield from (part for part in dict.fromkeys(found[:_MOST_PARTS]) if len(part) >= SHORTEST)


def _leaves(text: str) -> Iterator[str]:
    try:
        todo = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return
    while todo:
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += value.items()
        elif isinstance(value, list):
            todo += [(name, member) for member in value]
        elif isinstance(value, str) and _is_worth_hiding(name, value.strip()):
            yield value.strip()


def _is_worth_hiding(name: str, value: str) -> bool:
    return is_sensitive(name) or is_random(value, least=_PART)


class View:
    """What a text stands for when it is read as escaped, and where each character comes from.

    Where is made out only when it is asked for: mostly nothing is found.
    """

    __slots__ = ("_decoded", "_pattern", "_pieces", "_source", "least", "text")

    def __init__(
        self, source: str, pattern: re.Pattern[str], decoded: Callable[[str], str] | None = None
    ) -> None:
        self._source = source
        self._pattern = pattern
        self._decoded = decoded
        self._pieces: tuple[list[int], list[int]] | None = None
        self.least = SHORTEST if decoded else SPLIT
        self.text = pattern.sub((lambda match: decoded(match[0])) if decoded else "", source)

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The part of the source that a part of the text was read from."""
        if self._pieces is None:
            self._pieces = self._traced()
        at, origins = self._pieces
        piece = bisect_right(at, start) - 1
        first = origins[piece] + start - at[piece]
        piece = bisect_right(at, stop - 1) - 1
        last = origins[piece] + stop - at[piece]
        if self._decoded and piece + 1 < len(at) and stop == at[piece + 1]:
            last = max(last, origins[piece + 1])  # an escape is longer than what it stands for
        return first, last

    def _traced(self) -> tuple[list[int], list[int]]:
        """Where in the text a piece begins, and where in the source it comes from."""
        at, origins = [0], [0]
        length = end = 0
        for match in self._pattern.finditer(self._source):
            length += match.start() - end
            stands = len(self._decoded(match[0])) if self._decoded else 0
            places = [(length, match.start())] if stands else []
            length, end = length + stands, match.end()
            for place, origin in (*places, (length, end)):
                if at[-1] == place:
                    origins[-1] = origin
                else:
                    at.append(place)
                    origins.append(origin)
        return at, origins


def unescaped(text: str) -> View:
    """As JSON, YAML and most languages escape."""
    return View(text, _ESCAPE, _unescape)


def squeezed(text: str) -> View:
    """Without white space, as a folded text is to be read."""
    return View(text, _SPACE)


def joined(text: str) -> View:
    """Without line ends and indentation, as wrapped base64 is to be read."""
    return View(text, _LINE_END)


def views(text: str) -> Iterator[tuple[View, ...]]:
    """What a text may stand for; each is a view of the one before it."""
    if "\\" in text:
        once = unescaped(text)
        yield (once,)
        if "\\" in once.text:
            yield (once, unescaped(once.text))
        if "\n" in once.text:
            yield (once, joined(once.text))
            yield (once, squeezed(once.text))
        if "\\\n" in text:
            yield (View(text, _CONTINUED, lambda _: ""),)
    if "%" in text or "+" in text:
        yield (View(text, _PERCENT, _unquote),)
    if "&" in text:
        import html

        yield (View(text, _ENTITY, html.unescape),)
    if "''" in text:
        yield (View(text, _DOUBLED, lambda _: "'"),)
    if "\n" in text:
        yield (joined(text),)
        yield (squeezed(text),)


def runs(text: str, *, is_joined: bool = False) -> Iterator[tuple[int, int, str]]:
    """The parts of a text that are base64, hexadecimal or compressed, each with what it stands for.

    What was joined may have a word of the line before at its beginning.
    """
    for match in _RUN.finditer(text):
        # Words alone are no base64: in sixteen of its letters one is a capital or a digit.
        if len(match[0]) >= (_WRAPPED if is_joined else 0) and _CODED.search(match[0]):
            for stands in _unpacked(match[0], is_joined=is_joined):
                yield match.start(), match.end(), stands


def _unpacked(run: str, *, is_joined: bool) -> Iterator[str]:
    raws = [bytes.fromhex(run)] if _HEX.fullmatch(run) else []
    letters = run.rstrip("=").replace("-", "+").replace("_", "/")
    beginnings = {*range(4 if is_joined else 1), letters.find(_GZIP)} - {-1}
    raws += [_from_base64(letters[beginning:]) for beginning in sorted(beginnings)]
    for raw in raws:
        content = _inflated(raw)
        if content is not None or _is_text(raw):
            yield (raw if content is None else content).decode("utf-8", "replace")


def _from_base64(letters: str) -> bytes:
    whole = letters[: len(letters) - (len(letters) % 4 == 1)]
    return binascii.a2b_base64(whole + "=" * (-len(whole) % 4))


def _is_text(raw: bytes) -> bool:
    sample = raw[:64]
    return len(sample.translate(None, _PRINTABLE)) * 5 <= 2 * len(sample)


def _inflated(raw: bytes) -> bytes | None:
    if raw[:2] == b"\x1f\x8b" or (raw[:1] == b"\x78" and len(raw) > 1 and raw[1] in {0x01, 0x5E, 0x9C, 0xDA}):
        try:
            return zlib.decompressobj(47).decompress(raw, _UNPACKED)
        except zlib.error:
            return None
    return None


def _unescape(escape: str) -> str:
    kind = escape[1]
    if kind in {"u", "x"} and len(escape) > 2:  # noqa: PLR2004 - more than the backslash and the letter
        units = [int(part, 16) for part in re.findall(r"\\[ux]([0-9a-fA-F]+)", escape)]
        if len(units) > 1:
            return chr(0x10000 + ((units[0] & 0x3FF) << 10) + (units[1] & 0x3FF))
        return chr(units[0])
    return "" if kind in "\r\n" else _LETTERS.get(kind, kind)


def _unquote(run: str) -> str:
    return " " if run == "+" else urllib.parse.unquote(run)
