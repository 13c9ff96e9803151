"""Points in time, as Kubernetes writes them.

The law: what is no time compares as nothing; a fraction of a second never makes two times of one.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

_SECOND: Final = "%Y-%m-%dT%H:%M:%SZ"
_MICRO: Final = "%Y-%m-%dT%H:%M:%S.%fZ"


def moment(text: str) -> datetime | None:
    """The time that an RFC 3339 text names."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def to_second(text: str) -> str:
    """The same time in UTC, to the second; nothing where it is none."""
    found = moment(text)
    return found.astimezone(UTC).strftime(_SECOND) if found else ""


def to_micro(text: str) -> str:
    """The same time as a `MicroTime`, which is refused without its six digits."""
    found = moment(text)
    return found.astimezone(UTC).strftime(_MICRO) if found else text


def after(text: str, seconds: float) -> str:
    """The time so many seconds later; nothing where the text is none."""
    found = moment(text)
    return (found.astimezone(UTC) + timedelta(seconds=seconds)).strftime(_SECOND) if found else ""
