"""One object written in each manner, against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.objects import apply, config_map, served
from syncline.config.metadata import HOOK_FINALIZER
from syncline.core.options import Manner, Method
from syncline.core.resource import ResourceKey
from syncline.errors import ApiError
from syncline.writer import Writer

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster

REPLACE, MERGE = Manner(Method.REPLACE), Manner(Method.MERGE)


def key(namespace: str) -> ResourceKey:
    return ResourceKey("", "ConfigMap", namespace, "a")


def touch(plane: ControlPlane, namespace: str, **data: str) -> Any:
    return plane.api("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/a", {"data": data})


@pytest.mark.parametrize(
    ("manner", "kept"), [(REPLACE, {}), (MERGE, {"theirs": "1"})], ids=["replace", "merge"]
)
def test_a_write_is_made_on_the_object_as_it_is_now(
    cluster: ApiCluster, plane: ControlPlane, namespace: str, manner: Manner, kept: dict[str, str]
) -> None:
    [planned] = apply(cluster, config_map(namespace, "a", ours="1"))
    touch(plane, namespace, theirs="1")

    written = Writer(cluster).write(key(namespace), config_map(namespace, "a", ours="2"), manner, planned)

    assert written["data"] == {"ours": "2", **kept}
    assert written["metadata"]["uid"] == planned["metadata"]["uid"]


@pytest.mark.parametrize("manner", [REPLACE, MERGE], ids=["replace", "merge"])
def test_another_object_of_the_same_name_is_not_overwritten(
    cluster: ApiCluster, namespace: str, manner: Manner
) -> None:
    writer, desired = Writer(cluster, "Background"), config_map(namespace, "a", ours="1")
    planned = writer.write(key(namespace), desired, manner, None)
    writer.delete(key(namespace), planned)
    writer.write(key(namespace), config_map(namespace, "a", other="1"), manner, None)

    with pytest.raises(ApiError, match="is not the object any more that was planned for"):
        writer.write(key(namespace), desired, manner, planned)

    found = cluster.get(served(cluster, "", "ConfigMap"), namespace, "a")
    assert found is not None
    assert found["data"] == {"other": "1"}


def test_an_object_that_our_lost_answer_made_is_gone_on_with(cluster: ApiCluster, namespace: str) -> None:
    mine = {"applyset.kubernetes.io/part-of": f"applyset-{namespace}"}
    writer = Writer(cluster)
    first = writer.write(key(namespace), config_map(namespace, "a", labels=mine, n="1"), MERGE, None)

    again = writer.write(key(namespace), config_map(namespace, "a", labels=mine, n="2"), MERGE, None)

    assert again["metadata"]["uid"] == first["metadata"]["uid"]
    assert again["data"] == {"n": "2"}
    with pytest.raises(ApiError, match="already exists"):
        writer.write(key(namespace), config_map(namespace, "a", n="3"), MERGE, None)


def test_only_argo_cds_hook_finalizer_is_taken_off_before_a_deletion(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    body = config_map(namespace, "a")
    body["metadata"]["finalizers"] = [HOOK_FINALIZER, "example.com/keep"]
    [live] = apply(cluster, body)

    remaining = Writer(cluster).delete(key(namespace), live)

    assert remaining is not None
    assert "example.com/keep" in remaining["metadata"]["finalizers"]
    assert HOOK_FINALIZER not in remaining["metadata"]["finalizers"]
    plane.api("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/a", {"metadata": {"finalizers": None}})


def test_deletion_goes_on_as_the_application_says(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    [owner, owned] = apply(cluster, config_map(namespace, "a"), config_map(namespace, "b"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": owner["metadata"]["uid"]}
    path = f"/api/v1/namespaces/{namespace}/configmaps/b"
    plane.api("PATCH", path, {"metadata": {"ownerReferences": [reference]}})

    mark = plane.mark()
    Writer(cluster, "Orphan").delete(key(namespace), owner)

    assert [request.verb for request in plane.requests_since(mark)] == ["delete"]
    assert plane.api("GET", path)["metadata"]["uid"] == owned["metadata"]["uid"]
