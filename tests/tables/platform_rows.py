"""Rows of platforms, fleets of clusters, work that ends, and streams: what an object says, and what it means.

The law: a row is written from the types or the documentation of its project, which the module of its rules
names.
"""

from __future__ import annotations

from typing import Any, Final

from tables.health import D, H, P, S, conditions, said, spec, status

ROUTE, DEPLOYMENT = ("route.openshift.io", "Route"), ("apps.openshift.io", "DeploymentConfig")
ROUTERS, PART = ("operator.openshift.io", "IngressController"), ("config.openshift.io", "ClusterOperator")
OLM, POOL = (
    ("operators.coreos.com", "Subscription"),
    ("machineconfiguration.openshift.io", "MachineConfigPool"),
)
MANIFESTS, MANAGED = (
    ("work.open-cluster-management.io", "ManifestWork"),
    ("cluster.open-cluster-management.io", "ManagedCluster"),
)
RAY, RAY_JOB, JOBSET = ("ray.io", "RayCluster"), ("ray.io", "RayJob"), ("jobset.x-k8s.io", "JobSet")
WORKERS, RUN = ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"), ("tekton.dev", "PipelineRun")
TRAINING, SOLR = ("kubeflow.org", "PyTorchJob"), ("solr.apache.org", "SolrCloud")
SAVED, EXPORTER = ("solr.apache.org", "SolrBackup"), ("solr.apache.org", "SolrPrometheusExporter")
STACK, PLAYBOOK, TIMES = (
    ("pulumi.com", "Stack"),
    ("tower.ansible.com", "AnsibleJob"),
    ("apps.kruise.io", "AdvancedCronJob"),
)
CASSANDRA: Final = ("cassandra.datastax.com", "CassandraDatacenter")
KAFKA, TOPIC = ("platform.confluent.io", "Kafka"), ("platform.confluent.io", "KafkaTopic")
READY, APP = "platform.confluent.io/cluster-ready", "platform.confluent.io/app-ready"
NEW: Final = {"metadata": {"generation": 2}}


def routers(*told: str) -> dict[str, Any]:
    return status(ingress=[{"routerName": each, **conditions(each)["status"]} for each in told])


def bound(*told: str, health: str = "Healthy", seen: int = 2) -> dict[str, Any]:
    """A binding of generation 2, with what it is in one cluster."""
    found = [{"clusterName": "member1", "applied": True, "health": health}]
    return {**NEW, **said(*told, schedulerObservedGeneration=seen, aggregatedStatus=found)}


def solr(method: str = "Managed", **fields: Any) -> dict[str, Any]:
    full = {"replicas": 3, "readyReplicas": 3, "upToDateNodes": 3, **fields}
    return {**spec(replicas=3, updateStrategy={"method": method}), **status(**full)}


def cassandra(*told: str, progress: str = "Ready") -> dict[str, Any]:
    return said(*told, cassandraOperatorProgress=progress)


OPENSHIFT: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (ROUTE, status(ingress=[]), P),
    (ROUTE, routers("Admitted=True"), H),
    (ROUTE, routers("Admitted=True", "Admitted=False:HostAlreadyClaimed"), D),
    (ROUTE, routers("Admitted=True", "Admitted=Unknown"), P),
    (
        DEPLOYMENT,
        {**spec(replicas=1), **status(replicas=1, updatedReplicas=1, availableReplicas=1)},
        H,
    ),
    (DEPLOYMENT, {**spec(replicas=1), **status(replicas=1)}, P),
    (DEPLOYMENT, conditions("Progressing=False:ProgressDeadlineExceeded"), D),
    (DEPLOYMENT, spec(paused=True), S),
    (ROUTERS, conditions("Available=True", "Degraded=False", "Progressing=False"), H),
    (ROUTERS, conditions("Available=True", "Degraded=True"), D),
    (ROUTERS, conditions("Available=True", "Progressing=True"), P),
    (ROUTERS, conditions("Available=False", "Degraded=False"), P),
    (OLM, said("InstallPlanPending=True:RequiresApproval", state="UpgradePending"), S),
    (OLM, said("InstallPlanPending=True:Installing", state="UpgradePending"), P),
    (OLM, said("InstallPlanFailed=True", state="UpgradePending"), D),
    (OLM, said("CatalogSourcesUnhealthy=False", state="AtLatestKnown"), H),
    (DEPLOYMENT, conditions("Progressing=False:RolloutCancelled"), D),
    (DEPLOYMENT, {**NEW, **said("Progressing=False:RolloutCancelled", observedGeneration=1)}, P),
    (DEPLOYMENT, {**spec(paused=True), **conditions("Progressing=False:RolloutCancelled")}, S),
    *(
        (PART, told, label)
        for told, label in (
            ({}, P),
            (conditions("Available=True", "Progressing=False", "Degraded=False", "Upgradeable=False"), H),
            (conditions("Available=True", "Progressing=True", "Degraded=False"), P),
            (conditions("Available=False", "Progressing=False", "Degraded=False"), P),
            (conditions("Available=True", "Progressing=False", "Degraded=True"), D),
        )
    ),
    (POOL, {}, P),
    (POOL, conditions("Updated=True", "Updating=False", "Degraded=False"), H),
    (POOL, conditions("Updated=False", "Updating=True", "Degraded=False"), P),
    *(
        (POOL, conditions("Updated=False", "Updating=True", f"{kind}Degraded=True"), D)
        for kind in ("", "Node")
    ),
    (POOL, conditions("Updated=True", "RenderDegraded=True"), D),
    (POOL, {**spec(paused=True), **conditions("Updated=False", "Updating=False")}, S),
]
FLEETS: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    *(
        (("work.karmada.io", kind), content, label)
        for kind in ("ResourceBinding", "ClusterResourceBinding")
        for content, label in (
            (NEW, P),
            ({**NEW, **said("Scheduled=True:Success", "FullyApplied=True:FullyAppliedSuccess")}, P),
            (bound("Scheduled=True:Success", "FullyApplied=True:FullyAppliedSuccess"), H),
            (bound("Scheduled=True:Success", "FullyApplied=True", health="Unhealthy"), P),
            (bound("Scheduled=True:Success", "FullyApplied=True", health="Unknown"), H),
            (bound("Scheduled=True:Success", "FullyApplied=True", seen=1), P),
            (bound("Scheduled=True:Success"), P),
            (bound("Scheduled=True:Success", "FullyApplied=False:FullyAppliedFailed"), P),
            (bound("Scheduled=False:NoClusterFit"), D),
            (bound("Scheduled=False:Unschedulable"), P),
            (bound("Scheduled=False:SchedulerError"), P),
            ({**spec(suspension={"dispatching": True}), **bound("Scheduled=True")}, S),
        )
    ),
    (("work.karmada.io", "Work"), {}, P),
    (("work.karmada.io", "Work"), conditions("Applied=True:AppliedSuccessful"), H),
    (("work.karmada.io", "Work"), conditions("Applied=False:AppliedFailed"), P),
    (("work.karmada.io", "Work"), conditions("Applied=True", "Degraded=True"), D),
    (("work.karmada.io", "Work"), {**spec(suspendDispatching=True), **conditions("Applied=True")}, S),
    (("cluster.karmada.io", "Cluster"), {}, P),
    (("cluster.karmada.io", "Cluster"), conditions("Ready=True:ClusterReady"), H),
    (("cluster.karmada.io", "Cluster"), conditions("Ready=False:ClusterNotReachable"), P),
    (MANIFESTS, {}, P),
    (MANIFESTS, conditions("Applied=True", "Available=True"), H),
    (MANIFESTS, conditions("Applied=False"), P),
    (MANIFESTS, conditions("Applied=True", "Available=False"), P),
    (MANIFESTS, conditions("Applied=True", "Progressing=True", "Available=True"), P),
    (MANIFESTS, conditions("Applied=True", "Available=True", "Degraded=True"), D),
    (MANAGED, {}, P),
    (MANAGED, conditions("HubAcceptedManagedCluster=True", "ManagedClusterConditionAvailable=True"), H),
    (MANAGED, conditions("HubAcceptedManagedCluster=True", "ManagedClusterJoined=True"), P),
    (MANAGED, conditions("ManagedClusterConditionAvailable=False"), P),
    (MANAGED, conditions("ManagedClusterConditionAvailable=Unknown:ManagedClusterLeaseUpdateStopped"), P),
]
JOBS: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    *(
        (("tekton.dev", kind), content, label)
        for kind in ("CustomRun", "PipelineRun", "TaskRun")
        for content, label in (
            ({}, P),
            (conditions("Succeeded=Unknown:Running"), P),
            (conditions("Succeeded=True:Completed"), H),
            (conditions("Succeeded=False:Failed"), D),
            (conditions("Succeeded=False:Cancelled"), D),
        )
    ),
    (TRAINING, {}, P),
    (TRAINING, conditions("Created=True", "Running=True"), P),
    (TRAINING, conditions("Created=True", "Running=False", "Restarting=True"), P),
    (TRAINING, conditions("Created=True", "Running=False", "Succeeded=True"), H),
    (TRAINING, conditions("Created=True", "Running=False", "Failed=True"), D),
    (TRAINING, conditions("Created=True", "Suspended=True"), S),
    (TRAINING, conditions("Created=True", "Suspended=False:Resumed", "Running=True"), P),
    (RAY_JOB, status(jobDeploymentStatus="Complete", jobStatus="SUCCEEDED"), H),
    (RAY_JOB, status(jobDeploymentStatus="Complete", jobStatus="FAILED", message="exit 1"), D),
    (RAY_JOB, status(jobDeploymentStatus="Complete", jobStatus="STOPPED"), S),
    (RAY_JOB, status(jobDeploymentStatus="Running", jobStatus="RUNNING"), P),
    (RAY, {}, P),
    (RAY, conditions("HeadPodReady=True", "RayClusterProvisioned=True"), H),
    (RAY, conditions("HeadPodReady=True", "RayClusterProvisioned=False:RayClusterPodsProvisioning"), P),
    (RAY, conditions("HeadPodReady=False:HeadPodNotFound", "RayClusterProvisioned=True"), P),
    (RAY, conditions("HeadPodReady=True", "ReplicaFailure=True:FailedCreateWorkerPod"), D),
    (RAY, conditions("HeadPodReady=False", "RayClusterSuspended=True"), S),
    (RAY, conditions("HeadPodReady=True", "RayClusterSuspending=True"), S),
    (RAY, {**spec(suspend=True), **status(state="ready")}, S),
    (RAY, {**NEW, **status(state="ready", observedGeneration=1)}, P),
    (("ray.io", "RayService"), {}, P),
    (("ray.io", "RayService"), conditions("Ready=True:NonZeroServeEndpoints"), H),
    (("ray.io", "RayService"), conditions("Ready=False:ZeroServeEndpoints"), P),
    (STACK, {}, P),
    (STACK, conditions("Ready=True", "Reconciling=False"), H),
    (STACK, said("Ready=False", "Reconciling=True:RetryingAfterFailure", lastUpdate={"state": "failed"}), P),
    (STACK, conditions("Ready=False", "Stalled=True:SpecInvalid"), D),
    (STACK, status(lastUpdate={"state": "succeeded"}), H),
    (STACK, status(lastUpdate={"state": "failed"}), D),
    (STACK, {**NEW, **status(lastUpdate={"state": "failed"}, observedGeneration=1)}, P),
    (PLAYBOOK, {}, P),
    *((PLAYBOOK, status(ansibleJobResult={"status": word}), P) for word in ("new", "pending", "running")),
    *((PLAYBOOK, status(ansibleJobResult={"status": word}), D) for word in ("failed", "error", "canceled")),
    (PLAYBOOK, status(ansibleJobResult={"status": "successful"}), H),
    (TIMES, {}, P),
    *((TIMES, status(type=word), H) for word in ("Job", "BroadcastJob")),
    (TIMES, {**spec(paused=True), **status(type="Job")}, S),
    (JOBSET, {}, P),
    (JOBSET, conditions("StartupPolicyInProgress=True"), P),
    (JOBSET, conditions("Completed=True:AllJobsCompleted"), H),
    (JOBSET, conditions("Failed=True:FailedJobs"), D),
    (JOBSET, conditions("Suspended=True:SuspendedJobs"), S),
    (JOBSET, conditions("Suspended=False:ResumeJobs"), P),
    (WORKERS, {}, P),
    (WORKERS, conditions("Available=True:AllGroupsReady", "Progressing=False"), H),
    (WORKERS, conditions("Available=False", "Progressing=True:GroupsProgressing"), P),
    (WORKERS, conditions("Available=True", "UpdateInProgress=True"), P),
]
STREAMS: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (KAFKA, {}, P),
    (KAFKA, said(f"{READY}=True", phase="PROVISIONING"), H),
    (KAFKA, said(f"{READY}=False:ApplyFailed", phase="RUNNING"), P),
    (KAFKA, {**NEW, **said(f"{READY}=False:ApplyFailed", observedGeneration=1)}, P),
    (KAFKA, {**NEW, **said(f"{READY}=True", observedGeneration=1)}, P),
    (TOPIC, said(f"{APP}=True:Created", appState="Created"), H),
    (TOPIC, said(f"{APP}=False", appState="Created"), P),
    (TOPIC, status(state="CREATED"), H),
    (SOLR, {}, P),
    (SOLR, solr(), H),
    (SOLR, solr(readyReplicas=2), P),
    (SOLR, solr(upToDateNodes=1), P),
    (SOLR, solr(targetVersion="9.6.1"), P),
    (SOLR, solr("Manual", upToDateNodes=1, targetVersion="9.6.1"), H),
    (SOLR, solr("Manual", readyReplicas=0), P),
    (SOLR, {**NEW, **solr(observedGeneration=1)}, P),
    (SAVED, {}, P),
    (SAVED, status(finished=True, successful=True), H),
    (SAVED, status(finished=True, successful=False), D),
    (SAVED, status(finished=False), P),
    (EXPORTER, {}, P),
    (EXPORTER, status(ready=True), H),
    (EXPORTER, status(ready=False), P),
    (CASSANDRA, {}, P),
    (CASSANDRA, cassandra("Ready=True", "Initialized=True", "Valid=True", "Stopped=False"), H),
    (CASSANDRA, cassandra("Ready=True", progress="Updating"), P),
    (CASSANDRA, cassandra("Ready=False", "Valid=True"), P),
    (CASSANDRA, cassandra("Ready=True", "Valid=False"), D),
    (CASSANDRA, cassandra("Ready=False", "Stopped=True"), S),
    (CASSANDRA, cassandra("Ready=True", "RollingRestart=True"), P),
    (CASSANDRA, cassandra("Ready=True", "ScalingUp=True"), P),
]
CRUNCHY, OTEL = (
    ("postgres-operator.crunchydata.com", "PostgresCluster"),
    ("opentelemetry.io", "OpenTelemetryCollector"),
)
ITEM, QUEUE = ("onepassword.com", "OnePasswordItem"), ("kueue.x-k8s.io", "ClusterQueue")
GLOO, STATES = ("gloo.solo.io", "Upstream"), ("Pending", "Accepted", "Rejected", "Warning")


def crunchy(*told: str, ready: int = 3, updated: int = 3, **flags: Any) -> dict[str, Any]:
    sets = [{"replicas": 2}, {"name": "standby"}]
    found = [
        {"name": "00", "replicas": 2, "readyReplicas": ready - 1, "updatedReplicas": updated - 1},
        {"name": "standby", "replicas": 1, "readyReplicas": 1, "updatedReplicas": 1},
    ]
    return {**spec(instances=sets, **flags), **said(*told, instances=found)}


def counted(told: str, **wanted: Any) -> dict[str, Any]:
    return {**spec(**wanted), **status(scale={"statusReplicas": told}, version="0.110.0")}


OTHERS: list[tuple[tuple[str, str], dict[str, Any], str]] = [
    (CRUNCHY, {}, P),
    (CRUNCHY, crunchy(), H),
    (CRUNCHY, crunchy("ProxyAvailable=True"), H),
    (CRUNCHY, crunchy("ProxyAvailable=False:PGBouncerNotAvailable"), P),
    (CRUNCHY, crunchy(ready=2), P),
    (CRUNCHY, crunchy(updated=2), P),
    (CRUNCHY, crunchy(shutdown=True), S),
    (CRUNCHY, crunchy(paused=True), S),
    (CRUNCHY, {**NEW, **status(observedGeneration=1)}, P),
    (OTEL, {}, P),
    (OTEL, counted("2/2", replicas=2), H),
    (OTEL, counted("1/2", replicas=2), P),
    (OTEL, counted("0/0"), P),
    (OTEL, counted("0/0", replicas=0), H),
    (OTEL, counted("0/0", mode="daemonset"), H),
    (OTEL, {**spec(mode="sidecar"), **status(version="0.110.0")}, H),
    *((GLOO, status(state=state), label) for state, label in zip(STATES, (P, H, D, P), strict=True)),
    *((GLOO, status(state=state), label) for state, label in enumerate((P, H, D, P))),
    (GLOO, status(statuses={"gloo-system": {"state": "Accepted", "reportedBy": "gloo"}}), H),
    (GLOO, status(statuses={"a": {"state": "Accepted"}, "b": {"state": "Rejected", "reason": "no"}}), D),
    *((("gloo.solo.io", kind), status(state="Accepted"), H) for kind in ("Proxy", "UpstreamGroup")),
    *((("gloo.solo.io", kind), status(state="Rejected"), D) for kind in ("Proxy", "UpstreamGroup")),
    *((("gateway.solo.io", kind), status(state="Accepted"), H) for kind in ("Gateway", "VirtualService")),
    *((("gateway.solo.io", kind), status(state="Rejected"), D) for kind in ("Gateway", "VirtualService")),
    (ITEM, {}, P),
    (ITEM, conditions("Ready=True"), H),
    (ITEM, conditions("Ready=False"), P),
    (QUEUE, {}, P),
    (QUEUE, conditions("Active=True:Ready"), H),
    (QUEUE, conditions("Active=False:FlavorNotFound"), P),
    (QUEUE, conditions("Active=False:Stopped"), S),
]
ROWS: Final = [*OTHERS, *OPENSHIFT, *FLEETS, *JOBS, *STREAMS]
