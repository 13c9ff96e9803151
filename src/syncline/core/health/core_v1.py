"""Pods, Services and claims, by Argo CD's rules.

The law: the first rule that matches decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.config.metadata import HELM_HOOK, HOOK
from syncline.core.health.fields import condition, mapping, members, number, text
from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_IGNORE_RESTART_POLICY = "argocd.argoproj.io/ignore-restart-policy"
_HOOKS = (HOOK, HELM_HOOK)


def pod(body: Mapping[str, Any]) -> Health:
    """By its containers when it is to run for ever, else by its phase."""
    status = mapping(body, "status")
    lasting = _is_lasting(body)
    stuck = list(_stuck(status)) if lasting else []
    if stuck:
        return Health(HealthStatus.DEGRADED, ", ".join(stuck))
    phase = text(status, "phase")
    if phase == "Pending":
        return Health(HealthStatus.PROGRESSING, text(status, "message") or "It is pending.")
    if phase == "Succeeded":
        return Health(HealthStatus.HEALTHY, text(status, "message"))
    if phase == "Failed":
        return Health(HealthStatus.DEGRADED, text(status, "message") or _reason_of_failure(status))
    if phase == "Running":
        return _running(status) if lasting else Health(HealthStatus.PROGRESSING, "It is running.")
    return Health(HealthStatus.UNKNOWN, text(status, "message") or f"Its phase is {phase or 'not known'}.")


def service(body: Mapping[str, Any]) -> Health:
    """A load balancer needs its address."""
    if text(mapping(body, "spec"), "type") == "LoadBalancer" and not _has_address(body):
        return Health(HealthStatus.PROGRESSING, "It waits for a load balancer's address.")
    return Health(HealthStatus.HEALTHY)


def ingress(body: Mapping[str, Any]) -> Health:
    """An Ingress needs its address (also of the group `networking.k8s.io`)."""
    if _has_address(body):
        return Health(HealthStatus.HEALTHY)
    return Health(HealthStatus.PROGRESSING, "It waits for a load balancer's address.")


def persistent_volume_claim(body: Mapping[str, Any]) -> Health:
    """Bound or not."""
    phase = text(mapping(body, "status"), "phase")
    by_phase = {
        "Lost": Health(HealthStatus.DEGRADED, "It lost its volume."),
        "Pending": Health(HealthStatus.PROGRESSING, "It waits for a volume."),
        "Bound": Health(HealthStatus.HEALTHY),
    }
    return by_phase.get(phase, Health(HealthStatus.UNKNOWN, f"Its phase is {phase or 'not known'}."))


def _is_lasting(body: Mapping[str, Any]) -> bool:
    if text(mapping(body, "spec"), "restartPolicy") in {"", "Always"}:
        return True
    annotations = mapping(body, "metadata", "annotations")
    is_hook = any(name in annotations for name in _HOOKS)
    return annotations.get(_IGNORE_RESTART_POLICY) == "true" and not is_hook


def _stuck(status: Mapping[str, Any]) -> Iterator[str]:
    for container in members(status, "containerStatuses"):
        waiting = mapping(container, "state", "waiting")
        reason = text(waiting, "reason")
        if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
            yield text(waiting, "message") or f"container {text(container, 'name')} is waiting: {reason}"


def _reason_of_failure(status: Mapping[str, Any]) -> str:
    for name in ("initContainerStatuses", "containerStatuses"):
        for container in members(status, name):
            ended = mapping(container, "state", "terminated")
            if text(ended, "message"):
                return text(ended, "message")
            if text(ended, "reason") == "OOMKilled":
                return "OOMKilled"
            if number(ended, "exitCode"):
                return f"container {text(container, 'name')} ended with exit code {number(ended, 'exitCode')}"
    return text(status, "reason") or "It failed."


def _running(status: Mapping[str, Any]) -> Health:
    if condition(status, "Ready").get("status") == "True":
        return Health(HealthStatus.HEALTHY, text(status, "message"))
    for container in members(status, "containerStatuses"):
        if mapping(container, "lastState", "terminated"):
            return Health(
                HealthStatus.DEGRADED, f"container {text(container, 'name')} was restarted and is not ready"
            )
    return Health(HealthStatus.PROGRESSING, "It is not ready yet.")


def _has_address(body: Mapping[str, Any]) -> bool:
    return any(True for _ in members(mapping(body, "status", "loadBalancer"), "ingress"))
