"""Custom resources of operators: every state that their documentation names, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.core.health import assess
from syncline.core.health.databases import DATABASES
from syncline.core.health.pack import GROUPS
from syncline.core.health.runtimes import RUNTIMES
from syncline.core.health.services import SERVICES
from syncline.core.health.storage import STORAGE
from tables.health import D, H, P, S, U, conditions, spec, status
from tables.operator_words import WORDS

TABLES = {**DATABASES, **RUNTIMES, **SERVICES, **STORAGE}


def meanings(told: str) -> dict[str, str]:
    parts = [meaning.partition("=") for meaning in told.split(",")]
    return {word: label for label, _, words in parts for word in words.split(" ")}


def judged(group: str, kind: str, content: dict[str, Any]) -> str:
    health = assess({"apiVersion": f"{group}/v1", "kind": kind, **content})

    assert health is not None
    assert health.message or health.status.label == H, "what is not well says why"
    return health.status.label


@pytest.mark.parametrize(("group", "kind", "path", "told"), WORDS)
def test_each_documented_word_has_its_meaning(group: str, kind: str, path: str, told: str) -> None:
    found = {}
    for word in meanings(told):
        content: Any = word
        for name in reversed(path.split(".")):
            content = {name: content}
        found[word] = judged(group, kind, {"status": content})

    assert found == meanings(told)


ES, CNPG, MARIA, RABBIT = (
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"),
    ("postgresql.cnpg.io", "Cluster"),
    ("k8s.mariadb.com", "MariaDB"),
    ("rabbitmq.com", "RabbitmqCluster"),
)
OPS, ZOO, CEPH = (
    ("mongodb.com", "MongoDBOpsManager"),
    ("zookeeper.pravega.io", "ZookeeperCluster"),
    ("ceph.rook.io", "CephCluster"),
)
VOLUME, TENANT, VM = ("longhorn.io", "Volume"), ("minio.min.io", "Tenant"), ("kubevirt.io", "VirtualMachine")
CLONES, ROUTE = ("apps.kruise.io", "CloneSet"), ("route.openshift.io", "Route")
ROUTERS, OLM = ("operator.openshift.io", "IngressController"), ("operators.coreos.com", "Subscription")
NETWORK, ACK = ("nmstate.io", "NodeNetworkConfigurationPolicy"), ("s3.services.k8s.aws", "Bucket")
CNRM, SAP = ("pubsub.cnrm.cloud.google.com", "PubSubTopic"), ("services.cloud.sap.com", "ServiceInstance")
BOARD, GRAFANA = ("grafana.integreatly.org", "GrafanaDashboard"), ("grafana.integreatly.org", "Grafana")
KEYCLOAK, REALM = ("k8s.keycloak.org", "Keycloak"), ("k8s.keycloak.org", "KeycloakRealmImport")
METRIC, KIALI = ("datadoghq.com", "DatadogMetric"), ("kiali.io", "Kiali")
SQL_JOB, CONNECTOR = ("k8s.mariadb.com", "SqlJob"), ("core.cnrm.cloud.google.com", "ConfigConnector")


def said(*told: str, **fields: Any) -> dict[str, Any]:
    """Conditions beside other fields of a status."""
    return {"status": {**conditions(*told)["status"], **fields}}


def routers(*told: str) -> dict[str, Any]:
    return status(ingress=[{"routerName": each, **conditions(each)["status"]} for each in told])


def clones(**fields: int) -> dict[str, Any]:
    full = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "expectedUpdatedReplicas": 3}
    return {**spec(replicas=3), **status(**{**full, **fields})}


def ops(manager: str, database: str, backup: str | None) -> dict[str, Any]:
    found = {"opsManager": {"phase": manager}, "applicationDatabase": {"phase": database}}
    return status(**found, **({"backup": {"phase": backup}} if backup else {}))


CASES: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (ES, status(phase="Ready", health="green"), H),
    (ES, status(phase="Ready", health="yellow"), P),
    (ES, status(phase="Ready", health="unknown"), P),
    (ES, status(phase="Ready", health="red"), D),
    (ES, status(phase="ApplyingChanges", health="red"), P),
    (ES, status(phase="MigratingData", health="green"), P),
    (ES, status(phase="Stalled", health="green"), D),
    (ES, status(phase="Invalid"), D),
    (ES, status(phase="Odd"), U),
    (ES, said("OrchestrationPaused=True", phase="Ready", health="green"), S),
    (ES, {"metadata": {"generation": 2}, **status(phase="Ready", health="green", observedGeneration=1)}, P),
    (("kibana.k8s.elastic.co", "Kibana"), said("OrchestrationPaused=True", health="green"), S),
    (CNPG, said("Ready=True", phase="Cluster in healthy state"), H),
    (CNPG, said("Ready=False:ClusterIsNotReady", phase="Cluster in healthy state"), P),
    (CNPG, status(phase="Setting up primary", phaseReason="Creating primary instance db-1"), P),
    (CNPG, status(phase="Failing over"), P),
    (CNPG, status(phase="A step of a newer operator"), P),
    (CNPG, status(phase="Waiting for user action", phaseReason="a switchover is due"), S),
    (CNPG, status(phase="Cluster is unrecoverable and needs manual intervention"), D),
    (CNPG, status(phase="Cluster is in an unrecoverable state, needs manual intervention"), D),
    (CNPG, status(phase="Cluster has incomplete or invalid image catalog"), D),
    (CNPG, status(phase="Unable to create required cluster objects"), D),
    (
        CNPG,
        status(phase="Cluster cannot execute instance online upgrade due to missing architecture binary"),
        D,
    ),
    (CNPG, said("cnpg.io/hibernation=True:Hibernated", phase="Cluster in healthy state"), S),
    (("postgresql.cnpg.io", "ScheduledBackup"), {}, H),
    (("postgresql.cnpg.io", "ScheduledBackup"), spec(suspend=True), S),
    *(
        (("postgresql.cnpg.io", kind), content, label)
        for kind in ("Database", "Publication", "Subscription")
        for content, label in (
            (status(applied=True), H),
            (status(applied=False, message="no such role"), P),
            (status(applied="yes"), P),
        )
    ),
    (OPS, ops("Running", "Running", "Running"), H),
    (OPS, ops("Running", "Running", "Disabled"), H),
    (OPS, ops("Running", "Running", None), H),
    (OPS, ops("Running", "Failed", None), D),
    (OPS, ops("Reconciling", "Running", None), P),
    (OPS, ops("Running", "Running", "Pending"), P),
    (MARIA, conditions("Ready=True"), H),
    (MARIA, conditions("Ready=False:StatefulSetNotReady"), P),
    (MARIA, {**spec(suspend=True), **conditions("Ready=True")}, S),
    (SQL_JOB, conditions("Complete=True:JobComplete"), H),
    (SQL_JOB, conditions("Complete=False:JobRunning"), P),
    (SQL_JOB, conditions("Complete=False:JobFailed"), D),
    (SQL_JOB, conditions("Complete=False:JobSuspended"), S),
    (("mariadb.mmontes.io", "Backup"), conditions("Complete=False:CronJobScheduled"), S),
    (RABBIT, conditions("AllReplicasReady=True", "ClusterAvailable=True", "ReconcileSuccess=True"), H),
    (RABBIT, conditions("AllReplicasReady=False", "ClusterAvailable=True", "ReconcileSuccess=True"), P),
    (RABBIT, conditions("AllReplicasReady=True", "ClusterAvailable=False", "ReconcileSuccess=True"), P),
    (RABBIT, conditions("AllReplicasReady=True", "ReconcileSuccess=False:Error"), D),
    (RABBIT, conditions("AllReplicasReady=Unknown:Initialising", "ReconcileSuccess=Unknown"), P),
    (RABBIT, conditions("NoWarnings=False", "AllReplicasReady=True", "ReconcileSuccess=True"), H),
    (("rabbitmq.com", "Queue"), conditions("Ready=True:SuccessfulCreateOrUpdate"), H),
    (("rabbitmq.com", "Queue"), conditions("Ready=False:FailedCreateOrUpdate"), P),
    (ZOO, conditions("PodsReady=True", "Upgrading=False", "Error=False"), H),
    (ZOO, conditions("PodsReady=False", "Upgrading=False", "Error=False"), P),
    (ZOO, conditions("PodsReady=True", "Upgrading=True"), P),
    (ZOO, conditions("PodsReady=True", "Error=True:UpgradeFailed"), D),
    (CEPH, status(phase="Ready", ceph={"health": "HEALTH_OK"}), H),
    (CEPH, status(phase="Ready", ceph={"health": "HEALTH_WARN"}), H),
    (CEPH, status(phase="Ready", ceph={"health": "HEALTH_ERR"}), D),
    (CEPH, status(phase="Progressing", ceph={"health": "HEALTH_ERR"}), P),
    (("velero.io", "Schedule"), {**spec(paused=True), **status(phase="Enabled")}, S),
    (VOLUME, status(state="attached", robustness="healthy"), H),
    (VOLUME, status(state="attached", robustness="degraded"), P),
    (VOLUME, status(state="attached", robustness="unknown"), P),
    (VOLUME, status(state="attached"), P),
    (VOLUME, status(state="detached", robustness="unknown"), H),
    (VOLUME, status(state="detached", robustness="faulted"), D),
    (VOLUME, status(state="creating", robustness="unknown"), P),
    (VOLUME, status(state="attaching", robustness="unknown"), P),
    (VOLUME, status(state="detaching", robustness="healthy"), P),
    (VOLUME, status(state="deleting"), P),
    (TENANT, status(currentState="Initialized"), H),
    (TENANT, status(currentState="Initialized", healthStatus="green"), H),
    (TENANT, status(currentState="Initialized", healthStatus="yellow"), P),
    (TENANT, status(currentState="Initialized", healthStatus="red", healthMessage="no quorum"), D),
    (TENANT, status(currentState="Provisioning MinIO Statefulset", healthStatus="red"), P),
    (VM, said("Ready=True", printableStatus="Running"), H),
    (VM, said("Ready=False:GuestNotRunning", printableStatus="Running"), P),
    (VM, {"metadata": {"generation": 4}, **status(printableStatus="Running", observedGeneration=3)}, H),
    (("kubevirt.io", "VirtualMachineInstance"), said("Paused=True", phase="Running"), S),
    (("camel.apache.org", "Integration"), said("Ready=False:RuntimeNotReady", phase="Running"), P),
    (("flagger.app", "Canary"), {**spec(suspend=True), **status(phase="Progressing")}, S),
    (("serving.kserve.io", "InferenceService"), conditions("Ready=True"), H),
    (("serving.kserve.io", "InferenceService"), conditions("Ready=False"), P),
    (CLONES, clones(), H),
    (CLONES, clones(updatedReplicas=1, expectedUpdatedReplicas=1), H),
    (CLONES, clones(updatedReplicas=2), P),
    (CLONES, clones(readyReplicas=2), P),
    (CLONES, clones(replicas=2), P),
    (CLONES, {**spec(replicas=3, updateStrategy={"paused": True}), **status(replicas=1)}, S),
    (CLONES, conditions("FailedScale=True"), D),
    (CLONES, conditions("FailedUpdate=True"), D),
    (
        ("apps.kruise.io", "DaemonSet"),
        status(desiredNumberScheduled=2, updatedNumberScheduled=2, numberAvailable=2),
        H,
    ),
    (("apps.kruise.io", "DaemonSet"), status(desiredNumberScheduled=2, updatedNumberScheduled=1), P),
    (("apps.kruise.io", "StatefulSet"), {**spec(replicas=1), **status(readyReplicas=0)}, P),
    (
        ("apps.kruise.io", "StatefulSet"),
        {**spec(replicas=1), **status(observedGeneration=1, readyReplicas=1)},
        H,
    ),
    (ROUTE, status(ingress=[]), P),
    (ROUTE, routers("Admitted=True"), H),
    (ROUTE, routers("Admitted=True", "Admitted=False:HostAlreadyClaimed"), D),
    (ROUTE, routers("Admitted=True", "Admitted=Unknown"), P),
    (
        ("apps.openshift.io", "DeploymentConfig"),
        {**spec(replicas=1), **status(replicas=1, updatedReplicas=1, availableReplicas=1)},
        H,
    ),
    (("apps.openshift.io", "DeploymentConfig"), {**spec(replicas=1), **status(replicas=1)}, P),
    (("apps.openshift.io", "DeploymentConfig"), conditions("Progressing=False:ProgressDeadlineExceeded"), D),
    (("apps.openshift.io", "DeploymentConfig"), spec(paused=True), S),
    (ROUTERS, conditions("Available=True", "Degraded=False", "Progressing=False"), H),
    (ROUTERS, conditions("Available=True", "Degraded=True"), D),
    (ROUTERS, conditions("Available=True", "Progressing=True"), P),
    (ROUTERS, conditions("Available=False", "Degraded=False"), P),
    (OLM, said("InstallPlanPending=True:RequiresApproval", state="UpgradePending"), S),
    (OLM, said("InstallPlanPending=True:Installing", state="UpgradePending"), P),
    (OLM, said("InstallPlanFailed=True", state="UpgradePending"), D),
    (OLM, said("CatalogSourcesUnhealthy=False", state="AtLatestKnown"), H),
    (NETWORK, conditions("Available=True", "Degraded=False", "Progressing=False"), H),
    (NETWORK, conditions("Available=False", "Degraded=True"), D),
    (NETWORK, conditions("Progressing=True"), P),
    (NETWORK, conditions("Ignored=True"), H),
    (ACK, {}, P),
    (ACK, conditions("ACK.ResourceSynced=True"), H),
    (ACK, conditions("Ready=True"), H),
    (ACK, conditions("Ready=False"), P),
    (ACK, conditions("ACK.ResourceSynced=False"), P),
    (ACK, conditions("ACK.Recoverable=True", "ACK.ResourceSynced=False"), P),
    (ACK, conditions("ACK.ReferencesResolved=False", "ACK.ResourceSynced=True"), P),
    (ACK, conditions("ACK.Terminal=True", "ACK.ResourceSynced=True"), D),
    (("services.k8s.aws", "AdoptedResource"), conditions("ACK.Adopted=True"), H),
    (("services.k8s.aws", "AdoptedResource"), conditions("ACK.Adopted=False"), P),
    (("services.k8s.aws", "AdoptedResource"), conditions("ACK.Terminal=True"), D),
    (CNRM, {}, P),
    (CNRM, conditions("Ready=True:UpToDate"), H),
    *((CNRM, conditions(f"Ready=False:{why}"), P) for why in ("Updating", "DependencyNotReady")),
    (CNRM, conditions("Ready=False:DependencyNotFound"), P),
    *((CNRM, conditions(f"Ready=False:{why}"), D) for why in ("UpdateFailed", "DeleteFailed")),
    *((CNRM, conditions(f"Ready=False:{why}"), D) for why in ("DependencyInvalid", "ManagementConflict")),
    (CONNECTOR, status(healthy=True), H),
    (CONNECTOR, status(healthy=False), P),
    (SAP, conditions("Succeeded=True:Created", "Ready=True"), H),
    (SAP, conditions("Succeeded=False:CreateInProgress", "Ready=False"), P),
    (SAP, conditions("Ready=False"), P),
    (SAP, conditions("Succeeded=False:CreateFailed", "Failed=True", "Ready=True"), D),
    (BOARD, conditions("DashboardSynchronized=True:ApplySuccessful"), H),
    (BOARD, conditions("DashboardSynchronized=False:ApplyFailed"), D),
    (BOARD, conditions("NoMatchingInstance=True"), P),
    (BOARD, conditions("NoMatchingFolder=True", "DashboardSynchronized=False"), P),
    (BOARD, conditions("InvalidSpec=True"), D),
    (BOARD, conditions("Suspended=True", "DashboardSynchronized=True"), S),
    (GRAFANA, status(stage="complete", stageStatus="success"), H),
    (GRAFANA, status(stage="deployment", stageStatus="in progress"), P),
    (GRAFANA, status(stage="config", stageStatus="success"), P),
    (GRAFANA, status(stage="deployment", stageStatus="failed", lastMessage="no image"), D),
    (KEYCLOAK, conditions("Ready=True", "HasErrors=False", "RollingUpdate=False"), H),
    (KEYCLOAK, conditions("Ready=False", "HasErrors=False"), P),
    (KEYCLOAK, status(conditions=[{"type": "Ready", "status": True}]), H),
    (KEYCLOAK, status(conditions=[{"type": "HasErrors", "status": True, "message": "no database"}]), D),
    (KEYCLOAK, conditions("Ready=True", "HasErrors=False", "RollingUpdate=True"), P),
    (KEYCLOAK, conditions("Ready=True", "HasErrors=True"), D),
    (REALM, conditions("Done=True", "Started=False", "HasErrors=False"), H),
    (REALM, conditions("Done=False", "Started=True"), P),
    (REALM, conditions("Done=False", "HasErrors=True"), D),
    (METRIC, conditions("Active=False", "Valid=True", "Error=False"), H),
    (METRIC, conditions("Active=True", "Valid=False", "Error=False"), P),
    (METRIC, conditions("Valid=False", "Error=True"), D),
    (KIALI, conditions("Running=True:Running"), P),
    (KIALI, conditions("Running=True:Successful"), H),
    (KIALI, conditions("Successful=True", "Failure=False"), H),
    (KIALI, conditions("Running=False:Failed", "Failure=True:Failed"), D),
    (("projectcontour.io", "ExtensionService"), conditions("Valid=True"), H),
    (("projectcontour.io", "ExtensionService"), conditions("Valid=False"), D),
]


@pytest.mark.parametrize(("kind", "content", "label"), CASES)
def test_a_documented_state_means(kind: tuple[str, str], content: dict[str, Any], label: str) -> None:
    assert judged(*kind, content) == label


SILENT = {("postgresql.cnpg.io", "ScheduledBackup")}
"""Kinds whose controllers say nothing but times."""


NAMES = ("phase", "state", "status", "health", "conditions", "observedGeneration", "ingress", "reason")
UNSEEN: list[dict[str, Any]] = [
    {},
    {"status": {}},
    {"status": None, "spec": None},
    {"status": dict.fromkeys(NAMES)},
]


@pytest.mark.parametrize("kind", sorted(TABLES))
def test_what_nobody_has_seen_is_on_its_way(kind: tuple[str, str]) -> None:
    metadata = {"metadata": {"generation": 1}}

    found = [judged(*kind, {**metadata, **content}) for content in UNSEEN]

    assert set(found) == {H if kind in SILENT else P}


def test_every_kind_of_the_tables_has_a_row() -> None:
    rows = {(group, kind) for group, kind, _, _ in WORDS} | {kind for kind, _, _ in CASES}
    families = {"k8s.mariadb.com", "mariadb.mmontes.io", "rabbitmq.com", "operator.victoriametrics.com"}
    families |= {"grafana.integreatly.org", "services.cloud.sap.com", "core.cnrm.cloud.google.com"}

    lacking = {kind for kind in TABLES.keys() - rows if kind[0] not in families}

    assert not lacking, "a kind without a row is not proven"
    assert families <= {group for group, _ in rows}
    assert {"ceph.rook.io", "operator.victoriametrics.com"} <= GROUPS.keys()
