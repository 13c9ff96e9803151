"""OpenShift, and the lifecycle manager of operators.

The law: a part that its operator calls degraded is ill; a rollout that somebody cancelled has failed.
(github.com/openshift/api: its types and their comments; olm.operatorframework.io/docs.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health import apps
from syncline.core.health.conditions import (
    by_conditions,
    by_phase,
    degraded,
    healthy,
    in_turn,
    is_stale,
    progressing,
    static,
    suspended,
)
from syncline.core.health.fields import condition, mapping, members, trouble_of
from syncline.core.health.status import WELL, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _PROGRESSING, _DEGRADED = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED
_UNKNOWN: Final = HealthStatus.UNKNOWN
_PHASE, _STATE, _MESSAGE = ("status", "phase"), ("status", "state"), ("status", "message")

# config/v1, ClusterOperator: Degraded is said of what lasts, and may be said of what is available.
_OPERATOR: Final = by_conditions(
    degraded("Degraded", status="True"),
    progressing("Available", status="False"),
    progressing("Progressing"),
    healthy("Available"),
)
# machineconfiguration/v1: Updated once all machines of a pool are.
_MACHINE_CONFIG_POOL: Final = by_conditions(
    degraded("Degraded", status="True"),
    degraded("RenderDegraded", status="True"),
    degraded("NodeDegraded", status="True"),
    progressing("Updating"),
    healthy("Updated"),
    held=("spec", "paused"),
)
# build/v1: a build that was stopped is not taken up again.
_BUILD: Final = by_phase(
    _PHASE,
    {
        **dict.fromkeys(("", "New", "Pending", "Running"), _PROGRESSING),
        "Complete": _HEALTHY,
        **dict.fromkeys(("Failed", "Error", "Cancelled"), _DEGRADED),
    },
    message=_MESSAGE,
)


def deployment_config(body: Mapping[str, Any]) -> Health:
    """A Deployment's rules, but one that was cancelled goes back to the replicas of before."""
    progress = condition(mapping(body, "status"), "Progressing")
    cancelled = progress.get("status") == "False" and progress.get("reason") == "RolloutCancelled"
    if cancelled and not is_stale(body) and not mapping(body, "spec").get("paused"):
        return Health(_DEGRADED, trouble_of(progress))
    return apps.deployment(body)


def route(body: Mapping[str, Any]) -> Health:
    """OpenShift's Route: every router that has seen it admits it."""
    routers = list(members(mapping(body, "status"), "ingress"))
    for each in routers:
        admitted = condition(each, "Admitted")
        if admitted.get("status") == "False":
            return Health(_DEGRADED, trouble_of(admitted))
        if admitted.get("status") != "True":
            return Health(_PROGRESSING, "It waits for its condition Admitted.")
    return WELL if routers else Health(_PROGRESSING, "It waits to be admitted by a router.")


# operators.coreos.com/v1alpha1, types of Subscription and ClusterServiceVersion.
_SUBSCRIPTION: Final = in_turn(
    by_conditions(
        degraded("InstallPlanFailed", status="True"),
        suspended("InstallPlanPending", "RequiresApproval"),
        otherwise=WELL,
    ),
    by_phase(
        _STATE,
        {
            "AtLatestKnown": _HEALTHY,
            **dict.fromkeys(("", "UpgradeAvailable", "UpgradePending"), _PROGRESSING),
            "UpgradeFailed": _DEGRADED,
        },
    ),
)
_CLUSTER_SERVICE_VERSION: Final = by_phase(
    _PHASE,
    {
        "Succeeded": _HEALTHY,
        "Failed": _DEGRADED,
        "Unknown": _UNKNOWN,
        **dict.fromkeys(("", "Pending", "InstallReady", "Installing", "Replacing", "Deleting"), _PROGRESSING),
    },
    message=_MESSAGE,
)

OPENSHIFT: Final[Mapping[tuple[str, str], Rules]] = {
    ("route.openshift.io", "Route"): route,
    ("apps.openshift.io", "DeploymentConfig"): deployment_config,
    ("build.openshift.io", "Build"): _BUILD,
    ("build.openshift.io", "BuildConfig"): static,
    ("operator.openshift.io", "IngressController"): _OPERATOR,
    ("config.openshift.io", "ClusterOperator"): _OPERATOR,
    ("machineconfiguration.openshift.io", "MachineConfigPool"): _MACHINE_CONFIG_POOL,
    # github.com/red-hat-storage/ocs-operator: of several in a namespace all but one are ignored
    ("ocs.openshift.io", "StorageCluster"): by_phase(
        _PHASE,
        {"Ready": _HEALTHY, "Ignored": HealthStatus.SUSPENDED, "Error": _DEGRADED},
        otherwise=_PROGRESSING,
    ),
    ("operators.coreos.com", "Subscription"): _SUBSCRIPTION,
    ("operators.coreos.com", "ClusterServiceVersion"): _CLUSTER_SERVICE_VERSION,
}
"""By group and kind."""
