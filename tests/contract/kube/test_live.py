"""Reading what is there: with few requests, and never taking "may not see" for "is not there"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.faults import Answer, failing, status
from contract.kube.objects import (
    apply,
    config_map,
    deployment,
    endpoint_slice,
    member,
    secret,
    selector_of,
    service,
)
from syncline.core.live import LiveState
from syncline.core.resource import ResourceKey, key_of
from syncline.errors import ClusterError
from syncline.kube.live import FEW, read_live

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from contract.kube.conftest import ConnectAs
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster
    from syncline.ports import Cluster


def read(
    cluster: Cluster,
    wanted: Iterable[dict[str, Any]] = (),
    known: Iterable[ResourceKey] = (),
    *,
    selector: str | None = None,
) -> LiveState:
    keys = {key_of(body): str(body["apiVersion"]) for body in wanted}
    label = selector_of(next(iter(keys)).namespace) if selector is None else selector
    return read_live(cluster, keys, frozenset(known), selector=label, workers=8)


def test_members_cost_one_list_for_each_kind(
    connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    cluster = connect_as("admin")
    bodies = [config_map(namespace, f"c{number}", labels=member(namespace)) for number in range(20)]
    bodies += [service(namespace, f"s{number}", labels=member(namespace)) for number in range(20)]
    apply(cluster, *bodies)
    mark = plane.mark()

    live = read(cluster, bodies)

    assert sorted(live.objects) == sorted(map(key_of, bodies))
    assert live.unreadable == {}
    assert [asked.verb for asked in plane.requests_since(mark)] == ["list", "list"]


def test_an_unlabelled_object_is_found_all_the_same(cluster: ApiCluster, namespace: str) -> None:
    foreign, ours, absent = (config_map(namespace, name) for name in ("foreign", "ours", "absent"))
    ours["metadata"]["labels"] = member(namespace)
    apply(cluster, foreign, ours)

    live = read(cluster, [foreign, ours, absent])

    assert sorted(key.name for key in live.objects) == ["foreign", "ours"]
    assert live.unreadable == {}


@pytest.mark.parametrize(("missing", "verbs"), [(FEW, ["get"] * FEW), (12, ["list"])], ids=["few", "many"])
def test_missing_objects_are_asked_for_singly_when_few_and_by_one_list_when_many(
    missing: int, verbs: list[str], connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    cluster = connect_as("admin")
    bodies = [config_map(namespace, f"c{number}") for number in range(missing)]
    apply(cluster, *bodies[: missing // 2])
    mark = plane.mark()

    live = read(cluster, bodies)

    assert sorted(live.objects) == sorted(key_of(body) for body in bodies[: missing // 2])
    asked = plane.requests_since(mark)
    assert "labelSelector" in asked[0].uri
    assert [request.verb for request in asked[1:]] == verbs
    assert all("labelSelector" not in request.uri for request in asked[1:])


def test_an_object_that_carries_our_label_and_manager_is_found_though_nobody_knew_it(
    cluster: ApiCluster, namespace: str
) -> None:
    known, orphan = (config_map(namespace, name, labels=member(namespace)) for name in ("known", "orphan"))
    apply(cluster, known, orphan)

    live = read(cluster, [known])

    assert set(live.objects) == {key_of(known), key_of(orphan)}


def test_what_a_controller_copied_our_label_to_is_not_ours(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    web = service(namespace, "web", labels=member(namespace))
    web["spec"] = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    apply(cluster, web)
    query = f"labelSelector={selector_of(namespace)}"
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?{query}"
    plane.wait_until(lambda: bool(plane.api("GET", slices)["items"]), "the EndpointSlice bears our label")
    ours = endpoint_slice(namespace, "ours", labels=member(namespace))
    apply(cluster, ours)

    live = read(cluster, [web, ours])

    assert set(live.objects) == {key_of(web), key_of(ours)}


def test_a_known_object_of_a_kind_no_longer_wanted_is_read(cluster: ApiCluster, namespace: str) -> None:
    bodies = [
        config_map(namespace, "a", labels=member(namespace)),
        service(namespace, "b", labels=member(namespace)),
    ]
    apply(cluster, *bodies)

    live = read(cluster, bodies[:1], [key_of(bodies[1])])

    assert set(live.objects) == set(map(key_of, bodies))


def test_without_a_selector_only_the_wanted_objects_are_asked_for(
    connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    cluster = connect_as("admin")
    apply(cluster, config_map(namespace, "a"))
    mark = plane.mark()

    live = read(cluster, [config_map(namespace, "a"), config_map(namespace, "b")], selector="")

    assert [key.name for key in live.objects] == ["a"]
    assert [asked.verb for asked in plane.requests_since(mark)] == ["get", "get"]


@pytest.mark.parametrize("count", [2, 12])
def test_the_reader_cannot_see_secrets_and_does_not_call_them_absent(
    count: int, cluster: ApiCluster, connect_as: ConnectAs, namespace: str
) -> None:
    secrets = [secret(namespace, f"s{number}", password="hunter2") for number in range(count)]
    plain = config_map(namespace, "plain")
    apply(cluster, *secrets[: count // 2], plain)

    live = read(connect_as("reader"), [*secrets, plain])

    assert list(live.objects) == [key_of(plain)]
    assert sorted(live.unreadable) == sorted(map(key_of, secrets))
    [reason] = {text.replace("s1", "s0") for text in live.unreadable.values()}
    assert 'User "reader" cannot' in reason


def test_a_bound_identity_reads_its_namespace_and_knows_nothing_of_others(
    cluster: ApiCluster, connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    plane.bind(namespace)
    here = [
        config_map(namespace, "a", labels=member(namespace)),
        deployment(namespace, "web"),
        secret(namespace, "s"),
    ]
    there = config_map("default", "elsewhere")
    apply(cluster, *here)
    bound = connect_as("bound")
    mark = plane.mark()

    live = read(bound, [*here, config_map(namespace, "absent"), there])

    assert sorted(live.objects) == sorted(map(key_of, here))
    assert list(live.unreadable) == [key_of(there)]
    asked = [request for request in plane.requests_since(mark, user="bound") if "configmaps?" in request.uri]
    refused = [request for request in asked if request.code == 403]
    assert len(refused) == 2  # all namespaces, and "default"
    assert [r.code for r in asked if f"/namespaces/{namespace}/" in r.uri] == [200]


def test_a_namespace_that_does_not_exist_holds_nothing(cluster: ApiCluster) -> None:
    bodies = [config_map("no-such-namespace", f"c{number}") for number in range(FEW + 1)]

    assert read(cluster, bodies) == LiveState({}, {})
    assert read(cluster, bodies[:1]) == LiveState({}, {})


def test_a_kind_that_is_not_served_holds_nothing(cluster: ApiCluster, namespace: str) -> None:
    thing = {"apiVersion": "no.such/v1", "kind": "Thing", "metadata": {"name": "a", "namespace": namespace}}

    assert read(cluster, [thing]) == LiveState({}, {})


def test_an_object_whose_manifest_names_an_old_version_is_there_all_the_same(
    cluster: ApiCluster, namespace: str
) -> None:
    apply(cluster, deployment(namespace, "web"))

    live = read(cluster, [deployment(namespace, "web") | {"apiVersion": "apps/v1beta1"}])

    assert [body["apiVersion"] for body in live.objects.values()] == ["apps/v1"]


def test_cluster_scoped_objects_are_read_whatever_namespace_their_manifest_names(
    cluster: ApiCluster, namespace: str
) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "namespace": "stray"}}

    assert list(read(cluster, [body]).objects) == [key_of(body)]


def test_a_kind_that_nobody_can_read_is_unreadable(cluster: ApiCluster) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {"name": "a"},
    }

    assert list(read(cluster, [review]).unreadable) == [key_of(review)]


GROUPS = {
    "kind": "APIGroupDiscoveryList",
    "items": [
        {"metadata": {"name": ""}, "versions": [{"version": "v1", "resources": []}]},
        {"metadata": {"name": "silent.example"}, "versions": [{"version": "v1", "freshness": "Stale"}]},
    ],
}


def test_a_kind_of_a_group_that_does_not_answer_is_unreadable(
    reach: Callable[..., ApiCluster], namespace: str
) -> None:
    silent = {
        "apiVersion": "silent.example/v1",
        "kind": "Thing",
        "metadata": {"name": "a", "namespace": namespace},
    }
    with failing(Answer(body=GROUPS)) as server:
        live = read(reach(server), [silent])

    assert live.objects == {}
    assert live.unreadable == {
        key_of(
            silent
        ): "The API group silent.example does not answer, so whether it serves Thing is not known."
    }


@pytest.mark.parametrize(
    "trouble", [status(503, "ServiceUnavailable", "no"), status(401, "Unauthorized", "no")]
)
def test_a_server_in_trouble_is_an_exception_and_not_an_empty_cluster(
    trouble: Answer, reach: Callable[..., ApiCluster]
) -> None:
    discovered = {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {"name": ""},
                "versions": [
                    {
                        "version": "v1",
                        "resources": [
                            {
                                "resource": "configmaps",
                                "responseKind": {"kind": "ConfigMap"},
                                "scope": "Namespaced",
                                "verbs": ["get", "list"],
                            }
                        ],
                    }
                ],
            }
        ],
    }
    empty = Answer(body={"kind": "APIGroupDiscoveryList", "items": []})
    with failing(Answer(body=discovered), empty, trouble) as server, pytest.raises(ClusterError):
        read(reach(server), [config_map("shop", "a")])


def test_nobody_at_home_is_an_exception(reach: Callable[..., ApiCluster], tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(ClusterError, match="connection refused"):
        read(reach("http://127.0.0.1:1"), [config_map("shop", "a")])
