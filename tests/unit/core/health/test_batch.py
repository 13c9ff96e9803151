from __future__ import annotations

from itertools import permutations
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


def job(*conditions: Fields) -> Health:
    found = assess({"apiVersion": "batch/v1", "kind": "Job", "status": {"conditions": list(conditions)}})
    assert found is not None
    return found


def cond(kind: str, status: str = "True", **content: str) -> Fields:
    return {"type": kind, "status": status, **content}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([], PROGRESSING),
        ([cond("Failed")], DEGRADED),
        ([cond("Failed", "False")], DEGRADED),
        ([cond("Complete")], HEALTHY),
        ([cond("Complete", "False")], HEALTHY),
        ([cond("Suspended")], SUSPENDED),
        ([cond("Suspended", "False")], HEALTHY),
        ([cond("FailureTarget")], PROGRESSING),
        ([cond("SuccessCriteriaMet")], PROGRESSING),
        ([cond("FailureTarget"), cond("Failed")], DEGRADED),
        ([cond("SuccessCriteriaMet"), cond("Complete")], HEALTHY),
        ([cond("Suspended"), cond("Complete")], SUSPENDED),
        ([cond("Suspended", "False"), cond("Complete")], HEALTHY),
        ([cond("Suspended"), cond("Failed")], DEGRADED),
        ([cond("Complete"), cond("Failed")], DEGRADED),
        ([cond("Complete"), cond("Suspended"), cond("Failed")], DEGRADED),
    ],
)
def test_failed_wins_over_suspended_and_suspended_over_complete(
    conditions: list[Fields], expected: HealthStatus
) -> None:
    assert {job(*ordered).status for ordered in permutations(conditions)} == {expected}


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            cond("Failed", reason="BackoffLimitExceeded", message="Job has reached the backoff limit"),
            "Job has reached the backoff limit",
        ),
        (cond("Failed", reason="BackoffLimitExceeded"), "BackoffLimitExceeded"),
        (cond("Suspended", message="Job suspended"), "Job suspended"),
        (
            cond("Complete", message="Reached expected number of succeeded pods"),
            "Reached expected number of succeeded pods",
        ),
    ],
)
def test_a_job_says_what_its_condition_says(condition: Fields, message: str) -> None:
    assert job(condition).message == message


def test_a_job_without_a_status_is_running() -> None:
    found = assess({"apiVersion": "batch/v1", "kind": "Job", "spec": {}})

    assert found is not None
    assert found.status is PROGRESSING


EARLY, LATE = "2026-08-01T03:00:00Z", "2026-08-02T03:00:00Z"
ACTIVE = [{"kind": "Job", "name": "backup-1"}]


@pytest.mark.parametrize("api_version", ["batch/v1", "batch/v1beta1"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"spec": {"suspend": True}}, HEALTHY),
        (
            {
                "spec": {"suspend": True},
                "status": {"lastScheduleTime": LATE, "lastSuccessfulTime": EARLY},
            },
            HEALTHY,
        ),
        ({"spec": {"suspend": False}}, PROGRESSING),
        ({"spec": {}, "status": None}, PROGRESSING),
        ({"status": {}}, HEALTHY),
        ({"status": {"lastScheduleTime": LATE}}, HEALTHY),
        ({"status": {"lastScheduleTime": LATE, "lastSuccessfulTime": EARLY, "active": ACTIVE}}, HEALTHY),
        ({"status": {"lastScheduleTime": LATE, "lastSuccessfulTime": EARLY, "active": []}}, DEGRADED),
        ({"status": {"lastScheduleTime": LATE, "lastSuccessfulTime": EARLY}}, DEGRADED),
        ({"status": {"lastScheduleTime": LATE, "lastSuccessfulTime": LATE}}, HEALTHY),
        ({"status": {"lastScheduleTime": EARLY, "lastSuccessfulTime": LATE}}, HEALTHY),
    ],
)
def test_a_cron_job_is_as_well_as_its_last_run_that_ended(
    api_version: str, content: Fields, expected: HealthStatus
) -> None:
    found = assess({"apiVersion": api_version, "kind": "CronJob", **content})

    assert found is not None
    assert found.status is expected
