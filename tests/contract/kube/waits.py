"""A wait as the tests begin and read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contract.kube.objects import selector_of
from syncline.core.verdict import Assessed, Event
from syncline.kube.waiting import Awaited, Patience, Waiter
from syncline.runtime import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.health import HealthStatus
    from syncline.kube.cluster import ApiCluster

LONG = 30.0
"""Seconds that no test here uses up."""


def nothing() -> None:
    """A check that never asks to stop."""


def waiter(
    cluster: ApiCluster,
    awaited: Awaited,
    namespace: str,
    *,
    seconds: float = LONG,
    check: Callable[[], None] = nothing,
) -> Waiter:
    clock = SystemClock()
    patience = Patience(clock.monotonic() + seconds, clock, check)
    return Waiter(cluster, awaited, selector=selector_of(namespace), patience=patience)


def healths(events: list[Event]) -> list[tuple[str, HealthStatus]]:
    return [(event.key.name, event.health.status) for event in events if isinstance(event, Assessed)]
