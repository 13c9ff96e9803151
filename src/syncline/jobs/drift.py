"""Drift: what has changed behind Git's back.

The law: an application is held against the revision that was last synced, not against what may be waiting in
Git; what is healed is the very plan that was shown, and nothing is healed for ever against somebody's will.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.compare_options import level_for
from syncline.core.drift import Rules, decided, explained
from syncline.core.family import identity
from syncline.core.health import Health, HealthStatus
from syncline.core.inventory import Attempt, Cause
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.trust import Tier
from syncline.errors import ConfigError
from syncline.jobs.choose import asked_for, without_left_alone
from syncline.jobs.each_app import one_by_one
from syncline.jobs.orphans import orphan_notes
from syncline.jobs.prepare import RESOURCES, Prepared, against_live, recall
from syncline.jobs.present import app_report, bare_report, complaint_notes
from syncline.jobs.reservations import only_define, own_resources
from syncline.report.model import AppReport, Job, Note, Report, Severity

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def drift(session: Session, observer: Observer) -> Report:
    """Every application against its last synced revision; heals where that is allowed and asked for."""
    head = session.begin_with_clusters()
    asked, alone = without_left_alone(asked_for(session, head), session)
    row = one_by_one(asked, lambda app: _check(app, session, observer), session, observer)
    return Report(
        Job.DRIFT,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *alone, *row.notes),
        interrupted=row.interrupted,
    )


def at_last_sync(
    app: Application, session: Session, level: Level, *, or_begun: bool = False
) -> Prepared | None:
    """The plan back to the last synced revision, with what there is beside it; None when there was no sync
    yet. With `or_begun` a first sync that did not succeed counts, too.
    """
    prepared = back_to_last_sync(app, session, level, or_begun=or_begun)
    if prepared is None or prepared.record is None:
        return prepared
    notes = orphan_notes(prepared.app, prepared.record.cluster, session)
    return replace(prepared, notes=(*prepared.notes, *notes))


def back_to_last_sync(
    app: Application, session: Session, level: Level, *, or_begun: bool = False
) -> Prepared | None:
    """The same of the application alone."""
    record = recall(app, session)
    known = record.inventory
    begun = known.attempt if or_begun and not known.revision else None
    revision = begun.revision if begun else known.revision
    if not revision:
        return None
    then = defined_at(app, revision, session)
    found = against_live(then, session.rendering(then, revision), record, session, level, RESOURCES)
    text = f"Its first sync, of {revision[:7]}, did not succeed; this is how it stands. Run syncline sync."
    return replace(found, notes=(*found.notes, Note(Severity.WARNING, text))) if begun else found


def defined_at(app: Application, revision: str, session: Session) -> Application:
    """The application as that commit defines it. Raises ConfigError when it does not."""
    session.repository.fetch_missing((revision,))
    for then in session.applications(revision):
        if identity(then) == identity(app):
            return then
    raise ConfigError(
        f"Commit {revision[:7]} has no Application {app.name}.", remedy="Choose a revision that defines it."
    )


def without_history(app: Application, session: Session, *, lacks: str = "compare with") -> AppReport:
    """What there is to say of an application that no cluster remembers: that it has nothing to do this to."""
    known = replace(bare_report(app, session), level=Level.LIVE)
    if _only_defines(app, session):
        text = "Nothing of it is in a cluster: all it has is other Applications and definitions of Argo CD."
        return replace(known, health=Health(HealthStatus.HEALTHY), notes=(Note(Severity.INFO, text),))
    text = f"It was never synced, so there is nothing to {lacks}; run syncline sync."
    return replace(known, notes=(Note(Severity.WARNING, text),))


def _only_defines(app: Application, session: Session) -> bool:
    """Whether nothing that an application renders is written to its cluster, so that there is nothing to
    record: its children are delivered by themselves, the rest is applied only where there is an Argo CD.
    """
    manifests = session.rendering(app, session.head).manifests
    return only_define(manifests) and not own_resources(manifests, recall(app, session).cluster)[0]


def _check(app: Application, session: Session, observer: Observer) -> AppReport:
    level, why = level_for(
        app.annotations, Level.DRY_RUN if session.invocation.tier is Tier.WRITE else Level.LIVE
    )
    level = level if session.invocation.tier is Tier.WRITE else Level.LIVE
    prepared = at_last_sync(app, session, level)
    if prepared is None:
        return without_history(app, session)
    prepared = replace(prepared, plan=explained(prepared.plan), level_reason=why)
    begun = prepared.plan.inventory.attempt
    if begun is not None and begun.cause is not Cause.HEAL:
        return app_report(_unfinished(prepared, begun), session)
    if session.invocation.tier is not Tier.WRITE or not _heals(app, session):
        return app_report(prepared, session)
    from syncline.jobs.carry_out import Purpose, carry_out_and_report

    remembered = prepared.plan.inventory.heals
    prepared = _decided(prepared, session)
    if prepared.plan.writes:
        return carry_out_and_report(prepared, session, observer, Purpose(Cause.HEAL))
    if prepared.heals != remembered and not session.invocation.dry_run:
        # Nothing to heal, but the count of what stayed healed starts anew.
        carry_out_and_report(prepared, session, observer, Purpose(Cause.HEAL))
    return app_report(prepared, session)


def _heals(app: Application, session: Session) -> bool:
    policy = session.settings.drift.of(app.name)
    wanted = policy == "heal" or (policy == "application" and app.sync_policy.self_heal)
    return (session.permissions.heal or wanted) and not app.is_left_alone


def _decided(prepared: Prepared, session: Session) -> Prepared:
    """The plan without what is being fought over; made again, it is decided again."""
    policy = session.settings.drift
    rules = Rules(session.clock.now(), policy.rounds, policy.pause, insist=session.permissions.heal)
    plan, heals = decided(prepared.plan, rules)
    make = prepared.again

    def again() -> Prepared:
        fresh = make() if make else prepared
        return _decided(replace(fresh, plan=explained(fresh.plan)), session)

    fights = tuple(
        Note(Severity.WARNING, session.masker.scrub(change.why), change.key)
        for change in plan.changes
        if change.action is Action.HOLD
    )
    return replace(prepared, plan=plan, heals=heals, again=again, notes=(*prepared.notes, *fights))


def _unfinished(prepared: Prepared, begun: Attempt) -> Prepared:
    who = f"begun by {begun.by or 'somebody'} at {begun.at}"
    text = (
        f"A {begun.cause.value} of {begun.revision[:7]}, {who}, did not succeed; what differs from the last "
        "success may be its doing, so nothing is healed before it is synced again or rolled back."
    )
    return replace(prepared, notes=(*prepared.notes, Note(Severity.WARNING, text)))
