"""Custom resources of well-known projects: documented states and what they mean."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncline.core.health import assess
from syncline.core.health.pack import GROUPS, PACK
from tables.health import D, H, P, S, U, conditions, spec, status

CM, ESO, STRIMZI, FLUX = (
    "cert-manager.io/v1",
    "external-secrets.io/v1",
    "kafka.strimzi.io/v1beta2",
    "toolkit.fluxcd.io",
)
GATEWAY, CAPI, ARGO = "gateway.networking.k8s.io/v1", "cluster.x-k8s.io/v1beta1", "argoproj.io/v1alpha1"
PROMETHEUS = "monitoring.coreos.com/v1"
KUSTOMIZE, PKG = f"kustomize.{FLUX}/v1", "pkg.crossplane.io/v1"


def failing(kind: str) -> dict[str, Any]:
    return status(conditions=[{"type": kind, "status": "False", "severity": "Error"}])


def parents(*told: str) -> dict[str, Any]:
    return status(parents=[{"parentRef": {"name": "gw"}, **conditions(*told)["status"]}])


def referring() -> dict[str, Any]:
    """The template of another workload, of generation 5."""
    annotations = {"rollout.argoproj.io/workload-generation": "5"}
    return {
        "metadata": {"annotations": annotations},
        **spec(workloadRef={"kind": "Deployment", "name": "web"}),
    }


def listener(*told: str) -> dict[str, Any]:
    found = conditions("Accepted=True", "Programmed=True")["status"]
    return {"status": {**found, "listeners": [{"name": "https", **conditions(*told)["status"]}]}}


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    (CM, "Certificate", {}, P),
    (CM, "Certificate", conditions("Ready=True"), H),
    (CM, "Certificate", conditions("Ready=True", "Issuing=True"), H),
    (CM, "Certificate", conditions("Ready=False:DoesNotExist", "Issuing=True"), P),
    (CM, "Certificate", conditions("Ready=False:DoesNotExist", "Issuing=False:Failed"), D),
    (CM, "Certificate", conditions("Ready=False:Expired"), D),
    (CM, "ClusterIssuer", conditions("Ready=False:ErrRegister"), D),
    (CM, "Issuer", conditions("Ready=True"), H),
    (CM, "CertificateRequest", conditions("Denied=True", "Ready=False:Denied"), D),
    (CM, "CertificateRequest", conditions("Approved=True", "Ready=False:Pending"), P),
    ("acme.cert-manager.io/v1", "Order", status(state="valid"), H),
    ("acme.cert-manager.io/v1", "Order", status(state="pending"), P),
    ("acme.cert-manager.io/v1", "Challenge", status(state="invalid", reason="wrong key"), D),
    ("acme.cert-manager.io/v1", "Challenge", status(state="odd"), U),
    ("bitnami.com/v1alpha1", "SealedSecret", {}, P),
    ("bitnami.com/v1alpha1", "SealedSecret", conditions("Synced=True"), H),
    ("bitnami.com/v1alpha1", "SealedSecret", conditions("Synced=False"), D),
    (ESO, "ExternalSecret", conditions("Ready=True:SecretSynced"), H),
    (ESO, "ExternalSecret", conditions("Ready=False:SecretSyncedError"), D),
    (ESO, "SecretStore", {}, P),
    (ESO, "ClusterSecretStore", conditions("Ready=False:InvalidProviderConfig"), D),
    (ESO, "PushSecret", conditions("Ready=True:Synced"), H),
    (ESO, "ClusterExternalSecret", conditions("PartiallyReady=True"), D),
    ("kubernetes-client.io/v1", "ExternalSecret", status(status="SUCCESS"), H),
    ("kubernetes-client.io/v1", "ExternalSecret", status(status="ERROR, no access"), D),
    ("vault.banzaicloud.com/v1alpha1", "Vault", conditions("Healthy=True"), H),
    ("vault.banzaicloud.com/v1alpha1", "Vault", conditions("Healthy=False"), D),
    ("secrets-store.csi.x-k8s.io/v1", "SecretProviderClass", {}, H),
    ("mumoshu.github.io/v1alpha1", "AWSSecret", {}, H),
    (STRIMZI, "Kafka", {}, P),
    (STRIMZI, "Kafka", conditions("Ready=True"), H),
    (STRIMZI, "Kafka", conditions("NotReady=True:Creating"), P),
    (STRIMZI, "KafkaTopic", conditions("NotReady=True:KafkaError"), D),
    (STRIMZI, "KafkaTopic", conditions("Ready=False:NotSupported"), D),
    (STRIMZI, "Kafka", conditions("Warning=True", "Ready=True"), H),
    (STRIMZI, "KafkaConnect", conditions("ReconciliationPaused=True"), S),
    (STRIMZI, "KafkaRebalance", conditions("ProposalReady=True"), S),
    (STRIMZI, "KafkaRebalance", conditions("Rebalancing=True"), P),
    ("core.strimzi.io/v1beta2", "StrimziPodSet", status(pods=3, currentPods=3, readyPods=2), P),
    ("core.strimzi.io/v1beta2", "StrimziPodSet", status(pods=3, currentPods=3, readyPods=3), H),
    (ARGO, "Rollout", status(phase="Paused", message="CanaryPauseStep"), S),
    (ARGO, "Rollout", status(phase="Healthy"), H),
    (ARGO, "Rollout", status(phase="Degraded"), D),
    (ARGO, "Rollout", {"metadata": {"generation": 3}, **status(phase="Healthy", observedGeneration="2")}, P),
    (ARGO, "Rollout", {"metadata": {"generation": 3}, **status(phase="Healthy", observedGeneration="3")}, H),
    (ARGO, "Rollout", {"metadata": {"generation": 3}, **status(phase="Healthy")}, P),
    (
        ARGO,
        "Rollout",
        {"metadata": {"generation": 3}, **status(phase="Paused", observedGeneration="7d66d8")},
        S,
    ),
    (ARGO, "Rollout", status(phase="Dreaming"), U),
    (ARGO, "Rollout", {**referring(), **status(phase="Healthy", workloadObservedGeneration="4")}, P),
    (ARGO, "Rollout", {**referring(), **status(phase="Healthy", workloadObservedGeneration="5")}, H),
    (ARGO, "Rollout", status(pauseConditions=[{"reason": "CanaryPauseStep"}]), S),
    (ARGO, "Rollout", conditions("InvalidSpec=True"), D),
    (ARGO, "Rollout", conditions("Progressing=False:RolloutAborted"), D),
    (ARGO, "Rollout", {**spec(paused=True), **status(replicas=1)}, S),
    (ARGO, "Rollout", conditions("Progressing=True:NewReplicaSetAvailable"), H),
    (ARGO, "ApplicationSet", conditions("ErrorOccurred=False", "ResourcesUpToDate=True"), H),
    (ARGO, "ApplicationSet", conditions("ResourcesUpToDate=True", "ErrorOccurred=True"), D),
    (ARGO, "ApplicationSet", conditions("RolloutProgressing=True", "ResourcesUpToDate=False"), D),
    (ARGO, "ApplicationSet", conditions("RolloutProgressing=False", "ResourcesUpToDate=True"), H),
    (ARGO, "ApplicationSet", {}, P),
    (ARGO, "ApplicationSet", conditions("ErrorOccurred=True"), D),
    (ARGO, "ApplicationSet", conditions("RolloutProgressing=True", "ResourcesUpToDate=True"), P),
    (ARGO, "AnalysisRun", status(phase="Successful"), H),
    (ARGO, "AnalysisRun", status(phase="Inconclusive"), U),
    (ARGO, "CronWorkflow", {}, H),
    (ARGO, "CronWorkflow", conditions("SubmissionError=True"), D),
    (ARGO, "CronWorkflow", spec(suspend=True), S),
    (ARGO, "EventBus", conditions("Configured=True", "Deployed=True"), H),
    (ARGO, "Sensor", conditions("DependenciesProvided=True", "TriggersProvided=False", "Deployed=True"), D),
    (ARGO, "EventSource", conditions("SourcesProvided=True"), P),
    (KUSTOMIZE, "Kustomization", conditions("Ready=True"), H),
    (KUSTOMIZE, "Kustomization", conditions("Ready=Unknown", "Reconciling=True"), P),
    (KUSTOMIZE, "Kustomization", conditions("Ready=False:DependencyNotReady"), P),
    (KUSTOMIZE, "Kustomization", conditions("Ready=False:BuildFailed"), D),
    (KUSTOMIZE, "Kustomization", {**spec(suspend=True), **conditions("Ready=True")}, S),
    (f"helm.{FLUX}/v2", "HelmRelease", conditions("Stalled=True", "Ready=False"), D),
    (f"source.{FLUX}/v1", "HelmRepository", {}, H),
    (f"source.{FLUX}/v1", "GitRepository", {}, P),
    (f"notification.{FLUX}/v1beta3", "Alert", spec(suspend=True), S),
    ("keda.sh/v1alpha1", "ScaledObject", conditions("Ready=True", "Paused=True"), S),
    ("keda.sh/v1alpha1", "ScaledObject", conditions("Ready=True", "Fallback=True"), D),
    ("keda.sh/v1alpha1", "ScaledJob", conditions("Ready=True", "Active=False"), H),
    ("keda.sh/v1alpha1", "TriggerAuthentication", {}, H),
    ("serving.knative.dev/v1", "Service", conditions("Ready=Unknown:RevisionMissing"), P),
    ("serving.knative.dev/v1", "Revision", conditions("Ready=False:ExitCode1"), D),
    ("eventing.knative.dev/v1", "Broker", conditions("Ready=True"), H),
    (PKG, "Provider", conditions("Installed=True", "Healthy=True"), H),
    (PKG, "Provider", conditions("Installed=True", "Healthy=False"), D),
    (PKG, "Function", conditions("Installed=False:UnpackingPackage"), P),
    ("s3.aws.upbound.io/v1beta1", "Bucket", conditions("Synced=True", "Ready=True"), H),
    ("s3.aws.upbound.io/v1beta1", "Bucket", conditions("Synced=False:ReconcileError", "Ready=True"), D),
    ("s3.aws.upbound.io/v1beta1", "Bucket", conditions("Synced=True", "Ready=False:Creating"), P),
    ("ec2.aws.crossplane.io/v1", "VPC", conditions("Synced=False:ReconcilePaused", "Ready=True"), S),
    ("aws.upbound.io/v1beta1", "ProviderConfig", {}, H),
    ("apiextensions.crossplane.io/v1", "CompositeResourceDefinition", conditions("Established=True"), H),
    (CAPI, "Cluster", {**spec(paused=True)}, S),
    (CAPI, "Cluster", status(phase="Provisioning"), P),
    (CAPI, "Cluster", {"status": {"phase": "Provisioned", **conditions("Ready=True")["status"]}}, H),
    (CAPI, "Cluster", {"status": {"phase": "Provisioned", **conditions("Ready=False")["status"]}}, P),
    (CAPI, "Machine", status(phase="Failed", failureMessage="no quota"), D),
    (CAPI, "Machine", status(phase="Provisioned"), P),
    (CAPI, "Machine", status(phase="Running"), H),
    (
        CAPI,
        "Machine",
        {"status": {"phase": "Running", **conditions("Available=True", "Ready=False")["status"]}},
        P,
    ),
    (f"controlplane.{CAPI}", "KubeadmControlPlane", conditions("Available=True", "Ready=False"), P),
    (f"controlplane.{CAPI}", "KubeadmControlPlane", conditions("Available=True", "Ready=True"), H),
    (f"controlplane.{CAPI}", "KubeadmControlPlane", failing("Ready"), D),
    (f"controlplane.{CAPI}", "KubeadmControlPlane", failing("Available"), D),
    (
        CAPI,
        "MachineDeployment",
        {"status": {"phase": "Running", **conditions("Available=True")["status"]}},
        H,
    ),
    (CAPI, "MachineDeployment", status(phase="ScalingUp"), P),
    (CAPI, "MachineHealthCheck", conditions("RemediationAllowed=False"), D),
    ("networking.istio.io/v1", "VirtualService", {}, H),
    ("networking.istio.io/v1", "VirtualService", conditions("Reconciled=False"), P),
    (
        "networking.istio.io/v1",
        "Gateway",
        status(validationMessages=[{"level": "ERROR", "type": {"code": "IST0101"}}]),
        D,
    ),
    ("install.istio.io/v1alpha1", "IstioOperator", status(status="RECONCILING"), P),
    (GATEWAY, "GatewayClass", conditions("Accepted=Unknown:Pending"), P),
    (GATEWAY, "GatewayClass", conditions("Accepted=False:InvalidParameters"), D),
    (GATEWAY, "Gateway", conditions("Accepted=True", "Programmed=True"), H),
    (GATEWAY, "Gateway", conditions("Accepted=True", "Programmed=False:Pending"), P),
    (GATEWAY, "Gateway", conditions("Accepted=True", "Programmed=False:AddressNotAssigned"), P),
    (GATEWAY, "Gateway", conditions("Accepted=True", "Programmed=False:NoResources"), P),
    (GATEWAY, "Gateway", conditions("Accepted=True", "Programmed=False:Invalid"), D),
    (GATEWAY, "Gateway", conditions("Accepted=False:AddressNotAssigned"), D),
    (GATEWAY, "Gateway", conditions("Accepted=Unknown:Pending"), P),
    (GATEWAY, "Gateway", conditions("Accepted=False:Invalid"), D),
    (GATEWAY, "Gateway", listener("ResolvedRefs=False:InvalidCertificateRef"), D),
    (GATEWAY, "Gateway", listener("Accepted=True", "Conflicted=False"), H),
    (GATEWAY, "HTTPRoute", {}, P),
    (GATEWAY, "HTTPRoute", parents("Accepted=True", "ResolvedRefs=True"), H),
    (GATEWAY, "HTTPRoute", parents("Accepted=True", "ResolvedRefs=False:BackendNotFound"), D),
    (GATEWAY, "GRPCRoute", parents("Accepted=False:Pending"), P),
    (GATEWAY, "HTTPRoute", parents("Accepted=True", "PartiallyInvalid=True"), D),
    (GATEWAY, "HTTPRoute", status(parents=[]), P),
    (GATEWAY, "BackendTLSPolicy", status(ancestors=[conditions("Accepted=False:Invalid")["status"]]), D),
    ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", status(readyToUse=True), H),
    ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", status(error={"message": "no space"}), D),
    ("snapshot.storage.k8s.io/v1", "VolumeSnapshot", status(readyToUse=False), P),
    (PROMETHEUS, "Prometheus", {}, P),
    (PROMETHEUS, "Prometheus", conditions("Available=True", "Reconciled=True"), H),
    (PROMETHEUS, "Alertmanager", conditions("Available=False:NoPodReady", "Reconciled=True"), P),
    (PROMETHEUS, "Prometheus", conditions("Available=Degraded:SomePodsNotReady", "Reconciled=True"), P),
    (PROMETHEUS, "Prometheus", conditions("Available=False:Odd", "Reconciled=True"), D),
    (PROMETHEUS, "Prometheus", conditions("Available=True", "Reconciled=False"), D),
    (PROMETHEUS, "Prometheus", {**spec(paused=True), **conditions("Available=True")}, S),
    # nobody's kind in particular, by convention
    ("shop.example.com/v1", "Widget", conditions("Ready=True"), H),
    ("shop.example.com/v1", "Widget", conditions("Ready=False"), P),
    ("shop.example.com/v1", "Widget", conditions("Ready=True", "Stalled=True"), D),
    ("shop.example.com/v1", "Widget", conditions("Ready=True", "Reconciling=True"), P),
    ("shop.example.com/v1", "Widget", {"metadata": {"generation": 2}, **status(observedGeneration=1)}, P),
]


@pytest.mark.parametrize(("api_version", "kind", "content", "label"), CASES)
def test_a_documented_state_means(api_version: str, kind: str, content: dict[str, Any], label: str) -> None:
    health = assess({"apiVersion": api_version, "kind": kind, **content})

    assert health is not None
    assert health.status.label == label
    assert health.message or label == H, "what is not well says why"


NO_GENERATION = {
    *(
        "SecretProviderClass",
        "SecretProviderClassPodStatus",
        "AWSSecret",
        "TriggerAuthentication",
        "Composition",
    ),
    *("ClusterTriggerAuthentication", "CompositionRevision", "ReferenceGrant"),
    *("BuildConfig", "ClusterImageCatalog", "ImageCatalog"),
}
"""Kinds that only hold settings."""


@pytest.mark.parametrize("kind", sorted(each for each in PACK if each[1] not in NO_GENERATION))
def test_what_was_said_of_an_older_generation_is_not_said_of_this_one(kind: tuple[str, str]) -> None:
    told = [
        {"type": word, "status": "True", "observedGeneration": 1}
        for word in ("Ready", "Accepted", "Programmed", "Available", "Healthy", "Synced", "Installed")
    ]
    metadata = {"generation": 2}
    body = {"apiVersion": f"{kind[0]}/v1", "kind": kind[1], "metadata": metadata}

    health = assess({**body, "status": {"observedGeneration": 1, "conditions": told}})

    assert health is not None
    assert health.status.label == P


@pytest.mark.parametrize(
    ("api_version", "kind", "content"),
    [
        ("v1", "ConfigMap", {}),
        ("v1", "Node", conditions("Ready=False")),
        ("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", conditions("Ready=False")),
        ("shop.example.com/v1", "Widget", {}),
        ("shop.example.com/v1", "Widget", {"status": {}}),
        ("shop.example.com/v1", "Widget", conditions("Painted=False")),
        ("shop.example.com/v1", "Widget", {"status": "fine"}),
        ("argoproj.io/v1alpha1", "Application", status(health={"status": "Degraded"})),
    ],
)
def test_nothing_is_known_of_what_says_nothing(api_version: str, kind: str, content: dict[str, Any]) -> None:
    assert assess({"apiVersion": api_version, "kind": kind, **content}) is None


words = st.sampled_from(
    [
        *("Ready", "Synced", "True", "False", "Unknown", "Accepted", "phase", "state", "Healthy"),
        *("Provisioned", "Failed", "", "1", "99999999999999999999999", "Pending", "Reconciling", "ERROR"),
    ]
)
odd: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | words | st.lists(words, max_size=2) | st.just({})
)
condition = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("type", "status", "reason", "message", "observedGeneration", "severity"), odd)
)
listed = st.lists(condition | odd, max_size=3) | odd
FIELDS = (
    *("phase", "state", "status", "observedGeneration", "pods", "readyPods", "error", "readyToUse"),
    *("health", "robustness", "currentState", "healthStatus", "applied", "healthy", "stage", "ceph"),
    *("stageStatus", "printableStatus", "updateStatus", "compliant", "replicas", "updatedReplicas"),
    *("lifecycleState", "applicationState", "lastOperation", "opsManager", "message", "reason"),
    *("statuses", "scale", "version", "canaryStatus", "jobDeploymentStatus", "finished", "appState"),
)
statuses = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(FIELDS, odd),
        "conditions": listed,
        "listeners": st.lists(st.fixed_dictionaries({"name": odd, "conditions": listed}), max_size=2) | odd,
        "parents": st.lists(st.fixed_dictionaries({"conditions": listed}), max_size=2) | odd,
        "validationMessages": st.lists(st.fixed_dictionaries({"level": odd, "type": odd}), max_size=2) | odd,
        **dict.fromkeys(("pauseConditions", "instances", "aggregatedStatus"), listed),
        "ingress": st.lists(st.fixed_dictionaries({"conditions": listed}), max_size=2) | odd,
    },
)
KINDS = [
    *PACK,
    *((group, "Thing") for group in GROUPS),
    ("x.upbound.io", "Thing"),
    ("x.services.k8s.aws", "Thing"),
    ("x.cnrm.cloud.google.com", "Thing"),
    ("shop.example.com", "Thing"),
]


@given(
    kind=st.sampled_from(KINDS),
    found=statuses | odd,
    metadata=st.fixed_dictionaries({}, optional={"generation": odd, "annotations": odd}) | odd,
    wanted=st.dictionaries(st.sampled_from(["suspend", "paused", "workloadRef"]), odd, max_size=3) | odd,
)
@settings(max_examples=500)
def test_whatever_a_custom_resource_holds_there_is_an_answer(
    kind: tuple[str, str], found: Any, metadata: Any, wanted: Any
) -> None:
    body = {
        "apiVersion": f"{kind[0]}/v1",
        "kind": kind[1],
        "metadata": metadata,
        "spec": wanted,
        "status": found,
    }

    health = assess(body)

    assert health is not None or kind == ("shop.example.com", "Thing")
    assert health is None or health.message or health.status.label == H, "what is not well says why"
