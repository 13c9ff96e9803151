from __future__ import annotations

from typing import Any

import pytest

from syncline.core.health import Health, HealthStatus, assess

HEALTHY, PROGRESSING, DEGRADED, UNKNOWN = (
    HealthStatus.HEALTHY,
    HealthStatus.PROGRESSING,
    HealthStatus.DEGRADED,
    HealthStatus.UNKNOWN,
)
Fields = dict[str, Any]


def health(api_version: str, kind: str, **content: Any) -> Health:
    metadata = {"name": "x", "namespace": "shop", "annotations": content.pop("annotations", {})}
    found = assess({"apiVersion": api_version, "kind": kind, "metadata": metadata, **content})
    assert found is not None
    return found


def pod(policy: str, annotations: Fields | None = None, **status: Any) -> Health:
    return health("v1", "Pod", spec={"restartPolicy": policy}, status=status, annotations=annotations or {})


def waiting(reason: str, message: str = "", *, name: str = "main") -> Fields:
    return {"name": name, "state": {"waiting": {"reason": reason, "message": message}}}


def ended(code: int, *, reason: str = "", message: str = "") -> Fields:
    return {"name": "main", "state": {"terminated": {"exitCode": code, "reason": reason, "message": message}}}


READY = [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}]
UNREADY = [{"type": "Ready", "status": "False"}]
RESTARTED = [{"name": "main", "lastState": {"terminated": {"exitCode": 1}}}]
FIRST_TIME = [{"name": "main", "lastState": {}}]


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("Pending", PROGRESSING),
        ("Succeeded", HEALTHY),
        ("Failed", DEGRADED),
        ("Unknown", UNKNOWN),
        ("", UNKNOWN),
        ("Daydreaming", UNKNOWN),
    ],
)
def test_a_pod_that_does_not_run_is_judged_by_its_phase(
    policy: str, phase: str, expected: HealthStatus
) -> None:
    assert pod(policy, phase=phase).status is expected


@pytest.mark.parametrize("phase", ["Pending", "Succeeded", "Failed", "Strange"])
def test_a_pods_own_message_explains_its_phase(phase: str) -> None:
    assert pod("Never", phase=phase, message="said by the kubelet").message == "said by the kubelet"


@pytest.mark.parametrize(
    ("policy", "conditions", "containers", "expected"),
    [
        ("Always", READY, FIRST_TIME, HEALTHY),
        ("Always", READY, RESTARTED, HEALTHY),
        ("Always", UNREADY, FIRST_TIME, PROGRESSING),
        ("Always", UNREADY, RESTARTED, DEGRADED),
        ("Always", [], [], PROGRESSING),
        ("OnFailure", READY, FIRST_TIME, PROGRESSING),
        ("Never", READY, FIRST_TIME, PROGRESSING),
        ("Never", UNREADY, RESTARTED, PROGRESSING),
    ],
)
def test_a_running_pod_is_healthy_only_if_it_is_to_run_for_ever_and_is_ready(
    policy: str, conditions: list[Fields], containers: list[Fields], expected: HealthStatus
) -> None:
    found = pod(policy, phase="Running", conditions=conditions, containerStatuses=containers)

    assert found.status is expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("ErrImagePull", DEGRADED),
        ("ErrImageNeverPull", DEGRADED),
        ("CreateContainerConfigError", DEGRADED),
        ("RunContainerError", DEGRADED),
        ("CrashLoopBackOff", DEGRADED),
        ("ImagePullBackOff", DEGRADED),
        ("ContainerCreating", PROGRESSING),
        ("PodInitializing", PROGRESSING),
        ("ErrorIsNotTheEnd", DEGRADED),
        ("BackOffIsNotTheEnd", PROGRESSING),
    ],
)
def test_a_lasting_pod_whose_container_waits_after_an_error_is_degraded(
    reason: str, expected: HealthStatus
) -> None:
    assert pod("Always", phase="Pending", containerStatuses=[waiting(reason)]).status is expected


def test_the_messages_of_all_stuck_containers_are_joined() -> None:
    stuck = [
        waiting("ErrImagePull", "no such image"),
        waiting("ContainerCreating", "busy", name="fine"),
        waiting("CrashLoopBackOff", "back-off 10s", name="side"),
        waiting("ImagePullBackOff", name="third"),
    ]

    found = pod("Always", phase="Running", conditions=READY, containerStatuses=stuck)

    assert found == Health(
        DEGRADED, "no such image, back-off 10s, container third is waiting: ImagePullBackOff"
    )


def test_a_stuck_init_container_does_not_count() -> None:
    found = pod("Always", phase="Pending", initContainerStatuses=[waiting("CrashLoopBackOff")])

    assert found.status is PROGRESSING


@pytest.mark.parametrize("policy", ["OnFailure", "Never"])
@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, PROGRESSING),
        ({"argocd.argoproj.io/ignore-restart-policy": "false"}, PROGRESSING),
        ({"argocd.argoproj.io/ignore-restart-policy": "true"}, DEGRADED),
        (
            {"argocd.argoproj.io/ignore-restart-policy": "true", "argocd.argoproj.io/hook": "Sync"},
            PROGRESSING,
        ),
        ({"argocd.argoproj.io/ignore-restart-policy": "true", "helm.sh/hook": "post-install"}, PROGRESSING),
    ],
)
def test_only_the_annotation_on_an_ordinary_pod_makes_one_that_may_end_count_as_lasting(
    policy: str, annotations: Fields, expected: HealthStatus
) -> None:
    found = pod(policy, annotations, phase="Running", containerStatuses=[waiting("CrashLoopBackOff")])

    assert found.status is expected


@pytest.mark.parametrize(
    ("status", "message"),
    [
        ({"message": "evicted", "containerStatuses": [ended(1, message="oops")]}, "evicted"),
        ({"containerStatuses": [ended(1, reason="Error", message="oops")]}, "oops"),
        ({"containerStatuses": [ended(137, reason="OOMKilled")]}, "OOMKilled"),
        ({"containerStatuses": [ended(3, reason="Error")]}, "container main ended with exit code 3"),
        (
            {"initContainerStatuses": [ended(2)], "containerStatuses": [ended(0, message="later")]},
            "container main ended with exit code 2",
        ),
        ({"initContainerStatuses": [ended(0)], "containerStatuses": [ended(1, message="oops")]}, "oops"),
        ({"reason": "Evicted"}, "Evicted"),
    ],
)
def test_a_failed_pod_says_why_by_its_own_message_or_by_its_first_failed_container(
    status: Fields, message: str
) -> None:
    assert pod("Never", phase="Failed", **status) == Health(DEGRADED, message)


ADDRESS = {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}
NO_ADDRESS: Fields = {"loadBalancer": {}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"type": "ClusterIP"}, NO_ADDRESS, HEALTHY),
        ({"type": "NodePort"}, NO_ADDRESS, HEALTHY),
        ({"type": "ExternalName"}, {}, HEALTHY),
        ({}, {}, HEALTHY),
        ({"type": "LoadBalancer"}, NO_ADDRESS, PROGRESSING),
        ({"type": "LoadBalancer"}, {"loadBalancer": {"ingress": []}}, PROGRESSING),
        ({"type": "LoadBalancer"}, {}, PROGRESSING),
        ({"type": "LoadBalancer"}, ADDRESS, HEALTHY),
    ],
)
def test_only_a_load_balancer_waits_for_an_address(
    spec: Fields, status: Fields, expected: HealthStatus
) -> None:
    assert health("v1", "Service", spec=spec, status=status).status is expected


@pytest.mark.parametrize(
    "api_version",
    ["networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"],
)
@pytest.mark.parametrize(
    ("status", "expected"), [(ADDRESS, HEALTHY), (NO_ADDRESS, PROGRESSING), ({}, PROGRESSING)]
)
def test_an_ingress_of_any_version_waits_for_an_address(
    api_version: str, status: Fields, expected: HealthStatus
) -> None:
    assert health(api_version, "Ingress", status=status).status is expected


@pytest.mark.parametrize(
    ("phase", "expected"),
    [("Lost", DEGRADED), ("Pending", PROGRESSING), ("Bound", HEALTHY), ("", UNKNOWN), ("Odd", UNKNOWN)],
)
def test_a_claim_is_as_well_as_its_phase(phase: str, expected: HealthStatus) -> None:
    assert health("v1", "PersistentVolumeClaim", status={"phase": phase}).status is expected
