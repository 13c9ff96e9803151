"""Where a rendering could come out differently another time.

The law: what could is named with its line; a function that is not named here gives the same for the same.

Source: sprig's functions ("Strings", "Dates", "Cryptographic and Security", "Network"), Helm's `lookup`, and
Jinja2's `random` and `lipsum`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.errors import Place
from syncline.fetch.archive import packed
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SPRIG: Final = (
    rb"rand(?:AlphaNum|Alpha|Ascii|Numeric|Bytes|Int)|shuffle|uuidv4|now|ago|genPrivateKey|genCA(?:WithKey)?"
    rb"|genSelfSignedCert(?:WithKey)?|genSignedCert(?:WithKey)?|bcrypt|htpasswd|encryptAES|getHostByName|lookup"
)
_GO: Final = regex(rb"\{\{-?(?!\s*/\*)[^{}]*?(?<![\w.$\"'/-])(" + _SPRIG + rb")(?![\w\"'/:-])[^{}]*\}\}")
_WORD: Final = regex(rb"(?<![\w.$\"'/-])(?:" + _SPRIG + rb")(?![\w\"'/:-])")
_JINJA: Final = regex(rb"\|\s*(random)\b|\b(lipsum)\s*\(")
_TEXTS: Final = (".yaml", ".yml", ".json", ".tpl", ".txt", ".toml", ".conf")
OF_THE_MOMENT: Final = frozenset({"now", "ago"})
"""Two renderings of one moment are alike, those of another day are not."""

LOOKUP: Final = "lookup"


class Suspect(Struct, frozen=True, order=True):
    """A function that does not always give the same, and the line that calls it."""

    place: Place
    word: str


def suspects(files: Mapping[str, bytes]) -> tuple[Suspect, ...]:
    """Those in these files, packed charts included."""
    found: list[Suspect] = []
    for path, text in files.items():
        if path.endswith(".j2"):
            found += _in_jinja(path, text)
        elif path.endswith(_TEXTS):
            found += _in_text(path, text)
        elif path.endswith(".tgz"):
            found += _in_archive(path, text)
    return tuple(found)


def _in_text(path: str, text: bytes) -> Iterator[Suspect]:
    for action in _GO.finditer(text) if b"{{" in text else ():
        for word in _WORD.finditer(action[0]):
            line = text.count(b"\n", 0, action.start() + word.start()) + 1
            yield Suspect(Place(path, line), word[0].decode())


def _in_jinja(path: str, text: bytes) -> Iterator[Suspect]:
    for match in _JINJA.finditer(text):
        line = text.count(b"\n", 0, match.start()) + 1
        yield Suspect(Place(path, line), (match[1] or match[2]).decode())


def _in_archive(path: str, archive: bytes) -> Iterator[Suspect]:
    """In a packed chart; the line is that of the file inside, which its name tells."""
    for name, text in packed(archive, lambda name: name.endswith(_TEXTS)):
        yield from _in_text(f"{path}:{name}", text)
