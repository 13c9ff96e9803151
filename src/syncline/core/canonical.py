"""One text for one value, to make digests of.

The law: what is the same JSON has the same text, whatever the order of its keys, and all else another.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

_QUICK: Final = msgspec.json.Encoder(enc_hook=str, order="sorted")


def canonical(value: Any) -> bytes:
    """The value as JSON with sorted keys; what JSON has no word for is its own text."""
    try:
        return _QUICK.encode(value)
    except (TypeError, UnicodeEncodeError):
        # It takes no half of a character, and no key but texts and numbers.
        return json.dumps(value, sort_keys=True, default=str, separators=(",", ":")).encode()
