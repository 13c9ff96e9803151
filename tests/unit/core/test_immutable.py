from __future__ import annotations

from typing import Any

import pytest

from syncline.core.fields import compare, with_value
from syncline.core.immutable import IMMUTABLE, immutable, sealed
from syncline.core.plan import Action, Change
from syncline.core.resource import key_of

Object = dict[str, Any]

# Kubernetes' update validation (pkg/apis/*/validation): a field that "is immutable", by kind.
FIXED = {
    ("apps/v1", "Deployment"): ["spec.selector.matchLabels.app"],
    ("apps/v1", "ReplicaSet"): ["spec.selector.matchLabels.app"],
    ("apps/v1", "DaemonSet"): ["spec.selector.matchLabels.app"],
    ("apps/v1", "StatefulSet"): [
        "spec.selector.matchLabels.app",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.volumeClaimTemplates",
    ],
    ("batch/v1", "Job"): ["spec.selector.matchLabels.app", "spec.template.spec.x", "spec.completionMode"],
    ("v1", "PersistentVolumeClaim"): ["spec.accessModes", "spec.storageClassName", "spec.volumeName"],
    ("v1", "Service"): ["spec.clusterIP"],
    ("v1", "Secret"): ["type"],
    ("rbac.authorization.k8s.io/v1", "RoleBinding"): ["roleRef.name", "roleRef.kind"],
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"): ["roleRef.name"],
    ("storage.k8s.io/v1", "StorageClass"): [
        "provisioner",
        "parameters.type",
        "reclaimPolicy",
        "volumeBindingMode",
    ],
    ("scheduling.k8s.io/v1", "PriorityClass"): ["value", "preemptionPolicy"],
    ("node.k8s.io/v1", "RuntimeClass"): ["handler"],
    ("networking.k8s.io/v1", "IngressClass"): ["spec.controller"],
    ("discovery.k8s.io/v1", "EndpointSlice"): ["addressType"],
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"): [
        "spec.scope",
        "spec.group",
        "spec.names.plural",
    ],
}
EVERY_FIXED = [(*kind, path) for kind, paths in FIXED.items() for path in paths]
FREE = [
    ("apps/v1", "Deployment", "spec.replicas"),
    ("apps/v1", "StatefulSet", "spec.minReadySeconds"),
    ("apps/v1", "StatefulSet", "spec.ordinals"),
    ("apps/v1", "StatefulSet", "spec.persistentVolumeClaimRetentionPolicy"),
    ("batch/v1", "Job", "spec.backoffLimit"),
    ("v1", "PersistentVolumeClaim", "spec.volumeAttributesClassName"),
    ("v1", "Service", "spec.ports"),
    ("networking.k8s.io/v1", "IngressClass", "spec.parameters"),
    ("storage.k8s.io/v1", "StorageClass", "mountOptions"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec.names.shortNames"),
]


def change(api_version: str, kind: str, path: str, action: Action = Action.UPDATE) -> Change:
    """One field from `old` to `new`."""
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "shop"}}
    before, after = (with_value(body, tuple(path.split(".")), value) for value in ("old", "new"))
    return Change(key_of(after), action, before, after, compare(before, after))


@pytest.mark.parametrize(("api_version", "kind", "path"), EVERY_FIXED)
def test_each_fixed_field_is_named(api_version: str, kind: str, path: str) -> None:
    (sentence,) = immutable(change(api_version, kind, path))

    assert sentence.startswith(f"{path} cannot be changed: the server will refuse it")


def test_every_kind_of_the_table_is_tried() -> None:
    tried = {key_of({"apiVersion": version, "kind": kind}).group_kind for version, kind in FIXED}

    assert tried == set(IMMUTABLE)


@pytest.mark.parametrize(("api_version", "kind", "path"), FREE)
def test_the_other_fields_of_these_kinds_are_free(api_version: str, kind: str, path: str) -> None:
    assert list(immutable(change(api_version, kind, path))) == []


@pytest.mark.parametrize(
    "action", [Action.CREATE, Action.RECREATE, Action.PRUNE, Action.KEEP, Action.UNCHANGED, Action.BLOCKED]
)
def test_only_an_update_can_be_refused(action: Action) -> None:
    assert list(immutable(change("v1", "Secret", "type", action))) == []
    assert list(sealed(change("v1", "Secret", "data.a", action))) == []


def test_taking_over_is_an_update_too() -> None:
    assert len(list(immutable(change("v1", "Secret", "type", Action.ADOPT)))) == 1


def test_a_parent_replaced_as_a_whole_touches_the_fixed_field_in_it() -> None:
    (sentence,) = immutable(change("apps/v1", "Deployment", "spec"))

    assert sentence.startswith("spec cannot be changed")
