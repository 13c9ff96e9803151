"""The built-in actions by kind, each as its project documents it.

The law: an action that would change nothing is offered as disabled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.actions.creating import create_job, workflow_of_cron, workflow_of_template
from syncline.core.actions.edits import (
    annotates,
    counts,
    edit,
    forgets,
    has,
    lacks,
    removes,
    sets,
    stamps,
    there,
    words,
)
from syncline.core.actions.model import Asked, BuiltIn, Effect
from syncline.core.actions.numa import NUMA
from syncline.core.fields import value_at, with_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body

Kinds = dict[tuple[str, str], tuple[BuiltIn, ...]]

_RESTARTED: Final = "kubectl.kubernetes.io/restartedAt"
_RESTART: Final = BuiltIn("restart", edit(stamps("spec", "template", "metadata", "annotations", _RESTARTED)))
_SCALE: Final = BuiltIn("scale", edit(counts("spec", "replicas", parameter="replicas")), params=("replicas",))


def _flag(on: str, off: str, *path: str) -> tuple[BuiltIn, BuiltIn]:
    """Two actions that set and clear one flag."""
    return (
        BuiltIn(on, edit(sets(*path, value=True)), lacks(*path, value=True)),
        BuiltIn(off, edit(sets(*path, value=False)), has(*path, value=True)),
    )


_SUSPEND: Final = _flag("suspend", "resume", "spec", "suspend")

_WORKLOADS: Final[Kinds] = {
    ("apps", "Deployment"): (_RESTART, _SCALE, *_flag("pause", "resume", "spec", "paused")),
    ("apps", "StatefulSet"): (_RESTART, _SCALE),
    ("apps", "DaemonSet"): (_RESTART,),
    ("batch", "CronJob"): (BuiltIn("create-job", create_job), *_SUSPEND),
    # A deadline that has passed ends the Job and its pods (kubernetes.io, "Job termination and cleanup").
    ("batch", "Job"): (
        *_SUSPEND,
        BuiltIn(
            "terminate",
            edit(sets("spec", "activeDeadlineSeconds", value=1)),
            lambda body: bool(value_at(body, ("status", "active"))) is True,
        ),
    ),
}


def _is_paused(body: Body) -> bool:
    return there("status", "pauseConditions")(body) or has("spec", "paused", value=True)(body)


def _is_moving(body: Body) -> bool:
    current, stable = (value_at(body, ("status", name)) for name in ("currentPodHash", "stableRS"))
    return bool(current != stable)


def _next_step(body: Body, asked: Asked) -> Body:
    del asked
    at: Any = value_at(body, ("status", "currentStepIndex"))
    return with_value(body, ("status", "currentStepIndex"), (at if isinstance(at, int) else 0) + 1)


def _has_next_step(body: Body) -> bool:
    steps: Any = value_at(body, ("spec", "strategy", "canary", "steps"))
    at: Any = value_at(body, ("status", "currentStepIndex"))
    return isinstance(steps, list) and (at if isinstance(at, int) else 0) < len(steps)


# argo-rollouts.readthedocs.io, "Kubectl Plugin": what each of its commands patches.
_ARGO: Final[Kinds] = {
    ("argoproj.io", "Rollout"): (
        BuiltIn("restart", edit(stamps("spec", "restartAt"))),
        BuiltIn("pause", edit(sets("spec", "paused", value=True)), lambda body: not _is_paused(body)),
        BuiltIn(
            "resume",
            edit(sets("spec", "paused", value=False), removes("status", "pauseConditions")),
            _is_paused,
        ),
        BuiltIn("abort", edit(sets("status", "abort", value=True)), _is_moving),
        BuiltIn("retry", edit(sets("status", "abort", value=False)), has("status", "abort", value=True)),
        BuiltIn("promote-full", edit(sets("status", "promoteFull", value=True)), _is_moving),
        BuiltIn("skip-current-step", edit(_next_step), _has_next_step),
    ),
    ("argoproj.io", "AnalysisRun"): (
        BuiltIn(
            "terminate", edit(sets("spec", "terminate", value=True)), lacks("spec", "terminate", value=True)
        ),
    ),
    ("argoproj.io", "Experiment"): (
        BuiltIn(
            "terminate", edit(sets("spec", "terminate", value=True)), lacks("spec", "terminate", value=True)
        ),
    ),
    ("argoproj.io", "CronWorkflow"): (BuiltIn("create-workflow", workflow_of_cron), *_SUSPEND),
    ("argoproj.io", "WorkflowTemplate"): (BuiltIn("create-workflow", workflow_of_template),),
}


def _toggled(body: Body, asked: Asked) -> Effect:
    del asked
    path = ("spec", "syncPolicy", "automated", "enabled")
    automated = value_at(body, path[:-1])
    on = isinstance(automated, dict) and automated.get("enabled") is not False
    return Effect(with_value(body, path, not on))


# fluxcd.io/flux/cmd: reconcile asks by annotation, suspend and resume are one flag.
_RECONCILE: Final = BuiltIn(
    "reconcile", edit(stamps("metadata", "annotations", "reconcile.fluxcd.io/requestedAt"))
)
_FLUX: Final[Kinds] = {
    (f"{group}.toolkit.fluxcd.io", kind): (_RECONCILE, *_SUSPEND)
    for group, kinds in {
        "helm": ("HelmRelease",),
        "kustomize": ("Kustomization",),
        "image": ("ImageRepository", "ImageUpdateAutomation"),
        "source": ("Bucket", "GitRepository", "HelmChart", "HelmRepository", "OCIRepository"),
        "notification": ("Receiver",),
    }.items()
    for kind in kinds
} | {("notification.toolkit.fluxcd.io", kind): _SUSPEND for kind in ("Alert", "Provider")}

# keda.sh/docs, "Pause autoscaling".
_PAUSED: Final = "autoscaling.keda.sh/paused"
_PAUSED_REPLICAS: Final = "autoscaling.keda.sh/paused-replicas"


def _paused_replicas(body: Body, asked: Asked) -> Effect:
    counted = edit(counts("metadata", "annotations", _PAUSED_REPLICAS, parameter="replicas"))(body, asked)
    path = ("metadata", "annotations", _PAUSED_REPLICAS)
    patched = counted.patched or body
    return Effect(with_value(patched, path, str(value_at(patched, path))))


def _is_held(body: Body) -> bool:
    annotations = value_at(body, ("metadata", "annotations"))
    return isinstance(annotations, dict) and bool({_PAUSED, _PAUSED_REPLICAS} & annotations.keys())


_KEDA_PAUSE: Final = BuiltIn(
    "pause", edit(annotates(_PAUSED, "true")), lacks("metadata", "annotations", _PAUSED, value="true")
)
_KEDA_RESUME: Final = BuiltIn("resume", edit(forgets(_PAUSED), forgets(_PAUSED_REPLICAS)), _is_held)

# cloudnative-pg.io/documentation: the annotations and status fields that its kubectl plugin sets.
_HIBERNATION: Final = "cnpg.io/hibernation"


def _promoted(body: Body, asked: Asked) -> Effect:
    instance = words(asked, "instance")
    run = edit(
        sets("status", "targetPrimary", value=instance),
        stamps("status", "targetPrimaryTimestamp"),
        sets("status", "phase", value="Switchover in progress"),
        sets("status", "phaseReason", value=f"Switching over to {instance}"),
    )
    return run(body, asked)


_OTHERS: Final[Kinds] = {
    ("argoproj.io", "Application"): (BuiltIn("toggle-auto-sync", _toggled),),
    # strimzi.io/docs, "Performing a rolling update using a pod management annotation"
    ("core.strimzi.io", "StrimziPodSet"): (
        BuiltIn("rolling-update", edit(annotates("strimzi.io/manual-rolling-update", "true"))),
    ),
    # external-secrets.io: a change of the object makes it reconcile
    ("external-secrets.io", "ExternalSecret"): (
        BuiltIn("refresh", edit(stamps("metadata", "annotations", "force-sync"))),
    ),
    ("external-secrets.io", "PushSecret"): (
        BuiltIn("push", edit(stamps("metadata", "annotations", "force-sync"))),
    ),
    ("k8s.mariadb.com", "MariaDB"): _SUSPEND,
    ("keda.sh", "ScaledJob"): (_KEDA_PAUSE, _KEDA_RESUME),
    ("keda.sh", "ScaledObject"): (
        _KEDA_PAUSE,
        BuiltIn("paused-replicas", _paused_replicas, params=("replicas",)),
        _KEDA_RESUME,
    ),
    ("postgresql.cnpg.io", "Cluster"): (
        BuiltIn("restart", edit(stamps("metadata", "annotations", _RESTARTED))),
        BuiltIn("reload", edit(stamps("metadata", "annotations", "cnpg.io/reloadedAt"))),
        BuiltIn("promote", _promoted, params=("instance",)),
        BuiltIn(
            "suspend",
            edit(annotates(_HIBERNATION, "on")),
            lacks("metadata", "annotations", _HIBERNATION, value="on"),
        ),
        BuiltIn(
            "resume",
            edit(annotates(_HIBERNATION, "off")),
            has("metadata", "annotations", _HIBERNATION, value="on"),
        ),
    ),
    ("promoter.argoproj.io", "PullRequest"): (
        BuiltIn("merge", edit(sets("spec", "state", value="merged")), has("spec", "state", value="open")),
    ),
    ("psmdb.percona.com", "PerconaServerMongoDB"): _flag("pause", "unpause", "spec", "pause"),
}

BUILT_IN: Final[Mapping[tuple[str, str], tuple[BuiltIn, ...]]] = {
    **_WORKLOADS,
    **_ARGO,
    **_FLUX,
    **NUMA,
    **_OTHERS,
}
"""By group and kind."""
