"""Diff: what a change would do.

The law: only what the change touches is looked at, and what could not be compared at the level asked for says
so and is compared at a cheaper one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.compare_options import level_for
from syncline.core.family import identity
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.parting import ancestors, why_kept
from syncline.core.rendering import Rendering
from syncline.core.trust import Tier
from syncline.errors import ClusterError, ConfigError, UsageError
from syncline.jobs.choose import broken_at, chosen, labels
from syncline.jobs.each_app import together
from syncline.jobs.family import rivalries
from syncline.jobs.noise import settled
from syncline.jobs.once import AtRevision
from syncline.jobs.prepare import Prepared, against_base, against_live, recall
from syncline.jobs.present import app_report, complaint_notes
from syncline.jobs.projects import changed_projects
from syncline.jobs.retired import present
from syncline.jobs.reviewed import shown
from syncline.jobs.touched import why_between
from syncline.jobs.validating import validated
from syncline.report.model import AppReport, Job, Note, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config import Configuration
    from syncline.config.application import Application
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


class Pair(Struct, frozen=True):
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
    session.inputs.expect(head)
    session.trust(head if session.invocation.tier is Tier.WRITE else base)
    pairs = _pairs(session, base, head)
    altered = changed_projects(session.configuration(base), session.configuration(head))
    reasons = {
        name: why_between(pair.before, pair.after, session, base, head)
        or _of_project(pair, altered)
        or _what_if(pair, session)
        or _asked_for(pair, session)
        for name, pair in pairs.items()
    }
    named = session.invocation.applications
    asked = chosen((pair.app for pair in pairs.values()), named, broken_at(session, head))
    touched = [app for app in asked if reasons[identity(app)]]
    for revision, sides in ((base, "before"), (head, "after")):
        there = (getattr(pairs[identity(app)], sides) for app in touched)
        session.checkouts.expect(filter(None, there), revision)
    session.renderings.recipes.expect((app for app in touched if pairs[identity(app)].after), head)
    row = together(
        touched,
        lambda app: replace(
            _compare(pairs[identity(app)], session, base, head), affected_by=reasons[identity(app)]
        ),
        session,
        observer,
        is_quick=lambda app: _is_at_hand(pairs[identity(app)], session, base, head),
    )
    return Report(
        Job.DIFF,
        base,
        head,
        row.reports,
        unaffected=tuple(app.name for app in asked if not reasons[identity(app)]),
        notes=(
            *complaint_notes(session, head),
            *altered.values(),
            *row.notes,
            *_rivals(touched, head, session),
        ),
        interrupted=row.interrupted,
    )


def _rivals(apps: list[Application], head: str, session: Session) -> Iterator[Note]:
    """Objects that two of the applications have."""
    there = {identity(app) for app in session.applications(head)}
    found = rivalries([app for app in apps if identity(app) in there], head, session)
    for name, sentences in sorted(found.items()):
        for sentence in sentences:
            yield Note(Severity.DANGER, f"{name.removeprefix('argocd/')}: {sentence}")


def _pairs(session: Session, base: str, head: str) -> Mapping[str, Pair]:
    if session.invocation.path:
        return _directory(session, base, head)
    before = {identity(app): app for app in session.applications(base)}
    after = {identity(app): app for app in session.applications(head)}
    found = {name: Pair(before.get(name), after.get(name)) for name in sorted(before | after)}
    lost = _Broken(session.configuration(head))
    return {
        name: pair
        for name, pair in found.items()
        # A definition that cannot be read is told as such, and is not removed.
        if pair.after is not None or not (lost.has(pair.app) or _is_silent(pair.app, session, base, head))
    }


def _is_silent(app: Application, session: Session, base: str, head: str) -> bool:
    """Whether nobody knows if it is there: the children of a parent that cannot be rendered."""
    return bool(session.family(head).silent & set(session.family(base).line(app)))


def _directory(session: Session, base: str, head: str) -> Mapping[str, Pair]:
    (app,) = session.applications(head)
    before, after = (
        app if session.checkouts.holds(app.sources[0].path, revision) else None for revision in (base, head)
    )
    if before is None and after is None:
        raise UsageError(
            f"There is no {session.invocation.path!r}, neither at the base nor at the head.",
            remedy="Only what is committed counts.",
        )
    return {identity(app): Pair(before, after)}


class _Broken:
    """The definitions of a commit that nothing can be made of."""

    def __init__(self, configuration: Configuration) -> None:
        self._names = {(each.namespace or "argocd", each.name) for each in configuration.broken if each.name}
        self._files = {each.place.file for each in configuration.broken if not each.name}

    def has(self, app: Application) -> bool:
        """Whether the application is, or may be, one of them."""
        return (app.namespace or "argocd", app.name) in self._names or app.origin.file in self._files


def _of_project(pair: Pair, altered: Mapping[str, Note]) -> str:
    return f"its project {pair.app.project} changed" if pair.app.project in altered else ""


def _what_if(pair: Pair, session: Session) -> str:
    version = session.invocation.kube_version
    return f"what it would be at Kubernetes {version} is asked" if version and pair.after else ""


def _asked_for(pair: Pair, session: Session) -> str:
    """Whether a person named it and a level that asks the cluster, which may differ although no commit does.

    In a workflow names only choose among what a change touches, and so they do offline.
    """
    asked = session.invocation
    if pair.after is None or not asked.manual or asked.level is Level.OFFLINE:
        return ""
    named = asked.path or not {*labels(pair.after)}.isdisjoint(asked.applications)
    return "it was asked for by name" if named else ""


def _compare(pair: Pair, session: Session, base: str, head: str) -> AppReport:
    if pair.after is None:
        return app_report(_removed(pair.app, session, base, head), session)
    prepared = validated(_at_best_level(pair, session, base, head), session)
    plan = prepared.plan
    does = plan.writes or plan.runs or plan.hooks
    review = shown(prepared, session, prepared.noise) if does else None
    report = app_report(prepared, session, review=review)
    return replace(report, base=base) if prepared.record is None else report


def _removed(app: Application, session: Session, base: str, head: str) -> Prepared:
    rendering = session.rendering(app, base)
    gone = Rendering(app.name, head, ())
    kept = _why_kept(app, session, base)
    prepared = against_base(app, rendering, gone, session, kept)
    return replace(
        prepared, notes=(Note(Severity.DANGER, _farewell(app, len(rendering.manifests), kept, session)),)
    )


def _why_kept(app: Application, session: Session, base: str) -> str:
    """Why the objects of an application that is gone stay; empty where they go with it."""
    if app.is_kept:
        return "it says that it is not to be deleted"
    if not app.cascades:
        return "it has no resources finalizer"
    if session.invocation.path:
        return ""
    line = ancestors(app, session.family(base))
    kept = why_kept(line, present(session, session.head), Inventory(app.name, ancestors=line))
    return kept.why if kept else ""


def _farewell(app: Application, count: int, kept: str, session: Session) -> str:
    objects = f"{count} objects" if count != 1 else "one object"
    if session.invocation.path:
        return f"The directory {app.sources[0].path} is removed, with its {objects}."
    fate = f"left in the cluster, because {kept}" if kept else "deleted with it"
    return f"The Application is removed; its {objects} {'is' if count == 1 else 'are'} {fate}."


def _at_best_level(pair: Pair, session: Session, base: str, head: str) -> Prepared:
    level, why = _level(session, pair.app)
    if level is not Level.OFFLINE:
        rendering = session.rendering(pair.app, head)
        try:
            found = against_live(pair.app, rendering, recall(pair.app, session), session, level)
            notes = (*found.notes, *_of_hydration(pair.app, session))
            found = replace(found, level_reason=why or found.level_reason, notes=notes)
            return settled(found, session)
        except (ClusterError, ConfigError) as error:
            why = f"the cluster could not be read: {session.masker.scrub(error.message)}"
    rendering, before = _sides(pair, session, base, head)
    prepared = against_base(pair.app, before, rendering, session)
    notes = (*prepared.notes, *_was_broken(pair, session, base), *_of_hydration(pair.app, session))
    return settled(replace(prepared, level_reason=why, notes=notes), session)


def _is_at_hand(pair: Pair, session: Session, base: str, head: str) -> bool:
    """Whether comparing it asks nobody: no cluster, and no renderer."""
    if _level(session, pair.app)[0] is not Level.OFFLINE:
        return False
    sides = ((pair.before, base), (pair.after, head))
    return session.renderings.are_at_hand(AtRevision(app, sha) for app, sha in sides if app is not None)


def _sides(pair: Pair, session: Session, base: str, head: str) -> tuple[Rendering, Rendering | None]:
    """What it is after the change, and what it was, if it was there."""
    if pair.before is None or not _is_there(pair.before, session):
        return session.rendering(pair.app, head), None
    return session.renderings.sides(AtRevision(pair.app, head), AtRevision(pair.before, base))


def _is_there(app: Application, session: Session) -> bool:
    """Whether what it is synced from exists: a branch that nobody hydrated yet is no failure."""
    return app.hydration is None or bool(session.elsewhere.hydrated(app))


def _of_hydration(app: Application, session: Session) -> Iterator[Note]:
    if app.hydration is None:
        return
    branch, target = app.hydration.wet.target_revision, app.hydration.target
    first = "" if target == branch else f", by way of the branch {target}"
    words = f"This is what hydrating changes in the branch {branch}{first}; it is synced from there."
    yield Note(Severity.INFO, words)
    if not session.elsewhere.hydrated(app):
        yield Note(
            Severity.WARNING, f"The branch {branch} does not exist yet, so that all its objects look new."
        )


def _was_broken(pair: Pair, session: Session, base: str) -> Iterator[Note]:
    if pair.before is None and _Broken(session.configuration(base)).has(pair.app):
        words = f"Its definition is broken at {base[:7]}, so that all its objects look new."
        yield Note(Severity.WARNING, words)


def _level(session: Session, app: Application) -> tuple[Level, str]:
    """The level asked for, or that the Application chooses, capped by the trust tier."""
    tier = session.invocation.tier
    asked, why = level_for(app.annotations, session.invocation.level)
    if tier is Tier.RENDER and asked is not Level.OFFLINE:
        return Level.OFFLINE, session.invocation.tier_reason or "this event may render only"
    if tier is Tier.READ and asked is Level.DRY_RUN:
        return Level.LIVE, "this event may read a cluster, not write"
    return asked, why
