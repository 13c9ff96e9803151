"""The pointers of Git LFS, which stand in the place of files that are kept elsewhere.

The law: a file is one when it begins like one, and is read only when all of it is as the specification says.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from syncline.patterns import regex

BEGINNING: Final = b"version https://git-lfs.github.com/spec/v1"
LONGEST: Final = 1024
"""Octets of a pointer."""
_WHOLE: Final = regex(
    re.escape(BEGINNING)
    + rb"\n(?:ext-[^\n]*\n)*oid sha256:(?P<digest>[0-9a-f]{64})\nsize (?P<size>[0-9]{1,12})\n"
)


class Pointer(Struct, frozen=True):
    """What a pointer stands for: its SHA-256 and its size in octets."""

    digest: str
    size: int


def is_pointer(text: bytes) -> bool:
    """Whether a text, or the beginning of one, is a pointer's."""
    return text.startswith(BEGINNING)


def pointer(text: bytes) -> Pointer | None:
    """The pointer that the text is; None for any other."""
    match = _WHOLE.fullmatch(text)
    return Pointer(match["digest"].decode(), int(match["size"])) if match else None
