"""The first of the two verbs: an application and a revision become a plan.

The law: preparing changes nothing anywhere; a read that fails is told, never taken for "absent".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from syncline import __version__
from syncline.config.application import Application, Destination
from syncline.core.applyset import Owner, decode, encode, mark, may_be_taken_over, owner_of, tooling_of
from syncline.core.guard import Allowance, guarded
from syncline.core.inventory import Heal, Inventory
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.plan import Action, Change, Intent, Plan, Policy, make_plan
from syncline.core.rendering import Rendering, rescoped
from syncline.core.resource import Body, Manifest, ResourceKey
from syncline.core.scopes import Scopes
from syncline.core.unsupported import hook_refusals, idle_hooks, split_hooks, unsupported
from syncline.errors import ApiError, Place
from syncline.jobs.predict import Asking, predict
from syncline.kube.live import read_live
from syncline.kube.members import members_of
from syncline.ports import ApiResource, Cluster
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.jobs.session import Session

PARENT = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
_NAMESPACE = ApiResource("", "v1", "Namespace", "namespaces", namespaced=False)
_FORBIDDEN = 403


@dataclass(frozen=True, slots=True)
class Record:
    """What a cluster remembers of an application; `parent` is None before its first sync.

    `taken_over` is the tool whose ApplySet the parent still is, and whose members are the inventory.
    """

    cluster: Cluster
    owner: Owner
    parent: Body | None
    inventory: Inventory
    taken_over: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what it takes to show it and to carry it out. `record` is None at the offline level.

    `again` makes it anew, because another run has written meanwhile. `heals` are what the inventory is to
    remember of healed drift, where that is known better than what it remembers now.
    """

    app: Application
    plan: Plan
    live: LiveState
    rendering: Rendering
    record: Record | None = None
    level_reason: str = ""
    notes: tuple[Note, ...] = ()
    again: Callable[[], Prepared] | None = field(default=None, repr=False, compare=False)
    heals: tuple[Heal, ...] | None = None


def recall(app: Application, session: Session) -> Record:
    """Read an application's inventory from its cluster."""
    owner = owner_of(app, session.repository_id)
    return reread(Record(session.cluster(app.destination), owner, None, Inventory(app.name)), session)


def reread(record: Record, session: Session) -> Record:
    """What the cluster remembers by now.

    Another tool's parent is read as what we would take over, where the caller allows that (`--adopt`).
    """
    cluster, owner, name = record.cluster, record.owner, record.inventory.app
    parent = cluster.get(PARENT, owner.namespace, owner.parent)
    if parent is None:
        return Record(cluster, owner, None, Inventory(name))
    if session.permissions.adopt and may_be_taken_over(parent):
        inventory = Inventory(name, members_of(parent, owner, cluster))
        return Record(cluster, owner, parent, inventory, tooling_of(parent))
    return Record(cluster, owner, parent, decode(parent))


def prepare(app: Application, revision: str, session: Session, level: Level) -> Prepared:
    """What it would take to make the cluster be what Git says at this revision."""
    rendering = session.rendering(app, revision)
    return against_live(app, rendering, recall(app, session), session, level)


def against_live(
    app: Application,
    rendering: Rendering,
    record: Record,
    session: Session,
    level: Level,
    *,
    prune: bool = False,
) -> Prepared:
    """The plan of a rendering against what the cluster has; `prune` allows it also where the policy does
    not.
    """
    cluster, owner, asked = record.cluster, record.owner, rendering

    def again() -> Prepared:
        return against_live(app, asked, reread(record, session), session, level, prune=prune)

    rendering = rescoped(rendering, _scopes(rendering, cluster))
    resources, hooks = split_hooks(rendering.manifests)
    manifests = tuple(mark(manifest, owner) for manifest in resources)
    wanted = {manifest.key: manifest.api_version for manifest in manifests}
    live = read_live(cluster, wanted, record.inventory.keys, selector=owner.selector, workers=session.workers)
    policy = session.policy(app, owner)
    policy = replace(policy, prune=policy.prune or prune)
    prediction = predict(manifests, live, Asking(cluster, policy, level, session.workers))
    intent = Intent(app.name, rendering.revision, manifests, policy)
    plan = _with_namespace(make_plan(intent, record.inventory, live, prediction), app, cluster)
    plan = _with_parent(plan, record)
    plan = replace(plan, refusals=(*plan.refusals, *hook_refusals(hooks)))
    notes = tuple(_notes(app, resources, hooks))
    plan = guarded(plan, _allowance(app, session))
    return Prepared(app, plan, live, rendering, record, notes=notes, again=again)


def farewell(record: Record, head: str, session: Session) -> Prepared:
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
    ghost = Application(name, Place("(removed)"), (), Destination(namespace=owner.namespace))
    allowance = Allowance(limits, retired=True)
    shown, nothing = guarded(plan, allowance), Rendering(name, head, ())

    def again() -> Prepared:
        return farewell(reread(record, session), head, session)

    return Prepared(ghost, shown, live, nothing, record, again=again)


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


def _with_parent(plan: Plan, record: Record) -> Plan:
    """The plan with the takeover of another tool's ApplySet as a step; the claim carries it out."""
    if not record.taken_over or record.parent is None:
        return plan
    parent, tool = encode(plan.inventory, record.owner, __version__), record.taken_over.partition("/")[0]
    after = {name: value for name, value in parent.items() if name != "binaryData"}
    why = (
        f"the ApplySet of {record.taken_over} becomes Syncline's, with its {len(record.inventory.keys)} "
        f"objects; {tool} will refuse it from then on"
    )
    step = Change(record.owner.parent_key, Action.ADOPT, record.parent, after, why=why)
    return replace(plan, changes=(step, *plan.changes))


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
