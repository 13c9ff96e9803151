"""The health of one object.

The law: an assessment is total: whatever an object or a script holds, the answer is a Health or, for a kind
of which nothing is known, None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from syncline.config.metadata import HOOK_FINALIZER
from syncline.core.clock import seconds_of
from syncline.core.health import apps, batch, core_v1, others
from syncline.core.health.aggregation import IGNORE
from syncline.core.health.fields import Malformed
from syncline.core.health.kstatus import by_convention
from syncline.core.health.status import Health, HealthStatus
from syncline.core.resource import group_of

if TYPE_CHECKING:
    from syncline.core.customized import Customized
    from syncline.core.health.conditions import Rules
    from syncline.core.lua import Script
    from syncline.core.resource import Body


class Check(Struct, frozen=True):
    """A kind's rules, and the versions of its API they are written for; empty means any."""

    rules: Rules
    versions: frozenset[str] = frozenset()


_EPOCH: Final = "1970-01-01T00:00:00Z"
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


Assess: TypeAlias = "Callable[[Body], Health | None]"


class Assessor:
    """Judges objects by the scripts it is given, then by the tables, then by what they say of themselves.

    `now` is the time that scripts are told, RFC 3339 in UTC.
    """

    def __init__(self, customized: Customized | None = None, now: Callable[[], str] = lambda: _EPOCH) -> None:
        self._customized = customized
        self._now = now
        self._scripts: dict[tuple[str, str], Script | None] = {}

    def __call__(self, body: Body) -> Health | None:
        """How well a live object is, or None for a kind without a check that says nothing of itself."""
        if _is_leaving(body.get("metadata")):
            return Health(HealthStatus.PROGRESSING, "Pending deletion")
        api_version, kind = str(body.get("apiVersion", "")), str(body.get("kind", ""))
        group = group_of(api_version)
        script = self._script(group, kind) if self._customized else None
        if script is not None:
            from syncline.core.health.scripted import by_script  # with Lua, which most runs do not need

            return by_script(script, body, seconds_of(self._now()))
        check = CHECKS.get((group, kind))
        if check is None:
            return _by_pack(group, kind, body)
        if check.versions and api_version.rpartition("/")[2] not in check.versions:
            return Health(HealthStatus.UNKNOWN, f"The health of {kind} in {api_version} cannot be told.")
        return _judged(check.rules, body)

    def _script(self, group: str, kind: str) -> Script | None:
        if (group, kind) not in self._scripts:
            found = self._customized.health(group, kind) if self._customized else None
            self._scripts[group, kind] = found
        return self._scripts[group, kind]


assess: Final = Assessor()
"""Without any script."""


def is_ignored(body: Body) -> bool:
    """Whether the object's own annotation takes it out of its application's health."""
    metadata = body.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return isinstance(annotations, Mapping) and annotations.get(IGNORE) == "true"


def _by_pack(group: str, kind: str, body: Body) -> Health | None:
    if "." not in group:  # a kind of Kubernetes itself, and the pack is about those of others
        return by_convention(group, body)
    from syncline.core.health.pack import rules_for

    rules = rules_for(group, kind)
    return _judged(rules, body) if rules is not None else by_convention(group, body)


def _judged(rules: Rules, body: Body) -> Health:
    try:
        return rules(body)
    except Malformed as error:
        return Health(HealthStatus.UNKNOWN, f"Its status cannot be read: {error}.")


def _is_leaving(metadata: object) -> bool:
    # A hook that only Argo CD's own finalizer holds back is still judged by its work.
    if not isinstance(metadata, Mapping) or not metadata.get("deletionTimestamp"):
        return False
    finalizers = metadata.get("finalizers")
    return not (isinstance(finalizers, list) and HOOK_FINALIZER in finalizers)
