"""The second verb: a plan becomes events.

The law: a refused plan is not touched; what is carried out is the plan that is shown, and another attempt is
another plan, made from what the cluster has by then; while one run writes an application, no other does.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.family import Family, identity
from syncline.core.inventory import Cause
from syncline.core.parting import ancestors
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.core.verdict import FELL_SHORT, GaveUp, Halted, Retrying, fold
from syncline.errors import ClusterError, SynclineError, TurnError
from syncline.execute import Means, execute
from syncline.jobs.bugs import bug_of
from syncline.jobs.prepare import PARENT, Prepared, Record
from syncline.jobs.present import app_report
from syncline.jobs.projects import at_the_door, role_notes, vigil
from syncline.kube.lease import Lease, Terms
from syncline.ledger import Claim
from syncline.report.model import AppReport, Note, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.resource import Body
    from syncline.core.verdict import Event, SyncResult
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session

_OFTEN_ENOUGH = "that is as often as its retry.limit allows."


class Purpose(Struct, frozen=True):
    """Why a plan is carried out; `upto` is the commit that a rollback accounts for."""

    cause: Cause = Cause.SYNC
    upto: str = ""


class Carried(Struct, frozen=True):
    """The plan that was carried out (made again, where another run had written first) and what came of it.

    The result is None when the plan was refused.
    """

    prepared: Prepared
    result: SyncResult | None = None


def carry_out(
    prepared: Prepared, session: Session, emit: Callable[[Event], None], purpose: Purpose | None = None
) -> Carried:
    """Take the application's Lease where there is something to write, and execute the plan.

    Where `syncPolicy.retry` allows another attempt and there is time left for one, the plan is made anew.
    """
    if prepared.plan.refusals or prepared.record is None:
        return Carried(prepared)
    events: list[Event] = []
    tell = _both(events.append, emit)
    turn = Turn(prepared.record, session, tell)
    try:
        prepared = turn.ready(prepared)
        if prepared.plan.refusals or prepared.record is None:
            return Carried(turn.noted(prepared))
        _attempts(prepared, turn, session, tell, purpose or Purpose())
        return Carried(turn.noted(prepared), fold(events))
    except TurnError:
        raise
    except ClusterError as error:
        # The plan that was made is shown with what kept it from being begun.
        tell(Halted(str(error), session.clock.now()))
        return Carried(turn.noted(prepared), fold(events))
    except SynclineError:
        raise
    except Exception as error:  # noqa: BLE001 - what was done before it must be told
        tell(Halted(str(bug_of(error, session)), session.clock.now()))
        return Carried(turn.noted(prepared), fold(events))
    finally:
        turn.end()


def admitted(prepared: Prepared, session: Session) -> Prepared:
    """The plan with what the Application's project says of the moment and of the person."""
    plan = at_the_door(prepared.plan, prepared.app, session)
    return replace(prepared, plan=plan, notes=(*prepared.notes, *role_notes(prepared.app, session)))


def carry_out_and_report(
    prepared: Prepared, session: Session, observer: Observer, purpose: Purpose | None = None
) -> AppReport:
    """A plan carried out, and what is said of it; a dry run stops at the plan."""
    prepared = admitted(prepared, session)
    if session.invocation.dry_run:
        return app_report(prepared, session)
    name = prepared.app.name
    carried = carry_out(prepared, session, lambda event: observer.event(name, event), purpose)
    report, result = app_report(carried.prepared, session, carried.result), carried.result
    if result is None or result.outcome not in FELL_SHORT:
        return report
    from syncline.jobs.evidence import with_evidence

    return with_evidence(report, carried.prepared, session, result)


class Turn:
    """This run's turn to write an application."""

    def __init__(self, record: Record, session: Session, emit: Callable[[Event], None]) -> None:
        self._record = record
        self._session = session
        self._note: Note | None = None
        self._has_begun = False
        terms = Terms(_holder(session), session.settings.lease_seconds)
        self._lease = Lease(record.cluster, record.owner, terms, session.clock, emit)

    def ready(self, prepared: Prepared) -> Prepared:
        """The plan as it may be carried out: where it writes it is our turn, and the plan is up to date."""
        record, plan = prepared.record, prepared.plan
        # A namespace that is only made by the plan has no place for a Lease yet: the claim takes it then.
        if self._has_begun or record is None or not (plan.writes or plan.runs) or _founds(prepared, record):
            return prepared
        self.begin()
        return self.checked(prepared)

    def begin(self) -> None:
        """Wait for it. Raises TurnError with the name of whoever does not come to an end."""
        denied = self._lease.take(self._session.cancellation.check, seconds=_seconds(self._session))
        self._has_begun = True
        if not denied:
            return
        place = f"{self._record.owner.namespace}/{self._record.owner.parent}"
        right = "Grant get, create and update on leases of coordination.k8s.io there."
        if self._session.settings.require_lease:
            raise TurnError(f"The Lease {place} may not be written: {denied}", remedy=right)
        text = f"The Lease {place} may not be written, so nothing keeps a second run away: {denied} {right}"
        self._note = Note(Severity.WARNING, self._session.masker.scrub(text))

    def checked(self, prepared: Prepared) -> Prepared:
        """The plan, made again if the parent is no longer the one it was made from.

        Every run writes the parent before its first object, so an unchanged parent is an unchanged plan.
        """
        if self._version(prepared.record) == _version(self._parent()) or prepared.again is None:
            return prepared
        return prepared.again()

    def hold(self) -> None:
        """For the claim of an application whose namespace was only just made: there was no place before."""
        if self._has_begun:
            return
        self.begin()
        if self._parent() is not None:
            raise TurnError(
                f"Another run began {self._record.owner.app} in the meantime.", remedy="Run it again."
            )

    def check(self) -> None:
        """A safe point."""
        self._session.cancellation.check()
        self._lease.check()

    def noted(self, prepared: Prepared) -> Prepared:
        """The plan with what there is to say of the Lease."""
        return replace(prepared, notes=(*prepared.notes, self._note)) if self._note else prepared

    def end(self) -> None:
        """Let the next one in."""
        self._lease.release()

    def _parent(self) -> Body | None:
        owner = self._record.owner
        return self._record.cluster.get(PARENT, owner.namespace, owner.parent)

    def _version(self, record: Record | None) -> str:
        return _version(record.parent if record else None)


def _attempts(
    prepared: Prepared, turn: Turn, session: Session, emit: Callable[[Event], None], why: Purpose
) -> None:
    until = session.clock.monotonic() + _seconds(session)
    retry = prepared.app.sync_policy.retry
    # One for all attempts: what may overrun its window is the sync that began inside it.
    watch = vigil(prepared.app, session)

    def check() -> None:
        watch()
        turn.check()

    attempt = 1
    while prepared.record is not None:
        seconds = until - session.clock.monotonic()
        means = replace(means_of(prepared.record, session, turn), check=check, seconds=seconds)
        result = execute(prepared.plan, _claim(prepared, prepared.record, why, session), means, emit)
        if retry is None or result.outcome not in FELL_SHORT or (attempt == 1 and not retry.allows(1)):
            return
        telling = Retrying(attempt, _why(result), retry.pause(attempt), session.clock.now())
        following = _next(prepared, turn, session, telling, until) if retry.allows(attempt) else _OFTEN_ENOUGH
        if isinstance(following, str):
            emit(GaveUp(attempt, following, session.clock.now()))
            return
        emit(telling)
        prepared = following
        attempt += 1


def _next(
    prepared: Prepared, turn: Turn, session: Session, telling: Retrying, until: float
) -> Prepared | str:
    """The plan of the next attempt, or why there is none: what the last attempt came to stands then."""
    if prepared.again is None or session.clock.monotonic() + telling.seconds >= until:
        return f"the next one, {telling.seconds:g} s later, would be beyond the time that the run has."
    try:
        session.cancellation.pause(telling.seconds)
        prepared = turn.ready(prepared.again())
    except SynclineError as error:
        return f"the next one could not be begun: {error}"
    refusals = prepared.plan.refusals
    return f"the plan of the next one is refused: {refusals[0]}" if refusals else prepared


def _claim(prepared: Prepared, record: Record, why: Purpose, session: Session) -> Claim:
    app = prepared.app
    family = Family() if session.invocation.path else session.family(prepared.plan.revision)
    return Claim(
        record.owner,
        record.parent,
        app.revision_history_limit,
        cascades=app.cascades,
        ancestors=ancestors(app, family),
        has_children=identity(app) in family.parents.values(),
        cause=why.cause,
        upto=why.upto,
        heals=prepared.heals,
    )


def means_of(record: Record, session: Session, turn: Turn | None = None) -> Means:
    """With what a run of this session writes to a cluster; in its turn, where others could write too."""
    return Means(
        cluster=record.cluster,
        clock=session.clock,
        check=turn.check if turn else session.cancellation.check,
        seconds=_seconds(session),
        workers=session.workers,
        by=_actor(session),
        assess=session.assess,
        hold=turn.hold if turn else lambda: None,
    )


def _founds(prepared: Prepared, record: Record) -> bool:
    """Whether the namespace that the Lease would lie in is only made by this plan."""
    home = ResourceKey("", "Namespace", "", record.owner.namespace)
    return any(change.key == home and change.action is Action.CREATE for change in prepared.plan.changes)


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
    asked = session.invocation.timeout
    return session.settings.sync_timeout if asked is None else asked


def _actor(session: Session) -> str:
    return session.invocation.actor or session.repository.actor()


def _holder(session: Session) -> str:
    """Who this run is: a person or a bot, where to look, and what tells it from every other run."""
    environ = session.invocation.environ
    run = environ.get("GITHUB_RUN_ID", "")
    place = os.uname().nodename
    if run:
        server = environ.get("GITHUB_SERVER_URL", "https://github.com")
        place = f"{server}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return f"{_actor(session) or 'somebody'} ({place}) #{uuid.uuid4().hex[:12]}"


def _version(parent: Body | None) -> str:
    return str(((parent or {}).get("metadata") or {}).get("resourceVersion") or "")
