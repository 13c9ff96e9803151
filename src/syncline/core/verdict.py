"""What happened, and what it comes to.

The law: a `SyncResult` is the fold of its events and is never kept by hand.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from syncline.core.health.status import Health, HealthStatus
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.plan import Action
    from syncline.core.resource import ResourceKey


class Done(Struct, frozen=True):
    """The server carried out an action. `at` is RFC 3339 in UTC, here and below."""

    key: ResourceKey
    action: Action
    at: str


class Failed(Struct, frozen=True):
    """The server refused an action, or could not be asked."""

    key: ResourceKey
    action: Action
    message: str
    at: str


class Assessed(Struct, frozen=True):
    """An object's health was seen."""

    key: ResourceKey
    health: Health
    at: str


class Overdue(Struct, frozen=True):
    """An object was still not healthy when its time was up."""

    key: ResourceKey
    health: Health
    at: str


class Halted(Struct, frozen=True):
    """The sync ended before its end; what follows was not done."""

    message: str
    at: str
    interrupted: bool = False


class Waiting(Struct, frozen=True):
    """Another run is writing the application, and this one waits for it."""

    message: str
    at: str


class Retrying(Struct, frozen=True):
    """An attempt did not succeed, and another one begins after so many seconds."""

    attempt: int
    message: str
    seconds: float
    at: str


class GaveUp(Struct, frozen=True):
    """After this attempt, which did not succeed, no other is made although retries were asked for."""

    attempt: int
    message: str
    at: str


Event: TypeAlias = Done | Failed | Assessed | Overdue | Halted | Waiting | Retrying | GaveUp


class Outcome(Enum):
    """What a sync came to."""

    UNCHANGED = "unchanged"
    SYNCED = "synced"
    REFUSED = "refused"
    FAILED = "failed"
    UNHEALTHY = "unhealthy"
    TIMED_OUT = "timed out"
    INTERRUPTED = "interrupted"


FELL_SHORT: Final = frozenset({Outcome.FAILED, Outcome.UNHEALTHY, Outcome.TIMED_OUT})
"""What another attempt, or going back, may mend."""


class SyncResult(Struct, frozen=True):
    """The events of a sync, folded."""

    done: tuple[Done, ...] = ()
    failed: tuple[Failed, ...] = ()
    overdue: tuple[Overdue, ...] = ()
    health: Mapping[ResourceKey, Health] = field(default_factory=dict)
    halted: Halted | None = None
    retries: tuple[Retrying, ...] = ()
    gave_up: GaveUp | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst thing that happened decides."""
        if self.halted and self.halted.interrupted:
            return Outcome.INTERRUPTED
        if self.failed:
            return Outcome.FAILED
        if any(health.status >= HealthStatus.DEGRADED for health in self.health.values()):
            return Outcome.UNHEALTHY
        if self.overdue:
            return Outcome.TIMED_OUT
        if self.halted:
            return Outcome.FAILED
        return Outcome.SYNCED if self.done else Outcome.UNCHANGED

    @property
    def succeeded(self) -> bool:
        """Whether Git and the cluster now agree and all is well."""
        return self.outcome in {Outcome.SYNCED, Outcome.UNCHANGED}

    @property
    def exit_code(self) -> ExitCode:
        """The number the process ends with for this result alone."""
        return EXIT_CODES[self.outcome]


EXIT_CODES: Mapping[Outcome, ExitCode] = {
    Outcome.UNCHANGED: ExitCode.OK,
    Outcome.SYNCED: ExitCode.OK,
    Outcome.REFUSED: ExitCode.REFUSED,
    Outcome.FAILED: ExitCode.SYNC_FAILED,
    Outcome.UNHEALTHY: ExitCode.UNHEALTHY,
    Outcome.TIMED_OUT: ExitCode.UNHEALTHY,
    Outcome.INTERRUPTED: ExitCode.TERMINATED,
}


def fold(events: Iterable[Event]) -> SyncResult:
    """What the events come to; the last assessment of an object counts, and of several attempts the last.

    What was done in an earlier attempt stays done.
    """
    done: list[Done] = []
    failed: list[Failed] = []
    overdue: list[Overdue] = []
    health: dict[ResourceKey, Health] = {}
    halted: Halted | None = None
    retries: list[Retrying] = []
    gave_up: GaveUp | None = None
    for event in events:
        match event:
            case Done():
                done.append(event)
            case Failed():
                failed.append(event)
            case Assessed():
                health[event.key] = event.health
            case Overdue():
                overdue.append(event)
                health[event.key] = event.health
            case Retrying():
                retries.append(event)
                failed, overdue, health, halted = [], [], {}, None
            case Halted():
                # What follows a request to stop (an inventory that cannot be saved) does not hide it.
                halted = halted if halted is not None and halted.interrupted else event
            case GaveUp():
                gave_up = event
            case Waiting():
                continue
    return SyncResult(tuple(done), tuple(failed), tuple(overdue), health, halted, tuple(retries), gave_up)


def left_ill(events: Iterable[Event]) -> Mapping[ResourceKey, Health]:
    """What the objects that were Degraded or Unknown when they were written said then: no controller had seen
    the write yet, so that is how they were before, or what a script makes of an object without a status.
    """
    found: dict[ResourceKey, Health] = {}
    written: set[ResourceKey] = set()
    for event in events:
        if isinstance(event, Done):
            written.add(event.key)
        elif isinstance(event, Assessed) and event.key in written:
            written.remove(event.key)
            if event.health.status >= HealthStatus.DEGRADED:
                found[event.key] = event.health
    return found
