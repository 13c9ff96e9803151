"""The table of built-in types, held against the OpenAPI that the server itself publishes.

The law: for every kind we know, each list and map merges here as the server says, and each quantity is known
as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from syncline.core.schema import Shape, shape_of

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane

Definition = Mapping[str, Any]
Place = tuple[Definition, Shape, str]

QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
REPLACED = frozenset({"apiVersion", "kind", "status", "managedFields"})
"""Fields that no manifest decides."""


@pytest.fixture(scope="module")
def definitions(plane: ControlPlane) -> Mapping[str, Definition]:
    found: Mapping[str, Definition] = plane.api("GET", "/openapi/v2")["definitions"]
    return found


def roots(definitions: Mapping[str, Definition]) -> Iterator[Place]:
    for definition in definitions.values():
        for served in definition.get("x-kubernetes-group-version-kind", ()):
            group, version, kind = served["group"], served["version"], served["kind"]
            shape = shape_of(f"{group}/{version}" if group else version, kind)
            if shape.name != "custom" and "metadata" in definition.get("properties", {}):
                yield definition, shape, kind


def resolved(schema: Definition, definitions: Mapping[str, Definition]) -> tuple[str, Definition]:
    """The name of the type that a schema refers to, and its definition; the field's own words come first."""
    reference = schema.get("$ref") or next((part["$ref"] for part in schema.get("allOf", ())), "")
    name = reference.rpartition("/")[2]
    return name, {
        **definitions.get(name, {}),
        **{key: value for key, value in schema.items() if key != "allOf"},
    }


def contradictions(
    place: Place, definitions: Mapping[str, Definition], seen: frozenset[str]
) -> Iterator[str]:
    """Where a shape says something else than the definition, without what is replaced as a whole."""
    schema, shape, path = place
    name, definition = resolved(schema, definitions)
    if shape.quantity != (name == QUANTITY):
        yield f"{path}: quantity is {shape.quantity}"
    if (definition.get("x-kubernetes-map-type") == "atomic") != shape.atomic:
        yield f"{path}: atomic is {shape.atomic}"
    list_type = definition.get("x-kubernetes-list-type")
    if shape.is_set != (list_type == "set"):
        yield f"{path}: set is {shape.is_set}"
    if [key for key, _ in shape.keys] != (definition.get("x-kubernetes-list-map-keys") or []):
        yield f"{path}: keys are {shape.keys}"
    if name not in seen and not shape.atomic and list_type not in {"atomic", "set"}:
        yield from _inner_contradictions((definition, shape, path), definitions, seen | {name} - {""})


def _inner_contradictions(
    place: Place, definitions: Mapping[str, Definition], seen: frozenset[str]
) -> Iterator[str]:
    definition, shape, path = place
    for field, schema in definition.get("properties", {}).items():
        if field not in REPLACED:
            yield from contradictions((schema, shape.at(field), f"{path}.{field}"), definitions, seen)
    inner = definition.get("items") or definition.get("additionalProperties")
    if isinstance(inner, dict):
        yield from contradictions((inner, shape.member, f"{path}[]"), definitions, seen)


def test_every_list_and_map_merges_as_the_server_says(definitions: Mapping[str, Definition]) -> None:
    places = list(roots(definitions))

    assert len(places) > 50
    assert [word for place in places for word in contradictions(place, definitions, frozenset())] == []


KINDS = (
    ("v1", "ConfigMap Endpoints LimitRange Namespace PersistentVolume PersistentVolumeClaim Pod"),
    ("v1", "ResourceQuota Secret Service ServiceAccount"),
    ("apps/v1", "DaemonSet Deployment ReplicaSet StatefulSet"),
    ("batch/v1", "CronJob Job"),
    ("networking.k8s.io/v1", "Ingress IngressClass NetworkPolicy"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding Role RoleBinding"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
    ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("policy/v1", "PodDisruptionBudget"),
    ("scheduling.k8s.io/v1", "PriorityClass"),
    ("storage.k8s.io/v1", "CSIDriver StorageClass"),
    ("coordination.k8s.io/v1", "Lease"),
    ("discovery.k8s.io/v1", "EndpointSlice"),
    ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema PriorityLevelConfiguration"),
)


@pytest.mark.parametrize(("api_version", "kinds"), KINDS)
def test_the_kinds_people_write_are_known(api_version: str, kinds: str) -> None:
    assert [kind for kind in kinds.split() if shape_of(api_version, kind).name == "custom"] == []
