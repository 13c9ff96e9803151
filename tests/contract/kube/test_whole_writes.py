"""Writes of whole objects and of who owns their fields, against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from contract.kube.objects import apply, config_map, deployment, served
from syncline.core.handover import handed_over
from syncline.core.managed import owned_by
from syncline.core.resource import key_of
from syncline.errors import ApiError
from syncline.kube.dryrun import dry_replace

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
    second = cluster.replace(maps, {**first, "data": {"colour": "blue"}})

    assert second["data"] == {"colour": "blue"}
    with pytest.raises(ApiError) as caught:
        cluster.replace(maps, {**first, "data": {"colour": "green"}})
    assert caught.value.code == 409
    cluster.replace(maps, {**second, "data": {"colour": "grey"}}, dry_run=True)
    assert cluster.get(maps, namespace, "a") == second


def test_a_dry_replacement_shows_what_the_server_fills_in_again(cluster: ApiCluster, namespace: str) -> None:
    [live] = apply(cluster, deployment(namespace, "web"))
    spec = {name: value for name, value in live["spec"].items() if name != "revisionHistoryLimit"}
    missing = {"kind": "Missing", "apiVersion": "nowhere.example.com/v1", "metadata": {"name": "x"}}

    answer = dry_replace(cluster, {key_of(live): {**live, "spec": spec}, key_of(missing): missing}, workers=2)

    assert answer.objects[key_of(live)]["spec"] == live["spec"]
    assert list(answer.unknowable) == [key_of(missing)]


def test_fields_are_handed_over_and_only_against_the_version_they_were_read_at(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    maps = served(cluster, "", "ConfigMap")
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    plane.api.apply(path, config_map(namespace, "a", colour="red", size="1"))
    read = cluster.get(maps, namespace, "a")
    assert read is not None

    ours = cluster.hand_over(maps, handed_over(read, ("plane",)))

    assert owned_by(ours)["f:data"].keys() == {"f:colour", "f:size"}
    assert {entry["manager"] for entry in ours["metadata"]["managedFields"]} == {"syncline"}
    assert ours["data"] == {"colour": "red", "size": "1"}
    [after] = apply(cluster, config_map(namespace, "a", colour="red"))
    assert after["data"] == {"colour": "red"}
    with pytest.raises(ApiError) as caught:
        cluster.hand_over(maps, handed_over(read, ("plane",)))
    assert caught.value.code == 409
