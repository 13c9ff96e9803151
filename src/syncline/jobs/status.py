"""Status: how the applications are, down to their pods, or as a list.

The law: it only reads, and says what is to be said; a list reads nothing that it does not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.live import Level
from syncline.jobs.choose import asked_for
from syncline.jobs.drift import at_last_sync, back_to_last_sync, without_history
from syncline.jobs.each_app import one_by_one, together
from syncline.jobs.grown import with_offspring
from syncline.jobs.present import app_report, complaint_notes, history_rows
from syncline.kube.offspring import Outlines
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def status(session: Session, observer: Observer) -> Report:
    """Every application with its tree and its history, or with a row alone."""
    if session.invocation.brief:
        return _listed(session, observer)
    return with_trees(Job.STATUS, session, observer)


def with_trees(job: Job, session: Session, observer: Observer) -> Report:
    """The report of a job that shows how the applications are."""
    head = session.begin_with_clusters()
    asked = asked_for(session, head)
    outlines = Outlines(session.workers)
    row = one_by_one(asked, lambda app: _look(app, session, outlines), session, observer)
    return Report(
        job,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def _listed(session: Session, observer: Observer) -> Report:
    head = session.begin_with_clusters()
    row = together(asked_for(session, head), lambda app: _at_a_glance(app, session), session, observer)
    notes = (*complaint_notes(session, head), *row.notes)
    return Report(Job.STATUS, "", head, row.reports, notes=notes, interrupted=row.interrupted, brief=True)


def _at_a_glance(app: Application, session: Session) -> AppReport:
    prepared = back_to_last_sync(app, session, Level.LIVE, or_begun=True)
    if prepared is None:
        return without_history(app, session)
    return replace(app_report(prepared, session), resources=())


def _look(app: Application, session: Session, outlines: Outlines) -> AppReport:
    prepared = at_last_sync(app, session, Level.LIVE, or_begun=True)
    if prepared is None:
        return without_history(app, session)
    report = app_report(prepared, session)
    rows, notes = with_offspring(report.resources, prepared, session, outlines)
    history = history_rows(prepared.plan.inventory)
    return replace(report, resources=rows, notes=(*report.notes, *notes), history=history)
