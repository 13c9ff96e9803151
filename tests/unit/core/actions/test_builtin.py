"""Built-in actions: what each makes of an object."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.actions import ActionError, Actions, Asked
from syncline.core.actions.builtin import BUILT_IN
from syncline.core.actions.changes import changes_of, merge_patch
from syncline.core.resource import key_of
from syncline.errors import SynclineError

NOW = "2026-11-25T19:08:42Z"
FLUX = "toolkit.fluxcd.io"
ROLLOUT = "argoproj.io/v1alpha1"


def thing(api_version: str, kind: str, **content: Any) -> dict[str, Any]:
    metadata = {"name": "web", "namespace": "shop", "uid": "1-2-3", **content.pop("metadata", {})}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def patch_of(body: dict[str, Any], action: str, **params: str) -> dict[str, Any]:
    effect = Actions().run(body, action, Asked(params, NOW))
    assert effect.patched is not None
    assert effect.created == ()
    return merge_patch(body, effect.patched)


def annotated(name: str, value: Any) -> dict[str, Any]:
    return {"metadata": {"annotations": {name: value}}}


RESTARTED = {"kubectl.kubernetes.io/restartedAt": NOW}
TEMPLATE = {"spec": {"template": {"metadata": {"annotations": RESTARTED}}}}
PAUSED = {"status": {"pauseConditions": [{"reason": "CanaryPauseStep"}]}}

CASES: list[tuple[dict[str, Any], str, dict[str, str], dict[str, Any]]] = [
    (thing("apps/v1", "Deployment"), "restart", {}, TEMPLATE),
    (thing("apps/v1", "StatefulSet"), "restart", {}, TEMPLATE),
    (thing("apps/v1", "DaemonSet"), "restart", {}, TEMPLATE),
    (thing("apps/v1", "Deployment"), "scale", {"replicas": "4"}, {"spec": {"replicas": 4}}),
    (thing("apps/v1", "StatefulSet"), "scale", {"replicas": "0"}, {"spec": {"replicas": 0}}),
    (thing("apps/v1", "Deployment"), "pause", {}, {"spec": {"paused": True}}),
    (thing("apps/v1", "Deployment", spec={"paused": True}), "resume", {}, {"spec": {"paused": False}}),
    (thing("batch/v1", "CronJob"), "suspend", {}, {"spec": {"suspend": True}}),
    (thing("batch/v1", "Job", spec={"suspend": True}), "resume", {}, {"spec": {"suspend": False}}),
    (thing("batch/v1", "Job", status={"active": 1}), "terminate", {}, {"spec": {"activeDeadlineSeconds": 1}}),
    (thing(ROLLOUT, "Rollout"), "restart", {}, {"spec": {"restartAt": NOW}}),
    (thing(ROLLOUT, "Rollout"), "pause", {}, {"spec": {"paused": True}}),
    (
        thing(ROLLOUT, "Rollout", **PAUSED),
        "resume",
        {},
        {"spec": {"paused": False}, "status": {"pauseConditions": None}},
    ),
    (thing(ROLLOUT, "Rollout", status={"abort": True}), "retry", {}, {"status": {"abort": False}}),
    (
        thing(ROLLOUT, "Rollout", status={"currentPodHash": "b", "stableRS": "a"}),
        "abort",
        {},
        {"status": {"abort": True}},
    ),
    (
        thing(ROLLOUT, "Rollout", status={"currentPodHash": "b", "stableRS": "a"}),
        *("promote-full", {}, {"status": {"promoteFull": True}}),
    ),
    (
        thing(
            ROLLOUT,
            "Rollout",
            spec={"strategy": {"canary": {"steps": [1, 2]}}},
            status={"currentStepIndex": 1},
        ),
        *("skip-current-step", {}, {"status": {"currentStepIndex": 2}}),
    ),
    (thing(ROLLOUT, "AnalysisRun"), "terminate", {}, {"spec": {"terminate": True}}),
    (
        thing(ROLLOUT, "Application", spec={"syncPolicy": {"automated": {"prune": True}}}),
        *("toggle-auto-sync", {}, {"spec": {"syncPolicy": {"automated": {"enabled": False}}}}),
    ),
    (
        thing(f"helm.{FLUX}/v2", "HelmRelease"),
        *("reconcile", {}, annotated("reconcile.fluxcd.io/requestedAt", NOW)),
    ),
    (
        thing(f"notification.{FLUX}/v1", "Alert", spec={"suspend": True}),
        "resume",
        {},
        {"spec": {"suspend": False}},
    ),
    (thing("external-secrets.io/v1", "ExternalSecret"), "refresh", {}, annotated("force-sync", NOW)),
    (thing("external-secrets.io/v1", "PushSecret"), "push", {}, annotated("force-sync", NOW)),
    (thing("keda.sh/v1alpha1", "ScaledObject"), "pause", {}, annotated("autoscaling.keda.sh/paused", "true")),
    (
        thing("keda.sh/v1alpha1", "ScaledObject"),
        *("paused-replicas", {"replicas": "2"}, annotated("autoscaling.keda.sh/paused-replicas", "2")),
    ),
    (
        thing(
            "keda.sh/v1alpha1", "ScaledJob", metadata={"annotations": {"autoscaling.keda.sh/paused": "true"}}
        ),
        *("resume", {}, annotated("autoscaling.keda.sh/paused", None)),
    ),
    (thing("postgresql.cnpg.io/v1", "Cluster"), "suspend", {}, annotated("cnpg.io/hibernation", "on")),
    (
        thing("postgresql.cnpg.io/v1", "Cluster"),
        "promote",
        {"instance": "web-2"},
        {
            "status": {
                "targetPrimary": "web-2",
                "targetPrimaryTimestamp": NOW,
                "phase": "Switchover in progress",
                "phaseReason": "Switching over to web-2",
            }
        },
    ),
    (thing("k8s.mariadb.com/v1alpha1", "MariaDB"), "suspend", {}, {"spec": {"suspend": True}}),
    (
        thing("core.strimzi.io/v1beta2", "StrimziPodSet"),
        *("rolling-update", {}, annotated("strimzi.io/manual-rolling-update", "true")),
    ),
]


FLOW, PLANE = "numaflow.numaproj.io", "numaplane.numaproj.io"
ON_TRIAL = {"metadata": {"labels": {f"{PLANE}/upgrade-state": "in-progress"}}}
MANAGED = {"metadata": {"labels": {f"{PLANE}/parent-rollout-name": "web"}}}
PAUSED_PHASE = {"spec": {"lifecycle": {"desiredPhase": "Paused"}}}
RUNNING = {
    "spec": {"lifecycle": {"desiredPhase": "Running"}},
    "metadata": {"annotations": {f"{FLOW}/resume-strategy": "slow"}},
}
DRAINING = {"status": {"upgradeInProgress": "PipelinePauseAndDrain"}}
CASES += [
    (
        thing(f"{FLOW}/v1alpha1", kind, **ON_TRIAL),
        *("force-promote", {}, {"metadata": {"labels": {f"{PLANE}/force-promote": "true"}}}),
    )
    for kind in ("InterStepBufferService", "MonoVertex", "Pipeline")
]
CASES += [
    (thing(f"{FLOW}/v1alpha1", "Pipeline"), "pause", {}, PAUSED_PHASE),
    (thing(f"{FLOW}/v1alpha1", "MonoVertex", **PAUSED_PHASE), "unpause-gradual", {}, RUNNING),
    (
        thing(f"{FLOW}/v1alpha1", "Pipeline", **MANAGED),
        *("delete", {}, annotated(f"{PLANE}/marked-for-deletion", "true")),
    ),
    (thing(f"{PLANE}/v1alpha1", "PipelineRollout"), "pause", {}, {"spec": {"pipeline": PAUSED_PHASE}}),
    (
        thing(f"{PLANE}/v1alpha1", "MonoVertexRollout", spec={"monoVertex": PAUSED_PHASE}),
        *("unpause-gradual", {}, {"spec": {"monoVertex": RUNNING}}),
    ),
    (
        thing(f"{PLANE}/v1alpha1", "PipelineRollout", **DRAINING),
        *("allow-data-loss", {}, annotated(f"{PLANE}/allow-data-loss", "true")),
    ),
    (
        thing(f"{PLANE}/v1alpha1", "PipelineRollout", **annotated(f"{PLANE}/allow-data-loss", "true")),
        *("disallow-data-loss", {}, annotated(f"{PLANE}/allow-data-loss", "false")),
    ),
]

SUSPENDED = "resume suspend"
FLUX_KINDS = (
    "helm/HelmRelease kustomize/Kustomization image/ImageRepository image/ImageUpdateAutomation "
    "source/Bucket source/GitRepository source/HelmChart source/HelmRepository source/OCIRepository "
    "notification/Receiver"
)
ARGO_CDS: dict[str, str] = {
    "apps/Deployment": "pause restart resume scale",
    "apps/StatefulSet": "restart scale",
    "apps/DaemonSet": "restart",
    "batch/CronJob": "create-job resume suspend",
    "batch/Job": "resume suspend terminate",
    "argoproj.io/Rollout": "abort pause promote-full restart resume retry skip-current-step",
    "argoproj.io/AnalysisRun": "terminate",
    "argoproj.io/Application": "toggle-auto-sync",
    "argoproj.io/CronWorkflow": "create-workflow",
    "argoproj.io/WorkflowTemplate": "create-workflow",
    "core.strimzi.io/StrimziPodSet": "rolling-update",
    "external-secrets.io/ExternalSecret": "refresh",
    "external-secrets.io/PushSecret": "push",
    **{name.replace("/", f".{FLUX}/"): f"reconcile {SUSPENDED}" for name in FLUX_KINDS.split()},
    f"notification.{FLUX}/Alert": SUSPENDED,
    f"notification.{FLUX}/Provider": SUSPENDED,
    "k8s.mariadb.com/MariaDB": SUSPENDED,
    "keda.sh/ScaledJob": "pause resume",
    "keda.sh/ScaledObject": "pause paused-replicas resume",
    f"{FLOW}/InterStepBufferService": "force-promote",
    f"{FLOW}/MonoVertex": "force-promote pause unpause-fast unpause-gradual",
    f"{FLOW}/Pipeline": "force-promote pause unpause-fast unpause-gradual delete",
    f"{PLANE}/MonoVertexRollout": "pause unpause-fast unpause-gradual",
    f"{PLANE}/PipelineRollout": "pause unpause-fast unpause-gradual allow-data-loss disallow-data-loss",
    "postgresql.cnpg.io/Cluster": "promote reload restart resume suspend",
    "promoter.argoproj.io/PullRequest": "merge",
    "psmdb.percona.com/PerconaServerMongoDB": "unpause",
}


@pytest.mark.parametrize(("kind", "names"), ARGO_CDS.items(), ids=ARGO_CDS)
def test_what_argo_cd_offers_for_a_kind_is_offered(kind: str, names: str) -> None:
    group, _, name = kind.partition("/")

    offered = {action.name for action in BUILT_IN[group, name]}

    assert offered >= set(names.split())


@pytest.mark.parametrize(("body", "action", "params", "patch"), CASES)
def test_an_action_changes_this_and_nothing_else(
    body: dict[str, Any], action: str, params: dict[str, str], patch: dict[str, Any]
) -> None:
    before = repr(body)

    assert patch_of(body, action, **params) == patch
    assert repr(body) == before, "the object itself stays as it is"


def test_the_job_of_a_cron_job_has_its_template_its_owner_and_the_time_in_its_name() -> None:
    template = {
        "metadata": {"labels": {"a": "b"}},
        "spec": {"template": {"spec": {"volumes": [{"emptyDir": {}}]}}},
    }
    body = thing("batch/v1", "CronJob", spec={"jobTemplate": template})

    effect = Actions().run(body, "create-job", Asked({}, NOW))
    (change,) = changes_of(effect, body, key_of(body))

    made = change.after or {}
    assert made["spec"] == template["spec"]
    assert made["metadata"]["name"] == "web-2611251908"
    assert made["metadata"]["labels"] == {"a": "b"}
    assert [owner["uid"] for owner in made["metadata"]["ownerReferences"]] == ["1-2-3"]


def test_the_name_of_a_job_fits_a_label_however_long_its_cron_job_is_called() -> None:
    body = thing("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"a": 1}}}, metadata={"name": "x" * 63})

    (made,) = Actions().run(body, "create-job", Asked({}, NOW)).created

    assert len(made["metadata"]["name"]) == 63


def test_workflows_are_made_of_their_crons_and_templates() -> None:
    cron = thing(ROLLOUT, "CronWorkflow", spec={"workflowSpec": {"entrypoint": "main"}})
    (made,) = Actions().run(cron, "create-workflow", Asked({}, NOW)).created
    assert made["spec"] == {"entrypoint": "main"}

    template = thing(ROLLOUT, "WorkflowTemplate", spec={"entrypoint": "main"})
    (made,) = Actions().run(template, "create-workflow", Asked({}, NOW)).created
    assert made["spec"] == {"workflowTemplateRef": {"name": "web"}}


@pytest.mark.parametrize(
    ("body", "action", "sentence"),
    [
        (thing("apps/v1", "Deployment"), "resume", "makes no sense now"),
        (thing("apps/v1", "Deployment"), "restat", "did you mean restart?"),
        (thing("v1", "ConfigMap"), "restart", "it has none"),
        (thing("batch/v1", "CronJob"), "create-job", "no jobTemplate"),
        (thing("postgresql.cnpg.io/v1", "Cluster"), "promote", "needs the parameter instance"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(body: dict[str, Any], action: str, sentence: str) -> None:
    with pytest.raises(ActionError, match=sentence):
        Actions().run(body, action, Asked({}, NOW))


odd: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=3)
    | st.just([])
    | st.just({})
    | st.just({"a": 1})
)


@given(
    kind=st.sampled_from(sorted(BUILT_IN)),
    spec=st.dictionaries(st.sampled_from(["paused", "suspend", "strategy", "jobTemplate"]), odd) | odd,
    status=st.dictionaries(st.sampled_from(["active", "abort", "currentStepIndex"]), odd) | odd,
)
def test_whatever_an_object_holds_its_actions_are_told_and_run_or_refused(
    kind: tuple[str, str], spec: Any, status: Any
) -> None:
    body = thing(f"{kind[0]}/v1", kind[1], spec=spec, status=status)
    known = Actions()

    for offer in known.offers(body, NOW):
        try:
            effect = known.run(body, offer.name, Asked(dict.fromkeys(offer.params, "2"), NOW))
        except SynclineError:
            continue
        for change in changes_of(effect, body, key_of(body)):
            assert change.key.namespace == "shop"


json_values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("abc", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)
bodies = st.dictionaries(st.text("abc", max_size=2), json_values, max_size=4)


def merged(body: Any, patch: Any) -> Any:
    """RFC 7386, by its own pseudo-code."""
    if not isinstance(patch, dict):
        return patch
    result = dict(body) if isinstance(body, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


@given(before=bodies, after=bodies)
def test_a_merge_patch_turns_one_into_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert merged(before, merge_patch(before, after)) == after
    assert merge_patch(after, after) == {}
