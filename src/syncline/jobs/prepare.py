"""The first of the two verbs: an application and a revision become a plan.

The law: preparing changes nothing anywhere; a read that fails is told, never taken for "absent".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncline.config.application import Application, Destination
from syncline.core.applyset import Owner, decode, mark, owner_of
from syncline.core.guard import Allowance, guarded
from syncline.core.hook_plan import has_parting, hook_set, rendered_hooks, with_hooks
from syncline.core.hooks import DELETE_PHASES, SYNC_PHASES, idle_hooks, misread_hooks, split_hooks
from syncline.core.inventory import Inventory, Operation
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.options import SyncOptions, misread_options, options_of
from syncline.core.order import misread_waves, odd_weights
from syncline.core.plan import Intent, Plan, Policy, make_plan, narrowed
from syncline.core.recreate import with_recreations
from syncline.core.rendering import Rendering, rescoped
from syncline.core.resource import Body, Manifest
from syncline.core.scopes import Scopes
from syncline.core.selection import EVERYTHING, Selection
from syncline.errors import Place
from syncline.jobs.predicting import Terms, predict, yielded
from syncline.jobs.projects import governed, project_notes
from syncline.jobs.reservations import (
    foreign_hooks,
    own_resources,
    shared_objects,
    unserved,
    with_namespace,
)
from syncline.kube.live import read_live
from syncline.ports import ApiResource, Cluster
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.hook_plan import HookSet
    from syncline.jobs.session import Session

PARENT = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)


@dataclass(frozen=True, slots=True)
class Record:
    """What a cluster remembers of an application; `parent` is None before its first sync."""

    cluster: Cluster
    owner: Owner
    parent: Body | None
    inventory: Inventory


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what it takes to show it and to carry it out. `record` is None at the offline level."""

    app: Application
    plan: Plan
    live: LiveState
    rendering: Rendering
    record: Record | None = None
    level_reason: str = ""
    notes: tuple[Note, ...] = ()


def recall(app: Application, session: Session) -> Record:
    """Read an application's inventory from its cluster."""
    owner = owner_of(app, session.repository_id)
    cluster = session.cluster(app.destination)
    parent = cluster.get(PARENT, owner.namespace, owner.parent)
    inventory = decode(parent) if parent is not None else Inventory(app.name)
    return Record(cluster, owner, parent, inventory)


def prepare(app: Application, revision: str, session: Session, level: Level) -> Prepared:
    """What it would take to make the cluster be what Git says at this revision."""
    rendering = session.rendering(app, revision)
    return against_live(app, rendering, recall(app, session), session, level)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of an application a plan is about. Without `hooks` none runs: what heals or goes back is no
    new delivery (Argo CD runs none then, either). `promised` are the kinds and namespaces that applications
    before it bring, in the words of `core.recovery.Part`: a plan that is only shown finds them missing.
    """

    hooks: bool = True
    selection: Selection = EVERYTHING
    promised: frozenset[str] = frozenset()


WHOLE = Extent()
RESOURCES = Extent(hooks=False)


def against_live(
    app: Application,
    rendering: Rendering,
    record: Record,
    session: Session,
    level: Level,
    extent: Extent = WHOLE,
) -> Prepared:
    """The plan of a rendering against what the cluster has."""
    cluster, owner, known = record.cluster, record.owner, record.inventory
    rendering = rescoped(rendering, _scopes(rendering, cluster))
    resources, listed = split_hooks(rendering.manifests)
    resources, notes = own_resources(resources, cluster)
    begun = Operation(rendering.revision, session.clock.now())
    hooks = hook_set(listed, known, owner, begun, SYNC_PHASES)
    manifests = tuple(mark(manifest, owner) for manifest in resources)
    wanted = {manifest.key: manifest.api_version for manifest in (*manifests, *_as_manifests(hooks))}
    live = read_live(
        cluster, wanted, known.keys | known.hooks.keys, selector=owner.selector, workers=session.workers
    )
    policy = session.policy(app, owner, known)
    terms = Terms(policy.options, app.ignore_differences)
    bodies = yielded(manifests, live, terms)
    compared = tuple(replace(manifest, body=bodies[manifest.key]) for manifest in manifests)
    prediction = predict(compared, live, cluster, terms, level=level, workers=session.workers)
    intent = Intent(app.name, rendering.revision, compared, policy, spared=hooks.keys)
    plan = with_recreations(make_plan(intent, known, live, prediction), policy, prediction)
    if not policy.options.has("RespectIgnoreDifferences"):
        plan = replace(plan, manifests=manifests)
    plan = with_namespace(plan, app, cluster, extent.promised)
    plan = with_hooks(plan, hooks, live) if extent.hooks else replace(plan, parting=has_parting(listed))
    plan = narrowed(plan, extent.selection) if extent.selection else plan
    sentences = (
        *misread(rendering.manifests),
        *unserved(plan.manifests, cluster, policy.options, extent.promised),
        *(shared_objects(plan.manifests, live, owner) if policy.options.has("FailOnSharedResource") else ()),
        *foreign_hooks(hooks, live, owner),
    )
    plan = governed(replace(plan, refusals=(*plan.refusals, *sentences)), app, session)
    notes = (*notes, *_notes(rendering), *project_notes(app, session))
    return Prepared(app, guarded(plan, _allowance(app, session)), live, rendering, record, notes=notes)


def _as_manifests(hooks: HookSet) -> Iterator[Manifest]:
    for run in hooks.runs:
        yield Manifest(run.key, str(run.body.get("apiVersion")), run.body, run.origin or Place(""))


def ghost_of(record: Record) -> Application:
    """What is left to say of an application whose file is gone."""
    return Application(
        record.inventory.app, Place("(removed)"), (), Destination(namespace=record.owner.namespace)
    )


def farewell(record: Record, head: str, session: Session, then: Application | None = None) -> Prepared:
    """The plan that deletes all of an application whose file is gone and carried the finalizer.

    `then` is the application as it was last synced, where that is known: its options and its hooks count.
    """
    known, owner, cluster = record.inventory, record.owner, record.cluster
    listed: tuple[Manifest, ...] = ()
    if then is not None and known.hooks.parting:
        rendering = session.rendering(then, known.revision)
        listed = split_hooks(rescoped(rendering, _scopes(rendering, cluster)).manifests)[1]
    hooks = hook_set(listed, known, owner, Operation("deleted", session.clock.now()), DELETE_PHASES)
    wanted = {manifest.key: manifest.api_version for manifest in _as_manifests(hooks)}
    live = read_live(
        cluster, wanted, known.keys | known.hooks.keys, selector=owner.selector, workers=session.workers
    )
    limits = session.settings.guard
    policy = Policy(
        prune=True,
        protected_kinds=limits.protected_kinds,
        approved=session.permissions.approved,
        owner_id=owner.id,
        options=options_of(then) if then else SyncOptions(),
        retired=True,
    )
    intent = Intent(known.app, head, (), policy, spared=hooks.keys)
    plan = with_hooks(make_plan(intent, known, live, Prediction(Level.LIVE)), hooks, live)
    plan = replace(plan, parting=False)
    allowance = Allowance(limits, retired=True)
    ghost = replace(then or ghost_of(record), finalizers=())
    return Prepared(ghost, guarded(plan, allowance), live, Rendering(known.app, head, ()), record)


def against_base(
    app: Application, base: Rendering | None, head: Rendering, session: Session, *, retired: bool = False
) -> Prepared:
    """The plan of a rendering against another one, which stands in for the cluster.

    A retired application's objects go when it cascades, whatever its policy says of pruning.
    """
    before, former = split_hooks(base.manifests if base else ())
    after, hooks = split_hooks(head.manifests)
    live = LiveState({manifest.key: manifest.body for manifest in before})
    prediction = Prediction(Level.OFFLINE, {manifest.key: manifest.body for manifest in after})
    limits = session.settings.guard
    policy = Policy(
        prune=app.cascades if retired else app.sync_policy.prune or session.permissions.prune,
        protected_kinds=limits.protected_kinds,
        approved=session.permissions.approved,
        options=options_of(app),
        retired=retired,
    )
    inventory = Inventory(app.name, frozenset(live.objects))
    intent = Intent(app.name, head.revision, after, policy)
    plan = with_recreations(make_plan(intent, inventory, live, prediction), policy, prediction)
    plan = replace(plan, hooks=rendered_hooks(former, hooks), refusals=tuple(misread(head.manifests)))
    plan = plan if retired else governed(plan, app, session)
    allowance = replace(_allowance(app, session), retired=retired)
    return Prepared(
        app, guarded(plan, allowance), live, head, notes=(*_notes(head), *project_notes(app, session))
    )


def _scopes(rendering: Rendering, cluster: Cluster) -> Scopes:
    """What the cluster says of the kinds that are neither Kubernetes' own nor defined in this rendering."""
    kinds = {(m.key.group, m.key.kind): m.api_version for m in rendering.manifests if m.key.namespace}
    custom = {
        kind: version for kind, version in kinds.items() if "." in kind[0] and not kind[0].endswith(".k8s.io")
    }
    found = {(group, kind): cluster.resource(group, kind) for group, kind in custom}
    return Scopes({kind: served.namespaced for kind, served in found.items() if served is not None})


def misread(manifests: Iterable[Manifest]) -> Iterator[str]:
    """What the manifests ask for in words that nobody understands; a plan that rests on them is refused."""
    listed = tuple(manifests)
    yield from misread_hooks(listed)
    yield from misread_waves(listed)
    yield from misread_options(listed)


def _notes(rendering: Rendering) -> Iterator[Note]:
    """Hooks that never run, and what Helm itself takes lightly."""
    for sentence in idle_hooks(split_hooks(rendering.manifests)[1]):
        yield Note(Severity.INFO, sentence)
    for sentence in odd_weights(rendering.manifests):
        yield Note(Severity.WARNING, sentence)


def _allowance(app: Application, session: Session) -> Allowance:
    return Allowance(
        limits=session.settings.guard,
        allow_empty=app.sync_policy.allow_empty,
        approved=session.permissions.approved,
    )
