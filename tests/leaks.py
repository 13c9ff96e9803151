"""Canaries, the ways to write them down, and who looks for them.

The law: the hunter knows nothing of the masker: it decodes whatever can be decoded and looks for what every
canary has in it.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import random
import re
import urllib.parse
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FORMS: Final = (
    "{core}",
    "{core}!p&w d/1?",
    'p"w\\d{core}',
    "ünï{core}çødé",
    "it's '{core}' isn't",
    "correct horse {core} battery staple",
    "{core}==+/",
    "  {core}\n",
    "user:{core}@host",
    '{{"user": "bot", "password": "{core}", "port": 5432}}',
    "postgres://app:{core}@db.example.com:5432/orders?sslmode=require",
    "DEBUG=1\nexport DB_PASSWORD={core}\nLEVEL=info\n",
    "[client]\nuser = bot\npassword = {core}\n",
    "-----BEGIN THING-----\nMIIEvQ{core}AoIBAQ\nAAAA{core}BBBB\n-----END THING-----\n",
    "<cred pass='{core}'/>",
    "%41{core}%zz",
    "$({core})",
    "{core}\t{core}",
    "12345678{core}",
    "{core}😀",
)


def core(number: int) -> str:
    """What every canary has in it, and nothing else has."""
    return f"cnry{random.Random(number).randrange(16**9, 16**10):x}yrnc"


def canaries(count: int) -> list[str]:
    """Secrets of every shape."""
    return [_FORMS[number % len(_FORMS)].format(core=core(number)) for number in range(count)]


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _wrapped(text: str) -> str:
    letters = _base64(f"prefix {text} suffix " + "filling " * 12)
    return "\n  ".join(letters[place : place + 60] for place in range(0, len(letters), 60))


def _folded(text: str) -> str:
    middle = len(text) // 2
    return f'"{text[:middle]}\\\n      {text[middle:]}"'


WAYS: Final[Mapping[str, Callable[[str], str]]] = {
    "as it is": lambda text: text,
    "base64": _base64,
    "base64 inside": lambda text: _base64(f"x={text};"),
    "base64 twice": lambda text: _base64(_base64(text)),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 wrapped": _wrapped,
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "URL with plus": urllib.parse.quote_plus,
    "JSON": json.dumps,
    "JSON twice": lambda text: json.dumps(json.dumps(text, ensure_ascii=False)),
    "HTML": html.escape,
    "YAML single quotes": lambda text: "'" + text.replace("'", "''") + "'",
    "YAML folded": lambda text: (
        ">-\n      " + text.strip().replace(" ", "\n      ").replace("\n", "\n      ")
    ),
    "YAML split": _folded,
    "gzip": lambda text: base64.b64encode(gzip.compress(f"a: {text}\n".encode())).decode(),
    "zlib": lambda text: base64.b64encode(zlib.compress(f"a: {text}\n".encode())).decode(),
    "hexadecimal": lambda text: text.encode().hex(),
    "HEXADECIMAL": lambda text: text.encode().hex().upper(),
}

_TRACE: Final = re.compile("cnry[0-9a-f]{2}|[0-9a-f]{2}yrnc")
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{16,}")


_DEEPEST: Final = 3
"""Encodings around encodings."""


def leaks(text: str) -> set[str]:
    """What a reader with patience finds of canaries."""
    return {match for reading in _readings(text) for match in _TRACE.findall(reading)}


def _readings(text: str) -> set[str]:
    found: set[str] = set()
    layer = {text}
    for _ in range(_DEEPEST):
        layer = {reading for each in layer for reading in _plain(each)} - found
        found |= layer
        layer = set(_decoded(layer))
    return found.union(*map(_plain, layer))


def _plain(text: str) -> list[str]:
    plain = [text, _unescaped(text), _unescaped(_unescaped(text)), html.unescape(text)]
    plain += [urllib.parse.unquote(text), text.replace("''", "'")]
    plain += ["".join(each.split()) for each in plain]
    plain += [re.sub(r"\s*\n\s*", "", each) for each in plain[:3]]
    return plain


def _unescaped(text: str) -> str:
    text = re.sub(r"\\\n\s*", "", text)
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(match[1], match[1]), text)


def _decoded(readings: set[str]) -> Iterator[str]:
    # A report says most things many times; each is decoded once.
    for run in {run for text in readings for run in _RUN.findall(text)}:
        letters = run.replace("-", "+").replace("_", "/")
        starts = range(4) if len(run) < 4000 else range(1)
        for start in starts:
            rest = letters[start : len(letters) - (len(letters) - start) % 4]
            yield from _texts(base64.b64decode(rest))
    for run in {run for text in readings for run in _HEX.findall(text)}:
        yield from _texts(bytes.fromhex(run[: len(run) // 2 * 2]))


def _texts(raw: bytes) -> Iterator[str]:
    if raw[:2] == b"\x1f\x8b" or raw[:1] == b"\x78":
        with suppress(zlib.error):
            yield zlib.decompressobj(47).decompress(raw).decode("utf-8", "replace")
    readable = sum(32 <= octet < 127 for octet in raw[:48])
    if b"cnry" in raw or b"yrnc" in raw or readable * 10 > 8 * len(raw[:48]):
        yield raw.decode("utf-8", "replace")
