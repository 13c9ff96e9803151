"""Plans and results, made fit to be seen.

The law: real values end here; what leaves is masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from syncline.config.complaint import did_you_mean
from syncline.core.health import Assess, Health, HealthStatus, Member, aggregate, is_ignored
from syncline.core.hooks import phases_of
from syncline.core.images import images
from syncline.core.live import Level
from syncline.core.notes import remarks
from syncline.core.plan import Action, Change, Plan, fingerprint
from syncline.core.verdict import Outcome, SyncResult
from syncline.errors import ExitCode, SynclineError
from syncline.jobs.changes import shown_change, shown_changes
from syncline.jobs.choose import broken_ones
from syncline.report.model import (
    AppReport,
    HistoryRow,
    Job,
    Note,
    Problem,
    ResourceRow,
    Severity,
    ShownHook,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application
    from syncline.core.hooks import HookRun
    from syncline.core.inventory import Inventory
    from syncline.core.mask import Masker
    from syncline.core.rendering import Rendering
    from syncline.core.resource import Body, ResourceKey
    from syncline.core.review import Review
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

_Seen: TypeAlias = tuple[Change, Health | None, bool]
"""A change, the object's health, and whether the change was made."""


def app_report(
    prepared: Prepared, session: Session, result: SyncResult | None = None, *, review: Review | None = None
) -> AppReport:
    """What there is to say of one application's plan and, after a sync, of what came of it; `review` is what
    a reviewer is shown of it, where one is.
    """
    plan, masker = prepared.plan, session.masker
    _learn(plan, masker)
    is_drift = session.invocation.job is Job.DRIFT
    shown = tuple(shown_changes(plan.changes, masker, is_blamed=is_drift, bodies=session.invocation.bodies))
    unseen = _unseen(prepared, session)
    seen = tuple(_seen(plan, result, session.assess, unseen)) if plan.level is not Level.OFFLINE else ()
    return AppReport(
        name=prepared.app.name,
        project=prepared.app.project,
        cluster=cluster_label(prepared.app, session),
        namespace=prepared.app.destination.namespace,
        level=plan.level,
        level_reason=prepared.level_reason,
        base=prepared.record.inventory.revision if prepared.record else "",
        revision=plan.revision,
        changes=shown,
        unchanged=sum(1 for change in plan.changes if change.action is Action.UNCHANGED),
        hooks=tuple(_hooks(plan, masker, bodies=session.invocation.bodies)),
        notes=(*_notes(prepared, masker), *_attempts(result, masker)),
        images=images(plan.changes),
        refusals=tuple(masker.scrub(sentence) for sentence in plan.refusals),
        outcome=_outcome(plan, result),
        failures=tuple(_failures(plan, result, masker)),
        resources=tuple(_rows(seen, masker)),
        health=_health(seen, unseen) if seen else None,
        fingerprint=_fingerprint(plan, review),
        review=review,
        partial=plan.partial,
    )


def _fingerprint(plan: Plan, review: Review | None) -> str:
    if review is not None:
        return review.fingerprint if review.writes else ""
    return fingerprint(plan) if plan.writes else ""


def problem_report(app: Application, error: SynclineError, session: Session) -> AppReport:
    """An application that could not be looked at."""
    return replace(bare_report(app, session), problem=problem(error, session.masker))


def bare_report(app: Application, session: Session) -> AppReport:
    """What an application is called and where it belongs, before anything is known of it."""
    return AppReport(
        name=app.name,
        project=app.project,
        cluster=cluster_label(app, session),
        namespace=app.destination.namespace,
    )


def problem(error: SynclineError, masker: Masker) -> Problem:
    """An error as the report has it: scrubbed of every secret this run has seen."""
    return Problem(masker.scrub(error.message), error.exit_code, error.place, masker.scrub(error.remedy))


def history_rows(inventory: Inventory) -> tuple[HistoryRow, ...]:
    """What the cluster remembers, the newest first."""
    return tuple(
        HistoryRow(entry.id, entry.revision, entry.at, entry.by, entry.cause.value)
        for entry in reversed(inventory.history)
    )


def cluster_label(app: Application, session: Session) -> str:
    """The cluster as people call it; in a drill, the one that stands in for it."""
    if session.invocation.recovery.context:
        return session.invocation.recovery.context
    try:
        return session.cluster_name(app.destination) or "default"
    except SynclineError:
        return app.destination.name or app.destination.server


def _learn(plan: Plan, masker: Masker) -> None:
    # Every secret of the plan is known before the first sentence is scrubbed: what was rendered and what was
    # read is already; what a change makes of both is not.
    for change in (*plan.changes, *plan.hooks):
        if change.before is not None and change.action is not Action.UNCHANGED:
            masker.learn_all(body for body in (change.before, change.after) if body is not None)


def _notes(prepared: Prepared, masker: Masker) -> Iterator[Note]:
    yield from prepared.notes
    yield from rendering_notes(prepared.rendering, masker)
    for remark in remarks(prepared.plan.changes):
        yield Note(Severity(remark.severity.value), masker.scrub(remark.text), remark.key)


def rendering_notes(rendering: Rendering, masker: Masker) -> Iterator[Note]:
    """What there is to say of how the manifests were made."""
    for severity, sentences in ((Severity.WARNING, rendering.warnings), (Severity.INFO, rendering.remarks)):
        yield from (Note(severity, masker.scrub(sentence)) for sentence in sentences)


def _hooks(plan: Plan, masker: Masker, *, bodies: bool) -> Iterator[ShownHook]:
    """The hooks that this sync runs or that differ, each with what is to be said of it."""
    runs: dict[object, list[HookRun]] = {}
    for run in plan.runs:
        runs.setdefault(run.hook, []).append(run)
    own = {run.key: run.hook for run in plan.runs}
    listed = {own.get(change.key, change.key): change for change in plan.hooks}
    for key in sorted(listed):
        change = listed[key]
        its = runs.get(key, [])
        if change.action is Action.KEEP or not (its or change.action is not Action.UNCHANGED):
            continue
        phases = tuple(run.phase.value for run in its) or tuple(
            sorted(phase.value for phase in phases_of(change.after or change.before or {}))
        )
        yield ShownHook(shown_change(replace(change, key=key), masker, bodies=bodies), phases, runs=bool(its))


def _attempts(result: SyncResult | None, masker: Masker) -> Iterator[Note]:
    for each in result.retries if result else ():
        text = (
            f"Attempt {each.attempt} did not succeed ({each.message}); tried again after {each.seconds:g} s."
        )
        yield Note(Severity.WARNING, masker.scrub(text))
    if result and result.gave_up:
        text = f"After attempt {result.gave_up.attempt} no other was made: {result.gave_up.message}"
        yield Note(Severity.WARNING, masker.scrub(text))


def _outcome(plan: Plan, result: SyncResult | None) -> Outcome | None:
    if result is not None:
        return result.outcome
    return Outcome.REFUSED if plan.refusals else None


def _failures(plan: Plan, result: SyncResult | None, masker: Masker) -> Iterator[Problem]:
    if result is None or result.succeeded:
        return
    origins = {change.key: change.origin for change in plan.changes}
    for failed in result.failed:
        sentence = f"{failed.key} could not be {_PAST[failed.action]}: {failed.message}"
        yield Problem(masker.scrub(sentence), ExitCode.SYNC_FAILED, origins.get(failed.key))
    for late in result.overdue:
        words = _with_reason(f"{late.key} is still {late.health.status.label} at the deadline", late.health)
        remedy = "Look at its events and pods, or raise --timeout."
        yield Problem(masker.scrub(words), ExitCode.UNHEALTHY, origins.get(late.key), remedy)
    told = {late.key for late in result.overdue} | {failed.key for failed in result.failed}
    for key, health in sorted(result.health.items()):
        if health.status >= HealthStatus.DEGRADED and key not in told:
            words = _with_reason(f"{key} is {health.status.label}", health)
            yield Problem(masker.scrub(words), ExitCode.UNHEALTHY, origins.get(key))
    if result.halted:
        yield Problem(masker.scrub(result.halted.message), result.exit_code)


def _with_reason(sentence: str, health: Health) -> str:
    return f"{sentence}: {health.message}" if health.message else f"{sentence}."


_PAST = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.RECREATE: "recreated",
    Action.ADOPT: "adopted",
    Action.PRUNE: "pruned",
    Action.RUN: "run",
}


def _unseen(prepared: Prepared, session: Session) -> Mapping[ResourceKey, Health]:
    """Objects that could not be read: of a kind whose health counts nobody knows how they are."""
    desired = {manifest.key: manifest.body for manifest in prepared.plan.manifests}
    found = {}
    for key, why in prepared.live.unreadable.items():
        nameless = {"apiVersion": f"{key.group}/v1" if key.group else "v1", "kind": key.kind}
        if session.assess(desired.get(key, nameless)) is not None:
            found[key] = Health(HealthStatus.UNKNOWN, f"it could not be read: {why}")
    return found


def _seen(
    plan: Plan, result: SyncResult | None, assess: Assess, unseen: Mapping[ResourceKey, Health]
) -> Iterator[_Seen]:
    """The objects that are there or should be, each with how it is."""
    done = {event.key: event.action for event in result.done} if result else {}
    for change in plan.changes:
        if change.action is not Action.FORGET and done.get(change.key) is not Action.PRUNE:
            is_done = change.key in done
            health = unseen.get(change.key) or _health_of(change, result, assess, is_done=is_done)
            yield change, health, is_done


def _rows(seen: Iterable[_Seen], masker: Masker) -> Iterator[ResourceRow]:
    for change, health, is_done in sorted(seen, key=lambda each: each[0].key):
        synced = change.action is Action.UNCHANGED or is_done
        unknown = change.action is Action.BLOCKED and change.before is None
        word = "Synced" if synced else "Unknown" if unknown else "OutOfSync"
        message = masker.scrub(health.message) if health else ""
        yield ResourceRow(change.key, word, health, message=message or masker.scrub(change.why))


def _health_of(change: Change, result: SyncResult | None, assess: Assess, *, is_done: bool) -> Health | None:
    if result and change.key in result.health:
        return result.health[change.key]
    if change.before is None:
        return None if is_done else Health(HealthStatus.MISSING)
    if is_done and is_ignored(_as_it_is(change, is_done=is_done)):
        return None  # nobody looked at it after the write, and how it was before says nothing any more
    return assess(change.before)


def _health(seen: Iterable[_Seen], unseen: Mapping[ResourceKey, Health]) -> Health:
    return aggregate(
        Member(
            change.key,
            health,
            live=change.before is not None or is_done or change.key in unseen,
            is_ignored=is_ignored(_as_it_is(change, is_done=is_done)),
        )
        for change, health, is_done in seen
    )


def _as_it_is(change: Change, *, is_done: bool) -> Body:
    """The object after what was done to it."""
    return (change.after if is_done else change.before) or change.after or change.before or {}


def complaint_notes(session: Session, revision: str) -> Iterable[Note]:
    """The configuration's complaints as notes, but for those that are told as problems."""
    for sentence in session.family(revision).rivals if not session.invocation.path else ():
        yield Note(Severity.DANGER, sentence)
    children = session.family(revision).complaints if not session.invocation.path else ()
    found = session.configuration(revision)
    problems = [*found.customizations.unclear, *(each.errors[0] for each in broken_ones(session, revision))]
    for complaint in (*found.complaints, *children):
        if complaint in problems:
            continue
        severity = Severity.DANGER if complaint.severity == "error" else Severity.WARNING
        yield Note(severity, complaint.message, place=complaint.place)
    yield from _names_of_nobody(session, revision)


def _names_of_nobody(session: Session, revision: str) -> Iterator[Note]:
    """What the settings say of applications and projects that mean nobody."""
    settings, found = session.settings, session.configuration(revision)
    if session.invocation.path or found.broken or session.family(revision).silent:
        return
    names = {app.name for app in session.applications(revision)}
    for place, asked in (
        ("drift.applications", settings.drift.applications),
        ("render.applications", settings.helm_by_app),
    ):
        for name in sorted(asked.keys() - names):
            hint = did_you_mean(name, names)
            text = f"{place} of syncline.yaml names {name}, and there is no such Application{hint}"
            yield Note(Severity.WARNING, text)
    for name in sorted(set(settings.unrestricted_projects) & found.projects.keys()):
        text = (
            f"unrestrictedProjects of syncline.yaml names {name}, which is defined here "
            f"({found.projects[name].origin}) and restricts all the same."
        )
        yield Note(Severity.WARNING, text)
