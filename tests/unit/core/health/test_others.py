from __future__ import annotations

import json
from typing import Any

import pytest

from syncline.core.health import Health, HealthStatus, assess
from syncline.core.health.others import waits_for_metrics

HEALTHY, PROGRESSING, DEGRADED, UNKNOWN = (
    HealthStatus.HEALTHY,
    HealthStatus.PROGRESSING,
    HealthStatus.DEGRADED,
    HealthStatus.UNKNOWN,
)
Fields = dict[str, Any]
V1_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def health(api_version: str, kind: str, **content: Any) -> Health:
    found = assess({"apiVersion": api_version, "kind": kind, **content})
    assert found is not None
    return found


def cond(kind: str, status: str, reason: str = "", message: str = "") -> Fields:
    return {"type": kind, "status": status, "reason": reason, "message": message}


ABLE = cond("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
LIMITED = cond("ScalingLimited", "True", "TooManyReplicas", "the desired count is too high")
UNLIMITED = cond("ScalingLimited", "False", "DesiredWithinRange")
BLIND = cond("ScalingActive", "False", "FailedGetResourceMetric", "no metrics known")

SCALING = [
    ([], PROGRESSING),
    ([ABLE], HEALTHY),
    ([LIMITED], HEALTHY),
    ([UNLIMITED], PROGRESSING),
    ([cond("AbleToScale", "False", "BackoffBoth")], PROGRESSING),
    ([cond("ScalingActive", "True", "ValidMetricFound")], PROGRESSING),
    ([cond("ScalingActive", "False", "ScalingDisabled")], PROGRESSING),
    ([cond("AbleToScale", "True", "SucceededGetScale"), UNLIMITED], HEALTHY),
    ([cond("AbleToScale", "False", "FailedGetScale")], DEGRADED),
    ([cond("AbleToScale", "False", "FailedUpdateScale")], DEGRADED),
    ([cond("AbleToScale", "True", "FailedGetResourceMetric")], HEALTHY),
    ([cond("ScalingActive", "False", "FailedGetScale")], PROGRESSING),
    ([ABLE, BLIND], DEGRADED),
    ([BLIND, ABLE], DEGRADED),
    *(
        ([ABLE, cond("ScalingActive", "False", reason)], DEGRADED)
        for reason in (
            "FailedGetObjectMetric",
            "FailedGetPodsMetric",
            "FailedGetExternalMetric",
            "FailedComputeMetricsReplicas",
            "InvalidSelector",
        )
    ),
]


def autoscaler(conditions: list[Fields]) -> tuple[Health, Health]:
    """The same conditions as v1 and as v2 carry them."""
    first = health(
        "autoscaling/v1",
        "HorizontalPodAutoscaler",
        metadata={"annotations": {V1_CONDITIONS: json.dumps(conditions)}},
    )
    return first, health("autoscaling/v2", "HorizontalPodAutoscaler", status={"conditions": conditions})


@pytest.mark.parametrize(("conditions", "expected"), SCALING)
def test_an_autoscaler_that_cannot_scale_is_degraded_in_both_versions(
    conditions: list[Fields], expected: HealthStatus
) -> None:
    first, second = autoscaler(conditions)

    assert first == second
    assert first.status is expected


@pytest.mark.parametrize(
    ("conditions", "message"),
    [([], "Waiting to Autoscale"), ([ABLE], ABLE["message"]), ([ABLE, BLIND], BLIND["message"])],
)
def test_an_autoscaler_says_what_the_deciding_condition_says(conditions: list[Fields], message: str) -> None:
    assert [found.message for found in autoscaler(conditions)] == [message, message]


@pytest.mark.parametrize(
    ("kind", "reason", "status", "waits"),
    [
        ("HorizontalPodAutoscaler", "FailedGetResourceMetric", "False", True),
        ("HorizontalPodAutoscaler", "InvalidSelector", "False", False),
        ("HorizontalPodAutoscaler", "ScalingDisabled", "False", False),
        ("HorizontalPodAutoscaler", "ValidMetricFound", "True", False),
        ("Deployment", "FailedGetResourceMetric", "False", False),
    ],
)
def test_an_autoscaler_waits_for_metrics_where_it_lacks_nothing_else(
    kind: str, reason: str, status: str, waits: bool
) -> None:
    found = [cond("ScalingActive", status, reason)]
    body = {"apiVersion": "autoscaling/v2", "kind": kind, "status": {"conditions": found}}
    assert waits_for_metrics(body) is waits


@pytest.mark.parametrize(
    "metadata", [{}, {"annotations": {}}, {"annotations": None}, {"annotations": {V1_CONDITIONS: ""}}]
)
def test_a_v1_autoscaler_without_the_annotation_waits_to_autoscale(metadata: Fields) -> None:
    found = health("autoscaling/v1", "HorizontalPodAutoscaler", metadata=metadata)

    assert found == Health(PROGRESSING, "Waiting to Autoscale")


@pytest.mark.parametrize("packed", ["{", "[1]", '{"type": "AbleToScale"}', "[" * 100_000])
def test_an_annotation_that_holds_no_conditions_is_unknown_and_says_so(packed: str) -> None:
    found = health(
        "autoscaling/v1", "HorizontalPodAutoscaler", metadata={"annotations": {V1_CONDITIONS: packed}}
    )

    assert found.status is UNKNOWN
    assert "cannot be read" in found.message


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, Health(PROGRESSING, "It waits to be processed.")),
        (
            {"conditions": [cond("Available", "True", "Passed", "all checks passed")]},
            Health(HEALTHY, "all checks passed"),
        ),
        (
            {"conditions": [cond("Available", "False", "MissingEndpoints", "no endpoints")]},
            Health(PROGRESSING, "no endpoints"),
        ),
        (
            {"conditions": [cond("Available", "Unknown")]},
            Health(PROGRESSING, "It waits to be processed."),
        ),
    ],
)
def test_an_api_service_is_healthy_once_available(version: str, status: Fields, expected: Health) -> None:
    assert health(f"apiregistration.k8s.io/{version}", "APIService", status=status) == expected


ACCEPTED = cond("NamesAccepted", "True", "NoConflicts")
ESTABLISHED = cond("Established", "True", "InitialNamesAccepted")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], PROGRESSING),
        ([ACCEPTED, ESTABLISHED], HEALTHY),
        ([ACCEPTED], DEGRADED),
        ([ACCEPTED, cond("Established", "False", "Installing")], PROGRESSING),
        ([ACCEPTED, cond("Established", "False", "NotAccepted")], DEGRADED),
        ([cond("NamesAccepted", "False", "PluralConflict"), ESTABLISHED], DEGRADED),
        ([ACCEPTED, ESTABLISHED, cond("NonStructuralSchema", "True", "Violations")], DEGRADED),
        ([ACCEPTED, ESTABLISHED, cond("NonStructuralSchema", "False")], HEALTHY),
        ([ACCEPTED, ESTABLISHED, cond("Terminating", "True", "InstanceDeletionInProgress")], PROGRESSING),
        ([ACCEPTED, ESTABLISHED, cond("Terminating", "False", "InstanceDeletionCompleted")], HEALTHY),
        ([ACCEPTED, ESTABLISHED, cond("KubernetesAPIApprovalPolicyConformant", "False")], HEALTHY),
        ([cond("Terminating", "True"), cond("NamesAccepted", "False")], PROGRESSING),
        ([cond("NamesAccepted", "False"), cond("Terminating", "True")], DEGRADED),
        ([cond("NonStructuralSchema", "True"), cond("Established", "False", "Installing")], DEGRADED),
    ],
)
def test_a_definition_is_healthy_once_established_and_the_first_trouble_decides(
    conditions: list[Fields], expected: HealthStatus
) -> None:
    found = health("apiextensions.k8s.io/v1", "CustomResourceDefinition", status={"conditions": conditions})

    assert found.status is expected


def test_a_definition_that_nobody_has_looked_at_is_progressing() -> None:
    assert health("apiextensions.k8s.io/v1", "CustomResourceDefinition").status is PROGRESSING


def test_a_refused_definition_says_why() -> None:
    conflict = cond("NamesAccepted", "False", "PluralConflict", '"shops" is already in use')
    found = health("apiextensions.k8s.io/v1", "CustomResourceDefinition", status={"conditions": [conflict]})

    assert found == Health(DEGRADED, '"shops" is already in use')


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({}, PROGRESSING),
        ({"status": None}, PROGRESSING),
        ({"status": {}}, HEALTHY),
        ({"status": {"conditions": [cond("DisruptionAllowed", "True", "SufficientPods")]}}, HEALTHY),
        ({"status": {"conditions": [cond("DisruptionAllowed", "False", "InsufficientPods")]}}, HEALTHY),
        ({"status": {"conditions": [cond("DisruptionAllowed", "False", "SyncFailed")]}}, DEGRADED),
        (
            {
                "status": {
                    "conditions": [
                        cond("DisruptionAllowed", "False", "InsufficientPods"),
                        cond("Other", "False", "SyncFailed"),
                    ]
                }
            },
            DEGRADED,
        ),
    ],
)
def test_too_few_pods_are_no_fault_of_a_disruption_budget(content: Fields, expected: HealthStatus) -> None:
    assert health("policy/v1", "PodDisruptionBudget", **content).status is expected


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("", PROGRESSING),
        ("Pending", PROGRESSING),
        ("Running", PROGRESSING),
        ("Succeeded", HEALTHY),
        ("Failed", DEGRADED),
        ("Error", DEGRADED),
        ("Dreaming", UNKNOWN),
    ],
)
def test_a_workflow_is_as_well_as_its_phase(phase: str, expected: HealthStatus) -> None:
    found = health("argoproj.io/v1alpha1", "Workflow", status={"phase": phase, "message": "step 2 of 3"})

    assert found == Health(expected, "step 2 of 3")

    silent = health("argoproj.io/v1alpha1", "Workflow", status={"phase": phase})
    assert silent.status is expected
    assert silent.message or expected is HEALTHY, "what is not well says why"
