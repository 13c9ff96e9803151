"""Cluster API, Istio and the kinds that count replicas in a way of their own.

The law: the first rule that matches decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import SUSPENDED, UNSEEN, fresh_conditions, is_stale, is_true
from syncline.core.health.fields import mapping, members, number, text, trouble_of, words_of
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

_READY: Final = ("Ready", "Available")
_ISTIO_OPERATOR: Final = {
    "HEALTHY": HealthStatus.HEALTHY,
    "RECONCILING": HealthStatus.PROGRESSING,
    "UPDATING": HealthStatus.PROGRESSING,
    "ACTION_REQUIRED": HealthStatus.DEGRADED,
    "ERROR": HealthStatus.DEGRADED,
}
ISTIO_OPERATOR: Final[Mapping[str, HealthStatus]] = _ISTIO_OPERATOR


def provisioned(body: Mapping[str, Any]) -> Health:
    """Cluster API: a phase, a Ready (or, since v1beta2, Available) condition with a severity, failures."""
    if is_true(body, ("spec", "paused")):
        return SUSPENDED
    if is_stale(body):
        return UNSEEN
    status = mapping(body, "status")
    failure = text(status, "failureMessage") or text(status, "failureReason")
    phase = text(status, "phase")
    if failure or phase == "Failed":
        return Health(HealthStatus.DEGRADED, failure or "Its phase is Failed.")
    found = {text(each, "type"): each for each in fresh_conditions(body)}
    told = [found[name] for name in _READY if name in found]
    for each in told:
        if each.get("status") == "False" and each.get("severity") == "Error":
            return Health(HealthStatus.DEGRADED, trouble_of(each))
    for each in told:
        if each.get("status") != "True":
            return Health(HealthStatus.PROGRESSING, trouble_of(each))
    # A machine that is provisioned is no node yet; a cluster is never more than that.
    if phase == ("Provisioned" if body.get("kind") == "Cluster" else "Running") or (told and not phase):
        return Health(HealthStatus.HEALTHY, words_of(told[0]) if told else "")
    return Health(
        HealthStatus.PROGRESSING, f"Its phase is {phase}." if phase else "It waits for its controller."
    )


def istio_configuration(body: Mapping[str, Any]) -> Health:
    """Istio writes a status only where its analysis is switched on; errors of the analysis are illness."""
    status = mapping(body, "status")
    for message in members(status, "validationMessages"):
        if text(message, "level").upper() == "ERROR":
            words = text(mapping(message, "type"), "name") or text(mapping(message, "type"), "code")
            return Health(HealthStatus.DEGRADED, f"Istio's analysis finds an error: {words}".rstrip(": "))
    for each in fresh_conditions(body):
        if each.get("type") == "Reconciled" and each.get("status") == "False":
            return Health(HealthStatus.PROGRESSING, words_of(each) or "Not all proxies have it yet.")
    return Health(HealthStatus.HEALTHY)


def strimzi_pod_set(body: Mapping[str, Any]) -> Health:
    """Every pod is the current one, and ready."""
    if is_stale(body):
        return UNSEEN
    status = mapping(body, "status")
    if not status:
        return UNHEARD
    pods, current, ready = (number(status, name) for name in ("pods", "currentPods", "readyPods"))
    if current < pods or ready < pods:
        return Health(
            HealthStatus.PROGRESSING, f"Of {pods} pods {current} are current and {ready} are ready."
        )
    return Health(HealthStatus.HEALTHY)


def volume_snapshot(body: Mapping[str, Any]) -> Health:
    """Ready to use, or with an error."""
    status = mapping(body, "status")
    error = mapping(status, "error")
    if error:
        return Health(HealthStatus.DEGRADED, text(error, "message") or "Its snapshot failed.")
    if status.get("readyToUse") is True:
        return Health(HealthStatus.HEALTHY)
    return Health(HealthStatus.PROGRESSING, "It waits for its snapshot.")


def old_external_secret(body: Mapping[str, Any]) -> Health:
    """kubernetes-external-secrets: one word, or an error's text."""
    said = text(mapping(body, "status"), "status")
    if said == "SUCCESS":
        return Health(HealthStatus.HEALTHY)
    if said.startswith("ERROR"):
        return Health(HealthStatus.DEGRADED, said)
    return Health(HealthStatus.PROGRESSING, said or UNHEARD.message)
