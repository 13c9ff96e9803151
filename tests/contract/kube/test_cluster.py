"""The `Cluster` port against a real API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.objects import (
    apply,
    config_map,
    deployment,
    member,
    secret,
    selector_of,
    served,
    service,
)
from syncline.core.resource import ResourceKey, key_of
from syncline.errors import ApiError
from syncline.kube import cluster as module
from syncline.kube.cluster import ApiCluster

if TYPE_CHECKING:
    from contract.kube.conftest import ConnectAs
    from plane.control_plane import ControlPlane
    from syncline.ports import Cluster


def uid(body: Any) -> str:
    return str(body["metadata"]["uid"])


def test_it_is_a_cluster_port(cluster: ApiCluster) -> None:
    port: Cluster = cluster

    assert port.name == "plane"


def test_an_applied_object_is_there_with_us_as_field_manager(cluster: ApiCluster, namespace: str) -> None:
    [applied] = apply(cluster, config_map(namespace, "a", colour="red"))

    found = cluster.get(served(cluster, "", "ConfigMap"), namespace, "a")
    assert found == applied
    assert found["data"] == {"colour": "red"}
    [fields] = found["metadata"]["managedFields"]
    assert (fields["manager"], fields["operation"]) == ("syncline", "Apply")


def test_applying_twice_changes_nothing(cluster: ApiCluster, namespace: str) -> None:
    first, second = apply(cluster, *[service(namespace, "web")] * 2)

    assert first == second


def test_an_apply_takes_over_what_another_manager_set(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps/a"
    plane.api.apply(path, config_map(namespace, "a", colour="blue"))

    [applied] = apply(cluster, config_map(namespace, "a", colour="red"))

    assert applied["data"] == {"colour": "red"}


def test_a_dry_run_answers_with_the_defaults_and_writes_nothing(cluster: ApiCluster, namespace: str) -> None:
    kind = served(cluster, "apps", "Deployment")

    predicted = cluster.apply(kind, deployment(namespace, "web"), dry_run=True)

    assert predicted["spec"]["strategy"]["type"] == "RollingUpdate"
    assert cluster.get(kind, namespace, "web") is None


@pytest.mark.parametrize(
    ("place", "field"),
    [
        ((), "sepc"),
        (("metadata",), "lables"),
        (("spec",), "replicsa"),
        (("spec", "template", "spec", "containers", 0), "imgae"),
    ],
    ids=["of the object", "of its metadata", "of its spec", "far inside"],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_an_unknown_field_is_refused_by_name(
    cluster: ApiCluster, namespace: str, place: tuple[str | int, ...], field: str, dry_run: bool
) -> None:
    body = deployment(namespace, "web")
    part: Any = body
    for step in place:
        part = part[step]
    part[field] = {}

    with pytest.raises(ApiError, match=field) as caught:
        cluster.apply(served(cluster, "apps", "Deployment"), body, dry_run=dry_run)
    assert caught.value.remedy == "Correct the manifest."


def test_a_changed_immutable_field_is_refused_by_name(cluster: ApiCluster, namespace: str) -> None:
    apply(cluster, deployment(namespace, "web"))

    with pytest.raises(ApiError, match=r"spec\.selector: Invalid value: .*field is immutable") as caught:
        apply(cluster, deployment(namespace, "web", selector="other"))
    assert (caught.value.code, caught.value.reason) == (422, "Invalid")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "wrong",
    [
        {"data": {"password": "hunter2"}},
        {"data": {"no/key": "aHVudGVyMg=="}},
        {"stringData": {"password": ["hunter2"]}},
        {"stringData": {"password": "hunter2"}, "type": "kubernetes.io/tls"},
        {"stringData": {"password": "hunter2"}, "passwordhunter2": "hunter2"},
        {"stringData": {".dockerconfigjson": "hunter2"}, "type": "kubernetes.io/dockerconfigjson"},
    ],
    ids=["not base64", "bad key", "no text", "missing keys", "unknown field", "not json"],
)
def test_no_refusal_of_a_secret_quotes_it(wrong: dict[str, Any], cluster: ApiCluster, namespace: str) -> None:
    body = {key: value for key, value in secret(namespace, "db").items() if key != "stringData"} | wrong

    with pytest.raises(ApiError, match=r'^Secret "') as caught:
        apply(cluster, body)
    for leak in ("hunter2", "aHVudGVyMg"):
        assert leak not in f"{caught.value}{caught.value!r}{caught.value.__cause__!r}"


def test_what_does_not_exist_is_none(cluster: ApiCluster, namespace: str) -> None:
    kind = served(cluster, "", "ConfigMap")

    assert cluster.get(kind, namespace, "nothing") is None
    assert cluster.get(kind, "no-such-namespace", "nothing") is None


def test_a_name_that_needs_quoting_stays_one_name(cluster: ApiCluster) -> None:
    roles = served(cluster, "rbac.authorization.k8s.io", "ClusterRole")

    found = cluster.get(roles, "", "system:node")

    assert found is not None
    assert key_of(found) == ResourceKey("rbac.authorization.k8s.io", "ClusterRole", "", "system:node")
    assert cluster.get(roles, "", "system:node/../../secrets") is None


def test_a_list_holds_what_bears_the_label_with_kind_and_version(cluster: ApiCluster, namespace: str) -> None:
    members = [config_map(namespace, f"m{number}", labels=member(namespace)) for number in range(3)]
    apply(cluster, *members, config_map(namespace, "stranger"))

    listing = cluster.list(
        served(cluster, "", "ConfigMap"), namespace=namespace, selector=selector_of(namespace)
    )

    assert sorted(map(key_of, listing.items)) == [key_of(member) for member in members]
    assert int(listing.resource_version) > 0


def test_pages_are_one_list(
    cluster: ApiCluster, plane: ControlPlane, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(cluster, *[config_map(namespace, f"c{number}") for number in range(7)])
    monkeypatch.setattr(module, "_PAGE", 3)
    mark = plane.mark()

    listing = cluster.list(served(cluster, "", "ConfigMap"), namespace=namespace)

    names = [
        item["metadata"]["name"] for item in listing.items if item["metadata"]["name"] != "kube-root-ca.crt"
    ]
    assert names == [f"c{number}" for number in range(7)]
    assert len([asked for asked in plane.requests_since(mark) if "limit=3" in asked.uri]) == 3


def test_a_deleted_object_is_gone_or_going(cluster: ApiCluster, plane: ControlPlane, namespace: str) -> None:
    [body] = apply(cluster, config_map(namespace, "a"))
    kind = served(cluster, "", "ConfigMap")

    going = cluster.delete(kind, key_of(body), uid=uid(body))

    assert going is None or going["metadata"]["deletionTimestamp"]
    plane.wait_until(lambda: cluster.get(kind, namespace, "a") is None, "the ConfigMap is gone")
    assert cluster.delete(kind, key_of(body), uid=uid(body)) is None


def test_another_object_of_the_same_name_is_not_deleted(cluster: ApiCluster, namespace: str) -> None:
    [body] = apply(cluster, config_map(namespace, "a"))
    kind = served(cluster, "", "ConfigMap")

    with pytest.raises(ApiError, match="UID in the precondition") as caught:
        cluster.delete(kind, key_of(body), uid="00000000-0000-0000-0000-000000000000")

    assert caught.value.code == 409
    assert cluster.get(kind, namespace, "a") == body


def test_a_finalizer_holds_the_object_and_it_is_returned(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    held = config_map(namespace, "held")
    held["metadata"]["finalizers"] = ["syncline.test/hold"]
    [body] = apply(cluster, held)
    kind = served(cluster, "", "ConfigMap")

    going = cluster.delete(kind, key_of(body), uid=uid(body))

    assert going is not None
    assert going["metadata"]["deletionTimestamp"]
    assert "syncline.test/hold" in going["metadata"]["finalizers"]
    path = f"/api/v1/namespaces/{namespace}/configmaps/held"
    plane.api("PATCH", path, {"metadata": {"finalizers": None}})
    plane.wait_until(lambda: cluster.get(kind, namespace, "held") is None, "the ConfigMap is gone")


def test_a_deployments_children_go_before_it(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    [body] = apply(cluster, deployment(namespace, "web"))
    sets = served(cluster, "apps", "ReplicaSet")
    plane.wait_until(lambda: bool(cluster.list(sets, namespace=namespace).items), "the ReplicaSet is there")

    kind = served(cluster, "apps", "Deployment")
    going = cluster.delete(kind, key_of(body), uid=uid(body))

    assert going is not None
    assert "foregroundDeletion" in going["metadata"]["finalizers"]
    plane.wait_until(lambda: cluster.get(kind, namespace, "web") is None, "the Deployment is gone")
    assert cluster.list(sets, namespace=namespace).items == ()


def test_a_watch_tells_what_happened_since_and_ends_in_time(cluster: ApiCluster, namespace: str) -> None:
    kind = served(cluster, "", "ConfigMap")
    since = cluster.list(kind, namespace=namespace, selector=selector_of(namespace)).resource_version
    [body] = apply(cluster, config_map(namespace, "a", labels=member(namespace)))
    apply(
        cluster,
        config_map(namespace, "b"),
        config_map(namespace, "a", labels=member(namespace), colour="red"),
    )
    cluster.delete(kind, key_of(body), uid=uid(body))

    events = list(
        cluster.watch(kind, namespace=namespace, selector=selector_of(namespace), since=since, timeout=1)
    )

    told = [(event.type, event.object["metadata"]["name"]) for event in events if event.type != "BOOKMARK"]
    assert told[:2] == [("ADDED", "a"), ("MODIFIED", "a")]
    assert told[-1] == ("DELETED", "a")
    assert {event.object["kind"] for event in events} == {"ConfigMap"}


def test_a_running_watch_can_be_closed(cluster: ApiCluster, namespace: str) -> None:
    kind = served(cluster, "", "ConfigMap")
    since = cluster.list(kind, namespace=namespace).resource_version
    apply(cluster, config_map(namespace, "a"))
    watch = cluster.watch(kind, namespace=namespace, since=since, timeout=300)
    assert next(watch).object["metadata"]["name"] == "a"

    watch.close()

    assert list(watch) == []


def test_an_unknown_token_is_a_401_that_names_the_remedy(plane: ControlPlane, connect_as: ConnectAs) -> None:
    cluster = connect_as("admin")
    stranger = ApiCluster(_client_with(cluster, plane, "no-such-token"))

    with pytest.raises(ApiError, match="does not accept the credentials") as caught:
        stranger.resource("", "ConfigMap")
    assert caught.value.remedy
    assert "no-such-token" not in str(caught.value)
    stranger.close()


def _client_with(cluster: ApiCluster, plane: ControlPlane, token: str) -> Any:
    from syncline.kube.client import Client
    from syncline.kube.login import Credentials
    from syncline.kube.tokens import StaticToken

    credentials = Credentials(
        cluster.name, plane.server, "Log in again.", StaticToken(token), ca=plane.ca.read_text()
    )
    return Client(credentials, workers=1)
