"""The workloads of the group `apps`, by Argo CD's rules.

The law: the first rule that matches decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncline.core.health.fields import condition, is_behind, mapping, number, text, trouble_of
from syncline.core.health.status import Health, HealthStatus

_UNSEEN = Health(HealthStatus.PROGRESSING, "The controller has not seen the newest spec yet.")
HEALTHY = Health(HealthStatus.HEALTHY)


def _progressing(message: str) -> Health:
    return Health(HealthStatus.PROGRESSING, message)


def deployment(body: Mapping[str, Any]) -> Health:
    """Done when every replica is updated, the old ones are gone, and the new ones are available."""
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if spec.get("paused") is True:
        return Health(HealthStatus.SUSPENDED, "The Deployment is paused.")
    if is_behind(body):
        return _UNSEEN
    progress = condition(status, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Health(
            HealthStatus.DEGRADED, text(progress, "message") or "It exceeded its progress deadline."
        )
    updated, total = number(status, "updatedReplicas"), number(status, "replicas")
    wanted, available = number(spec, "replicas", updated), number(status, "availableReplicas")
    if updated < wanted:
        return _progressing(f"{updated} of {wanted} replicas are updated.")
    if total > updated:
        return _progressing(f"{total - updated} old replicas are still to end.")
    if available < updated:
        return _progressing(f"{available} of {updated} updated replicas are available.")
    return HEALTHY


def stateful_set(body: Mapping[str, Any]) -> Health:
    """Ready replicas first, then the update strategy's own idea of being done."""
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if not number(status, "observedGeneration") or is_behind(body):
        return _UNSEEN
    ready, updated = number(status, "readyReplicas"), number(status, "updatedReplicas")
    wanted = number(spec, "replicas", ready)
    if ready < wanted:
        return _progressing(f"{ready} of {wanted} replicas are ready.")
    strategy = mapping(spec, "updateStrategy")
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "RollingUpdate" and isinstance(rolling, Mapping):
        # Without a number of replicas, or without a partition, there is nothing to count to.
        due = wanted - number(rolling, "partition")
        if spec.get("replicas") is not None and rolling.get("partition") is not None and updated < due:
            return _progressing(f"{updated} of {due} replicas are updated.")
        return HEALTHY
    if strategy.get("type") == "OnDelete":
        return HEALTHY
    if text(status, "updateRevision") != text(status, "currentRevision"):
        return _progressing(f"{updated} of {wanted} replicas are at the new revision.")
    return HEALTHY


def daemon_set(body: Mapping[str, Any]) -> Health:
    """Updated and available on every node that wants it; OnDelete waits for nobody."""
    status = mapping(body, "status")
    if is_behind(body):
        return _UNSEEN
    if mapping(body, "spec", "updateStrategy").get("type") == "OnDelete":
        return HEALTHY
    wanted = number(status, "desiredNumberScheduled")
    updated, available = number(status, "updatedNumberScheduled"), number(status, "numberAvailable")
    if updated < wanted:
        return _progressing(f"{updated} of {wanted} pods are updated.")
    if available < wanted:
        return _progressing(f"{available} of {wanted} pods are available.")
    return HEALTHY


def replica_set(body: Mapping[str, Any]) -> Health:
    """Available as often as wanted."""
    status = mapping(body, "status")
    if is_behind(body):
        return _UNSEEN
    failure = condition(status, "ReplicaFailure")
    if failure.get("status") == "True":
        return Health(HealthStatus.DEGRADED, trouble_of(failure))
    available = number(status, "availableReplicas")
    wanted = number(mapping(body, "spec"), "replicas", available)
    if available < wanted:
        return _progressing(f"{available} of {wanted} replicas are available.")
    return HEALTHY
