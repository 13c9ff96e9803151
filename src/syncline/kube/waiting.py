"""Waiting is watching.

The law: a wait has an end: every object is settled, failed, gone, or past the deadline, and is reported as
exactly one of these.  A new failure is seen as soon as the server tells it.
"""

from __future__ import annotations

import queue
import threading
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.core.health import Assess, Health, HealthStatus, assess
from syncline.core.health.others import waits_for_metrics
from syncline.core.resource import Body, ResourceKey, key_of
from syncline.core.verdict import Assessed, Event, Overdue
from syncline.errors import ApiError, ClusterError
from syncline.kube.status import is_absence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.ports import ApiResource, Clock, Cluster, Watching

_TICK = 0.2
"""Seconds between looks at the clock and at a request to stop; events themselves wake the reader at once."""

_LONGEST_PAUSE = 1.0
"""Seconds between two tries at a server that refuses or does not answer; the first comes after a tick."""

_SEGMENT = 60.0
"""Seconds after which a watch is renewed."""

METRICS_SECONDS = 90.0
"""How long an autoscaler may be Degraded for want of metrics: a new pod has some after two scrapes or so."""

WORD_SECONDS = 10.0
"""How long an object may go on saying what it said when it was written, if that is that it is Degraded or
Unknown: some controllers do not say of which generation they speak, what was ill before may be just what was
mended, and some scripts call what nobody has reconciled yet ill, or fail where there is no status.
"""

_TERMINAL = frozenset({HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNKNOWN})


class Awaited(Struct, frozen=True):
    """What to wait for: objects to become healthy, and objects (by UID) to be gone.

    `suspended_is_done` is for the last stage, behind which nobody waits for a paused rollout to go on; a hook
    is never done while it is suspended, and one that vanished has failed. `seen` is what is known of objects
    when the wait begins; `doubtful` is what ill ones said of themselves when they were written.
    """

    healthy: Mapping[ResourceKey, ApiResource] = field(default_factory=dict)
    hooks: Mapping[ResourceKey, ApiResource] = field(default_factory=dict)
    hook_selector: str = ""
    gone: Mapping[ResourceKey, tuple[ApiResource, str]] = field(default_factory=dict)
    suspended_is_done: bool = True
    seen: Mapping[ResourceKey, Health] = field(default_factory=dict)
    doubtful: Mapping[ResourceKey, Health] = field(default_factory=dict)


class Patience(Struct, frozen=True):
    """How long, by which clock, and who may end it early: `check` raises when the run was asked to stop."""

    until: float
    clock: Clock
    check: Callable[[], None]


class _Scope(Struct, frozen=True, order=True):
    resource: ApiResource
    namespace: str
    selector: str


class _Seen(Struct, frozen=True):
    """An object as the server just told; `body` is None when it is gone."""

    key: ResourceKey
    body: Body | None


class Waiter:
    """Follows the pending objects; one LIST and one WATCH for each kind and namespace."""

    def __init__(
        self,
        cluster: Cluster,
        awaited: Awaited,
        *,
        selector: str,
        patience: Patience,
        assess: Assess = assess,
    ) -> None:
        self._cluster = cluster
        self._assess = assess
        self._selectors = dict.fromkeys(awaited.hooks, awaited.hook_selector)
        self._selector = selector
        self._patience = patience
        self._hooks = frozenset(awaited.hooks)
        self._done = _TERMINAL | ({HealthStatus.SUSPENDED} if awaited.suspended_is_done else frozenset())
        unseen = Health(HealthStatus.MISSING, "not seen yet")
        known = {
            # What is doubted is not what it comes to where nothing else is heard.
            key: Health(HealthStatus.PROGRESSING, health.message)
            if health == awaited.doubtful.get(key)
            else health
            for key, health in awaited.seen.items()
        }
        self._pending = {key: known.get(key, unseen) for key in (*awaited.healthy, *awaited.hooks)}
        self._doubtful = awaited.doubtful
        self._began = patience.clock.monotonic()
        self._may_recover: dict[ResourceKey, float] = {}
        self._leaving = {key: uid for key, (_, uid) in awaited.gone.items()}
        self._resources = {
            **awaited.healthy,
            **awaited.hooks,
            **{key: resource for key, (resource, _) in awaited.gone.items()},
        }
        self._news: queue.SimpleQueue[_Seen] = queue.SimpleQueue()
        self._over = threading.Event()
        self._watches: dict[_Scope, Watching] = {}
        self._trouble: dict[_Scope, str] = {}
        self.gone: set[ResourceKey] = set()

    def events(self) -> Iterator[Event]:
        """What is seen, as it is seen; ends when nothing is pending or the time is up.

        Without time nothing is asked.
        """
        try:
            if self._patience.clock.monotonic() < self._patience.until:
                self._start()
            yield from self._follow()
        finally:
            self._over.set()
            for watching in list(self._watches.values()):
                watching.close()
        yield from self._overdue()

    def _start(self) -> None:
        for scope, keys in _scopes(self._resources, self._selectors, self._selector):
            threading.Thread(
                target=self._read, args=(scope, keys), name=f"watch {scope}", daemon=True
            ).start()

    def _follow(self) -> Iterator[Event]:
        while self._pending or self._leaving:
            self._patience.check()
            self._give_up()
            remaining = self._patience.until - self._patience.clock.monotonic()
            try:
                # What was told before the time was up counts, also where the time went in one leap.
                seen = self._news.get(timeout=min(_TICK, remaining)) if remaining > 0 else self._told()
            except queue.Empty:
                if remaining <= 0:
                    return
                continue
            yield from self._take(seen)

    def _told(self) -> _Seen:
        return self._news.get_nowait()

    def _take(self, seen: _Seen) -> Iterator[Event]:
        key = seen.key
        if key in self._leaving and (seen.body is None or _uid(seen.body) != self._leaving[key]):
            del self._leaving[key]
            self.gone.add(key)
        if key not in self._pending:
            return
        health = self._health(key, seen.body)
        changed = health != self._pending[key]
        seconds = self._grace(key, health, seen.body)
        if self._patience.clock.monotonic() < self._began + seconds:
            self._may_recover[key] = self._began + seconds
            self._pending[key] = health
        elif health.status in (_TERMINAL if key in self._hooks else self._done):
            del self._pending[key]
        else:
            self._pending[key] = health
        if changed:
            yield Assessed(key, health, self._patience.clock.now())

    def _grace(self, key: ResourceKey, health: Health, body: Body | None) -> float:
        """Seconds that what looks failed may take to turn out well: no deadline of its own tells them."""
        if health.status < HealthStatus.DEGRADED or body is None:
            return 0.0
        if health.status is HealthStatus.DEGRADED and waits_for_metrics(body):
            return METRICS_SECONDS
        return WORD_SECONDS if self._doubtful.get(key) == health else 0.0

    def _give_up(self) -> None:
        now = self._patience.clock.monotonic()
        for key in [key for key, until in self._may_recover.items() if now >= until]:
            del self._may_recover[key]
            health = self._pending.get(key)
            if health is not None and health.status >= HealthStatus.DEGRADED:
                del self._pending[key]

    def _health(self, key: ResourceKey, body: Body | None) -> Health:
        if body is None and key in self._hooks:
            return Health(HealthStatus.UNKNOWN, "It vanished before its end was seen.")
        if body is None:
            return Health(HealthStatus.MISSING, "it is not there")
        return self._assess(body) or Health(HealthStatus.HEALTHY)

    def _overdue(self) -> Iterator[Event]:
        at = self._patience.clock.now()
        for key, health in sorted(self._pending.items()):
            yield Overdue(key, self._as_known(key, health), at)
        for key in sorted(self._leaving):
            yield Overdue(key, Health(HealthStatus.PROGRESSING, "Pending deletion"), at)

    def _as_known(self, key: ResourceKey, health: Health) -> Health:
        selector = self._selectors.get(key, self._selector)
        trouble = self._trouble.get(_Scope(self._resources[key], key.namespace, selector))
        return Health(health.status, f"it could not be read: {trouble}") if trouble else health

    def _read(self, scope: _Scope, keys: frozenset[ResourceKey]) -> None:
        pause = _TICK
        while not self._over.is_set():
            try:
                self._list_and_watch(scope, keys)
                pause = _TICK
            except ClusterError as error:
                if isinstance(error, ApiError) and is_absence(error):
                    # The kind itself is gone, and its objects with it.
                    self._news_of(keys, {})
                else:
                    self._trouble[scope] = error.message
                # The server restarts or refuses for a moment; the deadline decides when that is too long.
                self._over.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    def _news_of(self, keys: frozenset[ResourceKey], found: Mapping[ResourceKey, Body]) -> None:
        for key in keys:
            self._news.put(_Seen(key, found.get(key)))

    def _list_and_watch(self, scope: _Scope, keys: frozenset[ResourceKey]) -> None:
        listing = self._cluster.list(scope.resource, namespace=scope.namespace, selector=scope.selector)
        self._trouble.pop(scope, None)
        self._news_of(keys, {key_of(item): item for item in listing.items})
        since = listing.resource_version
        while not self._over.is_set():
            watching = self._cluster.watch(
                scope.resource,
                namespace=scope.namespace,
                selector=scope.selector,
                since=since,
                timeout=_SEGMENT,
            )
            self._watches[scope] = watching
            for event in watching:
                if event.type == "EXPIRED" or self._over.is_set():
                    return
                since = str((event.object.get("metadata") or {}).get("resourceVersion") or since)
                if event.type != "BOOKMARK":
                    body = None if event.type == "DELETED" else event.object
                    self._news.put(_Seen(key_of(event.object), body))


def _scopes(
    resources: Mapping[ResourceKey, ApiResource], selectors: Mapping[ResourceKey, str], selector: str
) -> Iterator[tuple[_Scope, frozenset[ResourceKey]]]:
    placed = sorted(
        (_Scope(resource, key.namespace, selectors.get(key, selector)), key)
        for key, resource in resources.items()
    )
    for scope, members in groupby(placed, key=lambda pair: pair[0]):
        yield scope, frozenset(key for _, key in members)


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")
