"""Small objects for contract tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.ports import ApiResource, Cluster


def member(namespace: str) -> dict[str, str]:
    """The label of a test's own members: the plane is shared."""
    return {"applyset.kubernetes.io/part-of": f"applyset-{namespace}"}


def selector_of(namespace: str) -> str:
    """What finds them."""
    return f"applyset.kubernetes.io/part-of=applyset-{namespace}"


def config_map(
    namespace: str, name: str, *, labels: Mapping[str, str] | None = None, **data: str
) -> dict[str, Any]:
    return _typed("v1", "ConfigMap", namespace, name, labels) | {"data": data}


def secret(namespace: str, name: str, **data: str) -> dict[str, Any]:
    return _typed("v1", "Secret", namespace, name, None) | {"stringData": data}


def service(namespace: str, name: str, *, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    spec = {"clusterIP": "None", "ports": [{"name": "http", "port": 80}]}
    return _typed("v1", "Service", namespace, name, labels) | {"spec": spec}


def endpoint_slice(namespace: str, name: str, *, labels: Mapping[str, str]) -> dict[str, Any]:
    body = _typed("discovery.k8s.io/v1", "EndpointSlice", namespace, name, labels)
    return body | {"addressType": "IPv4", "endpoints": []}


def deployment(namespace: str, name: str, *, selector: str = "web") -> dict[str, Any]:
    labels = {"app": selector}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "registry/c:1"}]},
    }
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return _typed("apps/v1", "Deployment", namespace, name, None) | {"spec": spec}


def crd(group: str, kind: str, *, versions: tuple[str, ...] = ("v1",)) -> dict[str, Any]:
    """A namespaced kind whose objects may hold anything; the first version is stored."""
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    served = [
        {"name": name, "served": True, "storage": name == versions[0], "schema": schema} for name in versions
    ]
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": served},
    }


def custom(api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
    return _typed(api_version, kind, namespace, name, None) | {"spec": {"size": 1}}


def served(cluster: Cluster, group: str, kind: str, version: str = "") -> ApiResource:
    resource = cluster.resource(group, kind, version)
    assert resource is not None, f"{kind}.{group} is not served"
    return resource


def apply(cluster: Cluster, *bodies: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Apply each, and return them as they are then."""
    applied = []
    for body in bodies:
        group, _, version = body["apiVersion"].rpartition("/")
        applied.append(cluster.apply(served(cluster, group, body["kind"], version), body))
    return applied


def _typed(
    api_version: str, kind: str, namespace: str, name: str, labels: Mapping[str, str] | None
) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}
