"""Whether a project's sync windows let a sync begin, or go on.

The law: the arithmetic is Argo CD's: a deny that is open wins, an allow that exists and is closed closes, and
`manualSync` or `syncOverrun` help only where all the windows that stand in the way have them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.config.globs import glob_matches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.config.project import SyncWindow

_FORM: Final = "%Y-%m-%dT%H:%M:%SZ"


class Sync(Struct, frozen=True):
    """The sync that asks: now, by hand or by a machine, and since when it has been running (if it has)."""

    now: datetime
    manual: bool = False
    since: datetime | None = None


def instant(text: str) -> datetime:
    """RFC 3339 in UTC, as the clock gives it."""
    return datetime.strptime(text, _FORM).replace(tzinfo=UTC)


def closed(windows: Iterable[SyncWindow], sync: Sync) -> str:
    """Why these windows keep the sync out, as a clause; empty when they let it."""
    listed = tuple(windows)
    denies = [window for window in listed if not window.allows and is_open(window, sync.now)]
    if denies:
        helped = _helped(denies, listed, sync)
        return "" if helped else f"a deny window is open ({_places(denies)}){_until(denies, sync.now)}"
    allows = [window for window in listed if window.allows]
    if not allows or any(is_open(window, sync.now) for window in allows):
        return ""
    helped = _helped(allows, listed, sync)
    return "" if helped else f"no allow window is open ({_places(allows)}){_opens(allows, sync.now)}"


def _helped(standing: list[SyncWindow], listed: tuple[SyncWindow, ...], sync: Sync) -> bool:
    if sync.manual and all(window.manual_sync for window in standing):
        return True
    if sync.since is None or not all(window.sync_overrun for window in standing):
        return False
    return not closed(listed, Sync(sync.since, sync.manual))


def is_open(window: SyncWindow, now: datetime) -> bool:
    """Whether the window has begun less than its duration ago, by the clock on the wall of its zone.

    Argo CD shifts both ends by the zone's offset of this moment, so a window across a change of summer time
    is an hour off.
    """
    wall = _wall(window, now)
    return _next(window, wall - timedelta(seconds=window.seconds)) < wall


def matching(windows: Iterable[SyncWindow], app: Application, cluster: str) -> tuple[SyncWindow, ...]:
    """The windows that are about this Application. `cluster` is its destination as it is written."""
    return tuple(window for window in windows if _is_about(window, app, cluster))


def _is_about(window: SyncWindow, app: Application, cluster: str) -> bool:
    hits = [
        any(glob_matches(pattern, text) for pattern in patterns)
        for patterns, text in (
            (window.applications, app.name),
            (window.namespaces, app.destination.namespace),
            (window.clusters, cluster),
        )
        if patterns
    ]
    return all(hits) and bool(hits) if window.all_lists else any(hits)


def _wall(window: SyncWindow, now: datetime) -> datetime:
    from zoneinfo import ZoneInfo

    return now.astimezone(ZoneInfo(window.time_zone)).replace(tzinfo=None)


def _next(window: SyncWindow, after: datetime) -> datetime:
    # cronsim drops what is below a second before it looks for a later one; robfig looks from the next second.
    found: datetime = next(_times(window, after))
    return found


def _times(window: SyncWindow, begin: datetime, *, backwards: bool = False) -> Iterator[datetime]:
    from cronsim import CronSim

    return CronSim(window.schedule, begin, reverse=backwards)


def _opens(allows: list[SyncWindow], now: datetime) -> str:
    soonest = min(_next(window, _wall(window, now)) - _wall(window, now) for window in allows)
    return f"; the next opens at {(now + soonest).strftime('%Y-%m-%d %H:%M')} UTC"


def _until(denies: list[SyncWindow], now: datetime) -> str:
    ends = []
    for window in denies:
        wall = _wall(window, now)
        began = next(_times(window, wall, backwards=True))
        ends.append(began + timedelta(seconds=window.seconds) - wall)
    return f"; it is over at {(now + max(ends)).strftime('%Y-%m-%d %H:%M')} UTC"


def _places(windows: list[SyncWindow]) -> str:
    return ", ".join(str(window.place) for window in windows)
