"""Waiting for what a real control plane does."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.calls import CONFIG_MAP
from contract.kube.objects import apply, config_map, crd, member, served
from contract.kube.waits import LONG, healths, waiter
from syncline.core.health import HealthStatus
from syncline.core.resource import Body, ResourceKey, key_of
from syncline.core.verdict import Assessed, Event, Overdue
from syncline.errors import Interrupted
from syncline.kube import waiting
from syncline.kube.waiting import Awaited
from syncline.runtime import Cancellation

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster


def pods(**labels: str) -> Body:
    return {"metadata": {"labels": {"app": "web", **labels}}, "spec": {"containers": [_container()]}}


def _container() -> Body:
    return {"name": "c", "image": "registry.invalid/c:1"}


def thing(api_version: str, kind: str, namespace: str, spec: Body, name: str = "web") -> Body:
    metadata = {"name": name, "namespace": namespace, "labels": member(namespace)}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}


def deployment(
    namespace: str, name: str = "web", *, labels: dict[str, str] | None = None, **spec: Any
) -> Body:
    template = pods(**(labels or {}))
    content = {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": template, **spec}
    return thing("apps/v1", "Deployment", namespace, content, name)


def job(namespace: str, **labels: str) -> Body:
    template = pods(**labels)
    spec = {
        "backoffLimit": 0,
        "template": {**template, "spec": {**template["spec"], "restartPolicy": "Never"}},
    }
    return thing("batch/v1", "Job", namespace, spec)


def waiting_for(cluster: ApiCluster, *bodies: Body) -> Awaited:
    """Apply these and await their health."""
    applied = apply(cluster, *bodies)
    resources = {key_of(body): body["apiVersion"].rpartition("/") for body in applied}
    return Awaited(
        healthy={
            key: served(cluster, group, key.kind, version) for key, (group, _, version) in resources.items()
        }
    )


def test_a_rollout_is_followed_until_every_replica_is_there(cluster: ApiCluster, namespace: str) -> None:
    awaited = waiting_for(cluster, deployment(namespace))

    events = list(waiter(cluster, awaited, namespace).events())

    assert healths(events)[-1] == ("web", HealthStatus.HEALTHY)
    assert {status for _, status in healths(events)} == {HealthStatus.PROGRESSING, HealthStatus.HEALTHY}
    assert not [event for event in events if isinstance(event, Overdue)]


def test_a_failed_job_ends_the_wait_at_once_and_says_why(cluster: ApiCluster, namespace: str) -> None:
    awaited = waiting_for(cluster, job(namespace, **{"syncline.test/fail": "true"}))

    last = list(waiter(cluster, awaited, namespace).events())[-1]

    assert isinstance(last, Assessed)
    assert last.health.status is HealthStatus.DEGRADED
    assert "backoff limit" in last.health.message


def test_what_is_not_healthy_at_the_deadline_is_overdue_and_the_others_are_not(
    cluster: ApiCluster, namespace: str
) -> None:
    balancer = thing(
        "v1", "Service", namespace, {"type": "LoadBalancer", "ports": [{"port": 80}]}, name="balancer"
    )
    plain = thing("v1", "Service", namespace, {"ports": [{"port": 80}]}, name="plain")
    awaited = waiting_for(cluster, balancer, plain)

    events = list(waiter(cluster, awaited, namespace, seconds=0.7).events())

    assert ("plain", HealthStatus.HEALTHY) in healths(events)
    (overdue,) = [event for event in events if isinstance(event, Overdue)]
    assert overdue.key.name == "balancer"
    assert "load balancer's address" in overdue.health.message


def test_an_address_that_comes_later_ends_the_wait(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    awaited = waiting_for(cluster, thing("v1", "Service", namespace, spec))
    events = []
    for event in waiter(cluster, awaited, namespace).events():
        events.append(event)
        plane.assign_load_balancers(namespace)

    assert healths(events) == [("web", HealthStatus.PROGRESSING), ("web", HealthStatus.HEALTHY)]


def test_a_definition_is_waited_for_until_it_is_established(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    definition = crd(f"{namespace}.example.com", "Shop")
    labelled = {**definition, "metadata": {**definition["metadata"], "labels": member(namespace)}}
    awaited = waiting_for(cluster, labelled)

    events = list(waiter(cluster, awaited, namespace).events())

    name = definition["metadata"]["name"]
    assert healths(events)[-1] == (name, HealthStatus.HEALTHY)
    cluster.rediscover()
    assert cluster.resource(f"{namespace}.example.com", "Shop") is not None
    plane.api("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")


@pytest.mark.parametrize(("suspended_is_done", "overdue"), [(True, 0), (False, 1)])
def test_a_paused_rollout_is_waited_for_only_if_somebody_waits_behind_it(
    cluster: ApiCluster, namespace: str, suspended_is_done: bool, overdue: int
) -> None:
    healthy = waiting_for(cluster, deployment(namespace, paused=True)).healthy

    awaited = Awaited(healthy=healthy, suspended_is_done=suspended_is_done)
    events = list(waiter(cluster, awaited, namespace, seconds=LONG if suspended_is_done else 0.5).events())

    assert healths(events)[-1] == ("web", HealthStatus.SUSPENDED)
    assert len([event for event in events if isinstance(event, Overdue)]) == overdue


def leaving(cluster: ApiCluster, namespace: str) -> tuple[ResourceKey, Awaited]:
    """A deleted ConfigMap that a finalizer holds."""
    body = config_map(namespace, "held", labels=member(namespace))
    body["metadata"]["finalizers"] = ["syncline.test/held"]
    (made,) = apply(cluster, body)
    key, uid = key_of(made), made["metadata"]["uid"]
    assert cluster.delete(CONFIG_MAP, key, uid=uid) is not None
    return key, Awaited(gone={key: (CONFIG_MAP, uid)})


def test_a_deletion_is_waited_for_until_the_server_has_forgotten_the_object(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    key, awaited = leaving(cluster, namespace)
    path = f"/api/v1/namespaces/{namespace}/configmaps/held"

    def let_go() -> None:
        if plane.api.answers(path):
            plane.api("PATCH", path, {"metadata": {"finalizers": None}})

    followed = waiter(cluster, awaited, namespace, check=let_go)

    assert list(followed.events()) == []
    assert followed.gone == {key}
    assert not plane.api.answers(path)


def test_a_deletion_that_a_finalizer_holds_is_overdue_at_the_deadline(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    key, awaited = leaving(cluster, namespace)
    followed = waiter(cluster, awaited, namespace, seconds=0.5)

    (overdue,) = followed.events()

    assert isinstance(overdue, Overdue)
    assert (overdue.key, overdue.health.message) == (key, "Pending deletion")
    assert followed.gone == set()
    path = f"/api/v1/namespaces/{namespace}/configmaps/held"
    plane.api("PATCH", path, {"metadata": {"finalizers": None}})


def test_a_new_object_of_the_same_name_is_not_the_one_that_went(cluster: ApiCluster, namespace: str) -> None:
    (made,) = apply(cluster, config_map(namespace, "again", labels=member(namespace)))
    key = key_of(made)
    followed = waiter(cluster, Awaited(gone={key: (CONFIG_MAP, "the-uid-of-an-earlier-one")}), namespace)

    assert list(followed.events()) == []
    assert followed.gone == {key}


def test_what_somebody_deletes_meanwhile_is_missing_until_it_is_there_again(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    stuck = deployment(namespace, labels={"syncline.test/never-ready": "true"})
    awaited = waiting_for(cluster, stuck)
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    events: list[Event] = []
    for event in waiter(cluster, awaited, namespace).events():
        events.append(event)
        if len(events) == 1:
            plane.api("DELETE", path)
        elif healths([event]) == [("web", HealthStatus.MISSING)]:
            apply(cluster, deployment(namespace))

    found = [status for _, status in healths(events)]
    assert found[0] is HealthStatus.PROGRESSING
    assert HealthStatus.MISSING in found
    assert found[-1] is HealthStatus.HEALTHY


def test_a_request_to_stop_ends_the_wait_and_its_threads(cluster: ApiCluster, namespace: str) -> None:
    awaited = waiting_for(cluster, deployment(namespace, labels={"syncline.test/never-ready": "true"}))
    stop = Cancellation()
    before = set(threading.enumerate())
    followed = waiter(cluster, awaited, namespace, check=stop.check).events()

    first = next(followed)
    watching = set(threading.enumerate()) - before
    stop.request()
    with pytest.raises(Interrupted, match="SIGTERM"):
        list(followed)

    assert isinstance(first, Assessed)
    assert watching
    for thread in watching:
        thread.join(timeout=5)
    assert not [thread.name for thread in watching if thread.is_alive()]


def test_many_objects_of_one_kind_cost_one_list_and_one_watch(
    cluster: ApiCluster, namespace: str, plane: ControlPlane
) -> None:
    wanted = [deployment(namespace, f"web-{number}", replicas=1) for number in range(5)]
    awaited = waiting_for(cluster, *wanted)
    mark = plane.mark()

    events = list(waiter(cluster, awaited, namespace).events())

    assert {name for name, status in healths(events) if status is HealthStatus.HEALTHY} == {
        f"web-{number}" for number in range(5)
    }
    asked = [request.verb for request in plane.requests_since(mark)]
    assert asked.count("list") == 1
    assert asked.count("watch") <= 1
    assert set(asked) <= {"list", "watch"}


def autoscaler(namespace: str) -> Body:
    metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {
        "scaleTargetRef": target,
        "maxReplicas": 3,
        "metrics": [{"type": "Resource", "resource": metric}],
    }
    return thing("autoscaling/v2", "HorizontalPodAutoscaler", namespace, spec)


def test_an_autoscaler_without_metrics_is_given_time_for_them_and_then_given_up(
    cluster: ApiCluster, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    awaited = waiting_for(cluster, deployment(namespace), autoscaler(namespace))
    patience = 3.0
    monkeypatch.setattr(waiting, "METRICS_SECONDS", patience)
    began = time.monotonic()

    events = list(waiter(cluster, awaited, namespace).events())

    # This plane has no metrics at all, so that the autoscaler is told to be Degraded, and that it stays so.
    scaler = [
        event.health.status
        for event in events
        if isinstance(event, Assessed) and event.key.kind == "HorizontalPodAutoscaler"
    ]
    assert scaler[-1] is HealthStatus.DEGRADED
    assert time.monotonic() - began >= patience
    assert not [event for event in events if isinstance(event, Overdue)], "what was given up on has failed"
