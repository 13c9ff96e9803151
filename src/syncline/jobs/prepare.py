"""The first of the two verbs: an application and a revision become a plan.

The law: preparing changes nothing anywhere; a read that fails is told, never taken for "absent".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncline.config.application import Application, Destination
from syncline.core.applyset import Owner, decode, mark, owner_of
from syncline.core.guard import Allowance, guarded
from syncline.core.inventory import Inventory
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.plan import Action, Change, Intent, Plan, Policy, make_plan
from syncline.core.predict import in_sync, predict_apply
from syncline.core.rendering import Rendering, rescoped
from syncline.core.resource import Body, Manifest, ResourceKey
from syncline.core.scopes import Scopes
from syncline.core.unsupported import hook_refusals, idle_hooks, split_hooks, unsupported
from syncline.errors import ApiError, Place
from syncline.kube.dryrun import dry_run
from syncline.kube.live import read_live
from syncline.kube.shapes import custom_shapes
from syncline.ports import ApiResource, Cluster
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.jobs.session import Session

PARENT = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
_NAMESPACE = ApiResource("", "v1", "Namespace", "namespaces", namespaced=False)
_FORBIDDEN = 403


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


def against_live(
    app: Application, rendering: Rendering, record: Record, session: Session, level: Level
) -> Prepared:
    """The plan of a rendering against what the cluster has."""
    cluster, owner = record.cluster, record.owner
    rendering = rescoped(rendering, _scopes(rendering, cluster))
    resources, hooks = split_hooks(rendering.manifests)
    manifests = tuple(mark(manifest, owner) for manifest in resources)
    wanted = {manifest.key: manifest.api_version for manifest in manifests}
    live = read_live(cluster, wanted, record.inventory.keys, selector=owner.selector, workers=session.workers)
    prediction = predict(manifests, live, cluster, level=level, workers=session.workers)
    intent = Intent(app.name, rendering.revision, manifests, session.policy(app, owner))
    plan = _with_namespace(make_plan(intent, record.inventory, live, prediction), app, cluster)
    plan = replace(plan, refusals=(*plan.refusals, *hook_refusals(hooks)))
    notes = tuple(_notes(app, resources, hooks))
    return Prepared(app, guarded(plan, _allowance(app, session)), live, rendering, record, notes=notes)


def ghost_of(record: Record) -> Application:
    """What is left to say of an application whose file is gone."""
    return Application(
        record.inventory.app, Place("(removed)"), (), Destination(namespace=record.owner.namespace)
    )


def farewell(ghost: Application, record: Record, head: str, session: Session) -> Prepared:
    """The plan that deletes all of an application whose file is gone and carried the finalizer."""
    name, owner, cluster = record.inventory.app, record.owner, record.cluster
    live = read_live(cluster, {}, record.inventory.keys, selector=owner.selector, workers=session.workers)
    limits = session.settings.guard
    policy = Policy(
        prune=True,
        protected_kinds=limits.protected_kinds,
        approved=session.permissions.approved,
        owner_id=owner.id,
    )
    plan = make_plan(Intent(name, head, (), policy), record.inventory, live, Prediction(Level.LIVE))
    allowance = Allowance(limits, retired=True)
    return Prepared(ghost, guarded(plan, allowance), live, Rendering(name, head, ()), record)


def against_base(
    app: Application, base: Rendering | None, head: Rendering, session: Session, *, retired: bool = False
) -> Prepared:
    """The plan of a rendering against another one, which stands in for the cluster.

    A retired application's objects go when it cascades, whatever its policy says of pruning.
    """
    before = base.manifests if base else ()
    live = LiveState({manifest.key: manifest.body for manifest in before})
    prediction = Prediction(Level.OFFLINE, {manifest.key: manifest.body for manifest in head.manifests})
    limits = session.settings.guard
    prune = app.cascades if retired else app.sync_policy.prune or session.permissions.prune
    policy = Policy(prune, protected_kinds=limits.protected_kinds, approved=session.permissions.approved)
    inventory = Inventory(app.name, frozenset(live.objects))
    plan = make_plan(Intent(app.name, head.revision, head.manifests, policy), inventory, live, prediction)
    allowance = replace(_allowance(app, session), retired=retired)
    resources, hooks = split_hooks(head.manifests)
    notes = tuple(_notes(app, resources, hooks))
    return Prepared(app, guarded(plan, allowance), live, head, notes=notes)


def predict(
    manifests: Iterable[Manifest], live: LiveState, cluster: Cluster, *, level: Level, workers: int
) -> Prediction:
    """What each object would be after the apply.

    What is in sync already needs nobody's word. At the dry-run level the server is asked about each object
    that exists and seems to differ; where it will not say, our own prediction stands.
    """
    listed = tuple(manifests)
    shapes = custom_shapes(listed, cluster)
    objects: dict[ResourceKey, Body] = {}
    differing: list[tuple[ResourceKey, str, Body]] = []
    for manifest in listed:
        before, shape = live.objects.get(manifest.key), shapes.get((manifest.key.kind, manifest.api_version))
        if before is not None and in_sync(before, manifest.body, shape):
            objects[manifest.key] = before
            continue
        objects[manifest.key] = predict_apply(before, manifest.body, shape)
        if before is not None:
            differing.append((manifest.key, manifest.api_version, manifest.body))
    if level is not Level.DRY_RUN or not differing:
        return Prediction(level, objects)
    answer = dry_run(cluster, differing, workers=workers)
    if answer.forbidden and not answer.objects:
        # Nobody may claim the server's word for what the server would not say.
        level = Level.LIVE
    return Prediction(level, {**objects, **answer.objects}, answer.rejected, answer.unknowable)


def _scopes(rendering: Rendering, cluster: Cluster) -> Scopes:
    """What the cluster says of the kinds that are neither Kubernetes' own nor defined in this rendering."""
    kinds = {(m.key.group, m.key.kind): m.api_version for m in rendering.manifests if m.key.namespace}
    custom = {
        kind: version for kind, version in kinds.items() if "." in kind[0] and not kind[0].endswith(".k8s.io")
    }
    found = {(group, kind): cluster.resource(group, kind) for group, kind in custom}
    return Scopes({kind: served.namespaced for kind, served in found.items() if served is not None})


def _notes(app: Application, resources: Iterable[Manifest], hooks: Iterable[Manifest]) -> Iterator[Note]:
    """What is asked for and not done. A hook that would have to run is a warning here; the sync refuses."""
    listed = tuple(hooks)
    for sentence in (*hook_refusals(listed), *unsupported(app, resources)):
        yield Note(Severity.WARNING, sentence)
    for sentence in idle_hooks(listed):
        yield Note(Severity.INFO, sentence)


def _allowance(app: Application, session: Session) -> Allowance:
    return Allowance(
        limits=session.settings.guard,
        allow_empty=app.sync_policy.allow_empty,
        approved=session.permissions.approved,
    )


def _with_namespace(plan: Plan, app: Application, cluster: Cluster) -> Plan:
    """The plan with the destination namespace, made when it is missing and `CreateNamespace=true` says so.

    It is tracked by nobody and therefore never pruned (Argo CD, "Create Namespace").
    """
    name = app.destination.namespace
    key = ResourceKey("", "Namespace", "", name)
    if not name or any(change.key == key for change in plan.changes) or _exists(cluster, name):
        return plan
    if not app.sync_policy.create_namespace:
        sentence = (
            f"The namespace {name} does not exist; create it, or set the sync option CreateNamespace=true "
            f"({app.origin})."
        )
        return replace(plan, refusals=(*plan.refusals, sentence))
    made = Change(
        key, Action.CREATE, after=_namespace(name, app), origin=app.origin, why="CreateNamespace=true"
    )
    return replace(plan, changes=(made, *plan.changes))


def _exists(cluster: Cluster, name: str) -> bool:
    try:
        return cluster.get(_NAMESPACE, "", name) is not None
    except ApiError as error:
        # A namespace-bound identity may not look; whoever gave it its rights there made the namespace.
        if error.code == _FORBIDDEN:
            return True
        raise


def _namespace(name: str, app: Application) -> Body:
    extra = app.sync_policy.managed_namespace_metadata or {}
    metadata = {
        "name": name,
        **{field: dict(extra[field]) for field in ("labels", "annotations") if extra.get(field)},
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
