"""The health of one object.

The law: `assess` is total: whatever an object holds, the answer is a Health or, for a kind without a check,
None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from syncline.core.health import apps, batch, core_v1, others
from syncline.core.health.fields import Malformed
from syncline.core.health.status import Health, HealthStatus
from syncline.core.resource import group_of

if TYPE_CHECKING:
    from syncline.core.resource import Body


@dataclass(frozen=True, slots=True)
class Check:
    """A kind's rules, and the versions of its API they are written for; empty means any."""

    rules: Callable[[Mapping[str, Any]], Health]
    versions: frozenset[str] = frozenset()


_HOOK_FINALIZER: Final = "argocd.argoproj.io/hook-finalizer"
_V1: Final = frozenset({"v1"})

CHECKS: Final[Mapping[tuple[str, str], Check]] = {
    ("apps", "Deployment"): Check(apps.deployment, _V1),
    ("apps", "StatefulSet"): Check(apps.stateful_set, _V1),
    ("apps", "DaemonSet"): Check(apps.daemon_set, _V1),
    ("apps", "ReplicaSet"): Check(apps.replica_set, _V1),
    ("", "Pod"): Check(core_v1.pod, _V1),
    ("", "Service"): Check(core_v1.service, _V1),
    ("", "PersistentVolumeClaim"): Check(core_v1.persistent_volume_claim, _V1),
    ("networking.k8s.io", "Ingress"): Check(core_v1.ingress),
    ("extensions", "Ingress"): Check(core_v1.ingress),
    ("batch", "Job"): Check(batch.job, _V1),
    ("batch", "CronJob"): Check(batch.cron_job),
    ("autoscaling", "HorizontalPodAutoscaler"): Check(
        others.horizontal_pod_autoscaler, frozenset({"v1", "v2"})
    ),
    ("apiregistration.k8s.io", "APIService"): Check(others.api_service, frozenset({"v1", "v1beta1"})),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): Check(others.custom_resource_definition),
    ("policy", "PodDisruptionBudget"): Check(others.pod_disruption_budget),
    ("argoproj.io", "Workflow"): Check(others.workflow),
}


def assess(body: Body) -> Health | None:
    """How well a live object is, or None for a kind without a check."""
    if _is_leaving(body.get("metadata")):
        return Health(HealthStatus.PROGRESSING, "Pending deletion")
    api_version, kind = str(body.get("apiVersion", "")), str(body.get("kind", ""))
    check = CHECKS.get((group_of(api_version), kind))
    if check is None:
        return None
    if check.versions and api_version.rpartition("/")[2] not in check.versions:
        return Health(HealthStatus.UNKNOWN, f"The health of {kind} in {api_version} cannot be told.")
    try:
        return check.rules(body)
    except Malformed as error:
        return Health(HealthStatus.UNKNOWN, f"Its status cannot be read: {error}.")


def _is_leaving(metadata: object) -> bool:
    # A hook that only Argo CD's own finalizer holds back is still judged by its work.
    if not isinstance(metadata, Mapping) or not metadata.get("deletionTimestamp"):
        return False
    finalizers = metadata.get("finalizers")
    return not (isinstance(finalizers, list) and _HOOK_FINALIZER in finalizers)
