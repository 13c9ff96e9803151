"""The health of custom resources of well-known projects, from each project's own documentation.

The law: each project stands in one place, and a kind that only holds settings is well when it is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.health import argo, clusters, gateway
from syncline.core.health.conditions import (
    by_conditions,
    by_phase,
    degraded,
    healthy,
    progressing,
    static,
    suspended,
)
from syncline.core.health.databases import DATABASES
from syncline.core.health.fleets import FLEETS
from syncline.core.health.jobs import JOBS
from syncline.core.health.openshift import OPENSHIFT
from syncline.core.health.runtimes import RUNTIMES
from syncline.core.health.services import (
    ACK,
    AZURE_GROUPS,
    CONFIG_CONNECTOR,
    SERVICES,
    VICTORIA_SETTINGS,
    azure,
)
from syncline.core.health.status import Health, HealthStatus
from syncline.core.health.storage import ROOK, STORAGE
from syncline.core.health.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED, _UNKNOWN = HealthStatus.DEGRADED, HealthStatus.UNKNOWN

READY: Final = by_conditions(healthy("Ready"), degraded("Ready"))
"""Ready sums up, and False is final until something changes."""

# cert-manager.io/docs/usage/certificate, /docs/reference/api-docs (CertificateConditionType, State).
_CERT_MANAGER: Final[Mapping[str, Rules]] = {
    "Certificate": by_conditions(
        healthy("Ready"),
        progressing("Issuing"),
        degraded("Issuing", "Failed", "Denied", "InvalidRequest"),
        degraded("Ready", "Expired"),
    ),
    "Issuer": READY,
    "ClusterIssuer": READY,
    "CertificateRequest": by_conditions(
        degraded("Denied", status="True"),
        degraded("InvalidRequest", status="True"),
        healthy("Ready"),
        degraded("Ready", "Failed", "Denied"),
    ),
}
_ACME: Final = by_phase(
    ("status", "state"),
    {
        **dict.fromkeys(("", "unknown", "pending", "processing", "ready"), _PROGRESSING),
        **dict.fromkeys(("invalid", "expired", "errored"), _DEGRADED),
        "valid": _HEALTHY,
    },
    message=("status", "reason"),
)

# strimzi.io/docs/operators/latest/deploying (status of custom resources, pausing reconciliation).
_STRIMZI: Final = by_conditions(
    suspended("ReconciliationPaused"),
    healthy("Ready"),
    progressing("NotReady", "Creating"),
    degraded("NotReady", status="True"),
    degraded("Ready"),  # how the topic operator says it
)
_STRIMZI_REBALANCE: Final = by_conditions(
    suspended("ReconciliationPaused"),
    degraded("NotReady", status="True"),
    suspended("Stopped"),
    suspended("ProposalReady"),
    healthy("Ready"),
)

# fluxcd.io/flux/components: Reconciling and Stalled beside Ready, and spec.suspend.
_FLUX_RULES: Final = (
    degraded("Stalled", status="True"),
    progressing("Reconciling"),
    progressing("Ready", "Progressing", "DependencyNotReady", "ArtifactNotReady", status="False"),
    healthy("Ready"),
    degraded("Ready"),
)
_FLUX: Final = by_conditions(*_FLUX_RULES, held=("spec", "suspend"))
# Kinds that some versions of Flux give no status at all.
_FLUX_SILENT: Final = by_conditions(
    *_FLUX_RULES, held=("spec", "suspend"), otherwise=Health(HealthStatus.HEALTHY)
)

# docs.crossplane.io: managed resources, packages; the annotation crossplane.io/paused.
_CROSSPLANE: Final = by_conditions(
    suspended("Synced", "ReconcilePaused", status="False"),
    degraded("Synced"),
    progressing("Ready", "Creating", "Deleting", status="False"),
    healthy("Ready"),
    degraded("Ready"),
)
_CROSSPLANE_PACKAGE: Final = by_conditions(
    progressing("Installed", "UnpackingPackage", status="False"),
    suspended("Installed", "InactivePackageRevision", status="False"),
    progressing("Healthy", "UnknownPackageRevisionHealth", status="Unknown"),
    needs=("Installed", "Healthy"),
)

# keda.sh/docs: Ready, Paused and Fallback.
_KEDA: Final = by_conditions(
    suspended("Paused"), degraded("Ready"), degraded("Fallback", status="True"), healthy("Ready")
)

_ANALYSIS: Final = by_phase(
    ("status", "phase"),
    {
        **dict.fromkeys(("", "Pending", "Running"), _PROGRESSING),
        **dict.fromkeys(("Failed", "Error"), _DEGRADED),
        "Successful": _HEALTHY,
        "Inconclusive": _UNKNOWN,
    },
    message=("status", "message"),
)

PACK: Final[Mapping[tuple[str, str], Rules]] = {
    **DATABASES,
    **FLEETS,
    **JOBS,
    **OPENSHIFT,
    **RUNTIMES,
    **SERVICES,
    **STORAGE,
    **STREAMS,
    **{("cert-manager.io", kind): rules for kind, rules in _CERT_MANAGER.items()},
    **{("acme.cert-manager.io", kind): _ACME for kind in ("Order", "Challenge")},
    # github.com/bitnami-labs/sealed-secrets: status.conditions, Synced
    ("bitnami.com", "SealedSecret"): by_conditions(healthy("Synced"), degraded("Synced")),
    # external-secrets.io/latest/api/spec; PartiallyReady and NotReady are those of older cluster-wide kinds
    **dict.fromkeys(
        [
            ("external-secrets.io", kind)
            for kind in ("ExternalSecret", "SecretStore", "ClusterSecretStore", "PushSecret")
        ],
        READY,
    ),
    **dict.fromkeys(
        [("external-secrets.io", kind) for kind in ("ClusterExternalSecret", "ClusterPushSecret")],
        by_conditions(
            degraded("NotReady", status="True"),
            degraded("PartiallyReady", status="True"),
            healthy("Ready"),
            degraded("Ready"),
        ),
    ),
    ("kubernetes-client.io", "ExternalSecret"): clusters.old_external_secret,
    # bank-vaults.dev/docs/operator: status.conditions, Healthy
    ("vault.banzaicloud.com", "Vault"): by_conditions(healthy("Healthy"), degraded("Healthy")),
    ("secrets-store.csi.x-k8s.io", "SecretProviderClass"): static,
    ("secrets-store.csi.x-k8s.io", "SecretProviderClassPodStatus"): static,
    # github.com/mumoshu/aws-secret-operator: it has no status
    ("mumoshu.github.io", "AWSSecret"): static,
    **dict.fromkeys(
        [
            ("kafka.strimzi.io", kind)
            for kind in (
                *("Kafka", "KafkaBridge", "KafkaConnect", "KafkaConnector", "KafkaMirrorMaker"),
                *("KafkaMirrorMaker2", "KafkaTopic", "KafkaUser"),
            )
        ],
        _STRIMZI,
    ),
    ("kafka.strimzi.io", "KafkaRebalance"): _STRIMZI_REBALANCE,
    ("core.strimzi.io", "StrimziPodSet"): clusters.strimzi_pod_set,
    ("argoproj.io", "Rollout"): argo.rollout,
    ("argoproj.io", "ApplicationSet"): argo.application_set,
    ("argoproj.io", "AnalysisRun"): _ANALYSIS,
    ("argoproj.io", "Experiment"): _ANALYSIS,
    ("argoproj.io", "CronWorkflow"): by_conditions(
        degraded("SubmissionError", status="True"),
        degraded("SpecError", status="True"),
        held=("spec", "suspend"),
        otherwise=Health(HealthStatus.HEALTHY),
    ),
    ("argoproj.io", "EventBus"): by_conditions(needs=("Configured", "Deployed")),
    ("argoproj.io", "EventSource"): by_conditions(needs=("SourcesProvided", "Deployed")),
    ("argoproj.io", "Sensor"): by_conditions(needs=("DependenciesProvided", "TriggersProvided", "Deployed")),
    **dict.fromkeys(
        [
            ("source.toolkit.fluxcd.io", kind)
            for kind in ("Bucket", "GitRepository", "HelmChart", "OCIRepository", "ExternalArtifact")
        ]
        + [("kustomize.toolkit.fluxcd.io", "Kustomization"), ("helm.toolkit.fluxcd.io", "HelmRelease")]
        + [
            ("image.toolkit.fluxcd.io", kind)
            for kind in ("ImagePolicy", "ImageRepository", "ImageUpdateAutomation")
        ]
        + [("notification.toolkit.fluxcd.io", "Receiver")],
        _FLUX,
    ),
    **dict.fromkeys(
        [
            ("source.toolkit.fluxcd.io", "HelmRepository"),
            ("notification.toolkit.fluxcd.io", "Alert"),
            ("notification.toolkit.fluxcd.io", "Provider"),
        ],
        _FLUX_SILENT,
    ),
    **dict.fromkeys([("keda.sh", "ScaledObject"), ("keda.sh", "ScaledJob")], _KEDA),
    **dict.fromkeys(
        [("keda.sh", "TriggerAuthentication"), ("keda.sh", "ClusterTriggerAuthentication")], static
    ),
    **dict.fromkeys(
        [("pkg.crossplane.io", kind) for kind in ("Configuration", "Function", "Provider")],
        _CROSSPLANE_PACKAGE,
    ),
    **dict.fromkeys(
        [("pkg.crossplane.io", f"{kind}Revision") for kind in ("Configuration", "Function", "Provider")],
        by_conditions(healthy("Healthy"), degraded("Healthy")),
    ),
    ("apiextensions.crossplane.io", "CompositeResourceDefinition"): by_conditions(
        progressing("Established", "TerminatingCompositeResource", status="False"), needs=("Established",)
    ),
    ("apiextensions.crossplane.io", "Composition"): static,
    ("apiextensions.crossplane.io", "CompositionRevision"): static,
    **dict.fromkeys(
        [("cluster.x-k8s.io", kind) for kind in ("Cluster", "Machine", "MachineDeployment", "MachinePool")]
        + [
            ("controlplane.cluster.x-k8s.io", kind)
            for kind in ("AWSManagedControlPlane", "KubeadmControlPlane")
        ],
        clusters.provisioned,
    ),
    ("cluster.x-k8s.io", "MachineHealthCheck"): by_conditions(
        healthy("RemediationAllowed"), degraded("RemediationAllowed")
    ),
    ("addons.cluster.x-k8s.io", "ClusterResourceSet"): by_conditions(
        healthy("ResourcesApplied"), degraded("ResourcesApplied")
    ),
    ("install.istio.io", "IstioOperator"): by_phase(("status", "status"), clusters.ISTIO_OPERATOR),
    ("gateway.networking.k8s.io", "GatewayClass"): by_conditions(
        progressing("Accepted", "Pending", "Waiting", status="False"),
        healthy("Accepted"),
        degraded("Accepted"),
    ),
    ("gateway.networking.k8s.io", "Gateway"): gateway.gateway,
    **dict.fromkeys(
        [
            ("gateway.networking.k8s.io", f"{protocol}Route")
            for protocol in ("GRPC", "HTTP", "TCP", "TLS", "UDP")
        ],
        gateway.route,
    ),
    ("gateway.networking.k8s.io", "BackendTLSPolicy"): gateway.policy,
    ("gateway.networking.k8s.io", "ReferenceGrant"): static,
    # kubernetes-csi.github.io/docs/snapshot-restore-feature.html
    ("snapshot.storage.k8s.io", "VolumeSnapshot"): clusters.volume_snapshot,
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"): clusters.volume_snapshot,
    # prometheus-operator.dev/docs/api-reference: Available and Reconciled
    **dict.fromkeys(
        [("monitoring.coreos.com", kind) for kind in ("Alertmanager", "Prometheus", "ThanosRuler")],
        by_conditions(
            degraded("Reconciled"),
            progressing("Available", "NoPodReady", status="False"),  # a new one has no pod that is ready yet
            degraded("Available"),
            progressing("Available", status="Degraded"),
            healthy("Available"),
            held=("spec", "paused"),
        ),
    ),
}
"""By group and kind."""

GROUPS: Final[Mapping[str, Rules]] = {
    # knative.dev/docs: every kind has Ready (or Succeeded); Unknown is on its way
    **dict.fromkeys(
        [
            f"{part}.knative.dev"
            for part in ("eventing", "flows", "messaging", "operator", "serving", "sources")
        ],
        by_conditions(healthy("Ready"), degraded("Ready"), healthy("Succeeded"), degraded("Succeeded")),
    ),
    # istio.io/latest/docs/reference/config
    **dict.fromkeys(
        [f"{part}.istio.io" for part in ("extensions", "networking", "security", "telemetry")],
        clusters.istio_configuration,
    ),
    **dict.fromkeys([f"{group}.azure.com" for group in AZURE_GROUPS], azure),
    "ceph.rook.io": ROOK,
    "operator.victoriametrics.com": VICTORIA_SETTINGS,
}
"""Groups whose kinds are all alike."""

_ENDINGS: Final[Mapping[str, Rules]] = {
    ".crossplane.io": _CROSSPLANE,
    ".upbound.io": _CROSSPLANE,
    ".services.k8s.aws": ACK,
    ".cnrm.cloud.google.com": CONFIG_CONNECTOR,
}
_SETTINGS: Final = frozenset(
    {"ProviderConfig", "ProviderConfigUsage", "ClusterProviderConfig", "ClusterProviderConfigUsage"}
)
_NOT_MANAGED: Final = frozenset(
    {
        *("pkg.crossplane.io", "apiextensions.crossplane.io", "meta.pkg.crossplane.io"),
        "core.cnrm.cloud.google.com",
    }
)


def rules_for(group: str, kind: str) -> Rules | None:
    """The rules of a known project's kind."""
    exact = PACK.get((group, kind)) or GROUPS.get(group)
    if exact is not None:
        return exact
    ending = next((rules for end, rules in _ENDINGS.items() if group.endswith(end)), None)
    if ending is None or group in _NOT_MANAGED:
        return None
    return static if kind in _SETTINGS else ending
