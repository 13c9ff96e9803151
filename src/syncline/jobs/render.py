"""Render: the manifests themselves, masked.

The law: what is shown is what would be applied, but for secret values and our own marks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.plan import Action, Change
from syncline.jobs.changes import shown_change
from syncline.jobs.choose import asked_for
from syncline.jobs.each_app import together
from syncline.jobs.once import AtRevision
from syncline.jobs.present import complaint_notes, rendering_notes
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def render(session: Session, observer: Observer) -> Report:
    """Every manifest of the chosen applications at the revision."""
    head = session.head
    session.trust(head)
    asked = asked_for(session, head)
    session.checkouts.expect(asked, head)
    row = together(
        asked,
        lambda app: _manifests(app, head, session),
        session,
        observer,
        is_quick=lambda app: session.renderings.are_at_hand([AtRevision(app, head)]),
    )
    return Report(
        Job.RENDER,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def _manifests(app: Application, head: str, session: Session) -> AppReport:
    rendering = session.rendering(app, head)
    for manifest in rendering.manifests:
        session.masker.learn(manifest.body)
    changes = (Change(m.key, Action.CREATE, after=m.body, origin=m.origin) for m in rendering.manifests)
    return AppReport(
        name=app.name,
        namespace=app.destination.namespace,
        revision=head,
        changes=tuple(shown_change(change, session.masker) for change in changes),
        notes=tuple(rendering_notes(rendering, session.masker)),
    )
