"""The record of what was reviewed, as a hidden line of the comment and as part of the JSON report.

The law: what is read back is what was written or nothing; a record that is too long for a comment keeps what
tells a plan from another, and loses the list of its objects.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.core.review import Review
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINE: Final = regex(r"<!-- syncline-reviewed:1 (?P<text>[A-Za-z0-9+/=]+) -->")
_LONGEST: Final = 12_000
_LONGEST_UNPACKED: Final = 16 * 1024 * 1024


def record_line(reviews: Iterable[Review]) -> str:
    """A line that no reader sees; empty where nothing was reviewed."""
    listed = sorted(reviews, key=lambda each: each.app)
    while listed:
        packed = zlib.compress(json.dumps([to_value(each) for each in listed]).encode(), 9)
        text = base64.b64encode(packed).decode()
        if len(text) <= _LONGEST:
            return f"<!-- syncline-reviewed:1 {text} -->"
        longest = max(listed, key=lambda each: len(each.writes or ()))
        if not longest.writes:
            return ""  # thousands of applications: the JSON report has them
        listed = [replace(each, writes=None) if each is longest else each for each in listed]
    return ""


def to_value(review: Review) -> dict[str, Any]:
    """In JSON's words."""
    return {
        "application": review.app,
        "level": review.level,
        "head": review.head,
        "tools": dict(review.tools),
        "inputs": review.inputs,
        "digest": review.digest,
        "writes": None if review.writes is None else dict(review.writes),
    }


def reviews_in(text: str) -> dict[str, Review]:
    """What a comment or a JSON report has on record, by application; nothing where it cannot be read."""
    found = _LINE.search(text)
    try:
        value = _unpacked(found["text"]) if found else json.loads(text)
        if isinstance(value, dict):
            value = [each.get("review") for each in value.get("applications") or ()]
        listed = [_review(each) for each in value if each]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error, binascii.Error):
        return {}
    return {each.app: each for each in listed}


def _unpacked(text: str) -> Any:
    unpacking = zlib.decompressobj()
    plain = unpacking.decompress(base64.b64decode(text, validate=True), _LONGEST_UNPACKED)
    if not unpacking.eof:
        raise ValueError("it unpacks to too much")
    return json.loads(plain)


def _review(value: dict[str, Any]) -> Review:
    writes = value["writes"]
    return Review(
        str(value["application"]),
        str(value["level"]),
        str(value["head"]),
        {str(name): str(version) for name, version in value["tools"].items()},
        str(value["inputs"]),
        str(value["digest"]),
        None if writes is None else {str(name): str(facts) for name, facts in writes.items()},
    )
