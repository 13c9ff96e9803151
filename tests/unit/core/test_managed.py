from __future__ import annotations

from typing import Any

import pytest

from served import applied, entry
from syncline.core.fields import show
from syncline.core.managed import FieldOwner, leftovers, owned_by, owners
from syncline.core.schema import shape_of, shape_of_body

Object = dict[str, Any]


def deployment(*containers: Object, **spec: Any) -> Object:
    pod = {"containers": list(containers or [{"name": "main", "image": "web:1"}])}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {**spec, "template": {"spec": pod}},
    }


def test_only_what_we_applied_to_the_object_itself_is_ours() -> None:
    live = applied(deployment(), deployment())
    status = {
        "manager": "syncline",
        "operation": "Apply",
        "subresource": "status",
        "fieldsV1": {"f:status": {}},
    }
    edit = {"manager": "syncline", "operation": "Update", "fieldsV1": {"f:spec": {"f:paused": {}}}}
    live["metadata"]["managedFields"][:0] = [status, edit]

    assert owned_by(live) == {
        "f:spec": {
            "f:template": {
                "f:spec": {
                    "f:containers": {'k:{"name":"main"}': {".": {}, "f:name": {}, "f:image": {}}},
                }
            }
        },
        "f:metadata": {},
    }
    assert owned_by(live, "kubectl") == {}


@pytest.mark.parametrize(
    "metadata", [None, [], {}, {"managedFields": None}, {"managedFields": ["x", {"fieldsV1": 1}]}]
)
def test_an_object_without_managed_fields_has_nothing_of_ours(metadata: Any) -> None:
    live = {**deployment(), "metadata": metadata}

    assert owned_by(live) == {}
    assert leftovers(live, deployment()) == ()


CASES = [
    (deployment(replicas=2), deployment(), ["spec.replicas"]),
    (deployment(replicas=2), deployment(replicas=None), ["spec.replicas"]),
    (
        deployment({"name": "main"}, {"name": "side", "image": "x"}),
        deployment({"name": "main"}),
        ["spec.template.spec.containers[name=side]"],
    ),
    (
        deployment(
            {"name": "main", "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]}
        ),
        deployment({"name": "main", "ports": [{"containerPort": 80, "protocol": "TCP"}]}),
        ["spec.template.spec.containers[name=main].ports[containerPort=53,protocol=UDP]"],
    ),
    (
        deployment({"name": "main", "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
        deployment({"name": "main", "env": [{"name": "A"}]}),
        [
            "spec.template.spec.containers[name=main].env[name=A].value",
            "spec.template.spec.containers[name=main].env[name=B]",
        ],
    ),
    (deployment({"name": "main", "args": ["a"]}), deployment({"name": "main", "args": []}), []),
    (
        {**deployment(), "metadata": {"finalizers": ["a/b", "c/d"], "labels": {"x": "1"}}},
        {**deployment(), "metadata": {"finalizers": ["c/d"], "labels": {}}},
        ["metadata.finalizers[=a/b]", "metadata.labels.x"],
    ),
]


@pytest.mark.parametrize(("older", "desired", "paths"), CASES)
def test_what_we_applied_and_no_longer_want_is_left_over(
    older: Object, desired: Object, paths: list[str]
) -> None:
    assert [show(path) for path in leftovers(applied(older, older), desired)] == paths
    assert leftovers(applied(older, older), older) == ()


def test_members_of_a_list_of_an_unknown_kind_are_not_told_apart() -> None:
    older = {"apiVersion": "example.com/v1", "kind": "W", "metadata": {}, "spec": {"parts": [{"id": "x"}]}}
    owned: Object = {"f:spec": {"f:parts": {'k:{"id":"x"}': {".": {}, "f:id": {}}, "i:0": {}}}}
    managed = [{"manager": "syncline", "operation": "Apply", "fieldsV1": owned}]
    live = {**older, "metadata": {"managedFields": managed}}

    assert leftovers(live, {**older, "spec": {"parts": [{"id": "y"}]}}) == ()
    assert [show(path) for path in leftovers(live, {**older, "spec": {}})] == ["spec.parts"]
    assert owners(live, ("spec", "parts", 0))[0].manager == "syncline"


def test_a_field_that_somebody_already_removed_is_not_left_over() -> None:
    live = applied(deployment(), deployment(replicas=2))

    assert leftovers(live, deployment()) == ()


def test_only_the_part_of_a_leftover_that_nobody_else_owns_goes() -> None:
    older = deployment({"name": "main"}, {"name": "side", "image": "x", "stdin": True})
    live = applied(older, older)
    theirs = {**deployment({"name": "side", "image": "x"}), "metadata": {}}
    live["metadata"]["managedFields"].append(entry(theirs, manager="injector"))

    assert [show(path) for path in leftovers(live, deployment({"name": "main"}))] == [
        "spec.template.spec.containers[name=side].stdin"
    ]


def test_who_set_a_field_is_known_the_latest_first() -> None:
    live = applied(deployment(replicas=2), deployment(replicas=2))
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 2}}
    later = {**entry(scaled, manager="kubectl-edit", operation="Update"), "time": "2026-02-01T00:00:00Z"}
    live["metadata"]["managedFields"].append(later)
    image = ("spec", "template", "spec", "containers", "[name=main]", "image")

    ours = FieldOwner("syncline", "Apply", "2026-01-02T03:04:05Z")
    assert owners(live, ("spec", "replicas")) == (
        FieldOwner("kubectl-edit", "Update", "2026-02-01T00:00:00Z"),
        ours,
    )
    assert owners(live, image) == (ours,)
    assert owners(live, ("spec", "template")) == (ours,)
    assert owners(live, ("spec", "paused")) == ()


def test_who_set_a_list_that_is_replaced_as_a_whole_set_each_part_of_it() -> None:
    older = deployment({"name": "main", "args": ["a", "b"]})
    path = ("spec", "template", "spec", "containers", "[name=main]", "args", 1)

    assert [owner.manager for owner in owners(applied(older, older), path)] == ["syncline"]


@pytest.mark.parametrize(
    ("api_version", "kind", "path", "keys"),
    [
        ("apps/v1", "Deployment", "spec.template.spec.containers", ["name"]),
        (
            "apps/v1",
            "Deployment",
            "spec.template.spec.topologySpreadConstraints",
            ["topologyKey", "whenUnsatisfiable"],
        ),
        ("v1", "Service", "spec.ports", ["port", "protocol"]),
        ("v1", "ServiceAccount", "secrets", ["name"]),
        ("v1", "ServiceAccount", "imagePullSecrets", []),
        ("v1", "Pod", "spec.tolerations", []),
        ("v1", "Pod", "metadata.ownerReferences", ["uid"]),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", "spec.versions", []),
        ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "webhooks", ["name"]),
        ("batch/v1", "CronJob", "spec.jobTemplate.spec.template.spec.volumes", ["name"]),
        ("apps/v1beta2", "Deployment", "spec.template.spec.containers", ["name"]),
        ("networking.k8s.io/v1", "Ingress", "spec.rules", []),
    ],
)
def test_the_keys_of_lists_are_those_of_the_published_openapi(
    api_version: str, kind: str, path: str, keys: list[str]
) -> None:
    shape = shape_of(api_version, kind)
    for step in path.split("."):
        shape = shape.at(step)

    assert [name for name, _ in shape.keys] == keys


def test_a_kind_we_do_not_know_has_only_its_metadata() -> None:
    shape = shape_of_body({"apiVersion": "example.com/v1", "kind": "Deployment"})

    assert shape.at("metadata").at("finalizers").is_set
    assert shape.at("spec").at("template") is shape.at("anything")
