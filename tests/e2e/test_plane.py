"""The test bed keeps its promises, so that a failing test elsewhere tells of Syncline.

The law: what other tests take for granted of a plane is proven here, against the plane itself.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from plane.control_plane import ControlPlane
from plane.identities import Identity
from plane.rest import ApiError, Rest

CONTAINERS = [
    {"name": "main", "image": "registry.example/app:1"},
    {"name": "side", "image": "registry.example/side:1"},
]


@pytest.fixture
def apps(namespace: str) -> str:
    return f"/apis/apps/v1/namespaces/{namespace}"


@pytest.fixture
def core(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}"


@pytest.fixture
def jobs(namespace: str) -> str:
    return f"/apis/batch/v1/namespaces/{namespace}/jobs"


@pytest.fixture
def hand(plane: ControlPlane) -> Iterator[Callable[[Identity], Rest]]:
    hands = {name: plane.as_identity(name) for name in ("admin", "reader", "bound")}
    yield lambda name: hands[name]
    for each in hands.values():
        each.close()


def deployment(name: str, *, replicas: int, labels: Mapping[str, str] = {}) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name, **labels}}, "spec": {"containers": CONTAINERS}},
        },
    }


def job(name: str, labels: Mapping[str, str] = {}) -> dict[str, Any]:
    pod = {"metadata": {"labels": labels}, "spec": {"containers": CONTAINERS, "restartPolicy": "Never"}}
    return {
        "metadata": {"name": name},
        "spec": {"backoffLimit": 0, "completions": 2, "parallelism": 2, "template": pod},
    }


def refusal(hand: Rest, method: str, path: str, body: Mapping[str, Any] | None = None) -> int:
    with pytest.raises(ApiError) as refused:
        hand(method, path, body)
    return refused.value.status


def pods_of(plane: ControlPlane, core: str, app: str) -> list[Any]:
    return list(plane.api("GET", f"{core}/pods?labelSelector=app%3D{app}")["items"])


def ready_condition(pod: Any) -> str | None:
    conditions = {each["type"]: each["status"] for each in pod["status"].get("conditions", ())}
    return conditions.get("Ready")


def test_a_deployment_of_three_replicas_rolls_out(plane: ControlPlane, apps: str) -> None:
    plane.api("POST", f"{apps}/deployments", deployment("web", replicas=3))

    plane.wait_until(
        lambda: plane.api("GET", f"{apps}/deployments/web")["status"].get("availableReplicas") == 3,
        "three replicas are available",
    )


def test_a_never_ready_pod_runs_without_ever_being_ready(plane: ControlPlane, apps: str, core: str) -> None:
    labels = {"syncline.test/never-ready": "true"}
    plane.api("POST", f"{apps}/deployments", deployment("slow", replicas=2, labels=labels))

    def both_run() -> bool:
        return [pod["status"]["phase"] for pod in pods_of(plane, core, "slow")] == ["Running", "Running"]

    plane.wait_until(both_run, "both pods run")
    assert [ready_condition(pod) for pod in pods_of(plane, core, "slow")] == ["False", "False"]
    assert "availableReplicas" not in plane.api("GET", f"{apps}/deployments/slow")["status"]


def test_every_container_of_a_crashing_pod_waits_in_a_back_off(
    plane: ControlPlane, apps: str, core: str
) -> None:
    plane.api(
        "POST", f"{apps}/deployments", deployment("bad", replicas=2, labels={"syncline.test/crash": "true"})
    )

    def waiting() -> list[tuple[str, bool]]:
        return [
            (status["state"].get("waiting", {}).get("reason", ""), status["restartCount"] > 0)
            for pod in pods_of(plane, core, "bad")
            for status in pod["status"].get("containerStatuses", ())
        ]

    plane.wait_until(lambda: waiting() == [("CrashLoopBackOff", True)] * 4, "all four containers back off")


@pytest.mark.parametrize(
    ("labels", "condition"),
    [({}, "Complete"), ({"syncline.test/fail": "true"}, "Failed")],
    ids=["plain", "fail"],
)
def test_a_job_ends_as_its_label_says(
    plane: ControlPlane, jobs: str, labels: dict[str, str], condition: str
) -> None:
    plane.api("POST", jobs, job("work", labels))

    def ended() -> list[str]:
        conditions = plane.api("GET", f"{jobs}/work")["status"].get("conditions", ())
        return [each["type"] for each in conditions if each["type"] in {"Complete", "Failed"}]

    plane.wait_until(lambda: ended() != [], "the job has ended")
    assert ended() == [condition]


def test_a_bare_pod_labelled_complete_succeeds_and_another_keeps_running(
    plane: ControlPlane, core: str
) -> None:
    for name, labels in {"once": {"syncline.test/complete": "true"}, "ever": {}}.items():
        spec = {"containers": CONTAINERS, "restartPolicy": "Never"}
        plane.api("POST", f"{core}/pods", {"metadata": {"name": name, "labels": labels}, "spec": spec})

    def phase(name: str) -> str:
        return str(plane.api("GET", f"{core}/pods/{name}")["status"]["phase"])

    plane.wait_until(lambda: phase("once") == "Succeeded", "the pod has succeeded")
    plane.wait_until(lambda: phase("ever") == "Running", "the other pod runs")


def test_a_deleted_pod_goes(plane: ControlPlane, apps: str, core: str) -> None:
    plane.api("POST", f"{apps}/deployments", deployment("brief", replicas=2))
    plane.wait_until(lambda: len(pods_of(plane, core, "brief")) == 2, "there are two pods")

    plane.api("DELETE", f"{apps}/deployments/brief")

    plane.wait_until(lambda: pods_of(plane, core, "brief") == [], "the pods are gone")


def test_a_claim_of_the_default_class_is_bound(plane: ControlPlane, core: str) -> None:
    claims = f"{core}/persistentvolumeclaims"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    plane.api("POST", claims, {"metadata": {"name": "data"}, "spec": spec})

    plane.wait_until(
        lambda: plane.api("GET", f"{claims}/data")["status"]["phase"] == "Bound", "the claim is bound"
    )


def test_load_balancers_have_an_address_once_assigned(plane: ControlPlane, namespace: str, core: str) -> None:
    ingresses = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
    ports = [{"port": 80}]
    for name, kind in {"front": "LoadBalancer", "back": "ClusterIP"}.items():
        spec = {"type": kind, "ports": ports, "selector": {"app": name}}
        plane.api("POST", f"{core}/services", {"metadata": {"name": name}, "spec": spec})
    backend = {"service": {"name": "front", "port": {"number": 80}}}
    plane.api("POST", ingresses, {"metadata": {"name": "site"}, "spec": {"defaultBackend": backend}})

    plane.assign_load_balancers(namespace)

    def addresses(path: str) -> Any:
        return plane.api("GET", path)["status"]["loadBalancer"].get("ingress", [])

    assert addresses(f"{core}/services/front")
    assert addresses(f"{ingresses}/site")
    assert addresses(f"{core}/services/back") == []


def test_the_reader_lists_everything_but_secrets(core: str, hand: Callable[[Identity], Rest]) -> None:
    reader = hand("reader")

    for path in (
        "/api/v1/namespaces",
        "/api/v1/pods",
        "/api/v1/nodes",
        "/apis/apps/v1/deployments",
        f"{core}/configmaps",
    ):
        assert "items" in reader("GET", path)
    for path in ("/api/v1/secrets", f"{core}/secrets", f"{core}/secrets/any"):
        assert refusal(reader, "GET", path) == 403


def test_the_reader_writes_nothing_not_even_in_a_dry_run(core: str, hand: Callable[[Identity], Rest]) -> None:
    config = {"metadata": {"name": "mine"}}

    assert refusal(hand("reader"), "POST", f"{core}/configmaps", config) == 403
    assert refusal(hand("reader"), "POST", f"{core}/configmaps?dryRun=All", config) == 403


def test_the_reader_sees_custom_resources_of_a_group_once_told(
    plane: ControlPlane, hand: Callable[[Identity], Rest]
) -> None:
    path = "/apis/things.example.org/v1/things"
    assert refusal(hand("reader"), "GET", path) == 403

    plane.let_reader_see("things.example.org")

    assert refusal(hand("reader"), "GET", path) == 404


def test_the_bound_identity_rules_its_namespace_and_sees_no_other(
    plane: ControlPlane, namespace: str, core: str, hand: Callable[[Identity], Rest]
) -> None:
    bound = hand("bound")
    assert refusal(bound, "GET", f"{core}/configmaps") == 403

    plane.bind(namespace)

    bound("POST", f"{core}/secrets", {"metadata": {"name": "mine"}})
    bound("DELETE", f"{core}/secrets/mine")
    assert refusal(bound, "GET", "/api/v1/namespaces/default/configmaps") == 403
    assert refusal(bound, "GET", "/api/v1/namespaces") == 403
    assert refusal(bound, "POST", "/api/v1/namespaces", {"metadata": {"name": "another"}}) == 403


def test_each_request_is_counted_once_for_the_one_who_sent_it(
    plane: ControlPlane, core: str, hand: Callable[[Identity], Rest]
) -> None:
    mark = plane.mark()
    for number in range(20):
        hand("admin")("POST", f"{core}/configmaps", {"metadata": {"name": f"c{number}"}})
    hand("admin")("GET", f"{core}/configmaps")
    hand("admin")("PATCH", f"{core}/configmaps/c0?dryRun=All", {"data": {"a": "b"}})
    hand("admin")("GET", f"{core}/configmaps?watch=1&timeoutSeconds=1&labelSelector=absent")
    hand("reader")("GET", f"{core}/configmaps/c1")
    plane.api("GET", f"{core}/configmaps/c2")

    # A watch is written down when it ends: that of an earlier test may end only now.
    seen = [request for request in plane.requests_since(mark) if request.uri.startswith(core)]

    assert [request.verb for request in seen] == ["create"] * 20 + ["list", "patch", "watch"]
    assert [request.uri for request in seen if request.is_dry_run] == [f"{core}/configmaps/c0?dryRun=All"]
    assert [request.verb for request in seen if request.is_read] == ["list", "watch"]
    assert {request.code for request in seen[:20]} == {201}
    assert plane.requests_since(mark, user="reader") == [("get", f"{core}/configmaps/c1", 200)]
    assert plane.requests_since(mark, user="bound") == []


def test_a_kubeconfig_serves_kubectl(
    plane: ControlPlane, plane_tools: Mapping[str, Path], namespace: str
) -> None:
    for identity in ("admin", "reader"):
        command = [
            "get",
            "namespace",
            namespace,
            "--output=name",
            f"--kubeconfig={plane.kubeconfig(identity)}",
        ]
        done = subprocess.run([plane_tools["kubectl"], *command], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == f"namespace/{namespace}"


def test_two_planes_run_at_once_and_share_nothing(plane: ControlPlane, second_plane: ControlPlane) -> None:
    plane.create_namespace("only-here")

    assert second_plane.server != plane.server
    assert refusal(second_plane.api, "GET", "/api/v1/namespaces/only-here") == 404
    with closing(Rest(second_plane.server, second_plane.ca, plane.token("admin"))) as stranger:
        assert refusal(stranger, "GET", "/api/v1/namespaces") == 401
