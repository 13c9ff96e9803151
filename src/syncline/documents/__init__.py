"""Text to documents and back, read the way Kubernetes reads YAML.

The law: what `read` makes of a text is what `kubectl` would send for it, and `read(dump(value))` is `value`
again.
"""

from __future__ import annotations

from functools import lru_cache

from syncline.documents.document import Document, Lines
from syncline.documents.reading import MAX_BYTES, MAX_DEPTH, MAX_EXPANSION, read, read_json
from syncline.documents.writing import dump

__all__ = [
    "MAX_BYTES",
    "MAX_DEPTH",
    "MAX_EXPANSION",
    "Document",
    "Lines",
    "dump",
    "read",
    "read_json",
    "read_once",
]

_LARGEST_KEPT = 16 * 1024


@lru_cache(maxsize=1024)
def _kept(text: bytes, file: str) -> tuple[Document, ...]:
    return read(text, file)


def read_once(text: bytes, file: str) -> tuple[Document, ...]:
    """The same as `read`, for small texts that are asked for often; nobody may change what they get."""
    return _kept(text, file) if len(text) <= _LARGEST_KEPT else read(text, file)
