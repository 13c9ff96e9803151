from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from syncline.core.health import Health, HealthStatus, assess
from syncline.core.health.pack import PACK

KINDS = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "Pod"),
    ("v1", "Service"),
    ("v1", "PersistentVolumeClaim"),
    ("networking.k8s.io/v1", "Ingress"),
    ("extensions/v1beta1", "Ingress"),
    ("batch/v1", "Job"),
    ("batch/v1", "CronJob"),
    ("autoscaling/v1", "HorizontalPodAutoscaler"),
    ("autoscaling/v2", "HorizontalPodAutoscaler"),
    ("apiregistration.k8s.io/v1", "APIService"),
    ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
    ("policy/v1", "PodDisruptionBudget"),
    ("argoproj.io/v1alpha1", "Workflow"),
]

# What the rules look at: so that wrong values turn up where they would do harm.
READ = [
    *("metadata", "spec", "status", "annotations", "generation", "observedGeneration", "deletionTimestamp"),
    *("finalizers", "conditions", "type", "status", "reason", "message", "replicas", "updatedReplicas"),
    *("readyReplicas", "availableReplicas", "paused", "updateStrategy", "rollingUpdate", "partition"),
    *("updateRevision", "currentRevision", "desiredNumberScheduled", "updatedNumberScheduled"),
    *("numberAvailable", "restartPolicy", "phase", "containerStatuses", "initContainerStatuses", "state"),
    *("lastState", "waiting", "terminated", "exitCode", "loadBalancer", "ingress", "suspend", "active"),
    *("lastScheduleTime", "lastSuccessfulTime", "autoscaling.alpha.kubernetes.io/conditions"),
]
WORDS = [
    *("True", "False", "Always", "Never", "LoadBalancer", "RollingUpdate", "OnDelete", "Running", "Failed"),
    *("Pending", "AbleToScale", "ScalingActive", "FailedGetScale", "Established", "Installing", "Ready"),
    *("Complete", "Suspended", "Progressing", "ProgressDeadlineExceeded", "ReplicaFailure", "", "[]", "[{"),
]
scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=4)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(READ), inner, max_size=4),
    max_leaves=12,
)
sections = st.dictionaries(st.sampled_from(READ), values, max_size=6) | scalars
oddities = st.sampled_from([*WORDS, None, True, 3, 0.5, [], {}, ["x"], {"x": 1}])
conditions = st.lists(
    st.fixed_dictionaries({"type": oddities, "status": oddities, "reason": oddities, "message": oddities}),
    min_size=1,
    max_size=3,
)


def _says_why(health: Health | None) -> None:
    assert isinstance(health, Health)
    assert health.message or health.status is HealthStatus.HEALTHY


@pytest.mark.parametrize(("api_version", "kind"), KINDS)
@given(content=st.fixed_dictionaries({}, optional=dict.fromkeys(["metadata", "spec", "status"], sections)))
@settings(max_examples=50)
def test_whatever_an_object_holds_there_is_an_answer(
    api_version: str, kind: str, content: dict[str, Any]
) -> None:
    _says_why(assess({"apiVersion": api_version, "kind": kind, **content}))


@pytest.mark.parametrize(("api_version", "kind"), [each for each in KINDS if each[0] != "autoscaling/v1"])
@given(found=conditions)
def test_whatever_conditions_hold_there_is_an_answer(
    api_version: str, kind: str, found: list[dict[str, Any]]
) -> None:
    body = {"apiVersion": api_version, "kind": kind, "status": {"conditions": found}}

    _says_why(assess(body))


@given(
    kind=st.sampled_from(sorted(PACK)),
    found=conditions,
    status=st.dictionaries(st.sampled_from(READ), values),
)
@example(("cert-manager.io", "Certificate"), [{"type": "Ready", "status": "False", "reason": ["x"]}], {})
@example(("cert-manager.io", "Certificate"), [{"type": ["x"], "status": {}}], {})
@example(("platform.confluent.io", "Kafka"), [{"type": ["x"], "status": "True"}], {})
@example(("k8s.mariadb.com", "SqlJob"), [{"type": "Complete", "status": "True", "reason": {}}], {})
@example(("argoproj.io", "Rollout"), [{"type": "Progressing", "status": "True", "reason": ["x"]}], {})
@settings(max_examples=100)
def test_whatever_a_custom_resource_holds_there_is_an_answer(
    kind: tuple[str, str], found: list[dict[str, Any]], status: dict[str, Any]
) -> None:
    status = {**status, "conditions": found}

    assert isinstance(assess({"apiVersion": f"{kind[0]}/v1", "kind": kind[1], "status": status}), Health)


@given(st.dictionaries(st.sampled_from(["apiVersion", "kind", "metadata", "status"]), values))
def test_an_object_that_is_hardly_one_is_answered_too(body: dict[str, Any]) -> None:
    assert assess(body) is None or isinstance(assess(body), Health)


@given(st.sampled_from(KINDS), sections)
def test_an_assessment_changes_nothing_and_says_the_same_again(
    kind: tuple[str, str], status: dict[str, Any]
) -> None:
    body = {"apiVersion": kind[0], "kind": kind[1], "status": status}
    before = repr(body)

    assert assess(body) == assess(body)
    assert repr(body) == before


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "ConfigMap"),
        ("v1", "Secret"),
        ("v1", "Namespace"),
        ("rbac.authorization.k8s.io/v1", "ClusterRole"),
        ("example.com/v1", "Deployment"),
        ("v1", "Deployment"),
        ("argoproj.io/v1alpha1", "Application"),
        ("example.com/v1", "Shop"),
    ],
)
def test_a_kind_without_a_check_has_no_health(api_version: str, kind: str) -> None:
    assert assess({"apiVersion": api_version, "kind": kind, "status": {"phase": "Failed"}}) is None


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("apps/v1beta1", "Deployment"),
        ("apps/v1beta2", "StatefulSet"),
        ("apps/v1beta2", "DaemonSet"),
        ("apps/v1beta2", "ReplicaSet"),
        ("autoscaling/v2beta2", "HorizontalPodAutoscaler"),
        ("batch/v2alpha1", "Job"),
        ("apiregistration.k8s.io/v2", "APIService"),
    ],
)
def test_a_version_the_rules_were_not_written_for_is_unknown_and_named(api_version: str, kind: str) -> None:
    found = assess({"apiVersion": api_version, "kind": kind})

    assert found is not None
    assert found.status is HealthStatus.UNKNOWN
    assert api_version in found.message
    assert kind in found.message


LEAVING = {"deletionTimestamp": "2026-08-01T00:00:00Z"}


@pytest.mark.parametrize(
    "content",
    [
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "status": {"phase": "Bound"}},
        {"apiVersion": "batch/v1", "kind": "Job", "status": {"conditions": [{"type": "Failed"}]}},
        {"apiVersion": "apps/v1beta1", "kind": "Deployment"},
        {"apiVersion": "v1", "kind": "ConfigMap"},
    ],
)
@pytest.mark.parametrize("finalizers", [[], ["kubernetes.io/pvc-protection"]])
def test_whatever_is_being_deleted_is_pending_deletion(
    content: dict[str, Any], finalizers: list[str]
) -> None:
    body = {**content, "metadata": {**LEAVING, "finalizers": finalizers}}

    assert assess(body) == Health(HealthStatus.PROGRESSING, "Pending deletion")


def test_a_hook_that_its_own_finalizer_holds_keeps_the_health_of_its_work() -> None:
    metadata = {**LEAVING, "finalizers": ["other", "argocd.argoproj.io/hook-finalizer"]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "status": {"conditions": [{"type": "Complete"}]}}

    assert assess({**job, "metadata": metadata}) == Health(HealthStatus.HEALTHY)


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({"status": "fine"}, "status"),
        ({"metadata": {"generation": "2"}}, "generation"),
        ({"status": {"observedGeneration": True}}, "observedGeneration"),
        ({"status": {"conditions": {}}}, "conditions"),
        ({"status": {"conditions": ["Available"]}}, "conditions"),
        ({"spec": {"replicas": "3"}}, "replicas"),
        ({"spec": {"replicas": 3.5}}, "replicas"),
    ],
)
def test_a_field_of_the_wrong_type_is_unknown_and_named(content: dict[str, Any], place: str) -> None:
    found = assess({"apiVersion": "apps/v1", "kind": "Deployment", **content})

    assert found is not None
    assert found.status is HealthStatus.UNKNOWN
    assert place in found.message
