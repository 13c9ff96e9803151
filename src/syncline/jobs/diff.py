"""Diff: what a change would do.

The law: only what the change touches is looked at, and what could not be compared at the level asked for says
so and is compared at a cheaper one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncline.core.affected import affected
from syncline.core.live import Level
from syncline.core.rendering import Rendering
from syncline.core.trust import Tier
from syncline.errors import ClusterError, ConfigError
from syncline.jobs.choose import chosen
from syncline.jobs.each_app import together
from syncline.jobs.prepare import Prepared, against_base, against_live, recall
from syncline.jobs.present import app_report, complaint_notes
from syncline.render import input_paths
from syncline.report.model import AppReport, Job, Note, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


@dataclass(frozen=True, slots=True)
class Pair:
    """An application before and after the change; None where it is not there."""

    before: Application | None
    after: Application | None

    @property
    def app(self) -> Application:
        """The application as it will be, or as it was."""
        app = self.after or self.before
        if app is None:
            raise ValueError("a pair has an application on one side at least")
        return app


def diff(session: Session, observer: Observer) -> Report:
    """Base against head, or head against the clusters. Raises GitError when a revision is missing."""
    base, head = session.base, session.head
    session.trust(head if session.invocation.tier is Tier.WRITE else base)
    changed = session.repository.changed_paths(base, head)
    pairs = _pairs(session, base, head)
    reasons = {name: _reason(pair, changed, session) for name, pair in pairs.items()}
    asked = chosen((pair.app for pair in pairs.values()), session.invocation.applications)
    touched = [app for app in asked if reasons[_identity(app)]]
    row = together(
        touched,
        lambda app: replace(
            _compare(pairs[_identity(app)], session, base, head), affected_by=reasons[_identity(app)]
        ),
        session,
        observer,
    )
    return Report(
        Job.DIFF,
        base,
        head,
        row.reports,
        unaffected=tuple(app.name for app in asked if not reasons[_identity(app)]),
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def _identity(app: Application) -> str:
    return f"{app.namespace}/{app.name}"


def _pairs(session: Session, base: str, head: str) -> Mapping[str, Pair]:
    before = {_identity(app): app for app in session.applications(base)}
    after = {_identity(app): app for app in session.applications(head)}
    return {name: Pair(before.get(name), after.get(name)) for name in sorted(before | after)}


def _reason(pair: Pair, changed: frozenset[str], session: Session) -> str:
    if not changed:
        return ""
    sides = ((pair.before, session.base), (pair.after, session.head))
    for app, revision in sides:
        if app is None:
            continue
        reason = affected(app, changed, inputs=input_paths(session.checkout(revision).root, app))
        if reason:
            return reason
    return ""


def _compare(pair: Pair, session: Session, base: str, head: str) -> AppReport:
    if pair.after is None:
        return app_report(_removed(pair.app, session, base, head), session)
    prepared = _at_best_level(pair, session, base, head)
    report = app_report(prepared, session)
    return replace(report, base=base) if prepared.record is None else report


def _removed(app: Application, session: Session, base: str, head: str) -> Prepared:
    rendering = session.rendering(app, base)
    gone = Rendering(app.name, head, ())
    prepared = against_base(app, rendering, gone, session, retired=True)
    fate = (
        "are deleted with it"
        if app.cascades
        else "stay in the cluster, because it has no resources finalizer"
    )
    return replace(
        prepared,
        notes=(
            Note(
                Severity.DANGER, f"The Application is removed; its {len(rendering.manifests)} objects {fate}."
            ),
        ),
    )


def _at_best_level(pair: Pair, session: Session, base: str, head: str) -> Prepared:
    level, why = _level(session)
    rendering = session.rendering(pair.app, head)
    if level is not Level.OFFLINE:
        try:
            return replace(
                against_live(pair.app, rendering, recall(pair.app, session), session, level), level_reason=why
            )
        except (ClusterError, ConfigError) as error:
            why = f"the cluster could not be read: {session.masker.scrub(error.message)}"
    before = session.rendering(pair.before, base) if pair.before else None
    return replace(against_base(pair.app, before, rendering, session), level_reason=why)


def _level(session: Session) -> tuple[Level, str]:
    """The level asked for, capped by the trust tier."""
    asked, tier = session.invocation.level, session.invocation.tier
    if tier is Tier.RENDER and asked is not Level.OFFLINE:
        return Level.OFFLINE, "this event may render only"
    if tier is Tier.READ and asked is Level.DRY_RUN:
        return Level.LIVE, "this event may read a cluster, not write"
    return asked, ""
