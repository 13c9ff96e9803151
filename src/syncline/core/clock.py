"""Times as values.

The law: nothing here asks what time it is.
"""

from __future__ import annotations

from datetime import datetime


def seconds_of(moment: str) -> int:
    """RFC 3339 as seconds since 1970."""
    return int(datetime.fromisoformat(moment).timestamp())
