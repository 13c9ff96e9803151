"""Resources of clouds, and the controllers of monitoring, identity and traffic.

The law: what needs another hand is ill; an error that its controller itself tries again may pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import (
    AWAITED,
    by_conditions,
    by_flag,
    by_phase,
    degraded,
    fresh_conditions,
    healthy,
    in_turn,
    is_stale,
    progressing,
    suspended,
)
from syncline.core.health.fields import condition, mapping, text, trouble_of
from syncline.core.health.status import UNHEARD, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED = HealthStatus.DEGRADED

# aws-controllers-k8s.github.io/community, conditions: only what is terminal asks for another spec.
ACK: Final = by_conditions(
    degraded("ACK.Terminal", status="True"),
    progressing("ACK.Recoverable"),
    progressing("ACK.ReferencesResolved", status="False"),
    progressing("ACK.ResourceSynced", status="False"),
    healthy("ACK.ResourceSynced"),
    healthy("Ready"),
    progressing("Ready", status="False"),
)

# cloud.google.com/config-connector/docs/how-to/monitoring-your-resources: the reasons of Ready.
CONFIG_CONNECTOR: Final = by_conditions(
    degraded("Ready", "UpdateFailed", "DeleteFailed", "DependencyInvalid", "ManagementConflict"),
    healthy("Ready"),
    progressing("Ready", status="False"),
)


def azure(body: Mapping[str, Any]) -> Health:
    """azure.github.io/azure-service-operator, conditions: only the severity Error is not tried again."""
    ready = condition(mapping(body, "status"), "Ready")
    fatal = ready.get("status") == "False" and ready.get("severity") == "Error"
    if fatal and ready in fresh_conditions(body):
        return Health(_DEGRADED, trouble_of(ready))
    return AWAITED(body)


AZURE_GROUPS: Final = (
    *("apimanagement", "app", "appconfiguration", "authorization", "batch", "cache", "cdn", "compute"),
    *("containerinstance", "containerregistry", "containerservice", "dbformariadb", "dbformysql"),
    *("dbforpostgresql", "documentdb", "eventgrid", "eventhub", "insights", "keyvault"),
    *("machinelearningservices", "managedidentity", "network", "operationalinsights", "resources"),
    *("servicebus", "signalrservice", "sql", "storage", "subscription", "synapse", "web"),
)


def _kyverno(body: Mapping[str, Any]) -> Health:
    # kyverno.io/docs: a condition Ready; before there were conditions, a flag.
    told = condition(mapping(body, "status"), "Ready")
    return AWAITED(body) if told else by_flag(("status", "ready"))(body)


# docs.victoriametrics.com/operator/api: status.updateStatus; older operators give settings no status.
_VICTORIA_WORDS: Final[Mapping[str, HealthStatus]] = {
    "expanding": _PROGRESSING,
    "operational": _HEALTHY,
    "failed": _DEGRADED,
    "paused": _SUSPENDED,
}
_VICTORIA_PATH, _VICTORIA_REASON = ("status", "updateStatus"), ("status", "reason")
_VICTORIA: Final = by_phase(_VICTORIA_PATH, _VICTORIA_WORDS, message=_VICTORIA_REASON)
VICTORIA_SETTINGS: Final = by_phase(
    _VICTORIA_PATH, {**_VICTORIA_WORDS, "": _HEALTHY}, message=_VICTORIA_REASON
)
_VICTORIA_KINDS: Final = (
    *("VLAgent", "VLCluster", "VLSingle", "VLogs", "VMAgent", "VMAlert", "VMAlertmanager", "VMAnomaly"),
    *("VMAuth", "VMCluster", "VMDistributed", "VMSingle", "VLDistributed", "VTCluster", "VTSingle"),
)


def _synchronized(kind: str) -> Rules:
    """grafana.github.io/grafana-operator, conditions: what matches no instance yet may do so later."""
    return by_conditions(
        suspended("Suspended"),
        degraded("InvalidSpec", status="True"),
        degraded("NotificationPolicyLoopDetected", status="True"),
        progressing("NoMatchingInstance"),
        progressing("NoMatchingFolder"),
        healthy(kind),
        degraded(kind),
    )


_GRAFANA_CONDITIONS: Final[Mapping[str, str]] = {
    "GrafanaAlertRuleGroup": "AlertGroupSynchronized",
    "GrafanaContactPoint": "ContactPointSynchronized",
    "GrafanaDashboard": "DashboardSynchronized",
    "GrafanaDatasource": "DatasourceSynchronized",
    "GrafanaFolder": "FolderSynchronized",
    "GrafanaLibraryPanel": "LibraryPanelSynchronized",
    "GrafanaMuteTiming": "MuteTimingSynchronized",
    "GrafanaNotificationPolicy": "NotificationPolicySynchronized",
    "GrafanaNotificationTemplate": "NotificationTemplateSynchronized",
}
_GRAFANA_STAGES: Final = in_turn(
    by_conditions(suspended("Suspended"), otherwise=Health(_HEALTHY)),
    by_phase(
        ("status", "stageStatus"),
        {"success": _HEALTHY, "failed": _DEGRADED},
        message=("status", "lastMessage"),
        otherwise=_PROGRESSING,
    ),
    by_phase(("status", "stage"), {"complete": _HEALTHY}, otherwise=_PROGRESSING),
)


def _grafana(body: Mapping[str, Any]) -> Health:
    # The last stage signs in to a server that may only just be starting, and is tried again.
    status = mapping(body, "status")
    if text(status, "stage") == "complete" and text(status, "stageStatus") == "failed":
        return Health(_PROGRESSING, text(status, "lastMessage") or "It does not answer yet.")
    return _GRAFANA_STAGES(body)


def collector(body: Mapping[str, Any]) -> Health:
    """OpenTelemetry's collector counts its ready pods of all, as 1/2; a sidecar has none of its own.

    (github.com/open-telemetry/opentelemetry-operator, v1beta1.)
    """
    status, spec = mapping(body, "status"), mapping(body, "spec")
    ready, _, of = text(mapping(status, "scale"), "statusReplicas").partition("/")
    if is_stale(body) or (not of and not text(status, "version")):
        return UNHEARD
    counted = text(spec, "mode") in {"", "deployment", "statefulset"} and spec.get("replicas") != 0
    if ready != of or (of == "0" and counted):
        return Health(_PROGRESSING, f"Of its {of} pods {ready} are ready.")
    return Health(_HEALTHY)


def gloo(body: Mapping[str, Any]) -> Health:
    """Gloo's kinds have a status, or one of each controller; their states are words or numbers.

    (github.com/solo-io/solo-kit, core.solo.io Status.)  What a warning misses may come later.
    """
    status = mapping(body, "status")
    told = [status, *(mapping(status, "statuses", name) for name in mapping(status, "statuses"))]
    states = [(_GLOO.get(str(each["state"]), _PROGRESSING), each) for each in told if "state" in each]
    if is_stale(body) or not states:
        return UNHEARD
    worst, found = max(states, key=lambda each: each[0])
    said = text(found, "reason")
    return Health(worst, said if said or worst is _HEALTHY else f"It is {found['state']}.")


_GLOO: Final[Mapping[str, HealthStatus]] = {
    **dict.fromkeys(("1", "Accepted"), _HEALTHY),
    **dict.fromkeys(("2", "Rejected"), _DEGRADED),
}

# sdk.operatorframework.io, operators in Ansible: Running, Successful, Failure.
_ANSIBLE: Final = by_conditions(
    degraded("Failure", status="True"),
    progressing("Running", "Running"),
    healthy("Successful"),
    healthy("Running", "Successful"),
)

SERVICES: Final[Mapping[tuple[str, str], Rules]] = {
    ("services.k8s.aws", "AdoptedResource"): by_conditions(
        degraded("ACK.Terminal", status="True"),
        healthy("ACK.Adopted"),
        progressing("ACK.Adopted", status="False"),
    ),
    **dict.fromkeys(
        [("core.cnrm.cloud.google.com", kind) for kind in ("ConfigConnector", "ConfigConnectorContext")],
        by_flag(("status", "healthy")),
    ),
    # docs.cloud.google.com, managed certificates: what fails without being final is tried again
    ("networking.gke.io", "ManagedCertificate"): by_phase(
        ("status", "certificateStatus"),
        {
            "Active": _HEALTHY,
            **dict.fromkeys(("ProvisioningFailedPermanently", "RenewalFailed"), _DEGRADED),
        },
        otherwise=_PROGRESSING,
    ),
    # github.com/SAP/sap-btp-service-operator: Failed is final
    **dict.fromkeys(
        [("services.cloud.sap.com", kind) for kind in ("ServiceInstance", "ServiceBinding")],
        by_conditions(
            degraded("Failed", status="True"),
            progressing("Succeeded", status="False"),
            healthy("Ready"),
            progressing("Ready", status="False"),
        ),
    ),
    **dict.fromkeys([("operator.victoriametrics.com", kind) for kind in _VICTORIA_KINDS], _VICTORIA),
    ("grafana.integreatly.org", "Grafana"): _grafana,
    **{
        ("grafana.integreatly.org", kind): _synchronized(condition)
        for kind, condition in _GRAFANA_CONDITIONS.items()
    },
    # docs.datadoghq.com: Valid, Active, Error
    ("datadoghq.com", "DatadogMetric"): by_conditions(
        degraded("Error", status="True"), healthy("Valid"), progressing("Valid", status="False")
    ),
    # github.com/jaegertracing/jaeger-operator: status.phase
    ("jaegertracing.io", "Jaeger"): by_phase(
        ("status", "phase"), {"": _PROGRESSING, "Running": _HEALTHY, "Failed": _DEGRADED}
    ),
    ("kiali.io", "Kiali"): _ANSIBLE,
    # keycloak.org/operator: Ready, HasErrors, RollingUpdate; Done of an import
    ("k8s.keycloak.org", "Keycloak"): by_conditions(
        degraded("HasErrors", status="True"),
        progressing("RollingUpdate"),
        healthy("Ready"),
        progressing("Ready", status="False"),
    ),
    ("k8s.keycloak.org", "KeycloakRealmImport"): by_conditions(
        degraded("HasErrors", status="True"), healthy("Done"), progressing("Done", status="False")
    ),
    # projectcontour.io/docs: a proxy that no other includes may be included later
    ("projectcontour.io", "HTTPProxy"): by_phase(
        ("status", "currentStatus"),
        {
            "valid": _HEALTHY,
            "invalid": _DEGRADED,
            **dict.fromkeys(("", "orphaned", "NotReconciled"), _PROGRESSING),
        },
        message=("status", "description"),
    ),
    ("projectcontour.io", "ExtensionService"): by_conditions(healthy("Valid"), degraded("Valid")),
    # github.com/humio/humio-operator: what has no cluster yet is called a ConfigError, too
    ("core.humio.com", "HumioCluster"): by_phase(
        ("status", "state"),
        {"Running": _HEALTHY, "ConfigError": _DEGRADED},
        message=("status", "message"),
        otherwise=_PROGRESSING,
    ),
    **dict.fromkeys(
        [
            ("core.humio.com", f"Humio{kind}")
            for kind in ("Action", "Alert", "IngestToken", "Parser", "Repository", "View")
        ],
        by_phase(
            ("status", "state"), {"Exists": _HEALTHY}, message=("status", "message"), otherwise=_PROGRESSING
        ),
    ),
    ("opentelemetry.io", "OpenTelemetryCollector"): collector,
    **dict.fromkeys([("gateway.solo.io", kind) for kind in ("Gateway", "VirtualService")], gloo),
    **dict.fromkeys([("gloo.solo.io", kind) for kind in ("Proxy", "Upstream", "UpstreamGroup")], gloo),
    # github.com/1Password/onepassword-operator: Ready means that the Secret is there
    ("onepassword.com", "OnePasswordItem"): AWAITED,
    # karpenter.sh/docs: Ready sums up
    **dict.fromkeys(
        [
            *(("karpenter.sh", kind) for kind in ("NodeClaim", "NodePool")),
            ("karpenter.k8s.aws", "EC2NodeClass"),
        ],
        AWAITED,
    ),
    **dict.fromkeys([("kyverno.io", kind) for kind in ("ClusterPolicy", "Policy")], _kyverno),
    # gardener.cloud/docs, "Shoot status": an error is tried again, a failure is not
    ("core.gardener.cloud", "Shoot"): by_phase(
        ("status", "lastOperation", "state"),
        {
            "Succeeded": _HEALTHY,
            **dict.fromkeys(("", "Pending", "Processing", "Error"), _PROGRESSING),
            **dict.fromkeys(("Failed", "Aborted"), _DEGRADED),
        },
        message=("status", "lastOperation", "description"),
    ),
}
"""By group and kind."""
