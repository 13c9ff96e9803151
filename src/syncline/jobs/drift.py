"""Drift: what has changed behind Git's back.

The law: an application is held against the revision that was last synced, not against what may be waiting in
Git; what is healed is the very plan that was shown.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline.core.family import identity
from syncline.core.live import Level
from syncline.core.trust import Tier
from syncline.errors import ConfigError
from syncline.jobs.choose import asked_for
from syncline.jobs.each_app import one_by_one
from syncline.jobs.orphans import orphan_notes
from syncline.jobs.prepare import RESOURCES, Prepared, against_live, recall
from syncline.jobs.present import app_report, complaint_notes
from syncline.jobs.sync import carry_out_and_report
from syncline.report.model import AppReport, Job, Note, Report, Severity

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def drift(session: Session, observer: Observer) -> Report:
    """Every application against its last synced revision; heals where that is allowed and asked for."""
    head = session.head
    session.trust(head)
    asked = asked_for(session, head)
    row = one_by_one(asked, lambda app: _check(app, session, observer), session, observer)
    return Report(
        Job.DRIFT,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def at_last_sync(app: Application, session: Session, level: Level) -> Prepared | None:
    """The plan back to the last synced revision; None when there was no sync yet."""
    record = recall(app, session)
    revision = record.inventory.revision
    if not revision:
        return None
    then = defined_at(app, revision, session)
    prepared = against_live(then, session.rendering(then, revision), record, session, level, RESOURCES)
    return replace(prepared, notes=(*prepared.notes, *orphan_notes(then, record.cluster, session)))


def defined_at(app: Application, revision: str, session: Session) -> Application:
    """The application as that commit defines it. Raises ConfigError when it does not."""
    session.repository.fetch_missing((revision,))
    for then in session.applications(revision):
        if identity(then) == identity(app):
            return then
    raise ConfigError(
        f"Commit {revision[:7]} has no Application {app.name}.", remedy="Choose a revision that defines it."
    )


def only_children(app: Application, session: Session) -> bool:
    """Whether an application renders Applications and nothing else, so that there is nothing to record."""
    manifests = session.rendering(app, session.head).manifests
    kinds = {(manifest.key.group, manifest.key.kind) for manifest in manifests}
    return kinds == {("argoproj.io", "Application")}


def never_synced(app: Application) -> AppReport:
    """What there is to say of an application without a history."""
    note = Note(
        Severity.WARNING, "It was never synced, so there is nothing to compare with; run syncline sync."
    )
    return AppReport(name=app.name, namespace=app.destination.namespace, level=Level.LIVE, notes=(note,))


def _check(app: Application, session: Session, observer: Observer) -> AppReport:
    level = Level.DRY_RUN if session.invocation.tier is Tier.WRITE else Level.LIVE
    prepared = at_last_sync(app, session, level)
    if prepared is None:
        return never_synced(app) if not only_children(app, session) else AppReport(name=app.name)
    may = session.invocation.tier is Tier.WRITE and (session.permissions.heal or app.sync_policy.self_heal)
    if may and prepared.plan.writes:
        return carry_out_and_report(prepared, session, observer)
    return app_report(prepared, session)
