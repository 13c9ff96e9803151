"""Rollback: an application goes back to a commit.

The law: a rollback is a sync of another commit: the same plan, the same guard, the same record; what that
commit did not have is pruned, and what came after it in Git counts as taken back until a commit touches the
application again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.inventory import Cause, Inventory, earlier
from syncline.core.live import Level
from syncline.core.verdict import FELL_SHORT, Outcome
from syncline.errors import ExitCode, SynclineError, UsageError
from syncline.jobs.carry_out import Purpose, admitted, carry_out
from syncline.jobs.choose import asked_for
from syncline.jobs.drift import defined_at
from syncline.jobs.each_app import one_by_one
from syncline.jobs.prepare import RESOURCES, Record, against_live, recall
from syncline.jobs.present import app_report, complaint_notes, problem
from syncline.jobs.rights import must_write
from syncline.report.model import AppReport, Job, Note, Problem, Report, Severity
from syncline.report.words import short, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session

"""What a sync may come to that a rollback can help with. A run that was stopped is not overruled."""


def rollback(session: Session, observer: Observer) -> Report:
    """The named applications, back to the revision asked for or to the one synced before."""
    must_write(session, "roll back")
    if not session.invocation.applications:
        raise UsageError("A rollback names its applications.", remedy="For example: syncline rollback web")
    head = session.repository.resolve("HEAD")
    session.trust(head)
    asked = asked_for(session, head)
    row = one_by_one(asked, lambda app: _asked_back(app, head, session, observer), session, observer)
    return Report(
        Job.ROLLBACK,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def after_failure(
    failed: AppReport, app: Application, head: str, session: Session, observer: Observer
) -> AppReport:
    """The report of a sync, and where it failed and that is wished, of the way back to the last success."""
    wished = session.settings.rollback_on_failure or session.permissions.rollback
    if not wished or failed.outcome not in FELL_SHORT or session.invocation.dry_run:
        return failed
    try:
        record = recall(app, session)
        attempt, good = record.inventory.attempt, record.inventory.revision
        if attempt is None or attempt.revision != head or good in {"", head}:
            text = "There is no earlier success to roll back to, so it was left as it is."
            return replace(failed, notes=(*failed.notes, Note(Severity.WARNING, text)))
        back = _go_back(app, record, good, head, session, observer)
    except SynclineError as error:
        told = problem(error, session.masker)
        told = replace(told, message=f"It could not be rolled back: {told.message}")
        return replace(failed, failures=(*failed.failures, told))
    return _with_way_back(failed, back)


def accounted_upto(inventory: Inventory, head: str, session: Session) -> str:
    """The commit whose changes a rollback takes back: the newest that the application has met or could
    have.
    """
    attempt = inventory.attempt
    begun = attempt.revision if attempt is not None and attempt.cause is Cause.SYNC else ""
    known = begun or inventory.accounted
    return head if not known or session.repository.is_ancestor(known, head) else known


def _asked_back(app: Application, head: str, session: Session, observer: Observer) -> AppReport:
    record = recall(app, session)
    asked = session.invocation.head
    revision = session.repository.resolve(asked) if asked else earlier(record.inventory)
    if not revision:
        raise UsageError(
            f"{record.inventory.app} has no earlier revision in its history.",
            remedy="Name one with --revision.",
        )
    return _go_back(app, record, revision, head, session, observer)


def _go_back(
    app: Application, record: Record, revision: str, head: str, session: Session, observer: Observer
) -> AppReport:
    upto = accounted_upto(record.inventory, head, session)
    then = defined_at(app, revision, session)
    prune = not session.permissions.keep
    rendering = session.rendering(then, revision)
    extent = replace(RESOURCES, prune=prune)
    prepared = admitted(against_live(then, rendering, record, session, Level.DRY_RUN, extent), session)
    shown = app_report(prepared, session)
    if session.invocation.dry_run:
        return shown
    observer.planned(Job.ROLLBACK, shown)
    purpose = Purpose(Cause.ROLLBACK, upto)
    carried = carry_out(prepared, session, lambda event: observer.event(app.name, event), purpose)
    return app_report(carried.prepared, session, carried.result)


def _with_way_back(failed: AppReport, back: AppReport) -> AppReport:
    what = tally([back]).said or "nothing had changed"
    good = back.outcome in {Outcome.SYNCED, Outcome.UNCHANGED}
    did = "It was rolled back" if good else "It was to be rolled back"
    note = Note(Severity.WARNING, f"{did} to {short(back.revision)}, its last success: {what}.")
    return replace(
        failed,
        notes=(*failed.notes, note),
        failures=(*failed.failures, *_troubles(back)),
        way_back=back,
    )


def _troubles(back: AppReport) -> Iterator[Problem]:
    for sentence in back.refusals:
        yield Problem(f"The rollback was refused: {sentence}", ExitCode.REFUSED)
    for failure in back.failures:
        yield replace(failure, message=f"In the rollback: {failure.message}")
