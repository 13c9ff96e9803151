"""What we predict of an apply, held against what a real API server says.

The law: in sync is what the server would not change, and no predicted value is other than the server's.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from plane.rest import ApiError, Rest
from syncline.core.fields import ABSENT, FieldChange, compare, show, with_value, without
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.predict import in_sync, predict_apply
from syncline.core.resource import Body
from syncline.core.schema import Shape, shape_from_crd

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane

Object = dict[str, Any]
Edit = Callable[[Body], Body]

POD: Object = {
    "initContainers": [
        {"name": "first", "image": "busybox:1", "command": ["true"]},
        {"name": "second", "image": "busybox:1"},
    ],
    "containers": [
        {
            "name": "main",
            "image": "web:1",
            "args": [],
            "stdin": False,
            "env": [
                {"name": "EMPTY", "value": ""},
                {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
            ],
            "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP", "name": "dns"}],
            "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}, "requests": {"cpu": 0.5}},
            "livenessProbe": {"httpGet": {"port": 80}, "initialDelaySeconds": 0},
            "volumeMounts": [{"name": "all", "mountPath": "/all", "readOnly": False}],
        }
    ],
    "nodeSelector": {},
    "hostNetwork": False,
    "automountServiceAccountToken": False,
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "zone",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "web"}},
        }
    ],
    "volumes": [
        {
            "name": "all",
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "token"}},
                    {"configMap": {"name": "c", "items": [{"key": "a", "path": "a"}]}},
                    {"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}},
                ]
            },
        },
        {"name": "tmp", "emptyDir": {}},
    ],
}


def workload(kind: str, **spec: Any) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "web", "labels": {"app": "web", "empty": ""}, "annotations": {"team": "shop"}},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}, "creationTimestamp": None}, "spec": POD},
            **spec,
        },
    }


def thing(api_version: str, kind: str, **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "web"}, **fields}


CLAIM: Object = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "0.5Gi"}}},
}
PEER: Object = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "web"}}}
TARGET = {"type": "Utilization", "averageUtilization": 80}
WIDGET: Object = thing(
    "example.com/v1",
    "Widget",
    spec={
        "rules": [{"name": "a"}, {"name": "b", "weight": 5}],
        "parts": [{"id": "x"}],
        "free": {"a": "1000m"},
    },
)
CRD: Object = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            "spec": {
                                "type": "object",
                                "properties": {
                                    "mode": {"type": "string", "default": "fast"},
                                    "free": {"type": "object", "additionalProperties": {"type": "string"}},
                                    "rules": {
                                        "type": "array",
                                        "items": {
                                            "type": "object",
                                            "properties": {
                                                "name": {"type": "string"},
                                                "weight": {"type": "integer", "default": 1},
                                            },
                                        },
                                    },
                                    "parts": {
                                        "type": "array",
                                        "x-kubernetes-list-type": "map",
                                        "x-kubernetes-list-map-keys": ["id"],
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "properties": {
                                                "id": {"type": "string"},
                                                "size": {"type": "integer", "default": 3},
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    }
                },
            }
        ],
    },
}

OBJECTS: dict[str, Object] = {
    "deployments": workload("Deployment", replicas=0, strategy={}),
    "daemonsets": workload("DaemonSet"),
    "statefulsets": workload("StatefulSet", serviceName="web", replicas=0, volumeClaimTemplates=[CLAIM]),
    "configmaps": thing("v1", "ConfigMap", data={"a": "1", "empty": ""}, binaryData={"b": "YQ==\n"}),
    "secrets": thing("v1", "Secret", data={"a": "YQ=="}, stringData={"b": "two", "empty": ""}),
    "services": thing(
        "v1",
        "Service",
        spec={"selector": {"app": "web"}, "ports": [{"port": 80, "name": "a"}, {"port": 81, "name": "b"}]},
    ),
    "serviceaccounts": thing("v1", "ServiceAccount", imagePullSecrets=[{"name": "a"}]),
    "persistentvolumeclaims": {
        **CLAIM,
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "web"},
    },
    "limitranges": thing(
        "v1",
        "LimitRange",
        spec={"limits": [{"type": "Container", "max": {"cpu": "2000m"}, "min": {"memory": "1024Ki"}}]},
    ),
    "resourcequotas": thing("v1", "ResourceQuota", spec={"hard": {"requests.cpu": "1000m", "pods": 10}}),
    "networkpolicies": thing(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        spec={"podSelector": {}, "ingress": [{"from": [PEER], "ports": [{"port": 80}]}, {}]},
    ),
    "ingresses": thing(
        "networking.k8s.io/v1",
        "Ingress",
        spec={
            "rules": [
                {
                    "host": "a.example",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "web", "port": {"number": 80}}},
                            }
                        ]
                    },
                }
            ]
        },
    ),
    "roles": thing("rbac.authorization.k8s.io/v1", "Role", rules=[]),
    "rolebindings": thing(
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        roleRef={"kind": "Role", "name": "web"},
        subjects=[{"kind": "Group", "name": "dev"}, {"kind": "ServiceAccount", "name": "ci", "apiGroup": ""}],
    ),
    "cronjobs": thing(
        "batch/v1",
        "CronJob",
        spec={
            "schedule": "0 0 1 1 *",
            "suspend": True,
            "jobTemplate": {
                "spec": {
                    "podFailurePolicy": {
                        "rules": [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
                    },
                    "template": {
                        "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "web:1"}]}
                    },
                }
            },
        },
    ),
    "horizontalpodautoscalers": thing(
        "autoscaling/v2",
        "HorizontalPodAutoscaler",
        spec={
            "maxReplicas": 3,
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": TARGET}}],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 10}},
        },
    ),
    "poddisruptionbudgets": thing(
        "policy/v1",
        "PodDisruptionBudget",
        spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}},
    ),
    "endpointslices": thing(
        "discovery.k8s.io/v1",
        "EndpointSlice",
        addressType="IPv4",
        endpoints=[{"addresses": ["10.0.0.9"]}],
        ports=[{"port": 80}],
    ),
}
"""One manifest of each kind, written the way people write them."""


def put(path: str, value: Any) -> Edit:
    return lambda body: with_value(body, tuple(path.split("/")), value)


def drop(path: str) -> Edit:
    return lambda body: without(body, tuple(path.split("/")))


TEMPLATE = "spec/template/spec"
MAIN = f"{TEMPLATE}/containers/[name=main]"
EDITS: list[tuple[str, Edit]] = [
    ("deployments", put(f"{MAIN}/image", "web:2")),
    ("deployments", put("metadata/labels/app", "other")),
    ("deployments", drop("metadata/labels/empty")),
    ("deployments", drop("metadata/annotations")),
    ("deployments", drop("spec/replicas")),
    ("deployments", drop(f"{MAIN}/livenessProbe")),
    ("deployments", drop(f"{MAIN}/env")),
    ("deployments", drop(f"{MAIN}/env/[name=IP]")),
    ("deployments", drop(f"{MAIN}/ports/[containerPort=53,protocol=UDP]")),
    ("deployments", put(f"{MAIN}/ports/[containerPort=80,protocol=TCP]/protocol", "TCP")),
    ("deployments", put(f"{MAIN}/ports/[containerPort=443,protocol=TCP]", {"containerPort": 443})),
    ("deployments", put(f"{MAIN}/resources/limits", {"cpu": "1", "memory": "1Gi"})),
    ("deployments", put(f"{MAIN}/resources/limits", {"cpu": "2"})),
    ("deployments", put(f"{MAIN}/args", ["-v"])),
    ("deployments", put(f"{TEMPLATE}/hostNetwork", None)),
    ("deployments", drop(f"{TEMPLATE}/automountServiceAccountToken")),
    ("deployments", drop(f"{TEMPLATE}/initContainers/[name=first]")),
    (
        "deployments",
        lambda body: with_value(body, (*TEMPLATE.split("/"), "initContainers"), POD["initContainers"][::-1]),
    ),
    ("deployments", drop(f"{TEMPLATE}/volumes/[name=tmp]")),
    (
        "deployments",
        put(f"{TEMPLATE}/tolerations", [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}]),
    ),
    ("deployments", drop(f"{TEMPLATE}/topologySpreadConstraints")),
    ("deployments", put("spec/strategy", {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}})),
    ("daemonsets", put(f"{MAIN}/stdin", True)),
    ("statefulsets", put("spec/replicas", 0)),
    ("configmaps", put("data", {})),
    ("configmaps", drop("data/empty")),
    ("configmaps", drop("binaryData")),
    ("configmaps", put("data/a", "2")),
    ("secrets", drop("stringData")),
    ("secrets", put("stringData/b", "three")),
    ("services", put("spec/ports/[port=80,protocol=TCP]/targetPort", "http")),
    ("services", drop("spec/ports/[port=81,protocol=TCP]")),
    ("services", put("spec/selector", {"tier": "x"})),
    ("serviceaccounts", put("imagePullSecrets", [{"name": "b"}])),
    ("serviceaccounts", put("imagePullSecrets", [])),
    ("limitranges", put("spec/limits", [{"type": "Container", "max": {"cpu": "3"}}])),
    ("resourcequotas", put("spec/hard/pods", "10")),
    ("networkpolicies", put("spec/ingress", [{"from": [{"podSelector": PEER["podSelector"]}]}])),
    ("networkpolicies", put("spec/ingress", [])),
    ("ingresses", put("spec/ingressClassName", "x")),
    ("roles", put("rules", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}])),
    ("rolebindings", put("subjects", [{"kind": "Group", "name": "dev"}])),
    ("cronjobs", put("spec/suspend", None)),
    ("horizontalpodautoscalers", drop("spec/behavior")),
    ("horizontalpodautoscalers", put("spec/minReplicas", 2)),
    ("poddisruptionbudgets", put("spec/minAvailable", "50%")),
    ("endpointslices", put("ports", [{"port": 81, "protocol": "TCP"}])),
]
"""A kind, and what somebody does to its manifest, or to the live object."""

REPLACING: list[tuple[str, Edit]] = [
    ("deployments", put(f"{TEMPLATE}/volumes/[name=tmp]", {"name": "tmp", "configMap": {"name": "c"}})),
]
"""What only a manifest can do: an update would leave two kinds of volume in one."""


def collection(body: Object, plural: str, namespace: str) -> str:
    version = body["apiVersion"]
    return f"/api{'s' if '/' in version else ''}/{version}/namespaces/{namespace}/{plural}"


def apply(api: Rest, path: str, body: Body, *, manager: str = "syncline", dry_run: bool = False) -> Object:
    query = f"?fieldManager={manager}&force=true{'&dryRun=All' if dry_run else ''}"
    answer: Object = api("PATCH", f"{path}/web{query}", body, content_type="application/apply-patch+yaml")
    return answer


def edits_behind_our_back(api: Rest, path: str, edit: Edit) -> bool:
    """Update the object as `kubectl edit` does; false where a controller was faster."""
    edited = without(edit(api("GET", path)), ("metadata", "managedFields"))
    try:
        api("PUT", f"{path}?fieldManager=kubectl-edit", edited)
    except ApiError as error:
        if error.status != HTTPStatus.CONFLICT:
            raise
        return False
    return True


def contradictions(predicted: Body, real: Body) -> list[tuple[str, Any, Any]]:
    """Where the prediction says something else than the server; what only the server says is its default."""
    changes: tuple[FieldChange, ...] = compare(normalize_live(predicted), normalize_live(real))
    return [
        (show(change.path), change.before, change.after) for change in changes if change.before is not ABSENT
    ]


@pytest.mark.parametrize("plural", sorted(OBJECTS))
def test_what_was_just_applied_is_in_sync(plane: ControlPlane, namespace: str, plural: str) -> None:
    desired = OBJECTS[plural]
    path = collection(desired, plural, namespace)
    live = apply(plane.api, path, normalize_desired(desired))

    assert in_sync(live, desired)
    assert contradictions(predict_apply(live, desired), live) == []
    assert compare(normalize_live(live), normalize_live(predict_apply(live, desired))) == ()


@pytest.mark.parametrize(("plural", "edit"), EDITS + REPLACING)
def test_the_prediction_never_contradicts_the_server(
    plane: ControlPlane, namespace: str, plural: str, edit: Edit
) -> None:
    desired = OBJECTS[plural]
    path = collection(desired, plural, namespace)
    live = apply(plane.api, path, normalize_desired(desired))
    edited = edit(copy.deepcopy(desired))
    real = apply(plane.api, path, normalize_desired(edited), dry_run=True)

    assert contradictions(predict_apply(live, edited), real) == []
    assert in_sync(live, edited) == (compare(normalize_live(live), normalize_live(real)) == ())
    assert in_sync(apply(plane.api, path, normalize_desired(edited)), edited)


@pytest.mark.parametrize(("plural", "edit"), EDITS)
def test_what_another_manager_changed_is_predicted_to_be_put_back(
    plane: ControlPlane, namespace: str, plural: str, edit: Edit
) -> None:
    desired = OBJECTS[plural]
    path = collection(desired, plural, namespace)
    apply(plane.api, path, normalize_desired(desired))
    plane.wait_until(lambda: edits_behind_our_back(plane.api, f"{path}/web", edit), "nobody else writes it")
    behind = plane.api("GET", f"{path}/web")
    real = apply(plane.api, path, normalize_desired(desired), dry_run=True)

    assert contradictions(predict_apply(behind, desired), real) == []
    assert in_sync(behind, desired) == (compare(normalize_live(behind), normalize_live(real)) == ())


SHARED: list[tuple[Edit, Edit]] = [
    (drop(f"{MAIN}/env"), put("spec/paused", None)),
    (drop(f"{MAIN}/env"), drop(f"{MAIN}/env/[name=EMPTY]")),
    (drop(f"{TEMPLATE}/initContainers"), drop(f"{TEMPLATE}/initContainers/[name=first]/command")),
    (drop("metadata/labels"), drop("metadata/labels/app")),
    (
        drop(f"{MAIN}/livenessProbe"),
        put(f"{MAIN}/livenessProbe", {"httpGet": {"port": 80}, "periodSeconds": 7}),
    ),
]
"""What we no longer want, and what another manager applies of the same manifest."""


@pytest.mark.parametrize(("ours", "theirs"), SHARED)
def test_what_another_manager_applied_too_stays(
    plane: ControlPlane, namespace: str, ours: Edit, theirs: Edit
) -> None:
    desired = OBJECTS["deployments"]
    path = collection(desired, "deployments", namespace)
    apply(plane.api, path, normalize_desired(desired))
    live = apply(plane.api, path, normalize_desired(theirs(desired)), manager="other")
    edited = ours(desired)
    real = apply(plane.api, path, normalize_desired(edited), dry_run=True)

    assert contradictions(predict_apply(live, edited), real) == []
    assert in_sync(live, edited) == (compare(normalize_live(live), normalize_live(real)) == ())


@pytest.fixture(scope="module")
def widget_shape(plane: ControlPlane) -> Shape:
    plane.api(
        "PATCH",
        f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{CRD['metadata']['name']}?fieldManager=t&force=true",
        CRD,
        content_type="application/apply-patch+yaml",
    )
    plane.wait_until(lambda: plane.api.answers("/apis/example.com/v1/widgets"), "the widgets are served")
    return shape_from_crd(CRD, "v1")


WIDGET_EDITS: list[Edit] = [
    lambda body: body,
    put("spec/rules", [{"name": "a"}]),
    put("spec/rules", [{"name": "a", "weight": 1}, {"name": "b", "weight": 5}]),
    put("spec/rules", [{"name": "a"}, {"name": "b"}]),
    put("spec/parts", [{"id": "y"}]),
    put("spec/parts", [{"id": "x", "size": 4}]),
    put("spec/free", {"a": "1"}),
    drop("spec/free"),
]


@pytest.mark.parametrize("edit", WIDGET_EDITS)
def test_a_custom_resource_with_its_definition_is_predicted_as_well(
    plane: ControlPlane, namespace: str, widget_shape: Shape, edit: Edit
) -> None:
    path = f"/apis/example.com/v1/namespaces/{namespace}/widgets"
    live = apply(plane.api, path, WIDGET)
    edited = edit(copy.deepcopy(WIDGET))
    real = apply(plane.api, path, edited, dry_run=True)

    assert contradictions(predict_apply(live, edited, widget_shape), real) == []
    assert in_sync(live, edited, widget_shape) == (compare(normalize_live(live), normalize_live(real)) == ())
