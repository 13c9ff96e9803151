"""What spreads objects over many clusters: Karmada, Open Cluster Management.

The law: an object is well where every cluster that it was given to has it; a cluster that cannot be reached
may come back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import (
    AWAITED,
    SUSPENDED,
    UNSEEN,
    by_conditions,
    by_phase,
    degraded,
    generation_of,
    healthy,
    is_true,
    progressing,
)
from syncline.core.health.fields import condition, mapping, members, text, trouble_of
from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _PROGRESSING, _DEGRADED = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED


def karmada_binding(body: Mapping[str, Any]) -> Health:
    """Karmada's bindings (karmada.io, work/v1alpha2): scheduled, applied everywhere, and healthy there.

    The generation is noted by the scheduler.  That no cluster fits is its last word; all else is tried again.
    """
    if is_true(body, ("spec", "suspension", "dispatching")):
        return SUSPENDED
    status = mapping(body, "status")
    seen = generation_of(status.get("schedulerObservedGeneration"))
    generation = generation_of(mapping(body, "metadata").get("generation"))
    if not status or (generation is not None and generation > (seen or 0)):
        return UNSEEN
    for name in ("Scheduled", "FullyApplied"):
        found = condition(status, name)
        if found.get("reason") == "NoClusterFit":
            return Health(_DEGRADED, trouble_of(found))
        if found.get("status") != "True":
            words = trouble_of(found) if found else f"It waits for its condition {name}."
            return Health(_PROGRESSING, words)
    for each in members(status, "aggregatedStatus"):
        if each.get("health") == "Unhealthy":
            return Health(_PROGRESSING, f"It is not healthy in the cluster {text(each, 'clusterName')}.")
    return Health(_HEALTHY)


# open-cluster-management.io, work/v1; the same four conditions stand in Karmada's Work.
_WORK: Final = (
    progressing("Applied", status="False"),
    degraded("Degraded", status="True"),
    progressing("Progressing"),
    progressing("Available", status="False"),
)

FLEETS: Final[Mapping[tuple[str, str], Rules]] = {
    ("work.karmada.io", "ResourceBinding"): karmada_binding,
    ("work.karmada.io", "ClusterResourceBinding"): karmada_binding,
    ("work.karmada.io", "Work"): by_conditions(
        *_WORK, healthy("Applied"), held=("spec", "suspendDispatching")
    ),
    ("cluster.karmada.io", "Cluster"): AWAITED,
    ("work.open-cluster-management.io", "ManifestWork"): by_conditions(*_WORK, healthy("Available")),
    # cluster/v1: what is not available may be on its way to join, or out of reach
    ("cluster.open-cluster-management.io", "ManagedCluster"): by_conditions(
        healthy("ManagedClusterConditionAvailable"),
        progressing("ManagedClusterConditionAvailable", status="False"),
        progressing("ManagedClusterConditionAvailable", status="Unknown"),
    ),
    # open-cluster-management.io: a policy that is enforced becomes compliant after a while
    **dict.fromkeys(
        [
            ("policy.open-cluster-management.io", kind)
            for kind in ("CertificatePolicy", "ConfigurationPolicy", "OperatorPolicy", "Policy")
        ],
        by_phase(
            ("status", "compliant"),
            {
                "Compliant": _HEALTHY,
                **dict.fromkeys(
                    ("", "Pending", "NonCompliant", "UnknownCompliancy", "Terminating"), _PROGRESSING
                ),
            },
        ),
    ),
}
"""By group and kind."""
