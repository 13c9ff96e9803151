"""Sync: each affected application, in order, is made to be what Git says.

The law: an application is affected since the revision its inventory records, whatever the event says; so a
run that failed or was cancelled is made good by the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.family import identity
from syncline.core.inventory import Cause
from syncline.core.live import Level
from syncline.core.parting import ancestors
from syncline.core.verdict import Outcome
from syncline.errors import Interrupted, SynclineError, UsageError
from syncline.jobs.bugs import contained
from syncline.jobs.carry_out import carry_out_and_report
from syncline.jobs.choose import asked_for, without_left_alone
from syncline.jobs.each_app import Row, in_turn, one_by_one
from syncline.jobs.family import rivalries
from syncline.jobs.gate import Gate
from syncline.jobs.onward import kept_onward, overtaken
from syncline.jobs.prepare import Extent, against_live, ghost_of, recall
from syncline.jobs.present import app_report, complaint_notes, problem_report
from syncline.jobs.retired import Leftovers, leave, leftovers
from syncline.jobs.rights import must_write
from syncline.jobs.rollback import after_failure
from syncline.jobs.rolling import Gates, Retreat, in_steps
from syncline.jobs.touched import why_since
from syncline.report.model import AppReport, Job, Note, Report, Severity
from syncline.runtime import each

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.core.inventory import Inventory
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def sync(session: Session, observer: Observer) -> Report:
    """Every application that was asked for, or that a change since its last sync touches."""
    must_write(session, "sync")
    if session.invocation.selection and not session.invocation.applications:
        raise UsageError(
            "A selection is made in an application that is named.",
            remedy="For example: syncline sync web --resource apps:Deployment:web",
        )
    head = session.begin_with_clusters()
    chosen, alone = without_left_alone(_asked(head, session), session)
    asked = in_steps(chosen)
    touched, held = _touched(asked, head, session)
    _render_ahead(touched, head, session)
    gate = Gate(session.family(head), rivalries(touched, head, session), session)

    def look(app: Application) -> AppReport:
        return _pass(app, gate, session, observer)

    everyone = session.applications(head)
    gated = look if session.invocation.applications else Gates(everyone, look).look
    row = one_by_one(touched, gated, session, observer)
    rest = leftovers(session, head) if not row.interrupted else Leftovers()
    gone = _take_away(rest, head, session, observer)
    names = {identity(app) for app in touched}
    return Report(
        Job.SYNC,
        head=head,
        applications=(*row.reports, *gone.reports),
        unaffected=tuple(app.name for app in asked if identity(app) not in names),
        notes=(*complaint_notes(session, head), *alone, *held, *row.notes, *rest.notes, *gone.notes),
        problems=rest.problems,
        interrupted=row.interrupted or gone.interrupted,
    )


def _asked(head: str, session: Session) -> tuple[Application, ...]:
    """The applications that were asked for with everything they render, in the order of delivery."""
    found = asked_for(session, head)
    if session.invocation.path:
        return found
    family = session.family(head)
    if session.invocation.applications and not session.invocation.selection:
        found = family.with_descendants(found)
    return family.ordered(_eligible(found, session))


def _pass(app: Application, gate: Gate, session: Session, observer: Observer) -> AppReport:
    held = gate.held_back(app)
    report = held if held is not None else _problem_kept(app, gate, session, observer)
    return gate.passed(app, report)


def _problem_kept(app: Application, gate: Gate, session: Session, observer: Observer) -> AppReport:
    """The sync's report; what goes wrong is remembered at the gate before it is told."""
    try:
        return _sync_one(app, session.head, session, observer)
    except Interrupted:
        raise
    except SynclineError as error:
        gate.passed(app, problem_report(app, error, session))
        raise


def _take_away(rest: Leftovers, head: str, session: Session, observer: Observer) -> Row:
    """Delete what the applications left behind that are gone from Git, and show what stays."""
    ghosts = [ghost_of(parting.record) for parting in rest.partings]
    # Two clusters may remember applications of one name.
    partings = {id(ghost): parting for ghost, parting in zip(ghosts, rest.partings, strict=True)}
    retreat = Retreat()

    def take_away(ghost: Application) -> AppReport:
        parting = partings[id(ghost)]
        if parting.kept:
            # Nothing is written, the record neither: it is what a permission to prune will go by.
            report = app_report(leave(parting, head, session), session)
            return report if session.invocation.dry_run else replace(report, outcome=Outcome.UNCHANGED)
        return retreat.look(
            parting.then or ghost,
            lambda _: carry_out_and_report(leave(parting, head, session), session, observer),
        )

    return in_turn(ghosts, take_away, session, observer)


def _eligible(apps: tuple[Application, ...], session: Session) -> tuple[Application, ...]:
    if not session.settings.sync_only_automated or session.invocation.applications:
        return apps
    return tuple(
        app for app in apps if app.sync_policy.automated is not None and app.sync_policy.automated.enabled
    )


class _Standing(Struct, frozen=True):
    """Why an application needs a sync, or nothing; and what keeps it where it is."""

    reason: str
    held: str = ""


def _touched(
    apps: tuple[Application, ...], head: str, session: Session
) -> tuple[tuple[Application, ...], tuple[Note, ...]]:
    """The applications that need a sync, and what is to be said of those that are held where they are."""
    if not session.invocation.affected_only:
        return apps, ()
    found = each(lambda app: _since_last_sync(app, head, session), apps, workers=session.workers)
    standings = tuple(zip(apps, found, strict=True))
    notes = tuple(Note(Severity.WARNING, standing.held) for _, standing in standings if standing.held)
    return tuple(app for app, standing in standings if standing.reason), notes


def _since_last_sync(app: Application, head: str, session: Session) -> _Standing:
    """What cannot be told is a reason too: the sync itself will say."""
    try:
        with contained(session):
            inventory = recall(app, session).inventory
            late = overtaken(inventory, session)
            reason = "" if late else _reason(app, inventory, head, session)
    except SynclineError as error:
        return _Standing(f"its last sync is unknown: {error.message}")
    if late:
        return _Standing("", late)
    back = inventory.held_back
    if reason or back is None:
        return _Standing(reason or _of_ancestors(app, inventory, head, session))
    return _Standing(
        "",
        f"{app.name} stays at {back.revision[:7]}, to which {back.by or 'somebody'} rolled it back at "
        f"{back.at}; a commit that touches it brings it forward, or a sync that names it.",
    )


def _reason(app: Application, inventory: Inventory, head: str, session: Session) -> str:
    last = inventory.accounted
    if not last:
        return "it was never synced"
    if inventory.attempt is not None and inventory.attempt.cause is Cause.SYNC:
        return f"its last sync, of {inventory.attempt.revision[:7]}, did not succeed"
    if last == head:
        return ""
    if not session.repository.is_ancestor(last, head):
        return f"its last sync, {last[:7]}, is not an ancestor"
    return why_since(app, last, head, session)


def _of_ancestors(app: Application, inventory: Inventory, head: str, session: Session) -> str:
    """Whether somebody else has it than the inventory remembers: what becomes of it one day rests on that."""
    known = inventory.ancestors
    if known is None or session.invocation.path or known == ancestors(app, session.family(head)):
        return ""
    return "what it comes from is not what it came from"


def _render_ahead(apps: tuple[Application, ...], head: str, session: Session) -> None:
    """Render on all cores first; the syncs go one by one. A failure is told where it is asked for."""

    def render_one(app: Application) -> None:
        try:
            session.rendering(app, head)
        except SynclineError:
            return

    if len(apps) > 1:
        each(render_one, apps, workers=session.renderers)


def _sync_one(app: Application, head: str, session: Session, observer: Observer) -> AppReport:
    rendering = session.rendering(app, head)
    extent = Extent(hooks=not session.invocation.selection, selection=session.invocation.selection)

    prepared = against_live(app, rendering, recall(app, session), session, Level.DRY_RUN, extent)
    if extent.selection and not prepared.plan.changes:
        raise UsageError(f"Nothing of {app.name} fits what was selected.", remedy="See syncline status.")
    prepared = kept_onward(session.reviews.held_to(prepared), session)
    report = replace(carry_out_and_report(prepared, session, observer), revision=head)
    # A part that was chosen is no sync of the revision, so there is no way back from it.
    return report if extent.selection else after_failure(report, app, head, session, observer)
