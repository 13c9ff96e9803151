from __future__ import annotations

import pytest

from syncline.core.health import Health, HealthStatus
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.core.verdict import Assessed, Done, Event, Failed, Halted, Outcome, Overdue, fold
from syncline.errors import ExitCode

KEY = ResourceKey("apps", "Deployment", "shop", "web")
OTHER = ResourceKey("", "ConfigMap", "shop", "web")
AT = "2026-01-02T03:04:05Z"

DONE = Done(KEY, Action.UPDATE, AT)
HEALTHY = Assessed(KEY, Health(HealthStatus.HEALTHY), AT)
PROGRESSING = Assessed(KEY, Health(HealthStatus.PROGRESSING), AT)
SUSPENDED = Assessed(KEY, Health(HealthStatus.SUSPENDED), AT)
DEGRADED = Assessed(KEY, Health(HealthStatus.DEGRADED, "deadline exceeded"), AT)
UNKNOWN = Assessed(KEY, Health(HealthStatus.UNKNOWN), AT)
OVERDUE = Overdue(KEY, Health(HealthStatus.PROGRESSING, "1 of 3"), AT)
FAILED = Failed(OTHER, Action.CREATE, "refused", AT)
STOPPED = Halted("asked to stop", AT, interrupted=True)
BROKEN = Halted("cannot reach main", AT)


@pytest.mark.parametrize(
    ("events", "outcome", "exit_code"),
    [
        ([], Outcome.UNCHANGED, ExitCode.OK),
        ([HEALTHY], Outcome.UNCHANGED, ExitCode.OK),
        ([DONE], Outcome.SYNCED, ExitCode.OK),
        ([DONE, PROGRESSING, HEALTHY], Outcome.SYNCED, ExitCode.OK),
        ([DONE, DEGRADED, HEALTHY], Outcome.SYNCED, ExitCode.OK),
        ([DONE, SUSPENDED], Outcome.SYNCED, ExitCode.OK),
        ([DONE, FAILED], Outcome.FAILED, ExitCode.SYNC_FAILED),
        ([DONE, DEGRADED], Outcome.UNHEALTHY, ExitCode.UNHEALTHY),
        ([DONE, UNKNOWN], Outcome.UNHEALTHY, ExitCode.UNHEALTHY),
        ([DONE, OVERDUE], Outcome.TIMED_OUT, ExitCode.UNHEALTHY),
        ([DONE, BROKEN], Outcome.FAILED, ExitCode.SYNC_FAILED),
        ([DONE, STOPPED], Outcome.INTERRUPTED, ExitCode.TERMINATED),
        ([FAILED, DEGRADED, STOPPED], Outcome.INTERRUPTED, ExitCode.TERMINATED),
        ([STOPPED, BROKEN], Outcome.INTERRUPTED, ExitCode.TERMINATED),
    ],
)
def test_the_worst_that_happened_decides(events: list[Event], outcome: Outcome, exit_code: ExitCode) -> None:
    result = fold(events)

    assert (result.outcome, result.exit_code) == (outcome, exit_code)
    assert result.succeeded == (exit_code is ExitCode.OK)
