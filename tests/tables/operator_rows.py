"""Rows of operators for databases, storage, machines, clouds and monitoring: what is said, and what it means.

The law: a row is written from the types or the documentation of its project, which the module of its rules
names.
"""

from __future__ import annotations

from typing import Any, Final

from tables.health import D, H, P, S, U, conditions, said, spec, status

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
CLONES, POOLER = ("apps.kruise.io", "CloneSet"), ("postgresql.cnpg.io", "Pooler")
NETWORK, ACK = ("nmstate.io", "NodeNetworkConfigurationPolicy"), ("s3.services.k8s.aws", "Bucket")
CNRM, SAP = ("pubsub.cnrm.cloud.google.com", "PubSubTopic"), ("services.cloud.sap.com", "ServiceInstance")
BOARD, GRAFANA = ("grafana.integreatly.org", "GrafanaDashboard"), ("grafana.integreatly.org", "Grafana")
BACKUP, SCHEDULED = (
    ("mariadb.mmontes.io", "Backup"),
    {"type": "Complete", "status": "False", "reason": "CronJobScheduled"},
)
KEYCLOAK, REALM = ("k8s.keycloak.org", "Keycloak"), ("k8s.keycloak.org", "KeycloakRealmImport")
PLANE: Final = ("numaplane.numaproj.io", "PipelineRollout")
METRIC, KIALI = ("datadoghq.com", "DatadogMetric"), ("kiali.io", "Kiali")
FATAL: Final = {"type": "Ready", "status": "False", "severity": "Error", "observedGeneration": 1}
SQL_JOB, CONNECTOR = ("k8s.mariadb.com", "SqlJob"), ("core.cnrm.cloud.google.com", "ConfigConnector")


def clones(**fields: int) -> dict[str, Any]:
    full = {"replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "expectedUpdatedReplicas": 3}
    return {**spec(replicas=3), **status(**{**full, **fields})}


def ops(manager: str, database: str, backup: str | None) -> dict[str, Any]:
    found = {"opsManager": {"phase": manager}, "applicationDatabase": {"phase": database}}
    return status(**found, **({"backup": {"phase": backup}} if backup else {}))


ROWS: list[tuple[tuple[str, str], dict[str, Any], str]] = [
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
            ({"metadata": {"generation": 2}, **status(applied=False, observedGeneration=1)}, P),
            ({"metadata": {"generation": 2}, **status(applied=True, observedGeneration=1)}, P),
        )
    ),
    (POOLER, {}, P),
    (POOLER, {**spec(instances=2), **status(instances=2)}, H),
    (POOLER, {**spec(instances=2), **status(instances=1)}, P),
    (POOLER, {**spec(instances=0), **status(secrets={})}, H),
    (POOLER, {**spec(instances=1, pgbouncer={"paused": True}), **status(instances=1)}, S),
    *((("postgresql.cnpg.io", kind), {}, H) for kind in ("ClusterImageCatalog", "ImageCatalog")),
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
    (SQL_JOB, conditions("Complete=True:JobFailed"), D),
    (BACKUP, conditions("Complete=False:Failed"), D),
    (BACKUP, conditions("Complete=False:CronJobScheduled"), H),
    (BACKUP, conditions("Complete=False:CronJobRunning"), H),
    (BACKUP, conditions("Complete=True:CronJobSucess"), H),
    (BACKUP, status(conditions=[{**SCHEDULED, "message": "Failed"}]), D),
    (BACKUP, {**spec(schedule={"suspend": True}), **conditions("Complete=False:CronJobScheduled")}, S),
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
    (TENANT, status(currentState="Statefulset not controlled by operator"), D),
    (TENANT, status(currentState="Another MinIO Tenant already exists in the namespace"), D),
    (TENANT, status(currentState="Tenant credentials are not set properly"), P),
    (TENANT, status(currentState="Provisioning MinIO Statefulset", healthStatus="red"), P),
    (VM, said("Ready=True", printableStatus="Running"), H),
    (VM, said("Ready=False:GuestNotRunning", printableStatus="Running"), P),
    (VM, {"metadata": {"generation": 4}, **status(printableStatus="Running", observedGeneration=3)}, H),
    (("kubevirt.io", "VirtualMachineInstance"), said("Paused=True", phase="Running"), S),
    (("camel.apache.org", "Integration"), said("Ready=False:RuntimeNotReady", phase="Running"), P),
    (("numaflow.numaproj.io", "Pipeline"), said("VerticesHealthy=False:Progressing", phase="Running"), P),
    (("numaflow.numaproj.io", "Pipeline"), said("VerticesHealthy=True:Successful", phase="Running"), H),
    (PLANE, said("ChildResourcesHealthy=False:PipelineFailed", phase="Deployed"), P),
    (PLANE, said("ChildResourcesHealthy=True", phase="Deployed"), H),
    *(
        (("rollouts.kruise.io", "Rollout"), content, label)
        for content, label in (
            (status(phase="Progressing", canaryStatus={"currentStepState": "StepPaused"}), S),
            (status(phase="Progressing", blueGreenStatus={"currentStepState": "StepPaused"}), S),
            (status(phase="Progressing", canaryStatus={"currentStepState": "StepUpgrade"}), P),
        )
    ),
    *(
        (kind, told, label)
        for kind in (
            *(("kubevirt.io", "KubeVirt"), ("cdi.kubevirt.io", "CDI"), ("hco.kubevirt.io", "HyperConverged")),
        )
        for told, label in (
            (conditions("Available=True", "Progressing=False", "Degraded=False"), H),
            (conditions("Available=True", "Progressing=True", "Degraded=True"), P),
            (conditions("Available=False", "Progressing=False", "Degraded=False"), P),
            (conditions("Available=True", "Progressing=False", "Degraded=True"), D),
        )
    ),
    (("flagger.app", "Canary"), {**spec(suspend=True), **status(phase="Progressing")}, S),
    (("serving.kserve.io", "InferenceService"), conditions("Ready=True"), H),
    (("serving.kserve.io", "InferenceService"), conditions("Ready=False"), P),
    (CLONES, clones(), H),
    (CLONES, clones(updatedReplicas=1, expectedUpdatedReplicas=1), H),
    (CLONES, clones(updatedReplicas=2), P),
    (CLONES, clones(readyReplicas=2), P),
    (CLONES, clones(replicas=2), P),
    (CLONES, {**spec(replicas=3, updateStrategy={"paused": True}), **status(replicas=1)}, S),
    (CLONES, conditions("Progressing=False:ProgressDeadlineExceeded"), D),
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
    (GRAFANA, status(stage="complete", stageStatus="failed", lastMessage="no answer"), P),
    (GRAFANA, status(stage="complete", stageStatus="failed"), P),
    (GRAFANA, said("Suspended=True:ReconcileSuspended", stage="complete", stageStatus="success"), S),
    *(
        (("grafana.integreatly.org", f"Grafana{kind}"), conditions(f"{kind}Synchronized={told}"), label)
        for kind in ("MuteTiming", "NotificationTemplate", "Folder", "LibraryPanel", "ContactPoint")
        for told, label in (("True:ApplySuccessful", H), ("False:ApplyFailed", D))
    ),
    (("grafana.integreatly.org", "GrafanaAlertRuleGroup"), conditions("AlertGroupSynchronized=True"), H),
    (
        ("grafana.integreatly.org", "GrafanaNotificationPolicy"),
        conditions("NotificationPolicyLoopDetected=True", "NotificationPolicySynchronized=True"),
        D,
    ),
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
    *((("karpenter.sh", kind), {}, P) for kind in ("NodeClaim", "NodePool")),
    *((("karpenter.sh", kind), conditions("Ready=True"), H) for kind in ("NodeClaim", "NodePool")),
    *((("karpenter.sh", kind), conditions("Ready=False"), P) for kind in ("NodeClaim", "NodePool")),
    (("karpenter.k8s.aws", "EC2NodeClass"), conditions("Ready=True"), H),
    (("karpenter.k8s.aws", "EC2NodeClass"), conditions("Ready=False:SubnetsNotFound"), P),
    *(
        (("kyverno.io", kind), content, label)
        for kind in ("ClusterPolicy", "Policy")
        for content, label in (
            (conditions("Ready=True"), H),
            (conditions("Ready=False"), P),
            (status(ready=True), H),
            (status(ready=False), P),
        )
    ),
    *(
        (("storage.azure.com", "StorageAccount"), content, label)
        for content, label in (
            ({}, P),
            (conditions("Ready=True:Succeeded"), H),
            (status(conditions=[{"type": "Ready", "status": "False", "severity": "Error"}]), D),
            (status(conditions=[{"type": "Ready", "status": "False", "severity": "Warning"}]), P),
            (status(conditions=[{"type": "Ready", "status": "False", "severity": "Info"}]), P),
            ({"metadata": {"generation": 2}, **status(conditions=[FATAL])}, P),
        )
    ),
]
