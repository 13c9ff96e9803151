"""Writes of whole objects and of who owns their fields, against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.kube.objects import apply, config_map, served
from syncline.core.managed import migrated, owned_by
from syncline.core.options import Manner
from syncline.core.resource import key_of
from syncline.errors import ApiError
from syncline.writer import Writer

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster


def test_what_exists_is_not_made_twice(cluster: ApiCluster, namespace: str) -> None:
    maps = served(cluster, "", "ConfigMap")
    made = cluster.create(maps, config_map(namespace, "a", colour="red"))

    assert made["data"] == {"colour": "red"}
    with pytest.raises(ApiError) as caught:
        cluster.create(maps, config_map(namespace, "a", colour="blue"))
    assert caught.value.code == 409
    assert cluster.get(maps, namespace, "a") == made


def test_a_replacement_of_a_version_that_is_gone_is_refused(cluster: ApiCluster, namespace: str) -> None:
    maps = served(cluster, "", "ConfigMap")
    first = cluster.create(maps, config_map(namespace, "a", colour="red"))
    second = cluster.update(maps, {**first, "data": {"colour": "blue"}})

    assert second["data"] == {"colour": "blue"}
    with pytest.raises(ApiError) as caught:
        cluster.update(maps, {**first, "data": {"colour": "green"}})
    assert caught.value.code == 409
    cluster.update(maps, {**second, "data": {"colour": "grey"}}, dry_run=True)
    assert cluster.get(maps, namespace, "a") == second


def test_a_dry_replacement_shows_what_the_server_fills_in_again(cluster: ApiCluster, namespace: str) -> None:
    kind = served(cluster, "batch", "CronJob")
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a"}]}}}
    body = {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web", "namespace": namespace}}
    # Suspended, no controller writes to it meanwhile.
    live = cluster.create(
        kind, {**body, "spec": {"schedule": "@yearly", "suspend": True, "jobTemplate": {"spec": job}}}
    )
    spec = {name: value for name, value in live["spec"].items() if name != "failedJobsHistoryLimit"}

    answer = cluster.update(kind, {**live, "spec": spec}, dry_run=True)

    assert answer["spec"] == live["spec"]
    assert spec != live["spec"]


def test_fields_are_handed_over_and_only_against_the_version_they_were_read_at(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    maps = served(cluster, "", "ConfigMap")
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    plane.api.apply(path, config_map(namespace, "a", colour="red", size="1"))
    read = cluster.get(maps, namespace, "a")
    assert read is not None

    operations = [
        {"op": "replace", "path": f"/metadata/{name}", "value": value}
        for name, value in migrated(read, ("plane",))["metadata"].items()
        if name in {"managedFields", "resourceVersion"}
    ]
    ours = cluster.patch(maps, key_of(read), operations)

    assert owned_by(ours)["f:data"].keys() == {"f:colour", "f:size"}
    assert {entry["manager"] for entry in ours["metadata"]["managedFields"]} == {"syncline"}
    assert ours["data"] == {"colour": "red", "size": "1"}
    [after] = apply(cluster, config_map(namespace, "a", colour="red"))
    assert after["data"] == {"colour": "red"}
    with pytest.raises(ApiError) as caught:
        cluster.patch(maps, key_of(read), operations)
    assert caught.value.code == 409


def test_what_another_manager_applied_goes_with_the_apply_that_takes_it_over(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    maps = served(cluster, "", "ConfigMap")
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    plane.api.apply(path, config_map(namespace, "a", colour="red", size="1"))
    read = cluster.get(maps, namespace, "a")
    assert read is not None
    plane.api.apply(path, config_map(namespace, "a", colour="red", size="2"))

    desired = config_map(namespace, "a", colour="red")
    after = Writer(cluster).write(key_of(read), desired, Manner(migrate=frozenset({"plane"})), read)

    assert after["data"] == {"colour": "red"}
    assert {entry["manager"] for entry in after["metadata"]["managedFields"]} == {"syncline"}
