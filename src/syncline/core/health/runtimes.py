"""What runs other things: virtual machines, data pipelines, canaries, other workloads, operators.

The law: what has ended badly is ill; what its owner has stopped is held; every other step is on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health import apps
from syncline.core.health.conditions import (
    AWAITED,
    SUSPENDED,
    UNSEEN,
    by_conditions,
    by_phase,
    degraded,
    healthy,
    in_turn,
    is_stale,
    is_true,
    progressing,
    suspended,
)
from syncline.core.health.fields import condition, mapping, members, number, trouble_of
from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED, _UNKNOWN = HealthStatus.DEGRADED, HealthStatus.UNKNOWN
_WELL: Final = Health(_HEALTHY)
_PHASE, _STATE, _MESSAGE = ("status", "phase"), ("status", "state"), ("status", "message")
_NOT_READY: Final = by_conditions(progressing("Ready", status="False"), otherwise=_WELL)

# kubevirt.io/user-guide and the API reference: status.printableStatus.  A volume or a node may come later.
_VIRTUAL_MACHINE: Final = in_turn(
    by_phase(
        ("status", "printableStatus"),
        {
            "Running": _HEALTHY,
            **dict.fromkeys(("Stopped", "Paused"), _SUSPENDED),
            **dict.fromkeys(
                (
                    *("Provisioning", "Starting", "Stopping", "Terminating", "Migrating"),
                    *("WaitingForVolumeBinding", "WaitingForReceiver", "ErrorUnschedulable"),
                    "ErrorPvcNotFound",
                ),
                _PROGRESSING,
            ),
            **dict.fromkeys(
                ("CrashLoopBackOff", "ErrImagePull", "ImagePullBackOff", "DataVolumeError"), _DEGRADED
            ),
            "Unknown": _UNKNOWN,
        },
    ),
    _NOT_READY,
)


def virtual_machine(body: Mapping[str, Any]) -> Health:
    """Its observed generation is that of its last start, so that it says nothing of the controller."""
    return _VIRTUAL_MACHINE({name: value for name, value in body.items() if name != "metadata"})


# nightlies.apache.org/flink/flink-kubernetes-operator-docs, "Status and Lifecycle".
_FLINK: Final = by_phase(
    ("status", "lifecycleState"),
    {
        **dict.fromkeys(
            ("", "CREATED", "UPGRADING", "DEPLOYED", "ROLLING_BACK", "DELETING", "DELETED"), _PROGRESSING
        ),
        "STABLE": _HEALTHY,
        "SUSPENDED": _SUSPENDED,
        **dict.fromkeys(("ROLLED_BACK", "FAILED"), _DEGRADED),
    },
    message=("status", "error"),
)

# kubeflow.org/docs/components/spark-operator, API reference: an application may stream for ever.
_SPARK: Final = by_phase(
    ("status", "applicationState", "state"),
    {
        **dict.fromkeys(("RUNNING", "COMPLETED"), _HEALTHY),
        **dict.fromkeys(("SUSPENDING", "SUSPENDED"), _SUSPENDED),
        "FAILED": _DEGRADED,
        "UNKNOWN": _UNKNOWN,
        **dict.fromkeys(
            (
                *("", "SUBMITTED", "SUBMISSION_FAILED", "PENDING_RERUN", "INVALIDATING", "SUCCEEDING"),
                *("FAILING", "RESUMING"),
            ),
            _PROGRESSING,
        ),
    },
    message=("status", "applicationState", "errorMessage"),
)

# camel.apache.org/camel-k, custom resources.
_CAMEL: Final = in_turn(
    by_phase(
        _PHASE,
        {**dict.fromkeys(("Running", "Ready"), _HEALTHY), "Error": _DEGRADED},
        otherwise=_PROGRESSING,
    ),
    _NOT_READY,
)

# numaflow.numaproj.io, API reference: phases of pipelines, vertices and buffers.
_NUMAFLOW: Final = by_phase(
    _PHASE,
    {
        **dict.fromkeys(("", "Pending", "Pausing", "Deleting"), _PROGRESSING),
        "Running": _HEALTHY,
        "Paused": _SUSPENDED,
        "Failed": _DEGRADED,
        "Unknown": _UNKNOWN,
    },
    message=_MESSAGE,
)

# docs.flagger.app, "How it works" and the API's phases; the webhooks of a gate wait for somebody.
_CANARY: Final = by_phase(
    _PHASE,
    {
        **dict.fromkeys(("Initialized", "Succeeded"), _HEALTHY),
        **dict.fromkeys(("Waiting", "WaitingPromotion"), _SUSPENDED),
        "Failed": _DEGRADED,
        **dict.fromkeys(
            ("", "Initializing", "Progressing", "Promoting", "Finalising", "Terminating", "Terminated"),
            _PROGRESSING,
        ),
    },
    held=("spec", "suspend"),
)


def clone_set(body: Mapping[str, Any]) -> Health:
    """Kruise's CloneSet: as many updated pods as its partition asks for, and all of them ready."""
    if is_true(body, ("spec", "updateStrategy", "paused")):
        return SUSPENDED
    if is_stale(body):
        return UNSEEN
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if not status:
        return Health(_PROGRESSING, "It waits to be seen by its controller.")
    for kind in ("FailedScale", "FailedUpdate"):
        found = condition(status, kind)
        if found.get("status") == "True":
            return Health(_DEGRADED, trouble_of(found))
    wanted = number(spec, "replicas", 1)
    due = number(status, "expectedUpdatedReplicas", 0)
    counts = (("replicas", wanted), ("updatedReplicas", due), ("readyReplicas", wanted))
    for name, least in counts:
        if number(status, name) < least:
            return Health(_PROGRESSING, f"Its {name} are {number(status, name)} of {least}.")
    return _WELL


def route(body: Mapping[str, Any]) -> Health:
    """OpenShift's Route: every router that has seen it admits it."""
    routers = list(members(mapping(body, "status"), "ingress"))
    for each in routers:
        admitted = condition(each, "Admitted")
        if admitted.get("status") == "False":
            return Health(_DEGRADED, trouble_of(admitted))
        if admitted.get("status") != "True":
            return Health(_PROGRESSING, "It waits for its condition Admitted.")
    return _WELL if routers else Health(_PROGRESSING, "It waits to be admitted by a router.")


# olm.operatorframework.io/docs and the API's comments.
_SUBSCRIPTION: Final = in_turn(
    by_conditions(
        degraded("InstallPlanFailed", status="True"),
        suspended("InstallPlanPending", "RequiresApproval"),
        otherwise=_WELL,
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

RUNTIMES: Final[Mapping[tuple[str, str], Rules]] = {
    ("kubevirt.io", "VirtualMachine"): virtual_machine,
    ("kubevirt.io", "VirtualMachineInstance"): in_turn(
        by_phase(
            _PHASE,
            {
                **dict.fromkeys(("Running", "Succeeded"), _HEALTHY),
                **dict.fromkeys(("Pending", "Scheduling", "Scheduled", "WaitingForSync"), _PROGRESSING),
                "Failed": _DEGRADED,
                "Unknown": _UNKNOWN,
            },
        ),
        by_conditions(suspended("Paused"), otherwise=_WELL),
    ),
    ("flink.apache.org", "FlinkDeployment"): _FLINK,
    ("flink.apache.org", "FlinkSessionJob"): _FLINK,
    ("sparkoperator.k8s.io", "SparkApplication"): _SPARK,
    **dict.fromkeys(
        [
            ("camel.apache.org", kind)
            for kind in (
                *("Integration", "IntegrationKit", "IntegrationPlatform", "Kamelet", "KameletBinding"),
                "Pipe",
            )
        ],
        _CAMEL,
    ),
    **dict.fromkeys(
        [
            ("numaflow.numaproj.io", kind)
            for kind in ("InterStepBufferService", "MonoVertex", "Pipeline", "Vertex")
        ],
        _NUMAFLOW,
    ),
    ("flagger.app", "Canary"): _CANARY,
    # kserve.github.io: Knative's conditions, but a model that is being loaded is not ready yet
    ("serving.kserve.io", "InferenceService"): AWAITED,
    # openkruise.io/docs
    ("apps.kruise.io", "CloneSet"): clone_set,
    ("apps.kruise.io", "DaemonSet"): apps.daemon_set,
    ("apps.kruise.io", "StatefulSet"): apps.stateful_set,
    ("apps.kruise.io", "BroadcastJob"): by_phase(
        _PHASE,
        {"completed": _HEALTHY, "running": _PROGRESSING, "paused": _SUSPENDED, "failed": _DEGRADED},
    ),
    # docs.openshift.com, API reference
    ("route.openshift.io", "Route"): route,
    ("apps.openshift.io", "DeploymentConfig"): apps.deployment,
    ("operator.openshift.io", "IngressController"): by_conditions(
        degraded("Degraded", status="True"),
        progressing("Available", status="False"),
        progressing("Progressing"),
        healthy("Available"),
    ),
    ("operators.coreos.com", "Subscription"): _SUBSCRIPTION,
    ("operators.coreos.com", "ClusterServiceVersion"): _CLUSTER_SERVICE_VERSION,
    # nmstate.io/kubernetes-nmstate: Available, Progressing, Degraded, Ignored
    ("nmstate.io", "NodeNetworkConfigurationPolicy"): by_conditions(
        degraded("Degraded", status="True"),
        progressing("Progressing"),
        healthy("Available"),
        healthy("Ignored"),
    ),
}
"""By group and kind."""
