"""Go's durations: `90s`, `1m30s`, `1.5h`.

The law: two spellings are the same duration exactly when Go says so.  Source: `time.ParseDuration` and
`Duration.String`, which is how `metav1.Duration` is read and written.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from syncline.patterns import regex

_UNITS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_PART: Final = regex(r"([0-9]*\.?[0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_TEXT: Final = regex(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_LONGEST: Final = 100
_LIMIT: Final = 2**63
_SECOND: Final = 10**9


@functools.lru_cache(maxsize=4096)
def parse_duration(text: str) -> int | None:
    """The duration in nanoseconds; None where the text is none."""
    sign = -1 if text.startswith("-") else 1
    if text.lstrip("+-") == "0" and len(text) <= len("+0"):
        return 0
    if len(text) > _LONGEST or not _TEXT.fullmatch(text):
        return None
    total = sum(_amount(number, _UNITS[unit]) for number, unit in _PART.findall(text.lstrip("+-")))
    return sign * total if total < _LIMIT else None


def _amount(number: str, unit: int) -> int:
    whole, _, part = number.partition(".")
    scale: int = 10 ** len(part)
    return int(whole or 0) * unit + int(part or 0) * unit // scale


def same_duration(one: Any, other: Any) -> bool:
    """Whether both are durations, and the same."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    left = parse_duration(one)
    return left is not None and left == parse_duration(other)


def canonical(value: Any) -> Any:
    """The spelling Go answers with; anything that is no duration is given back as it is."""
    amount = parse_duration(value) if isinstance(value, str) else None
    return value if amount is None else _spell(amount)


def _spell(amount: int) -> str:
    sign, rest = ("-" if amount < 0 else ""), abs(amount)
    if rest < _SECOND:
        for unit in ("ms", "µs", "ns"):
            if rest >= _UNITS[unit]:
                return f"{sign}{_decimal(rest, _UNITS[unit])}{unit}"
        return "0s"
    minutes, left = divmod(rest, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{sign}{head}{_decimal(left, _SECOND)}s"


def _decimal(amount: int, unit: int) -> str:
    whole, part = divmod(amount, unit)
    digits = str(part).rjust(len(str(unit)) - 1, "0").rstrip("0") if part else ""
    return f"{whole}.{digits}" if digits else str(whole)
