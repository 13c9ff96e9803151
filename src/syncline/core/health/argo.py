"""Argo's own kinds beside the Workflow: Rollouts, ApplicationSets, analyses, events.

The law: the first rule that matches decides.  (argo-rollouts.readthedocs.io, argoproj.github.io/argo-events.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import UNSEEN, generation_of
from syncline.core.health.fields import (
    Malformed,
    condition,
    mapping,
    members,
    text,
    trouble_of,
    words_of,
)
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKLOAD_GENERATION: Final = "rollout.argoproj.io/workload-generation"
_ROLLOUT_PHASES: Final = {
    "Healthy": HealthStatus.HEALTHY,
    "Degraded": HealthStatus.DEGRADED,
    "Progressing": HealthStatus.PROGRESSING,
    "Paused": HealthStatus.SUSPENDED,
}


def rollout(body: Mapping[str, Any]) -> Health:
    """Argo Rollouts sums up in `status.phase`; older controllers only in conditions."""
    status = mapping(body, "status")
    if _is_behind(body, status):
        return UNSEEN
    phase, message = text(status, "phase"), text(status, "message")
    if phase:
        return Health(_ROLLOUT_PHASES.get(phase, HealthStatus.UNKNOWN), message or _said(phase))
    return _by_conditions(body, status)


def _is_behind(body: Mapping[str, Any], status: Mapping[str, Any]) -> bool:
    metadata = mapping(body, "metadata")
    generation = generation_of(metadata.get("generation"))
    try:
        observed = generation_of(status.get("observedGeneration"))
    except Malformed:
        observed = generation  # the first controllers wrote a hash of the spec, which says nothing of its age
    if generation is not None and generation > (observed or 0):
        return True
    # The template of another workload: its generation is carried over in an annotation.
    referred = mapping(metadata, "annotations").get(_WORKLOAD_GENERATION)
    seen = status.get("workloadObservedGeneration")
    return bool(mapping(body, "spec", "workloadRef")) and referred is not None and str(referred) != str(seen)


def _by_conditions(body: Mapping[str, Any], status: Mapping[str, Any]) -> Health:
    invalid, moving = condition(status, "InvalidSpec"), condition(status, "Progressing")
    if invalid.get("status") == "True":
        return Health(HealthStatus.DEGRADED, trouble_of(invalid))
    if text(moving, "reason") in {"RolloutAborted", "ProgressDeadlineExceeded"}:
        return Health(HealthStatus.DEGRADED, trouble_of(moving))
    if mapping(body, "spec").get("paused") is True or any(True for _ in members(status, "pauseConditions")):
        return Health(HealthStatus.SUSPENDED, "It is paused.")
    if moving.get("reason") == "NewReplicaSetAvailable" and moving.get("status") == "True":
        return Health(HealthStatus.HEALTHY, words_of(moving))
    return Health(HealthStatus.PROGRESSING, words_of(moving) or UNHEARD.message)


def _said(phase: str) -> str:
    return "" if phase == "Healthy" else f"Its phase is {phase}."


def application_set(body: Mapping[str, Any]) -> Health:
    """What it generated is up to date."""
    status = mapping(body, "status")
    rules = (
        ("ErrorOccurred", "True", HealthStatus.DEGRADED),
        ("ResourcesUpToDate", "False", HealthStatus.DEGRADED),
        ("RolloutProgressing", "True", HealthStatus.PROGRESSING),
        ("ResourcesUpToDate", "True", HealthStatus.HEALTHY),
    )
    for kind, value, means in rules:
        found = condition(status, kind)
        if found.get("status") == value:
            said = words_of if means is HealthStatus.HEALTHY else trouble_of
            return Health(means, said(found))
    return UNHEARD
