"""What a real API server serves, found out in two requests."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.objects import (
    apply,
    crd,
    custom,
    served,
    service,
)
from syncline.core.resource import key_of
from syncline.errors import ApiError
from syncline.kube.discovery import AGGREGATED, PLAIN, Discovery, discover
from syncline.kube.request import WORKERS
from syncline.kube.rest import fetch_all

if TYPE_CHECKING:
    from contract.kube.conftest import ConnectAs
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster


def test_two_kinds_of_one_name_in_two_groups_are_kept_apart(cluster: ApiCluster, namespace: str) -> None:
    apply(cluster, crd("example.com", "Service"))
    _establish(cluster, "example.com", "Service")
    apply(cluster, service(namespace, "web"), custom("example.com/v1", "Service", namespace, "web"))

    ours = served(cluster, "example.com", "Service")
    core = served(cluster, "", "Service")
    assert (ours.api_version, core.api_version) == ("example.com/v1", "v1")
    found = [cluster.get(kind, namespace, "web") for kind in (ours, core)]
    assert [body and body["apiVersion"] for body in found] == ["example.com/v1", "v1"]


def test_objects_of_a_kind_can_be_applied_the_moment_it_is_established(
    cluster: ApiCluster, namespace: str
) -> None:
    for number in range(5):
        kind = f"Fresh{number}"
        apply(cluster, crd("syncline.test", kind))
        _establish(cluster, "syncline.test", kind)

        [applied] = apply(cluster, custom("syncline.test/v1", kind, namespace, "first"))
        assert applied["kind"] == kind


@pytest.mark.parametrize("place", [(), ("metadata",), ("spec",)], ids=["object", "metadata", "spec"])
def test_a_field_that_a_definition_does_not_have_is_refused_by_name(
    cluster: ApiCluster, namespace: str, place: tuple[str, ...]
) -> None:
    definition = crd("exact.example.com", "Exact")
    sizes = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"spec": sizes}}
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    apply(cluster, definition)
    _establish(cluster, "exact.example.com", "Exact")
    body = part = custom("exact.example.com/v1", "Exact", namespace, "a")
    apply(cluster, body)
    for step in place:
        part = part[step]
    part["colour"] = "red"

    with pytest.raises(ApiError, match=r"colour: field not declared in schema"):
        apply(cluster, body)


def test_a_kind_is_found_in_the_preferred_and_in_a_named_version(connect_as: ConnectAs) -> None:
    founder = connect_as("admin")
    apply(founder, crd("syncline.test", "Widget", versions=("v1beta1", "v1")))
    _establish(founder, "syncline.test", "Widget")
    served(founder, "syncline.test", "Widget")
    cluster = connect_as("admin")

    assert served(cluster, "syncline.test", "Widget").version == "v1"
    assert served(cluster, "syncline.test", "Widget", "v1beta1").version == "v1beta1"
    assert cluster.resource("syncline.test", "Widget", "v2") is None
    assert cluster.resource("nowhere.test", "Widget") is None


def test_aggregated_and_classic_discovery_agree(cluster: ApiCluster) -> None:
    def classic(paths: Any, accept: str) -> list[Any]:
        return fetch(paths, PLAIN if accept == AGGREGATED else accept)

    fetch = partial(fetch_all, cluster._client, WORKERS)
    old, new = discover(classic), discover(fetch)

    assert _comparable(old) == _comparable(new)
    assert len(new.kinds) > 50
    assert (new.silent, old.silent) == (frozenset(), frozenset())


def test_discovery_is_two_requests_for_a_whole_run(connect_as: ConnectAs, plane: ControlPlane) -> None:
    cluster, mark = connect_as("admin"), plane.mark()

    for group, kind in (("", "ConfigMap"), ("apps", "Deployment"), ("", "Service"), ("apps", "Thing")):
        cluster.resource(group, kind)

    assert sorted(asked.uri for asked in plane.requests_since(mark)) == ["/api", "/apis"]


def test_a_group_that_discovery_does_not_name_is_asked_for_once_by_its_name(
    connect_as: ConnectAs, plane: ControlPlane
) -> None:
    cluster, mark = connect_as("admin"), plane.mark()

    assert [cluster.resource("no.such", kind) for kind in ("Thing", "Other")] == [None, None]

    assert sorted(asked.uri for asked in plane.requests_since(mark)) == ["/api", "/apis", "/apis/no.such"]


def test_a_group_whose_server_is_away_is_not_called_absent(
    connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    name = "v1.away.syncline.test"
    spec = {
        "group": "away.syncline.test",
        "version": "v1",
        "groupPriorityMinimum": 100,
        "versionPriority": 10,
        "insecureSkipTLSVerify": True,
        "service": {"namespace": namespace, "name": "nobody"},
    }
    path = f"/apis/apiregistration.k8s.io/v1/apiservices/{name}"
    body = {"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "spec": spec}
    plane.api.apply(path, body | {"metadata": {"name": name}})
    try:
        plane.wait_until(lambda: _is_silent(connect_as("admin"), "away.syncline.test"), "the group is known")
        assert connect_as("admin").resource("other.syncline.test", "Thing") is None
    finally:
        plane.api("DELETE", path)


def _establish(cluster: ApiCluster, group: str, kind: str) -> None:
    crds = served(cluster, "apiextensions.k8s.io", "CustomResourceDefinition")
    name = f"{kind.lower()}s.{group}"
    since = cluster.list(crds).resource_version
    body = cluster.get(crds, "", name)
    if not _established(body):
        watch = cluster.watch(crds, since=since, timeout=20)
        next(event for event in watch if key_of(event.object).name == name and _established(event.object))
        watch.close()
    cluster.rediscover()


def _established(body: Any) -> bool:
    conditions = ((body or {}).get("status") or {}).get("conditions") or ()
    return any(entry["type"] == "Established" and entry["status"] == "True" for entry in conditions)


def _is_silent(cluster: ApiCluster, group: str) -> bool:
    with suppress(ApiError):
        assert cluster.resource(group, "Thing") is None
        return False
    return True


def _comparable(discovery: Discovery) -> dict[tuple[str, str], Any]:
    return {
        key: [(r.version, r.plural, r.namespaced, r.verbs) for r in found]
        for key, found in discovery.kinds.items()
    }
