from __future__ import annotations

from typing import Any

import pytest

from syncline.core.health import Health, HealthStatus, assess

HEALTHY, SUSPENDED, PROGRESSING, DEGRADED = (
    HealthStatus.HEALTHY,
    HealthStatus.SUSPENDED,
    HealthStatus.PROGRESSING,
    HealthStatus.DEGRADED,
)
Fields = dict[str, Any]
SEEN = {"observedGeneration": 2}


def workload(kind: str, spec: Fields, status: Fields) -> Health:
    """The health of a workload whose newest spec is of generation 2."""
    metadata = {"name": "web", "namespace": "shop", "generation": 2}
    found = assess(
        {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec, "status": status}
    )
    assert found is not None
    return found


def condition(kind: str, **content: str) -> Fields:
    return {"conditions": [{"type": "Available", "status": "False"}, {"type": kind, **content}]}


LATE = condition(
    "Progressing", status="False", reason="ProgressDeadlineExceeded", message="ReplicaSet has timed out."
)
ROLLED = {**SEEN, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 3}, ROLLED, HEALTHY),
        ({}, ROLLED, HEALTHY),
        ({"replicas": 0}, SEEN, HEALTHY),
        ({"replicas": 3, "paused": True}, ROLLED, SUSPENDED),
        ({"replicas": 3, "paused": True}, {**ROLLED, **LATE}, SUSPENDED),
        ({"replicas": 3}, {}, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, "observedGeneration": 1}, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, **LATE, "observedGeneration": 1}, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, **LATE}, DEGRADED),
        ({"replicas": 3}, {**ROLLED, **condition("Progressing", reason="NewReplicaSetAvailable")}, HEALTHY),
        ({"replicas": 4}, ROLLED, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, "replicas": 4}, PROGRESSING),
        ({}, {**ROLLED, "replicas": 4}, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, "availableReplicas": 2}, PROGRESSING),
        ({"replicas": 3}, {**ROLLED, "availableReplicas": None}, PROGRESSING),
    ],
)
def test_a_deployment_is_healthy_when_only_new_replicas_are_left_and_all_are_available(
    spec: Fields, status: Fields, expected: HealthStatus
) -> None:
    assert workload("Deployment", spec, status).status is expected


@pytest.mark.parametrize(
    ("status", "numbers"),
    [
        ({**ROLLED, "updatedReplicas": 1}, ("1", "3")),
        ({**ROLLED, "replicas": 5}, ("2", "old")),
        ({**ROLLED, "availableReplicas": 1}, ("1", "3", "available")),
    ],
)
def test_a_rolling_deployment_says_how_far_it_is(status: Fields, numbers: tuple[str, ...]) -> None:
    message = workload("Deployment", {"replicas": 3}, status).message

    assert all(number in message for number in numbers)


def test_the_controllers_own_words_explain_a_deployment_past_its_deadline() -> None:
    late = workload("Deployment", {"replicas": 3}, {**ROLLED, **LATE})

    assert late == Health(DEGRADED, "ReplicaSet has timed out.")


ALL_READY = {
    **SEEN,
    "readyReplicas": 3,
    "updatedReplicas": 3,
    "currentRevision": "db-1",
    "updateRevision": "db-1",
}
OTHER_REVISION = {**ALL_READY, "updateRevision": "db-2", "updatedReplicas": 1}


def rolling(**block: int | None) -> Fields:
    return {"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": block}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 3}, ALL_READY, HEALTHY),
        ({"replicas": 3}, {**ALL_READY, "observedGeneration": 0}, PROGRESSING),
        ({"replicas": 3}, {**ALL_READY, "observedGeneration": None}, PROGRESSING),
        ({"replicas": 3}, {**ALL_READY, "observedGeneration": 1}, PROGRESSING),
        ({"replicas": 3}, {**ALL_READY, "readyReplicas": 2}, PROGRESSING),
        (rolling(partition=0), {**ALL_READY, "readyReplicas": 2}, PROGRESSING),
        (rolling(partition=0), {**ALL_READY, "updatedReplicas": 2}, PROGRESSING),
        (rolling(partition=0), ALL_READY, HEALTHY),
        (rolling(partition=2), OTHER_REVISION, HEALTHY),
        (rolling(partition=2), {**OTHER_REVISION, "updatedReplicas": 0}, PROGRESSING),
        (rolling(), OTHER_REVISION, HEALTHY),
        (rolling(partition=None), OTHER_REVISION, HEALTHY),
        ({"updateStrategy": rolling(partition=0)["updateStrategy"]}, OTHER_REVISION, HEALTHY),
        ({"replicas": 0}, {**SEEN, "updateRevision": ""}, HEALTHY),
        ({"replicas": 3, "updateStrategy": {"type": "RollingUpdate"}}, OTHER_REVISION, PROGRESSING),
        ({"replicas": 3, "updateStrategy": {"type": "OnDelete"}}, OTHER_REVISION, HEALTHY),
        (
            {"replicas": 3, "updateStrategy": {"type": "OnDelete"}},
            {**OTHER_REVISION, "readyReplicas": 1},
            PROGRESSING,
        ),
        ({"replicas": 3}, OTHER_REVISION, PROGRESSING),
        ({}, ALL_READY, HEALTHY),
    ],
)
def test_a_stateful_set_with_a_rolling_update_is_judged_by_its_partition_and_never_by_its_revision(
    spec: Fields, status: Fields, expected: HealthStatus
) -> None:
    assert workload("StatefulSet", spec, status).status is expected


EVERYWHERE = {**SEEN, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}
ON_DELETE = {"updateStrategy": {"type": "OnDelete"}}


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({}, EVERYWHERE, HEALTHY),
        ({}, SEEN, HEALTHY),
        ({}, {**EVERYWHERE, "observedGeneration": 1}, PROGRESSING),
        ({}, {**EVERYWHERE, "updatedNumberScheduled": 1}, PROGRESSING),
        ({}, {**EVERYWHERE, "numberAvailable": 1}, PROGRESSING),
        (ON_DELETE, {**EVERYWHERE, "updatedNumberScheduled": 0, "numberAvailable": 0}, HEALTHY),
        (ON_DELETE, {**EVERYWHERE, "observedGeneration": 1}, PROGRESSING),
    ],
)
def test_a_daemon_set_is_healthy_when_every_node_that_wants_it_has_the_new_pod(
    spec: Fields, status: Fields, expected: HealthStatus
) -> None:
    assert workload("DaemonSet", spec, status).status is expected


REFUSED = condition("ReplicaFailure", status="True", reason="FailedCreate", message="quota exceeded")
FREE_AGAIN = condition("ReplicaFailure", status="False", reason="FailedCreate")


@pytest.mark.parametrize(
    ("spec", "status", "expected"),
    [
        ({"replicas": 2}, {**SEEN, "availableReplicas": 2}, Health(HEALTHY)),
        ({}, SEEN, Health(HEALTHY)),
        ({"replicas": 2}, {**SEEN, **REFUSED}, Health(DEGRADED, "quota exceeded")),
        ({"replicas": 2}, {**SEEN, **FREE_AGAIN, "availableReplicas": 2}, Health(HEALTHY)),
        (
            {"replicas": 2},
            {**SEEN, "availableReplicas": 1},
            Health(PROGRESSING, "1 of 2 replicas are available."),
        ),
    ],
)
def test_a_replica_set_is_healthy_when_as_many_as_wanted_are_available(
    spec: Fields, status: Fields, expected: Health
) -> None:
    assert workload("ReplicaSet", spec, status) == expected


def test_a_replica_set_whose_controller_lags_is_still_progressing_whatever_it_says() -> None:
    status = {**REFUSED, "observedGeneration": 1, "availableReplicas": 2}

    assert workload("ReplicaSet", {"replicas": 2}, status).status is PROGRESSING
