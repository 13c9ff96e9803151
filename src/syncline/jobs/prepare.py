"""The first of the two verbs: an application and a revision become a plan.

The law: preparing changes nothing anywhere; a read that fails is told, never taken for "absent".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline import __version__
from syncline.config.application import Application, Destination
from syncline.core.applyset import Owner, decode, encode, mark, may_be_taken_over, owner_of, tooling_of
from syncline.core.compare_options import misread_comparing
from syncline.core.guard import Allowance, guarded
from syncline.core.hook_plan import has_parting, hook_set, rendered_hooks, with_hooks
from syncline.core.hooks import (
    DELETE_PHASES,
    SYNC_PHASES,
    idle_hooks,
    misread_hooks,
    odd_policies,
    odd_words,
    split_hooks,
    stale_hooks,
)
from syncline.core.inventory import Heal, Inventory, Operation
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.noise import SILENCE, Noise
from syncline.core.options import SyncOptions, misread_options, options_of, parting_options_of
from syncline.core.order import misread_waves, odd_weights
from syncline.core.plan import Action, Change, Intent, Plan, Policy, make_plan, narrowed
from syncline.core.project import left_alone
from syncline.core.recreate import with_recreations
from syncline.core.rendering import Rendering, rescoped
from syncline.core.resource import Body, Manifest
from syncline.core.scopes import Scopes
from syncline.core.selection import EVERYTHING, Selection
from syncline.discreet import Discreet
from syncline.errors import Place
from syncline.jobs.comparing import hushed, marked_as_live, offline_shapes, terms_of
from syncline.jobs.predicting import predict, unasked_notes, yielded
from syncline.jobs.projects import governed, project_notes
from syncline.jobs.reservations import (
    foreign_hooks,
    own_resources,
    shared_objects,
    unserved,
    with_namespace,
)
from syncline.jobs.targets import unmanaged_of
from syncline.kube.live import read_live
from syncline.kube.members import members_of
from syncline.ports import ApiResource, Cluster
from syncline.report.model import Note, Severity
from syncline.runtime import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.core.hook_plan import HookSet
    from syncline.jobs.session import Session

PARENT = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)


class Record(Struct, frozen=True):
    """What a cluster remembers of an application; `parent` is None before its first sync.

    `taken_over` is the tool whose ApplySet the parent still is, and whose members are the inventory.
    """

    cluster: Cluster
    owner: Owner
    parent: Body | None
    inventory: Inventory
    taken_over: str = ""


class Prepared(Discreet, frozen=True):
    """A plan, and what it takes to show it and to carry it out. `record` is None at the offline level.

    `again` makes it anew, because another run has written meanwhile or an attempt has failed. `heals` are
    what the inventory is to remember of healed drift, where that is known better than what it remembers now.
    `noise` is what the plan that is shown leaves out.
    """

    _SHOWN = ("app", "plan")

    app: Application
    plan: Plan
    live: LiveState
    rendering: Rendering
    record: Record | None = None
    level_reason: str = ""
    notes: tuple[Note, ...] = ()
    again: Callable[[], Prepared] | None = None
    heals: tuple[Heal, ...] | None = None
    noise: Noise = SILENCE


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


class Extent(Struct, frozen=True):
    """How much of an application a plan is about. Without `hooks` none runs: what heals or goes back is no
    new delivery (Argo CD runs none then, either). `prune` allows it also where the policy does not.
    `promised` are the kinds and namespaces that applications before it bring, in the words of
    `core.recovery.Part`: a plan that is only shown finds them missing.
    """

    hooks: bool = True
    prune: bool = False
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
    again = partial(_again, app, rendering, record, session, level, extent)
    rendering = rescoped(rendering, _scopes(rendering, cluster))
    resources, listed = split_hooks(rendering.manifests)
    resources, notes = own_resources(resources, cluster)
    begun = Operation(rendering.revision, session.clock.now())
    hooks = hook_set(listed, known, owner, begun, SYNC_PHASES)
    wanted = {manifest.key: manifest.api_version for manifest in (*resources, *_as_manifests(hooks))}
    live, manifests = beside(
        lambda: read_live(
            cluster, wanted, known.keys | known.hooks.keys, selector=owner.selector, workers=session.workers
        ),
        lambda: tuple(mark(manifest, owner) for manifest in resources),
    )
    session.masker.learn_all(live.objects.values())
    policy = session.policy(app, owner, known)
    policy = replace(policy, prune=policy.prune or extent.prune)
    manifests = marked_as_live(manifests, live, app, session)
    terms, told = terms_of(app, manifests, live, (policy, cluster, rendering.revision), session)
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
    plan = left_alone(plan, unmanaged_of(app.destination, session))
    plan = governed(replace(plan, refusals=(*plan.refusals, *sentences)), app, session)
    plan = guarded(_with_parent(plan, record), _allowance(app, session))
    said = (*told, *hushed(prediction), *_notes(rendering), *unasked_notes(prediction))
    stale = (Note(Severity.WARNING, text) for text in stale_hooks(plan.runs, live.objects))
    notes = (*notes, *said, *stale, *project_notes(app, session))
    why = session.masker.scrub(prediction.reason)
    return Prepared(app, plan, live, rendering, record, why, notes, again)


def _again(
    app: Application, rendering: Rendering, record: Record, session: Session, level: Level, extent: Extent
) -> Prepared:
    return against_live(app, rendering, reread(record, session), session, level, extent)


def _with_parent(plan: Plan, record: Record) -> Plan:
    """The plan with the takeover of another tool's ApplySet as a step; the claim carries it out."""
    if not record.taken_over or record.parent is None or (plan.partial and not plan.changes):
        return plan
    parent, tool = encode(plan.inventory, record.owner, __version__), record.taken_over.partition("/")[0]
    after = {name: value for name, value in parent.items() if name != "binaryData"}
    why = (
        f"the ApplySet of {record.taken_over} becomes Syncline's, with its {len(record.inventory.keys)} "
        f"objects; {tool} will refuse it from then on"
    )
    step = Change(record.owner.parent_key, Action.ADOPT, record.parent, after, why=why)
    return replace(plan, changes=(step, *plan.changes))


def _as_manifests(hooks: HookSet) -> Iterator[Manifest]:
    for run in hooks.runs:
        yield Manifest(run.key, str(run.body.get("apiVersion")), run.body, run.origin or Place(""))


def ghost_of(record: Record) -> Application:
    """What is left to say of an application whose file is gone."""
    return Application(
        record.inventory.app, Place("(removed)"), (), Destination(namespace=record.owner.namespace)
    )


def farewell(
    record: Record, head: str, session: Session, then: Application | None = None, kept: str = ""
) -> Prepared:
    """The plan that deletes all of an application whose file is gone and carried the finalizer, or that keeps
    all of it for the reason `kept`.

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
    session.masker.learn_all(live.objects.values())
    limits = session.settings.guard
    policy = Policy(
        prune=not kept,
        unpruned=kept,
        protected_kinds=limits.protected_kinds,
        approved=session.permissions.approved,
        owner_id=owner.id,
        options=parting_options_of(then) if then else SyncOptions(),
        retired=True,
    )
    intent = Intent(known.app, head, (), policy, spared=hooks.keys)
    plan = with_hooks(make_plan(intent, known, live, Prediction(Level.LIVE)), hooks, live)
    plan = replace(plan, parting=False)
    allowance = Allowance(limits, retired=True)
    ghost = replace(then or ghost_of(record), finalizers=())
    shown, nothing = guarded(plan, allowance), Rendering(known.app, head, ())

    def again() -> Prepared:
        return farewell(reread(record, session), head, session, then, kept)

    return Prepared(ghost, shown, live, nothing, record, again=again)


def against_base(
    app: Application,
    base: Rendering | None,
    head: Rendering,
    session: Session,
    retired: str | None = None,
) -> Prepared:
    """The plan of a rendering against another one, which stands in for the cluster.

    Of an application that is gone `retired` says why its objects stay; they go with it where it is empty.
    """
    before, former = split_hooks(base.manifests if base else ())
    after, hooks = split_hooks(head.manifests)
    live = LiveState({manifest.key: manifest.body for manifest in before})
    prediction = Prediction(
        Level.OFFLINE,
        {manifest.key: manifest.body for manifest in after},
        shapes=offline_shapes(before, after, head.revision, session),
    )
    limits = session.settings.guard
    policy = Policy(
        prune=app.sync_policy.prune or session.permissions.prune,
        protected_kinds=limits.protected_kinds,
        approved=session.permissions.approved,
        options=options_of(app),
    )
    if retired is not None:
        policy = replace(policy, prune=not retired, unpruned=retired, retired=True)
    inventory = Inventory(app.name, frozenset(live.objects))
    intent = Intent(app.name, head.revision, after, policy)
    plan = with_recreations(make_plan(intent, inventory, live, prediction), policy, prediction)
    plan = replace(plan, hooks=rendered_hooks(former, hooks), refusals=tuple(misread(head.manifests)))
    plan = plan if retired is not None else governed(plan, app, session)
    allowance = replace(_allowance(app, session), retired=retired is not None)
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
    hooks = split_hooks(rendering.manifests)[1]
    for sentence in idle_hooks(hooks):
        yield Note(Severity.INFO, sentence)
    listed = rendering.manifests
    odd = (*odd_weights(listed), *odd_policies(hooks), *misread_comparing(listed), *odd_words(listed))
    for sentence in odd:
        yield Note(Severity.WARNING, sentence)


def _allowance(app: Application, session: Session) -> Allowance:
    return Allowance(
        limits=session.settings.guard,
        allow_empty=app.sync_policy.allow_empty,
        approved=session.permissions.approved,
    )
