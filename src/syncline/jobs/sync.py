"""Sync: each affected application, in order, is made to be what Git says.

The law: an application is affected since the revision its inventory records, whatever the event says; so a
run that failed or was cancelled is made good by the next.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline.core.affected import affected
from syncline.core.live import Level
from syncline.core.trust import Tier
from syncline.errors import ForbiddenError, SynclineError
from syncline.jobs.carry_out import carry_out
from syncline.jobs.choose import asked_for
from syncline.jobs.each_app import one_by_one
from syncline.jobs.evidence import with_evidence
from syncline.jobs.prepare import Prepared, Record, against_live, recall
from syncline.jobs.present import app_report, complaint_notes
from syncline.jobs.retired import Leftovers, leftovers
from syncline.render import input_paths
from syncline.report.model import AppReport, Job, Report
from syncline.runtime import each

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def sync(session: Session, observer: Observer) -> Report:
    """Every application that was asked for, or that a change since its last sync touches."""
    must_write(session, "sync")
    head = session.head
    session.trust(head)
    asked = _eligible(asked_for(session, head), session)
    touched = _touched(asked, head, session)
    _render_ahead(touched, head, session)
    row = one_by_one(touched, lambda app: _sync_one(app, head, session, observer), session, observer)
    rest = leftovers(session, head) if not row.interrupted else Leftovers()
    gone = [carry_out_and_report(prepared, session, observer) for prepared in rest.plans]
    names = {app.name for app in touched}
    return Report(
        Job.SYNC,
        head=head,
        applications=(*row.reports, *gone),
        unaffected=tuple(app.name for app in asked if app.name not in names),
        notes=(*complaint_notes(session, head), *row.notes, *rest.notes),
        interrupted=row.interrupted,
    )


def must_write(session: Session, job: str) -> None:
    """Raises ForbiddenError when the event's trust tier may not change a cluster and the run is not a dry
    one.
    """
    if session.invocation.tier is not Tier.WRITE and not session.invocation.dry_run:
        raise ForbiddenError(
            f"This event may not {job}.",
            remedy="Run it on push, schedule or workflow_dispatch of the default or a protected branch.",
        )


def carry_out_and_report(prepared: Prepared, session: Session, observer: Observer) -> AppReport:
    """The second verb and what is said of it; a dry run stops at the plan."""
    if session.invocation.dry_run:
        return app_report(prepared, session)
    result = carry_out(prepared, session, lambda event: observer.event(prepared.app.name, event))
    return with_evidence(app_report(prepared, session, result), prepared, session, result)


def _eligible(apps: tuple[Application, ...], session: Session) -> tuple[Application, ...]:
    if not session.settings.sync_only_automated or session.invocation.applications:
        return apps
    return tuple(
        app for app in apps if app.sync_policy.automated is not None and app.sync_policy.automated.enabled
    )


def _touched(apps: tuple[Application, ...], head: str, session: Session) -> tuple[Application, ...]:
    if not session.invocation.affected_only:
        return apps
    reasons = each(lambda app: _since_last_sync(app, head, session), apps, workers=session.workers)
    return tuple(app for app, reason in zip(apps, reasons, strict=True) if reason)


def _since_last_sync(app: Application, head: str, session: Session) -> str:
    """Why the application needs a sync, or nothing. What cannot be told is a reason too: the sync itself will
    say.
    """
    try:
        last = recall(app, session).inventory.revision
    except SynclineError as error:
        return f"its last sync is unknown: {error.message}"
    if not last:
        return "it was never synced"
    if last == head:
        return ""
    if not session.repository.is_ancestor(last, head):
        return f"its last sync, {last[:7]}, is not an ancestor"
    changed = session.repository.changed_paths(last, head)
    if not changed:
        return ""
    return affected(app, changed, inputs=input_paths(session.checkout(head).root, app))


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
    record: Record = recall(app, session)
    prepared = against_live(app, rendering, record, session, Level.DRY_RUN)
    return replace(carry_out_and_report(prepared, session, observer), revision=head)
