"""What runs other things: virtual machines, data pipelines, canaries, other workloads.

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
from syncline.core.health.fields import condition, mapping, number, text, trouble_of
from syncline.core.health.status import UNHEARD, WELL, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED, _UNKNOWN = HealthStatus.DEGRADED, HealthStatus.UNKNOWN
_PHASE, _MESSAGE = ("status", "phase"), ("status", "message")
_NOT_READY: Final = by_conditions(progressing("Ready", status="False"), otherwise=WELL)

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
                    *("ErrorPvcNotFound", "ErrorDataVolumeNotFound"),
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

# numaflow.numaproj.io, API reference: phases of pipelines, vertices and buffers.  What is meant to run is
# Running, and its conditions say how its parts are.
_NUMAFLOW: Final = in_turn(
    by_phase(
        _PHASE,
        {
            **dict.fromkeys(("", "Pending", "Pausing", "Deleting"), _PROGRESSING),
            **dict.fromkeys(("Running", "Succeeded"), _HEALTHY),
            "Paused": _SUSPENDED,
            "Failed": _DEGRADED,
            "Unknown": _UNKNOWN,
        },
        message=_MESSAGE,
    ),
    by_conditions(
        *(
            progressing(kind, status="False")
            for kind in (
                *("Configured", "Deployed", "DaemonServiceHealthy", "SideInputsManagersHealthy"),
                *("VerticesHealthy", "DaemonHealthy", "PodsHealthy", "ChildrenResourcesHealthy"),
            )
        ),
        otherwise=WELL,
    ),
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


# github.com/kubevirt, the installers of KubeVirt and CDI: what is being changed is called degraded as well.
_KUBEVIRT: Final = by_conditions(
    progressing("Progressing"),
    degraded("Degraded", status="True"),
    healthy("Available"),
    progressing("Available", status="False"),
)


def kruise_rollout(body: Mapping[str, Any]) -> Health:
    """OpenKruise's Rollout: a step that is paused waits for somebody."""
    for name in ("canaryStatus", "blueGreenStatus"):
        step = text(mapping(body, "status", name), "currentStepState")
        if step == "StepPaused" and not is_stale(body):
            return Health(_SUSPENDED, "Its step is paused.")
    return _KRUISE_ROLLOUT(body)


# openkruise.io/rollouts and the API's phases; the first one is that of a rollout without a workload.
_KRUISE_ROLLOUT: Final = by_phase(
    _PHASE, {"Healthy": _HEALTHY, "Disabled": _SUSPENDED}, message=_MESSAGE, otherwise=_PROGRESSING
)


def clone_set(body: Mapping[str, Any]) -> Health:
    """Kruise's CloneSet: as many updated pods as its partition asks for, and all of them ready."""
    if is_true(body, ("spec", "updateStrategy", "paused")):
        return SUSPENDED
    if is_stale(body):
        return UNSEEN
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if not status:
        return UNHEARD
    for kind in ("FailedScale", "FailedUpdate"):
        found = condition(status, kind)
        if found.get("status") == "True":
            return Health(_DEGRADED, trouble_of(found))
    progress = condition(status, "Progressing")
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Health(_DEGRADED, trouble_of(progress))
    wanted = number(spec, "replicas", 1)
    due = number(status, "expectedUpdatedReplicas", 0)
    counts = (("replicas", wanted), ("updatedReplicas", due), ("readyReplicas", wanted))
    for name, least in counts:
        if number(status, name) < least:
            return Health(_PROGRESSING, f"Its {name} are {number(status, name)} of {least}.")
    return WELL


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
        by_conditions(suspended("Paused"), otherwise=WELL),
    ),
    **dict.fromkeys(
        [("kubevirt.io", "KubeVirt"), ("cdi.kubevirt.io", "CDI"), ("hco.kubevirt.io", "HyperConverged")],
        _KUBEVIRT,
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
    # github.com/numaproj/numaplane: what is deployed may not be healthy yet
    **dict.fromkeys(
        [
            ("numaplane.numaproj.io", f"{kind}Rollout")
            for kind in ("ISBService", "MonoVertex", "NumaflowController", "Pipeline")
        ],
        in_turn(
            by_phase(
                _PHASE,
                {"Pending": _PROGRESSING, "Deployed": _HEALTHY, "Failed": _DEGRADED},
                message=_MESSAGE,
            ),
            by_conditions(progressing("ChildResourcesHealthy", status="False"), otherwise=WELL),
        ),
    ),
    ("flagger.app", "Canary"): _CANARY,
    # kserve.github.io: Knative's conditions, but a model that is being loaded is not ready yet
    ("serving.kserve.io", "InferenceService"): AWAITED,
    # openkruise.io/docs
    ("rollouts.kruise.io", "Rollout"): kruise_rollout,
    ("apps.kruise.io", "CloneSet"): clone_set,
    ("apps.kruise.io", "DaemonSet"): apps.daemon_set,
    ("apps.kruise.io", "StatefulSet"): apps.stateful_set,
    ("apps.kruise.io", "BroadcastJob"): by_phase(
        _PHASE,
        {"completed": _HEALTHY, "running": _PROGRESSING, "paused": _SUSPENDED, "failed": _DEGRADED},
    ),
    # nmstate.io/kubernetes-nmstate: Available, Progressing, Degraded, Ignored
    ("nmstate.io", "NodeNetworkConfigurationPolicy"): by_conditions(
        degraded("Degraded", status="True"),
        progressing("Progressing"),
        healthy("Available"),
        healthy("Ignored"),
    ),
}
"""By group and kind."""
