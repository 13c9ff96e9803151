"""`spec.syncWindows` of an AppProject.

The law: a schedule means what robfig's parser makes of five fields, which is what Argo CD reads it with; what
that parser refuses is an error at its line.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cronsim import CronSim, CronSimError

from syncline.config.decoding import Node, fields, flag, text, texts
from syncline.config.project import SyncWindow
from syncline.patterns import regex

if TYPE_CHECKING:
    import re

_RANGES: Final = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6))
_NAMED: Final = {
    "month": ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    "weekday": ["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
}
_TERM: Final = regex(r"(?P<whole>[*?])|(?P<first>\w+)(?:-(?P<last>\w+))?")
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = regex(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)")
_LONGEST_DESCRIPTION: Final = 255


def go_seconds(duration: str) -> float:
    """The seconds of a Go duration such as `1h30m`. Raises ValueError for anything else."""
    parts = _PART.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def cron_text(schedule: str) -> str:
    """Five fields as cronsim reads them: each a list of numbers, or a star. Raises ValueError with the fault.

    robfig takes a field for a star only when it has no step above one; otherwise day and weekday are
    alternatives.
    """
    words = schedule.split()
    if len(words) != len(_RANGES):
        raise ValueError("needs five fields: minute, hour, day, month and weekday")
    return " ".join(_field(word, *limits) for word, limits in zip(words, _RANGES, strict=True))


def _field(word: str, name: str, least: int, most: int) -> str:
    numbers: set[int] = set()
    starred = False
    for part in word.split(","):
        term, slash, step_word = part.partition("/")
        match = _TERM.fullmatch(term)
        if match is None or (slash and not (step_word.isdigit() and int(step_word))):
            raise ValueError(f"has the {name} {word}, which is no cron field")
        step = int(step_word or 1)
        first, last = _ends(match, name, least, most, stepped=bool(slash))
        starred = starred or (bool(match["whole"]) and step == 1)
        numbers.update(range(first, last + 1, step))
    return "*" if starred else ",".join(map(str, sorted(numbers)))


def _ends(match: re.Match[str], name: str, least: int, most: int, *, stepped: bool) -> tuple[int, int]:
    if match["whole"]:
        return least, most
    first = _number(match["first"], name, least)
    last = _number(match["last"], name, least) if match["last"] else most if stepped else first
    if not least <= first <= last <= most:
        raise ValueError(f"has a {name} outside {least}-{most}, or a range that ends before it begins")
    return first, last


def _number(word: str, name: str, least: int) -> int:
    names = _NAMED.get(name, [])
    if word.lower() in names:
        return names.index(word.lower()) + least
    if not (word.isascii() and word.isdigit()):
        raise ValueError(f"has the {name} {word}, which is no number")
    return int(word)


def _schedule(node: Node) -> str:
    given = text(node)
    try:
        made = cron_text(given)
        next(CronSim(made, datetime(2024, 1, 1, tzinfo=UTC)))
    except ValueError as trouble:
        node.error(f"{trouble}.")
    except (CronSimError, StopIteration):
        node.error("names a day that never comes.")
    else:
        return made
    return ""


def _duration(node: Node) -> float:
    try:
        seconds = go_seconds(text(node))
    except ValueError:
        seconds = 0.0
    if seconds <= 0:
        node.error("must be a time such as 30m, 8h or 1h30m.")
    return seconds


def _kind(node: Node) -> bool:
    if node.value not in {"allow", "deny"}:
        node.error("must be allow or deny.")
    return bool(node.value == "allow")


def _time_zone(node: Node) -> str:
    name = text(node)
    try:
        from zoneinfo import ZoneInfo

        ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        node.error("is no time zone of the IANA database, such as Europe/Berlin; Argo CD would take UTC.")
        return "UTC"
    return name or "UTC"


def _description(node: Node) -> str:
    words = text(node)
    if len(words) > _LONGEST_DESCRIPTION:
        node.error(f"is longer than {_LONGEST_DESCRIPTION} characters.")
    return words


_LISTS: Final = ("applications", "namespaces", "clusters")
_NEEDED: Final = ("kind", "schedule", "duration")


def sync_window(node: Node) -> SyncWindow:
    """One window."""
    found = fields(
        node,
        {
            "kind": _kind,
            "schedule": _schedule,
            "duration": _duration,
            "manualSync": flag,
            "syncOverrun": flag,
            "timeZone": _time_zone,
            "andOperator": flag,
            "description": _description,
            **dict.fromkeys(_LISTS, texts),
        },
    )
    if isinstance(node.value, dict):
        for name in (name for name in _NEEDED if not node.has(name)):
            node.error(f"needs a {name}.")
        if not any(node.has(name) for name in _LISTS):
            node.error("applies to nothing; name applications, namespaces or clusters.")
    return SyncWindow(
        allows=found.get("kind", False),
        schedule=found.get("schedule", ""),
        seconds=found.get("duration", 0.0),
        **{name: found[name] for name in _LISTS if name in found},
        all_lists=found.get("and_operator", False),
        manual_sync=found.get("manual_sync", False),
        sync_overrun=found.get("sync_overrun", False),
        time_zone=found.get("time_zone", "UTC"),
        place=node.complaints.place(node.path),
    )
