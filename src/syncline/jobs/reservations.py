"""What stands between a rendering and a cluster: kinds it does not serve, a namespace that is not there,
objects that are somebody else's.

The law: what would fail in the middle of a sync is said before it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.applyset import TRACKING_ANNOTATION, claimed_by
from syncline.core.definitions import defined_by
from syncline.core.fields import compare, without
from syncline.core.hooks import hook_of, is_hook
from syncline.core.managed import leftovers
from syncline.core.normalize import normalize_live
from syncline.core.options import Manner
from syncline.core.plan import Action, Change, Plan
from syncline.core.predict import predict_apply
from syncline.core.resource import ResourceKey
from syncline.errors import ApiError
from syncline.ports import ApiResource
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.applyset import Owner
    from syncline.core.hook_plan import HookSet
    from syncline.core.live import LiveState
    from syncline.core.options import SyncOptions
    from syncline.core.resource import Body, Manifest
    from syncline.ports import Cluster

_NAMESPACE: Final = ApiResource("", "v1", "Namespace", "namespaces", namespaced=False)
_CRD: Final = "CustomResourceDefinition.apiextensions.k8s.io"
_FORBIDDEN: Final = 403
_ARGO: Final = "argoproj.io"
APPLICATION: Final = "Application"
_DEFINITIONS: Final = frozenset({APPLICATION, "ApplicationSet", "AppProject"})
_NAMED: Final = 5


def own_resources(
    manifests: Iterable[Manifest], cluster: Cluster
) -> tuple[tuple[Manifest, ...], tuple[Note, ...]]:
    """What is written to the cluster, and a word about the rest.

    An Application in a rendering is a child that is delivered after its parent, not an object to be applied;
    Argo CD's other definitions are applied where the cluster knows them.
    """
    kept: list[Manifest] = []
    read: list[Manifest] = []
    children = 0
    for manifest in manifests:
        if not is_definition(manifest.key):
            kept.append(manifest)
        elif manifest.key.kind == APPLICATION:
            children += 1
        elif cluster.resource(_ARGO, manifest.key.kind) is not None:
            kept.append(manifest)
        else:
            read.append(manifest)
    notes = [Note(Severity.INFO, _only_read(read))] if read else []
    if children:
        word = "Application is a child" if children == 1 else "Applications are children"
        said = (
            f"{children} {word} of this one: delivered after it, and not written to the cluster as objects."
        )
        notes.append(Note(Severity.INFO, said))
    return tuple(kept), tuple(notes)


def only_define(manifests: Collection[Manifest]) -> bool:
    """Whether all of an application is definitions, so that it may have nothing in a cluster."""
    return bool(manifests) and all(is_definition(manifest.key) for manifest in manifests)


def is_definition(key: ResourceKey) -> bool:
    """Whether an object says what is to be delivered, instead of being delivered itself."""
    return key.group == _ARGO and key.kind in _DEFINITIONS


def _only_read(definitions: list[Manifest]) -> str:
    named = ", ".join(f"{each.key.kind} {each.key.name}" for each in definitions[:_NAMED])
    more = f" and {len(definitions) - _NAMED} more" if len(definitions) > _NAMED else ""
    verb = "is" if len(definitions) == 1 else "are"
    return (
        f"{named}{more} {verb} read here and not applied: "
        "that would be for Argo CD, which this cluster does not have."
    )


def unserved(
    manifests: Iterable[Manifest], cluster: Cluster, options: SyncOptions, promised: frozenset[str]
) -> Iterator[str]:
    """Objects whose kind the cluster does not serve and neither this application nor one before defines."""
    listed = tuple(manifests)
    defined = {defined_by(manifest.body) for manifest in listed if manifest.key.group_kind == _CRD}
    for manifest in listed:
        key = manifest.key
        if (key.group, key.kind) in defined or f"kind {key.group_kind}" in promised:
            continue
        if options.may_be_missing(manifest.body):
            continue
        version = manifest.api_version.rpartition("/")[2]
        try:
            served = cluster.resource(key.group, key.kind, version)
        except ApiError:
            continue  # nobody knows; it is in the plan as an object that cannot be read
        if served is None:
            yield (
                f"{key} ({manifest.origin}): the cluster does not serve {key.group_kind} "
                f"in version {version}; install its definition first, or set "
                "the sync option SkipDryRunOnMissingResource=true."
            )


def shared_objects(manifests: Iterable[Manifest], live: LiveState, owner: Owner) -> Iterator[str]:
    """`FailOnSharedResource=true`: objects that another application tracks."""
    for manifest in manifests:
        body = live.objects.get(manifest.key)
        if body is None:
            continue
        tracking = str(((body.get("metadata") or {}).get("annotations") or {}).get(TRACKING_ANNOTATION) or "")
        other = tracking.partition(":")[0]
        foreign = claimed_by(body) not in {"", owner.id}
        if foreign or (tracking and other != owner.app):
            yield (
                f"{manifest.key} ({manifest.origin}) is shared with {other or claimed_by(body)}, "
                "and FailOnSharedResource=true forbids that; let one application have it."
            )


def foreign_hooks(hooks: HookSet, live: LiveState, owner: Owner) -> Iterator[str]:
    """Hooks in whose place there is an object that nobody made as a hook."""
    for run in hooks.runs:
        body = live.objects.get(run.key)
        if body is None or claimed_by(body) == owner.id or hook_of(body) == owner.id:
            continue
        if hook_of(body) or claimed_by(body) or not is_hook(body):
            yield (
                f"{run.key} ({run.origin}) is a hook, and the object of that name in the cluster is not "
                "ours; rename the hook, or delete that object."
            )


def with_namespace(plan: Plan, app: Application, cluster: Cluster, promised: frozenset[str]) -> Plan:
    """The plan with the destination namespace, made when it is missing and `CreateNamespace=true` says so.

    It is tracked by nobody and therefore never pruned; its managed metadata is kept in step (Argo CD, "Create
    Namespace").
    """
    name = app.destination.namespace
    key = ResourceKey("", "Namespace", "", name)
    if not name or any(change.key == key for change in plan.changes):
        return plan
    there, body = _look(cluster, name)
    wanted = _namespace(name, app)
    creates = app.sync_policy.create_namespace
    if there:
        manages = creates and app.sync_policy.managed_namespace_metadata is not None and body is not None
        kept = _kept_in_step(key, body or {}, wanted, app) if manages else None
        return replace(plan, changes=(kept, *plan.changes)) if kept else plan
    if creates:
        manner = Manner(manager=_manager(app))
        made = Change(
            key, Action.CREATE, after=wanted, origin=app.origin, why="CreateNamespace=true", manner=manner
        )
        return replace(plan, changes=(made, *plan.changes))
    if f"namespace {name}" in promised:
        return plan
    if not plan.manifests and not plan.inventory.keys:
        return replace(plan, unrecorded=True)  # nothing is to go there
    sentence = (
        f"The namespace {name} does not exist; create it, or set the sync option CreateNamespace=true "
        f"({app.origin})."
    )
    return replace(plan, refusals=(*plan.refusals, sentence))


def _look(cluster: Cluster, name: str) -> tuple[bool, Body | None]:
    try:
        body = cluster.get(_NAMESPACE, "", name)
    except ApiError as error:
        # A namespace-bound identity may not look; whoever gave it its rights there made the namespace.
        if error.code == _FORBIDDEN:
            return True, None
        raise
    return body is not None, body


def _kept_in_step(key: ResourceKey, live: Body, wanted: Body, app: Application) -> Change | None:
    manager = _manager(app)
    after = predict_apply(live, wanted)
    for path in leftovers(live, wanted, manager=manager):
        after = without(after, path)
    fields = compare(normalize_live(live), normalize_live(after))
    if not fields:
        return None
    return Change(
        key,
        Action.UPDATE,
        live,
        after,
        fields,
        app.origin,
        "managedNamespaceMetadata",
        Manner(manager=manager),
        wanted,
    )


def _manager(app: Application) -> str:
    """A field manager of its own: applications that share a namespace must not undo each other's labels."""
    return f"syncline-namespace-{app.name}"[:128]


def _namespace(name: str, app: Application) -> Body:
    extra = app.sync_policy.managed_namespace_metadata or {}
    metadata = {
        "name": name,
        **{field: dict(extra[field]) for field in ("labels", "annotations") if extra.get(field)},
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
