"""The ApplySet parent: how an inventory is kept in the cluster (KEP-3659).

The law: `decode(encode(inventory))` is the inventory, and what an older version wrote is still read. Whoever
can list by label finds every member without us; the exact member keys and the history are ours, compressed,
because a ConfigMap holds one MiB.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.inventory import Ancestor, Attempt, Cause, Heal, Hooks, Inventory, Operation, SyncRecord
from syncline.core.normalize import metadata_of, normalize_desired
from syncline.core.resource import Body, Manifest, ResourceKey, key_of
from syncline.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Application

ID_LABEL = "applyset.kubernetes.io/id"
PART_OF_LABEL = "applyset.kubernetes.io/part-of"
TOOLING_ANNOTATION = "applyset.kubernetes.io/tooling"
GROUP_KINDS_ANNOTATION = "applyset.kubernetes.io/contains-group-kinds"
_OLD_KINDS = "applyset.kubernetes.io/contains-group-resources"
NAMESPACES_ANNOTATION = "applyset.kubernetes.io/additional-namespaces"
TRACKING_ANNOTATION = "argocd.argoproj.io/tracking-id"
REPOSITORY_ANNOTATION = "syncline.dev/repository"
MANAGED_BY_LABEL = "app.kubernetes.io/managed-by"
PARENT_SELECTOR = f"{MANAGED_BY_LABEL}=syncline,{ID_LABEL}"
"""Finds the parent of every application of ours in a cluster."""

_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")
_MAX_UNPACKED = 64 * 1024 * 1024


class Owner(Struct, frozen=True):
    """Whom an application's members belong to: the parent's place and what is written on the members."""

    app: str
    namespace: str
    parent: str
    repository: str = ""

    @property
    def id(self) -> str:
        """The ApplySet id of the parent."""
        return applyset_id(self.parent_key)

    @property
    def selector(self) -> str:
        """The label selector that finds every member."""
        return f"{PART_OF_LABEL}={self.id}"

    @property
    def parent_key(self) -> ResourceKey:
        """The parent ConfigMap's identity."""
        return ResourceKey("", "ConfigMap", self.namespace, self.parent)


@lru_cache(maxsize=256)
def applyset_id(parent: ResourceKey) -> str:
    """An ApplySet's id, computed as kubectl does: SHA-256 over name, namespace, kind and group of its
    parent.
    """
    text = f"{parent.name}.{parent.namespace}.{parent.kind}.{parent.group}"
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
    return f"applyset-{digest}-v1"


def owner_of(app: Application, repository: str = "") -> Owner:
    """Where an application's parent lies: its destination namespace, the one place a bound identity may
    write.
    """
    elsewhere = f"{app.namespace}." if app.namespace not in {"", "argocd"} else ""
    return Owner(
        app=app.name,
        namespace=app.destination.namespace or "default",
        parent=f"syncline-{elsewhere}{app.name}",
        repository=repository,
    )


def mark(manifest: Manifest, owner: Owner) -> Manifest:
    """The manifest with our ApplySet label and Argo CD's tracking id, so that both tools read each other.

    CustomResourceDefinitions carry no tracking id (Argo CD, "Resource Tracking").
    """
    # What is sent is normalised: a raw `stringData` would be owned as such, and a key taken from it would
    # never leave `data`.
    body = normalize_desired(manifest.body)
    metadata = dict(body.get("metadata") or {})
    metadata["labels"] = {**(metadata.get("labels") or {}), PART_OF_LABEL: owner.id}
    if (manifest.key.group, manifest.key.kind) != _CRD:
        tracking = {TRACKING_ANNOTATION: tracking_id(manifest.key, owner)}
        metadata["annotations"] = {**(metadata.get("annotations") or {}), **tracking}
    if manifest.key.namespace:
        metadata["namespace"] = manifest.key.namespace
    return replace(manifest, body={**body, "metadata": metadata})


def tracking_id(key: ResourceKey, owner: Owner) -> str:
    """`app:group/Kind:namespace/name`; cluster-scoped objects name the destination namespace."""
    return f"{owner.app}:{key.group}/{key.kind}:{key.namespace or owner.namespace}/{key.name}"


def claimed_by(body: Body) -> str:
    """The ApplySet id that a live object belongs to, or nothing."""
    labels = (body.get("metadata") or {}).get("labels") or {}
    return str(labels.get(PART_OF_LABEL) or "")


def encode(inventory: Inventory, owner: Owner, version: str) -> Body:
    """The parent ConfigMap."""
    group_kinds = sorted({key.group_kind for key in inventory.keys})
    namespaces = sorted({key.namespace for key in inventory.keys} - {"", owner.namespace})
    annotations = {
        TOOLING_ANNOTATION: f"syncline/v{version}",
        GROUP_KINDS_ANNOTATION: ",".join(group_kinds),
        NAMESPACES_ANNOTATION: ",".join(namespaces),
        REPOSITORY_ANNOTATION: owner.repository,
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": owner.parent,
            "namespace": owner.namespace,
            "labels": {ID_LABEL: owner.id, MANAGED_BY_LABEL: "syncline"},
            "annotations": annotations,
        },
        "binaryData": {"inventory": _pack(inventory)},
    }


def tooling_of(parent: Body) -> str:
    """The tool that manages a parent, as `kubectl/v1.37.0`; nothing where it does not say."""
    annotations = metadata_of(parent).get("annotations") or {}
    return str(annotations.get(TOOLING_ANNOTATION) or "")


def is_ours(parent: Body) -> bool:
    """Whether Syncline manages this parent."""
    return tooling_of(parent).rpartition("/")[0] == "syncline"


def may_be_taken_over(parent: Body) -> bool:
    """Whether this is the whole parent of another tool's ApplySet, so that its members can be told.

    kubectl before 1.30 wrote resources in the place of kinds; without the kinds members would be missed.
    """
    labels = metadata_of(parent).get("labels") or {}
    return (
        bool(tooling_of(parent))
        and not is_ours(parent)
        and GROUP_KINDS_ANNOTATION in (metadata_of(parent).get("annotations") or {})
        and labels.get(ID_LABEL) == applyset_id(key_of(parent))
    )


def group_kinds_of(parent: Body) -> tuple[tuple[str, str], ...]:
    """The (group, kind) pairs of the members, as a parent of any tool declares them."""
    text = str((metadata_of(parent).get("annotations") or {}).get(GROUP_KINDS_ANNOTATION) or "")
    pairs = (word.partition(".") for word in text.split(",") if word)
    return tuple((group, kind) for kind, _, group in pairs)


def decode(parent: Body) -> Inventory:
    """The inventory that a parent records.

    Raises ClusterError when it was made by another tool or is damaged: forgetting what is ours would orphan
    it, and guessing could delete what is not.
    """
    name = f"ConfigMap {metadata_of(parent).get('namespace')}/{metadata_of(parent).get('name')}"
    if not is_ours(parent):
        raise ClusterError(
            f"{name} is managed by {tooling_of(parent) or 'nobody we know'}, not by syncline.",
            remedy=_foreign_remedy(parent),
        )
    label = str((metadata_of(parent).get("labels") or {}).get(ID_LABEL) or "")
    if label != applyset_id(key_of(parent)):
        raise ClusterError(
            f"{name} carries the ApplySet id {label or '(none)'}, which is not its own.",
            remedy="It looks copied or restored under another name; put it back where it was, or delete it.",
        )
    try:
        return _unpack((parent.get("binaryData") or {})["inventory"])
    except (KeyError, ValueError, TypeError, IndexError, zlib.error) as error:
        raise ClusterError(
            f"The inventory in {name} is damaged ({type(error).__name__}).",
            remedy="Restore the ConfigMap from a backup, or delete it to adopt the objects anew.",
        ) from error


def _foreign_remedy(parent: Body) -> str:
    if may_be_taken_over(parent):
        return "Take its ApplySet over with --adopt, or rename the Application."
    if _OLD_KINDS in (metadata_of(parent).get("annotations") or {}):
        return (
            "Apply it once more with kubectl 1.30 or newer, which names its kinds; then take it over with "
            "--adopt."
        )
    return "Rename the Application, or remove that ConfigMap."


def repository_of(parent: Body) -> str:
    """The repository whose Applications this parent belongs to."""
    return str(((parent.get("metadata") or {}).get("annotations") or {}).get(REPOSITORY_ANNOTATION) or "")


def _pack(inventory: Inventory) -> str:
    content = {
        "app": inventory.app,
        "cascade": inventory.cascades,
        "keys": [_packed_key(key) for key in sorted(inventory.keys)],
        "history": [
            [entry.id, entry.revision, entry.at, entry.by, entry.cause.value, entry.upto]
            for entry in inventory.history
        ],
        "hooks": _packed_hooks(inventory.hooks),
    }
    if inventory.ancestors is not None:
        content["above"] = [[each.name, each.is_set, each.cascades] for each in inventory.ancestors]
    if inventory.has_children:
        content["below"] = True
    if inventory.attempt is not None:
        begun = inventory.attempt
        content["attempt"] = [begun.revision, begun.at, begun.by, begun.cause.value]
    if inventory.heals:
        content["heals"] = [
            [*_packed_key(heal.key), heal.path, heal.times, heal.at, heal.manager] for heal in inventory.heals
        ]
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    return base64.b64encode(zlib.compress(text.encode(), 6)).decode()


def _unpack(packed: str) -> Inventory:
    unpacker = zlib.decompressobj()
    text = unpacker.decompress(base64.b64decode(packed, validate=True), _MAX_UNPACKED)
    content: Mapping[str, Any] = json.loads(text)
    attempt = content.get("attempt")
    return Inventory(
        app=str(content["app"]),
        keys=frozenset(ResourceKey(*map(str, key)) for key in content["keys"]),
        history=tuple(map(_read_record, content["history"])),
        cascades=bool(content["cascade"]),
        attempt=_read_attempt(attempt) if attempt else None,
        heals=tuple(map(_read_heal, content.get("heals") or ())),
        hooks=_unpacked_hooks(content.get("hooks") or {}),
        ancestors=_read_ancestors(content.get("above")),
        has_children=content.get("below") is True,
    )


def _read_record(words: list[Any]) -> SyncRecord:
    # Version 0.1.0 wrote four words: a sync, accounted for up to its own revision.
    number, revision, at, by, cause, upto = (*words, Cause.SYNC.value, "")[: max(len(words), 6)]
    return SyncRecord(int(number), str(revision), str(at), str(by), Cause(cause), str(upto))


def _read_attempt(words: list[Any]) -> Attempt:
    revision, at, by, cause = words
    return Attempt(str(revision), str(at), str(by), Cause(cause))


def _read_ancestors(listed: list[Any] | None) -> tuple[Ancestor, ...] | None:
    if listed is None:
        return None
    return tuple(Ancestor(str(name), bool(is_set), bool(cascades)) for name, is_set, cascades in listed)


def _read_heal(words: list[Any]) -> Heal:
    group, kind, namespace, name, path, times, at, manager = words
    key = ResourceKey(str(group), str(kind), str(namespace), str(name))
    return Heal(key, str(path), int(times), str(at), str(manager))


def _packed_hooks(hooks: Hooks) -> Mapping[str, Any]:
    operation = hooks.operation
    return {
        "keys": [_packed_key(key) for key in sorted(hooks.keys)],
        "digests": dict(hooks.digests),
        "parting": hooks.parting,
        "operation": {
            "revision": operation.revision,
            "at": operation.at,
            "ran": [[phase, *_packed_key(key)] for phase, key in sorted(operation.ran)],
        }
        if operation
        else None,
    }


def _unpacked_hooks(content: Mapping[str, Any]) -> Hooks:
    found = content.get("operation")
    operation = None
    if found:
        ran = frozenset((str(phase), ResourceKey(*map(str, key))) for phase, *key in found["ran"])
        operation = Operation(str(found["revision"]), str(found["at"]), ran)
    return Hooks(
        keys=frozenset(ResourceKey(*map(str, key)) for key in content.get("keys") or ()),
        operation=operation,
        digests={str(name): str(digest) for name, digest in (content.get("digests") or {}).items()},
        parting=bool(content.get("parting")),
    )


def _packed_key(key: ResourceKey) -> list[str]:
    return [key.group, key.kind, key.namespace, key.name]
