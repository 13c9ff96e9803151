"""Autoscalers, disruption budgets, aggregated APIs, definitions and workflows, by Argo CD's rules.

The law: the first rule that matches decides.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.fields import Malformed, condition, mapping, members, text, trouble_of
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_V1_CONDITIONS: Final = "autoscaling.alpha.kubernetes.io/conditions"
_OF_METRICS: Final = {
    "FailedGetResourceMetric",
    "FailedGetObjectMetric",
    "FailedGetPodsMetric",
    "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas",
}
_FAILURES: Final = {
    "AbleToScale": {"FailedGetScale", "FailedUpdateScale"},
    "ScalingActive": {*_OF_METRICS, "InvalidSelector"},
}


def horizontal_pod_autoscaler(body: Mapping[str, Any]) -> Health:
    """v1 keeps its conditions as JSON in an annotation."""
    found = list(_conditions(body))
    for each in found:
        if text(each, "reason") in _FAILURES.get(text(each, "type"), set()):
            return Health(HealthStatus.DEGRADED, text(each, "message") or text(each, "reason"))
    for each in found:
        if each.get("type") in {"AbleToScale", "ScalingLimited"} and each.get("status") == "True":
            return Health(HealthStatus.HEALTHY, text(each, "message"))
    return Health(HealthStatus.PROGRESSING, "Waiting to Autoscale")


def waits_for_metrics(body: Mapping[str, Any]) -> bool:
    """Whether an autoscaler lacks nothing but metrics, which a pod has some scrapes after its start."""
    if body.get("kind") != "HorizontalPodAutoscaler":
        return False
    found = [each for each in _conditions(body) if each.get("status") == "False"]
    reasons = {text(each, "reason") for each in found if text(each, "type") == "ScalingActive"}
    return bool(reasons & _OF_METRICS)


def _conditions(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if body.get("apiVersion") != "autoscaling/v1":
        yield from members(mapping(body, "status"), "conditions")
        return
    packed = text(mapping(body, "metadata", "annotations"), _V1_CONDITIONS)
    try:
        unpacked = json.loads(packed) if packed else []
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the annotation {_V1_CONDITIONS} is not JSON") from error
    yield from members({"conditions": unpacked}, "conditions")


def api_service(body: Mapping[str, Any]) -> Health:
    """Available or not."""
    available = condition(mapping(body, "status"), "Available")
    if available.get("status") == "True":
        return Health(HealthStatus.HEALTHY, text(available, "message"))
    return Health(HealthStatus.PROGRESSING, text(available, "message") or "It waits to be processed.")


def custom_resource_definition(body: Mapping[str, Any]) -> Health:
    """Established, unless one of its conditions says what is wrong."""
    found = list(members(mapping(body, "status"), "conditions"))
    if not found:
        return Health(HealthStatus.PROGRESSING, "It waits to be established.")
    for each in found:
        kind, status, message = text(each, "type"), text(each, "status"), text(each, "message")
        if kind == "Terminating" and status == "True":
            return Health(HealthStatus.PROGRESSING, message or "It is terminating.")
        if kind == "NamesAccepted" and status == "False":
            return Health(HealthStatus.DEGRADED, message or "Its names are not accepted.")
        if kind == "NonStructuralSchema" and status == "True":
            return Health(HealthStatus.DEGRADED, message or "Its schema is not structural.")
        if kind == "Established" and status == "False" and each.get("reason") == "Installing":
            return Health(HealthStatus.PROGRESSING, message or "It is being installed.")
    if condition(mapping(body, "status"), "Established").get("status") == "True":
        return Health(HealthStatus.HEALTHY)
    return Health(HealthStatus.DEGRADED, "It is not established.")


def pod_disruption_budget(body: Mapping[str, Any]) -> Health:
    """Few pods are no fault; any other condition that is False is."""
    if body.get("status") is None:
        return UNHEARD
    for each in members(mapping(body, "status"), "conditions"):
        if each.get("status") == "False" and each.get("reason") != "InsufficientPods":
            return Health(HealthStatus.DEGRADED, trouble_of(each))
    return Health(HealthStatus.HEALTHY)


def workflow(body: Mapping[str, Any]) -> Health:
    """Argo Workflows' phase."""
    status = mapping(body, "status")
    phase, message = text(status, "phase"), text(status, "message")
    by_phase = {
        "": HealthStatus.PROGRESSING,
        "Pending": HealthStatus.PROGRESSING,
        "Running": HealthStatus.PROGRESSING,
        "Succeeded": HealthStatus.HEALTHY,
        "Failed": HealthStatus.DEGRADED,
        "Error": HealthStatus.DEGRADED,
    }
    health = by_phase.get(phase, HealthStatus.UNKNOWN)
    if not message and health is not HealthStatus.HEALTHY:
        message = f"Its phase is {phase}." if phase else UNHEARD.message
    return Health(health, message)
