"""Actions: what else an application's resources can do, and doing one of them.

The law: an action is run on a resource of the application's own inventory, after its plan was made and
guarded, and only by an event that may write.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.act import act
from syncline.core.actions import Actions, Asked
from syncline.core.actions.changes import changes_of, refusals
from syncline.core.live import Level, LiveState
from syncline.core.plan import Plan
from syncline.core.project import restrained
from syncline.core.rendering import Rendering
from syncline.errors import ClusterError, ConfigError, UsageError
from syncline.jobs.carry_out import Turn, means_of
from syncline.jobs.choose import chosen
from syncline.jobs.drift import without_history
from syncline.jobs.each_app import one_by_one
from syncline.jobs.prepare import Prepared, Record, recall
from syncline.jobs.present import app_report, cluster_label, complaint_notes
from syncline.jobs.rights import must_write
from syncline.jobs.targets import target_of
from syncline.kube.live import read_live
from syncline.report.model import AppReport, Job, Note, Report, ResourceRow, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.resource import Body, ResourceKey
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def actions(session: Session, observer: Observer) -> Report:
    """The actions of the named applications' resources or, with an action, its run."""
    asked = session.invocation.action
    if asked.action:
        must_write(session, "run an action")
    head = session.head
    session.trust(head)
    apps = chosen(session.applications(head), session.invocation.applications)
    if asked.action and (len(apps) != 1 or not asked.resource):
        raise UsageError(
            "An action is run on one resource of one Application.",
            remedy="For example: syncline actions run web Deployment/web restart",
        )
    known = Actions(session.customized)
    row = one_by_one(apps, lambda app: _look(app, known, session, observer), session, observer)
    return Report(
        Job.ACTIONS,
        head=head,
        applications=row.reports,
        notes=(*complaint_notes(session, head), *row.notes),
        interrupted=row.interrupted,
    )


def _look(app: Application, known: Actions, session: Session, observer: Observer) -> AppReport:
    record, asked = recall(app, session), session.invocation.action
    if not record.inventory.keys:
        if asked.action:
            raise UsageError(f"{app.name} was never synced.", remedy="Run syncline sync.")
        return without_history(app, session, lacks="act on")
    live = read_live(
        record.cluster, {}, record.inventory.keys, selector=record.owner.selector, workers=session.workers
    )
    keys = named(asked.resource, record.inventory.keys) if asked.resource else sorted(live.objects)
    if not asked.action:
        report = _listed(app, [key for key in keys if key in live.objects], live, known, session)
        return replace(report, revision=record.inventory.revision)
    prepared = _prepared(app, record, _only(asked.resource, keys, live), known, session)
    return _carried_out(prepared, record, session, observer)


def _listed(
    app: Application, keys: Iterable[ResourceKey], live: LiveState, known: Actions, session: Session
) -> AppReport:
    return AppReport(
        name=app.name,
        cluster=cluster_label(app, session),
        namespace=app.destination.namespace,
        level=Level.LIVE,
        resources=tuple(_rows(keys, live, known, session)),
        notes=tuple(_unread(live, session)),
    )


def _rows(
    keys: Iterable[ResourceKey], live: LiveState, known: Actions, session: Session
) -> Iterator[ResourceRow]:
    for key in keys:
        body = live.objects[key]
        said = _offered(body, known, session)
        if said:
            yield ResourceRow(key, "", session.assess(body), message=said)


def _offered(body: Body, known: Actions, session: Session) -> str:
    """What the object offers; a script that cannot say spoils no other's answer."""
    try:
        offers = known.offers(body, session.clock.now())
    except ConfigError as error:
        return session.masker.scrub(f"its actions cannot be told: {error}")
    return ", ".join(f"{offer}{' (not now)' if offer.disabled else ''}" for offer in offers)


def _unread(live: LiveState, session: Session) -> Iterator[Note]:
    for key, why in sorted(live.unreadable.items()):
        yield Note(Severity.WARNING, session.masker.scrub(f"{key} could not be read: {why}"))


def _prepared(
    app: Application, record: Record, found: tuple[ResourceKey, Body], known: Actions, session: Session
) -> Prepared:
    key, body = found
    asked = session.invocation.action
    effect = known.run(body, asked.action, Asked(asked.params, session.clock.now()))
    changes = changes_of(effect, body, key)
    own = frozenset({app.destination.namespace, *(each.namespace for each in record.inventory.keys)} - {""})
    plan = Plan(app.name, "", Level.LIVE, record.inventory, changes, refusals=refusals(changes, own))
    project = session.project(app.project)
    if project is not None:
        plan = restrained(plan, project, target_of(app.destination, session))
    return Prepared(app, plan, LiveState({key: body}), Rendering(app.name, "", ()), record)


def _carried_out(prepared: Prepared, record: Record, session: Session, observer: Observer) -> AppReport:
    if session.invocation.dry_run or prepared.plan.refusals:
        return app_report(prepared, session)
    name = prepared.app.name
    turn = Turn(record, session, lambda event: observer.event(name, event))
    try:
        turn.begin()
        means = means_of(record, session, turn)
        result = act(prepared.plan, means, lambda event: observer.event(name, event))
    finally:
        turn.end()
    return app_report(turn.noted(prepared), session, result)


def _only(asked: str, keys: Iterable[ResourceKey], live: LiveState) -> tuple[ResourceKey, Body]:
    several = list(keys)
    if len(several) > 1:
        names = ", ".join(str(key) for key in several)
        raise UsageError(f"{asked!r} may be any of {names}.", remedy="Name one of them in full.")
    key = several[0]
    if key in live.unreadable:
        raise ClusterError(f"{key} could not be read: {live.unreadable[key]}")
    if key not in live.objects:
        raise UsageError(f"{key} does not exist in the cluster.", remedy="Sync the application first.")
    return key, live.objects[key]


def named(asked: str, keys: Iterable[ResourceKey]) -> list[ResourceKey]:
    """The resources that may be called so. Raises UsageError for a name that nobody has."""
    by_name = {key: _names(key) for key in sorted(keys)}
    found = [key for key, names in by_name.items() if asked.lower() in names]
    if not found:
        labels = [str(key) for key in by_name]
        close = difflib.get_close_matches(asked, [*labels, *(f"{k.kind}/{k.name}" for k in by_name)], n=1)
        known = f"Known are: {', '.join(labels[:20]) or 'none; was it ever synced?'}."
        raise UsageError(
            f"The application has no resource {asked!r}.",
            remedy=f"Did you mean {close[0]!r}?" if close else known,
        )
    return found


def _names(key: ResourceKey) -> frozenset[str]:
    kinds = {key.kind, key.group_kind, f"{key.group}/{key.kind}" if key.group else key.kind}
    places = {key.name, f"{key.namespace}/{key.name}" if key.namespace else key.name}
    names = {f"{kind}/{place}" for kind in kinds for place in places}
    return frozenset(name.lower() for name in (*names, str(key)))
