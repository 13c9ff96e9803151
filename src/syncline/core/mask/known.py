"""What a process is given as secret before it has read anything.

The law: a variable is secret when its name says so, and its value is one: not a path, not a flag.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.mask.shapes import is_sensitive
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SHORTEST: Final = 6
_HEADER: Final = regex(r"(?i)authorization:\s*\S+\s+(\S+)")


def secrets_of(environ: Mapping[str, str]) -> Iterator[bytes]:
    """The values of tokens, passwords, keys and kubeconfigs, and what is sent as an Authorization header."""
    for name, value in environ.items():
        if is_sensitive(name) and len(value) >= _SHORTEST and not value.startswith(("/", "./", "~")):
            yield value.encode(errors="surrogateescape")
        for header in _HEADER.finditer(value):
            yield header[1].encode(errors="surrogateescape")
