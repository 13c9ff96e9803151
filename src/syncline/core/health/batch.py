"""Jobs and CronJobs, by Argo CD's rules.

The law: a failed Job is never anything better; whether a condition's status is True is asked of Suspended
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.core.health.fields import mapping, members, text
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


def job(body: Mapping[str, Any]) -> Health:
    """Failed wins over everything, Suspended over Complete."""
    conditions = {text(each, "type"): each for each in members(mapping(body, "status"), "conditions")}
    if "Failed" in conditions:
        failed = conditions["Failed"]
        return Health(
            HealthStatus.DEGRADED, text(failed, "message") or text(failed, "reason") or "It failed."
        )
    suspended = conditions.get("Suspended")
    if suspended is not None and suspended.get("status") == "True":
        return Health(HealthStatus.SUSPENDED, text(suspended, "message") or "It is suspended.")
    if "Complete" in conditions or suspended is not None:
        return Health(HealthStatus.HEALTHY, text(conditions.get("Complete", {}), "message"))
    return Health(HealthStatus.PROGRESSING, "It is running.")


def cron_job(body: Mapping[str, Any]) -> Health:
    """The last run that was due succeeded; a suspended CronJob is healthy."""
    if mapping(body, "spec").get("suspend") is True:
        return Health(HealthStatus.HEALTHY, "It is suspended.")
    if body.get("status") is None:
        return UNHEARD
    status = mapping(body, "status")
    scheduled, succeeded = text(status, "lastScheduleTime"), text(status, "lastSuccessfulTime")
    running = any(True for _ in members(status, "active"))
    if not scheduled or not succeeded or running or succeeded >= scheduled:
        return Health(HealthStatus.HEALTHY)
    return Health(HealthStatus.DEGRADED, "Its last run did not succeed.")
