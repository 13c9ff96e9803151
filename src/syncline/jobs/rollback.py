"""Rollback: an application goes back to a commit.

The law: a rollback is a sync of another commit: the same plan, the same guard, the same record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.live import Level
from syncline.errors import ConfigError, UsageError
from syncline.jobs.choose import asked_for
from syncline.jobs.drift import defined_at
from syncline.jobs.each_app import one_by_one
from syncline.jobs.prepare import RESOURCES, against_live, recall
from syncline.jobs.present import complaint_notes
from syncline.jobs.sync import carry_out_and_report, must_write
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.core.inventory import Inventory
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def rollback(session: Session, observer: Observer) -> Report:
    """The named applications, back to the revision asked for or to the one synced before."""
    must_write(session, "roll back")
    if not session.invocation.applications:
        raise UsageError("A rollback names its applications.", remedy="For example: syncline rollback web")
    head = session.repository.resolve("HEAD")
    session.trust(head)
    asked = asked_for(session, head)
    row = one_by_one(asked, lambda app: _go_back(app, session, observer), session, observer)
    return Report(
        Job.ROLLBACK,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def pick_revision(inventory: Inventory) -> str:
    """The newest recorded revision that is not the current one. Raises ConfigError when there is none."""
    for entry in reversed(inventory.history):
        if entry.revision != inventory.revision:
            return entry.revision
    raise ConfigError(
        f"{inventory.app} has no earlier revision in its history.", remedy="Name one with --revision."
    )


def _go_back(app: Application, session: Session, observer: Observer) -> AppReport:
    record = recall(app, session)
    asked = session.invocation.head
    revision = session.repository.resolve(asked) if asked else pick_revision(record.inventory)
    then = defined_at(app, revision, session)
    prepared = against_live(
        then, session.rendering(then, revision), record, session, Level.DRY_RUN, RESOURCES
    )
    return carry_out_and_report(prepared, session, observer)
