"""Work that ends, and groups of workers: Tekton, Ray, Kubeflow's training, JobSets, Ansible, Pulumi.

The law: work that runs is on its way, work that ended badly is ill, work that is suspended is held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.health.conditions import (
    AWAITED,
    by_conditions,
    by_phase,
    degraded,
    healthy,
    in_turn,
    progressing,
    suspended,
)
from syncline.core.health.status import HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from syncline.core.health.conditions import Rules
    from syncline.core.health.status import Health

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED: Final = HealthStatus.DEGRADED

# tekton.dev/docs/pipelines/pipelineruns, "Monitoring execution status": Unknown is running.
_TEKTON: Final = by_conditions(healthy("Succeeded"), degraded("Succeeded"))

# github.com/kubeflow/trainer, kubeflow.org/v1: a job is Running until it has Succeeded or Failed.
_TRAINING: Final = by_conditions(
    degraded("Failed", status="True"),
    healthy("Succeeded"),
    suspended("Suspended"),
)
_TRAINING_KINDS: Final = ("JAXJob", "MPIJob", "PaddleJob", "PyTorchJob", "TFJob", "XGBoostJob")

# github.com/ray-project/kuberay, ray.io/v1: the deployment's status is Complete with a job that failed, too.
_RAY_JOB: Final = in_turn(
    by_phase(
        ("status", "jobDeploymentStatus"),
        {
            "Complete": _HEALTHY,
            **dict.fromkeys(("Suspending", "Suspended"), _SUSPENDED),
            **dict.fromkeys(("Failed", "ValidationFailed"), _DEGRADED),
        },
        message=("status", "message"),
        otherwise=_PROGRESSING,
    ),
    by_phase(
        ("status", "jobStatus"),
        {"": _HEALTHY, "STOPPED": _SUSPENDED, "FAILED": _DEGRADED},
        message=("status", "message"),
        otherwise=_HEALTHY,
    ),
)
# Provisioned stays True once it was; older operators write a word instead of conditions.
_RAY_CONDITIONS: Final = by_conditions(
    suspended("RayClusterSuspending"),
    suspended("RayClusterSuspended"),
    degraded("ReplicaFailure", status="True"),
    progressing("RayClusterProvisioned", status="False"),
    progressing("HeadPodReady", status="False"),
    healthy("HeadPodReady"),
    held=("spec", "suspend"),
)
_RAY_STATE: Final = by_phase(
    ("status", "state"),
    {"ready": _HEALTHY, "suspended": _SUSPENDED, "failed": _DEGRADED},
    message=("status", "reason"),
    otherwise=_PROGRESSING,
)


def ray_cluster(body: Mapping[str, Any]) -> Health:
    """By its conditions, or where it has none by its state."""
    health = _RAY_CONDITIONS(body)
    return _RAY_STATE(body) if health == _RAY_UNTOLD else health


_RAY_UNTOLD: Final = _RAY_CONDITIONS({})

# github.com/pulumi/pulumi-kubernetes-operator, v1: conditions, and before there were any the last update.
_STACK_CONDITIONS: Final = by_conditions(
    degraded("Stalled", status="True"), progressing("Reconciling"), healthy("Ready")
)
_STACK_UPDATE: Final = by_phase(
    ("status", "lastUpdate", "state"),
    {"succeeded": _HEALTHY, "failed": _DEGRADED},
    message=("status", "lastUpdate", "message"),
    otherwise=_PROGRESSING,
)


def pulumi_stack(body: Mapping[str, Any]) -> Health:
    """By its conditions, or where none of them tells by its last update."""
    health = _STACK_CONDITIONS(body)
    return _STACK_UPDATE(body) if health == _STACK_UNTOLD else health


_STACK_UNTOLD: Final = _STACK_CONDITIONS({})

JOBS: Final[Mapping[tuple[str, str], Rules]] = {
    **dict.fromkeys([("tekton.dev", kind) for kind in ("CustomRun", "PipelineRun", "TaskRun")], _TEKTON),
    **dict.fromkeys([("kubeflow.org", kind) for kind in _TRAINING_KINDS], _TRAINING),
    ("ray.io", "RayJob"): _RAY_JOB,
    ("ray.io", "RayCluster"): ray_cluster,
    ("ray.io", "RayService"): AWAITED,
    ("pulumi.com", "Stack"): pulumi_stack,
    # The states of a job of Ansible's controller (docs.ansible.com).
    ("tower.ansible.com", "AnsibleJob"): by_phase(
        ("status", "ansibleJobResult", "status"),
        {"successful": _HEALTHY, **dict.fromkeys(("failed", "error", "canceled"), _DEGRADED)},
        otherwise=_PROGRESSING,
    ),
    # github.com/openkruise/kruise, v1alpha1: it notes the type of its jobs once it has seen them
    ("apps.kruise.io", "AdvancedCronJob"): by_phase(
        ("status", "type"), {}, held=("spec", "paused"), otherwise=_HEALTHY
    ),
    # github.com/kubernetes-sigs/jobset, v1alpha2
    ("jobset.x-k8s.io", "JobSet"): by_conditions(
        degraded("Failed", status="True"), healthy("Completed"), suspended("Suspended")
    ),
    # github.com/kubernetes-sigs/kueue: what a queue refers to may come later
    ("kueue.x-k8s.io", "ClusterQueue"): by_conditions(
        healthy("Active"),
        suspended("Active", "Stopped", status="False"),
        progressing("Active", status="False"),
    ),
    # github.com/kubernetes-sigs/lws, v1: a group that is not ready makes the whole progress
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): by_conditions(
        progressing("UpdateInProgress"), progressing("Progressing"), healthy("Available")
    ),
}
"""By group and kind."""
