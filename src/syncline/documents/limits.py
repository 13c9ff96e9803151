"""How much is read, and from which encodings.

The law: a text that could exhaust memory or stack is refused before it does.
"""

from __future__ import annotations

import codecs

from syncline.errors import DocumentError, Place

MAX_BYTES = 20_000_000
"""A repository's largest sensible manifest file; an API server takes 3 MB for one object."""

MAX_DEPTH = 200
"""Levels of nesting; OpenAPI schemas in CRDs, the deepest objects in use, stay below 60."""

MAX_EXPANSION = 1_000_000
"""Values that all aliases of one text together may stand for."""

_LONGEST_KEY_SHOWN = 60


def check_size(text: str | bytes, file: str) -> None:
    """Raise `DocumentError` for a text that is larger than `MAX_BYTES`."""
    if len(text) > MAX_BYTES:
        size = f"{len(text) / 1e6:.1f} MB, where at most {MAX_BYTES / 1e6:.0f} MB are read"
        raise DocumentError(
            f"The file is too large to be a manifest: {size}.",
            place=Place(file),
            remedy="Split it, or move it out of the folders that applications point at.",
        )


def too_deep(place: Place) -> DocumentError:
    """The refusal of a text with more than `MAX_DEPTH` levels."""
    return DocumentError(
        f"The values are nested deeper than {MAX_DEPTH} levels.",
        place=place,
        remedy="No Kubernetes object is; flatten the document.",
    )


def decode(text: str | bytes, file: str) -> str:
    """The text without its byte order mark, which also tells UTF-8 from UTF-16. Raises `DocumentError`."""
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    encoding = "utf-16" if text.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return text.decode(encoding)
    except UnicodeDecodeError as trouble:
        line = text.count(b"\n", 0, trouble.start) + 1
        raise DocumentError(
            "The file is not text in UTF-8.", place=Place(file, line), remedy="Save it as UTF-8."
        ) from None


def short(key: object) -> str:
    """A key as a message may quote it: on one line, and cut when long, since it could be anything."""
    text = str(key)
    printable = "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST_KEY_SHOWN])
    return printable if len(text) <= _LONGEST_KEY_SHOWN else f"{printable}..."
