"""Recover: empty clusters become what they were, from Git alone.

The law: each application is rebuilt at a revision that is known to have been good, or it is said that none
is known; nothing counts as rebuilt before it was looked at again and found healthy and without difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.family import identity, wave
from syncline.core.health import HealthStatus
from syncline.core.live import Level
from syncline.core.recovery import (
    Entry,
    Order,
    in_order,
    part,
    references,
    write_record,
)
from syncline.core.resource import key_of
from syncline.core.verdict import Outcome
from syncline.errors import ClusterError, ExitCode, Interrupted, SynclineError, UsageError
from syncline.jobs.carry_out import carry_out_and_report
from syncline.jobs.choose import asked_for
from syncline.jobs.drift import defined_at
from syncline.jobs.each_app import Row, one_by_one
from syncline.jobs.goodness import Good, Goodness
from syncline.jobs.prepare import RESOURCES, Extent, against_live, recall
from syncline.jobs.present import app_report, complaint_notes, problem_report
from syncline.jobs.reservations import only_define
from syncline.jobs.rights import must_write
from syncline.report.model import AppReport, Note, Problem, Report, Severity
from syncline.report.words import differs, duration, plural, short, visible_changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.core.resource import Body, ResourceKey
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session

_DONE = frozenset({Outcome.SYNCED, Outcome.UNCHANGED})


class Item(Struct, frozen=True):
    """An application as it will be rebuilt: its definition and manifests at the good revision, and who says
    that it is good.
    """

    app: Application
    good: Good
    rendering: Rendering

    @property
    def revision(self) -> str:
        """The commit."""
        return self.good.revision

    @property
    def has_only_children(self) -> bool:
        """Whether it renders nothing but Argo CD's definitions, so that no cluster remembers it."""
        return only_define(self.rendering.manifests)


def recover(session: Session, observer: Observer) -> Report:
    """Every application at its last good revision, in the order of their needs, and the proof."""
    must_write(session, "recover")
    head = session.head
    session.trust(head)
    items, broken = gather(session, apps_of(session, head), head)
    report = rebuild(session, observer, items)
    return replace(report, head=head, applications=(*report.applications, *broken))


def export(session: Session) -> str:
    """The record of what is good now, for the day the clusters cannot be asked."""
    session.trust(session.head)
    entries = []
    for app in apps_of(session, session.head):
        history = recall(app, session).inventory.history
        if history:
            last, namespace = history[-1], app.destination.namespace
            entries.append(Entry(app.name, last.revision, namespace, identity(app), last.at, last.by))
    return write_record(entries)


def apps_of(session: Session, head: str) -> tuple[Application, ...]:
    """What was asked for, of the cluster that was asked for."""
    wanted = session.invocation.recovery.cluster
    apps = asked_for(session, head)
    if not wanted:
        return apps
    found = tuple(app for app in apps if (session.cluster_name(app.destination) or "default") == wanted)
    if not found:
        raise UsageError(
            f"No Application is for the cluster {wanted!r}.", remedy="See clusters: in syncline.yaml."
        )
    return found


def gather(
    session: Session, apps: Iterable[Application], head: str
) -> tuple[dict[str, Item], tuple[AppReport, ...]]:
    """The applications at their good revisions, and the reports of those that cannot be had."""
    known = Goodness(session, head, session.applications(head))
    items: dict[str, Item] = {}
    broken: list[AppReport] = []
    for app in apps:
        try:
            good = known.of(app)
            then = defined_at(app, good.revision, session)
            items[identity(app)] = Item(then, good, session.rendering(then, good.revision))
        except Interrupted:
            raise
        except SynclineError as error:
            broken.append(problem_report(app, error, session))
    return items, tuple(broken)


def rebuild(session: Session, observer: Observer, items: Mapping[str, Item]) -> Report:
    """Carry out, prove, and say how long it took."""
    began = session.clock.monotonic()
    order = _order(items, session)
    reports: dict[str, AppReport] = {}

    def look(app: Application) -> AppReport:
        name = identity(app)
        reports[name] = _rebuilt(items[name], order, reports, session, observer)
        return reports[name]

    row = one_by_one([items[name].app for name in order.identities], look, session, observer)
    if not session.invocation.dry_run and not row.interrupted:
        row = _proven(row, [items[name] for name in order.identities], session)
    return Report(
        session.invocation.job,
        applications=row.reports,
        notes=(*complaint_notes(session, session.head), *_notes(session, order, began), *row.notes),
        interrupted=row.interrupted,
    )


def _notes(session: Session, order: Order, began: float) -> Iterable[Note]:
    if order.circle:
        names = ", ".join(name.removeprefix("argocd/") for name in order.circle)
        yield Note(Severity.WARNING, f"These need each other, so one of them comes too early: {names}.")
    if not session.invocation.dry_run:
        took = duration(session.clock.monotonic() - began)
        count = plural(len(order.identities), "application")
        yield Note(Severity.INFO, f"Recovery time: {took} for {count}, with the proof.")


def _order(items: Mapping[str, Item], session: Session) -> Order:
    return in_order(
        part(
            name,
            wave(item.app),
            item.rendering.manifests,
            item.app.destination.namespace,
            session.family(item.revision).parents.get(name, ""),
        )
        for name, item in items.items()
    )


def _rebuilt(
    item: Item, order: Order, before: Mapping[str, AppReport], session: Session, observer: Observer
) -> AppReport:
    bad = sorted(
        before[name].name
        for name in order.needs[identity(item.app)]
        if name in before and not _is_good(before[name])
    )
    if bad:
        sentence = f"It was not started, because it needs {', '.join(bad)}, which did not succeed."
        namespace = item.app.destination.namespace
        return AppReport(item.app.name, namespace=namespace, refusals=(sentence,), outcome=Outcome.REFUSED)
    promised = order.promised[identity(item.app)] if session.invocation.dry_run else frozenset()
    extent = Extent(promised=promised)
    record = recall(item.app, session)
    prepared = against_live(item.app, item.rendering, record, session, Level.DRY_RUN, extent)
    report = carry_out_and_report(prepared, session, observer)
    return replace(report, revision=item.revision, notes=(_said(item), *report.notes))


def _said(item: Item) -> Note:
    if item.good.source:
        return Note(Severity.INFO, f"Revision {short(item.revision)}: {item.good.source}.")
    if item.has_only_children:
        text = f"Revision {short(item.revision)}: it has nothing but Argo CD's definitions."
        return Note(Severity.INFO, text)
    why = f" ({item.good.trouble.rstrip('.')})" if item.good.trouble else ""
    text = f"No good revision is on record{why}, so the head was taken: {short(item.revision)}."
    return Note(Severity.WARNING, text)


def _is_good(report: AppReport) -> bool:
    return report.problem is None and not report.refusals and report.outcome in {None, *_DONE}


def _proven(row: Row, items: Iterable[Item], session: Session) -> Row:
    """Each application looked at again when all are there."""
    reports = []
    for report, item in zip(row.reports, items, strict=True):
        if not _is_good(report):
            reports.append(report)
            continue
        try:
            session.cancellation.check()
            reports.append(_proof(report, item, session))
        except Interrupted:
            return replace(row, reports=(*reports, *row.reports[len(reports) :]), interrupted=True)
        except SynclineError as error:
            said = session.masker.scrub(error.message)
            failure = Problem(f"It could not be proven: {said}", error.exit_code)
            reports.append(replace(report, failures=(*report.failures, failure)))
    return replace(row, reports=tuple(reports))


def _proof(report: AppReport, item: Item, session: Session) -> AppReport:
    record = recall(item.app, session)
    # A hook has run and may be gone: what is proven are the resources.
    prepared = against_live(item.app, item.rendering, record, session, Level.LIVE, RESOURCES)
    seen = app_report(prepared, session)
    failures = [*report.failures]
    if differs(seen):
        names = ", ".join(str(change.key) for change in visible_changes(seen)[:5])
        failures.append(Problem(f"It still differs after the recovery: {names}.", ExitCode.SYNC_FAILED))
    # What only renders Applications has nothing of its own that could be well.
    if seen.resources and (seen.health is None or seen.health.status > HealthStatus.SUSPENDED):
        word = seen.health.status.label if seen.health else "of unknown health"
        failures.append(Problem(f"It is {word} after the recovery.", ExitCode.UNHEALTHY))
    missing, hidden = _missing(item, session)
    for key, users in sorted(missing.items()):
        text = (
            f"{key} is missing, and {users} needs it: it is in no application, so Git cannot bring it back."
        )
        failures.append(
            Problem(text, ExitCode.UNHEALTHY, remedy="Restore it by hand, or keep it in Git sealed.")
        )
    notes = (*report.notes, *hidden)
    if len(failures) == len(report.failures):
        count = plural(seen.unchanged, "object")
        how = f", {seen.health.status.label}" if seen.health else ""
        text = f"Proven: {count} without difference{how}."
        notes = (*notes, Note(Severity.INFO, text))
    return replace(
        report, failures=tuple(failures), notes=notes, health=seen.health, resources=seen.resources
    )


def _missing(item: Item, session: Session) -> tuple[dict[ResourceKey, str], tuple[Note, ...]]:
    """The Secrets and ConfigMaps that workloads need and that are not there, each with one that needs it; and
    what is to be said of those that could not be looked for.
    """
    needed: dict[ResourceKey, Body] = {}
    for manifest in item.rendering.manifests:
        for key in references(manifest.body):
            namespace = key.namespace or item.app.destination.namespace
            needed.setdefault(replace(key, namespace=namespace), manifest.body)
    cluster = session.cluster(item.app.destination)
    missing: dict[ResourceKey, str] = {}
    hidden: list[Note] = []
    for key, user in sorted(needed.items(), key=lambda pair: pair[0]):
        resource = cluster.resource("", key.kind)
        users = f"{user.get('kind')} {key_of(user).name}"
        try:
            is_there = resource is None or cluster.get(resource, key.namespace, key.name) is not None
        except ClusterError as error:
            # Whoever may not read it cannot say that it is missing, nor that it is there.
            said = session.masker.scrub(error.message)
            text = f"Whether {key} is there, which {users} needs, could not be seen: {said}"
            hidden.append(Note(Severity.WARNING, text))
            continue
        if not is_there:
            missing[key] = users
    return missing, tuple(hidden)
