"""The second verb: a plan becomes events.

The law: a refused plan is not touched; what is carried out is the plan that was shown, and another attempt is
another plan, made from what the cluster has by then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline.core.verdict import Outcome, Retrying, fold
from syncline.errors import SynclineError
from syncline.execute import Claim, Means, execute
from syncline.jobs.projects import vigil

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.verdict import Event, SyncResult
    from syncline.jobs.prepare import Prepared, Record
    from syncline.jobs.session import Session

_RETRIED = frozenset({Outcome.FAILED, Outcome.UNHEALTHY, Outcome.TIMED_OUT})


def carry_out(
    prepared: Prepared,
    session: Session,
    emit: Callable[[Event], None],
    again: Callable[[], Prepared] | None = None,
) -> SyncResult | None:
    """The result, or None when the plan was refused.

    `again` makes the plan anew: it is asked where `syncPolicy.retry` allows another attempt and there is time
    left for one.
    """
    if prepared.plan.refusals or prepared.record is None:
        return None
    until = session.clock.monotonic() + _seconds(session)
    # One for all attempts: what may overrun its window is the sync that began inside it.
    check = vigil(prepared.app, session)
    events: list[Event] = []
    tell = _both(events.append, emit)
    retry = prepared.app.sync_policy.retry
    attempt = 1
    while True:
        result = _attempt(prepared, replace(means_of(prepared.record, session), check=check), until, tell)
        if again is None or retry is None or result.outcome not in _RETRIED or not retry.allows(attempt):
            return fold(events)
        pause = retry.pause(attempt)
        if session.clock.monotonic() + pause >= until:
            return fold(events)
        telling = Retrying(attempt, _why(result), pause, session.clock.now())
        try:
            session.cancellation.pause(pause)
            prepared = again()
        except SynclineError:
            return fold(events)  # also when asked to stop: what the last attempt came to stands
        if prepared.plan.refusals or prepared.record is None:
            return fold(events)
        tell(telling)
        attempt += 1


def means_of(record: Record, session: Session) -> Means:
    """With what a run of this session writes to a cluster."""
    return Means(
        cluster=record.cluster,
        clock=session.clock,
        check=session.cancellation.check,
        seconds=_seconds(session),
        workers=session.workers,
        by=session.invocation.actor or session.repository.actor(),
        assess=session.assess,
    )


def _attempt(prepared: Prepared, means: Means, until: float, emit: Callable[[Event], None]) -> SyncResult:
    record, app = prepared.record, prepared.app
    if record is None:
        raise ValueError("a plan without a cluster cannot be carried out")
    means = replace(means, seconds=until - means.clock.monotonic())
    claim = Claim(record.owner, record.parent, app.revision_history_limit, cascades=app.cascades)
    return execute(prepared.plan, claim, means, emit)


def _both(one: Callable[[Event], None], other: Callable[[Event], None]) -> Callable[[Event], None]:
    def emit(event: Event) -> None:
        one(event)
        other(event)

    return emit


def _why(result: SyncResult) -> str:
    """What went wrong first, in a few words."""
    if result.failed:
        return f"{result.failed[0].key}: {result.failed[0].message}"
    late = {event.key for event in result.overdue}
    sick = [(key, health) for key, health in sorted(result.health.items()) if health.status or key in late]
    if sick:
        key, health = max(sick, key=lambda pair: pair[1].status)
        return f"{key} is {health.status.label}"
    return result.halted.message if result.halted else "it did not succeed"


def _seconds(session: Session) -> float:
    timeout = session.invocation.timeout
    return session.settings.sync_timeout if timeout is None else timeout
