"""Databases, queues and search engines.

The law: what a project names an error is ill; a replica that is lacking, or a word that its documentation
does not explain, is on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import (
    AWAITED,
    SUSPENDED,
    by_conditions,
    by_flag,
    by_phase,
    degraded,
    fresh_conditions,
    healthy,
    in_turn,
    is_true,
    progressing,
    static,
    suspended,
)
from syncline.core.health.fields import mapping, number, text, trouble_of, words_of
from syncline.core.health.status import UNHEARD, WELL, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _SUSPENDED, _PROGRESSING = HealthStatus.HEALTHY, HealthStatus.SUSPENDED, HealthStatus.PROGRESSING
_DEGRADED, _UNKNOWN = HealthStatus.DEGRADED, HealthStatus.UNKNOWN
_PHASE, _STATE = ("status", "phase"), ("status", "state")
_NOT_READY: Final = by_conditions(progressing("Ready", status="False"), otherwise=WELL)

# elastic.co/docs/reference/cloud-on-k8s/api-docs: the phase is the operator's, the health is the cluster's.
# Yellow: all data is there, and replicas are yet to be allocated.  Red may pass with the first pod, but for a
# cluster that is at its desired spec.
_COLOURS: Final[Mapping[str, HealthStatus]] = {
    "green": _HEALTHY,
    **dict.fromkeys(("", "yellow", "red", "unknown"), _PROGRESSING),
}
_ELASTIC_PAUSED: Final = by_conditions(suspended("OrchestrationPaused"), otherwise=WELL)
_ELASTIC: Final = in_turn(_ELASTIC_PAUSED, by_phase(("status", "health"), _COLOURS))
_ELASTICSEARCH: Final = in_turn(
    _ELASTIC_PAUSED,
    by_phase(
        _PHASE,
        {
            "Ready": _HEALTHY,
            **dict.fromkeys(("ApplyingChanges", "MigratingData"), _PROGRESSING),
            **dict.fromkeys(("Stalled", "Invalid"), _DEGRADED),
        },
    ),
    by_phase(("status", "health"), {**_COLOURS, "red": _DEGRADED}),
)
_ELASTIC_KINDS: Final = (
    ("agent.k8s.elastic.co", "Agent"),
    ("apm.k8s.elastic.co", "ApmServer"),
    ("beat.k8s.elastic.co", "Beat"),
    ("enterprisesearch.k8s.elastic.co", "EnterpriseSearch"),
    ("kibana.k8s.elastic.co", "Kibana"),
    ("logstash.k8s.elastic.co", "Logstash"),
    ("maps.k8s.elastic.co", "ElasticMapsServer"),
)

# cloudnative-pg.io/docs, API reference: status.phase is a sentence; hibernation is a condition.
_CNPG_CLUSTER: Final = in_turn(
    by_conditions(suspended("cnpg.io/hibernation"), otherwise=WELL),
    by_phase(
        _PHASE,
        {
            "Cluster in healthy state": _HEALTHY,
            "Waiting for user action": _SUSPENDED,
            **dict.fromkeys(
                (
                    "Cluster is unrecoverable and needs manual intervention",
                    "Cluster is in an unrecoverable state, needs manual intervention",
                    "Cluster has incomplete or invalid image catalog",
                    "Cluster cannot execute instance online upgrade due to missing architecture binary",
                    "Unable to create required cluster objects",
                ),
                _DEGRADED,
            ),
        },
        message=("status", "phaseReason"),
        otherwise=_PROGRESSING,
    ),
    _NOT_READY,
)
_CNPG_BACKUP: Final = by_phase(
    _PHASE,
    {"completed": _HEALTHY, **dict.fromkeys(("failed", "walArchivingFailing"), _DEGRADED)},
    message=("status", "error"),
    otherwise=_PROGRESSING,
)
_CNPG_APPLIED: Final = by_flag(("status", "applied"), message=("status", "message"))
_CNPG_PAUSED: Final = by_conditions(held=("spec", "pgbouncer", "paused"), otherwise=WELL)


def _cnpg_declared(body: Mapping[str, Any]) -> Health:
    # The generation is noted with a success alone, so that the words of a failure come before its age.
    status = mapping(body, "status")
    if status.get("applied") is False:
        return Health(_PROGRESSING, text(status, "message") or "It waits to be applied.")
    return _CNPG_APPLIED(body)


def _cnpg_pooler(body: Mapping[str, Any]) -> Health:
    # The status counts its pods; whether they are ready stands in a Deployment.
    status, wanted = mapping(body, "status"), number(mapping(body, "spec"), "instances", 1)
    if status.get("instances") is None and wanted:
        return UNHEARD
    found = number(status, "instances")
    return WELL if found >= wanted else Health(_PROGRESSING, f"It has {found} of {wanted} instances.")


# docs.percona.com, "Custom resource statuses" of each operator.
_PERCONA: Final = by_phase(
    _STATE,
    {
        **dict.fromkeys(("", "initializing", "stopping"), _PROGRESSING),
        "paused": _SUSPENDED,
        "ready": _HEALTHY,
        "error": _DEGRADED,
        "unknown": _UNKNOWN,
    },
    message=("status", "message"),
    otherwise=_PROGRESSING,  # such as the sharding of MongoDB's
)
_PERCONA_ONCE: Final = by_phase(
    _STATE,
    {
        **dict.fromkeys(("ready", "Succeeded"), _HEALTHY),
        **dict.fromkeys(("error", "rejected", "Error", "Failed"), _DEGRADED),
    },
    message=("status", "error"),
    otherwise=_PROGRESSING,
)

# mongodb.com/docs/kubernetes, "Troubleshoot the Kubernetes Operator".
_MONGO_WORDS: Final[Mapping[str, HealthStatus]] = {
    **dict.fromkeys(("Pending", "Reconciling"), _PROGRESSING),
    **dict.fromkeys(("Running", "Updated"), _HEALTHY),
    **dict.fromkeys(("Failed", "Unsupported"), _DEGRADED),
}
_MONGO: Final = by_phase(_PHASE, _MONGO_WORDS, message=("status", "message"))
_OPS_MANAGER: Final = in_turn(
    by_phase(("status", "opsManager", "phase"), _MONGO_WORDS, message=("status", "opsManager", "message")),
    by_phase(
        ("status", "applicationDatabase", "phase"),
        _MONGO_WORDS,
        message=("status", "applicationDatabase", "message"),
    ),
    by_phase(
        ("status", "backup", "phase"),
        {**_MONGO_WORDS, **dict.fromkeys(("", "Disabled"), _HEALTHY)},
        message=("status", "backup", "message"),
    ),
)

# github.com/mariadb-operator/mariadb-operator: its conditions and the package that sets them.
_MARIADB: Final = by_conditions(
    healthy("Ready"), progressing("Ready", status="False"), held=("spec", "suspend")
)
_MARIADB_JOB: Final = by_conditions(
    degraded("Complete", "JobFailed", status="True"),  # True says that it is over, not that it succeeded
    degraded("Complete", "JobFailed", "Failed"),
    suspended("Complete", "JobSuspended", status="False"),
    healthy("Complete"),
)


def _mariadb_once(body: Mapping[str, Any]) -> Health:
    if is_true(body, ("spec", "schedule", "suspend")):
        return SUSPENDED
    # On a schedule, a run that is awaited and one that failed have one reason; the message tells them apart.
    for each in fresh_conditions(body):
        if each.get("type") == "Complete" and text(each, "reason") in {"CronJobScheduled", "CronJobRunning"}:
            ill = text(each, "message") == "Failed"
            return Health(_DEGRADED, trouble_of(each)) if ill else Health(_HEALTHY, words_of(each))
    return _MARIADB_JOB(body)


# rabbitmq.com/kubernetes/operator/using-operator, "Status conditions".
_RABBITMQ: Final = by_conditions(
    degraded("ReconcileSuccess"),
    progressing("ClusterAvailable", status="False"),
    progressing("AllReplicasReady", status="False"),
    healthy("AllReplicasReady"),
)
_RABBITMQ_TOPOLOGY: Final = (
    *("Binding", "Exchange", "Federation", "OperatorPolicy", "Permission", "Policy", "Queue"),
    *("SchemaReplication", "Shovel", "SuperStream", "TopicPermission", "User", "Vhost"),
)

# github.com/Altinity/clickhouse-operator: status.status
_CLICKHOUSE: Final = by_phase(
    ("status", "status"), {"Completed": _HEALTHY, "Aborted": _DEGRADED}, otherwise=_PROGRESSING
)

DATABASES: Final[Mapping[tuple[str, str], Rules]] = {
    ("elasticsearch.k8s.elastic.co", "Elasticsearch"): _ELASTICSEARCH,
    **dict.fromkeys(_ELASTIC_KINDS, _ELASTIC),
    ("stackconfigpolicy.k8s.elastic.co", "StackConfigPolicy"): by_phase(
        _PHASE,
        {
            "Ready": _HEALTHY,
            **dict.fromkeys(("ApplyingChanges", "Unknown"), _PROGRESSING),  # its version is not known yet
            **dict.fromkeys(("Invalid", "Conflict", "Error"), _DEGRADED),
        },
    ),
    # What its phases wait for, an Error too, is tried again; a spec that is Invalid is not.
    ("autoops.k8s.elastic.co", "AutoOpsAgentPolicy"): by_phase(
        _PHASE, {"Ready": _HEALTHY, "Invalid": _DEGRADED}, otherwise=_PROGRESSING
    ),
    # postgres-operator.readthedocs.io and its API's constants
    ("acid.zalan.do", "postgresql"): by_phase(
        ("status", "PostgresClusterStatus"),
        {
            "Running": _HEALTHY,
            **dict.fromkeys(("", "Creating", "Updating"), _PROGRESSING),
            **dict.fromkeys(("CreateFailed", "UpdateFailed", "SyncFailed", "Invalid"), _DEGRADED),
        },
    ),
    ("postgresql.cnpg.io", "Cluster"): _CNPG_CLUSTER,
    ("postgresql.cnpg.io", "Backup"): _CNPG_BACKUP,
    ("postgresql.cnpg.io", "ScheduledBackup"): by_conditions(held=("spec", "suspend"), otherwise=WELL),
    **dict.fromkeys(
        [("postgresql.cnpg.io", kind) for kind in ("Database", "Publication", "Subscription")],
        _cnpg_declared,
    ),
    ("postgresql.cnpg.io", "Pooler"): in_turn(_CNPG_PAUSED, _cnpg_pooler),
    **dict.fromkeys(
        [("postgresql.cnpg.io", kind) for kind in ("ClusterImageCatalog", "ImageCatalog")], static
    ),
    **dict.fromkeys(
        [
            ("psmdb.percona.com", "PerconaServerMongoDB"),
            ("pxc.percona.com", "PerconaXtraDBCluster"),
            ("ps.percona.com", "PerconaServerMySQL"),
            ("pgv2.percona.com", "PerconaPGCluster"),
        ],
        _PERCONA,
    ),
    **dict.fromkeys(
        [
            (group, f"{kind}{verb}")
            for group, kind in (
                ("psmdb.percona.com", "PerconaServerMongoDB"),
                ("pxc.percona.com", "PerconaXtraDBCluster"),
                ("ps.percona.com", "PerconaServerMySQL"),
                ("pgv2.percona.com", "PerconaPG"),
            )
            for verb in ("Backup", "Restore")
        ],
        _PERCONA_ONCE,
    ),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity"): _MONGO,
    **dict.fromkeys(
        [("mongodb.com", kind) for kind in ("MongoDB", "MongoDBMultiCluster", "MongoDBUser")], _MONGO
    ),
    ("mongodb.com", "MongoDBOpsManager"): _OPS_MANAGER,
    **dict.fromkeys(
        [
            (group, kind)
            for group in ("k8s.mariadb.com", "mariadb.mmontes.io")
            for kind in ("Connection", "Database", "Grant", "MariaDB", "MaxScale", "User")
        ],
        _MARIADB,
    ),
    **dict.fromkeys(
        [
            (group, kind)
            for group in ("k8s.mariadb.com", "mariadb.mmontes.io")
            for kind in ("Backup", "PhysicalBackup", "Restore", "SqlJob")
        ],
        _mariadb_once,
    ),
    ("rabbitmq.com", "RabbitmqCluster"): _RABBITMQ,
    **dict.fromkeys([("rabbitmq.com", kind) for kind in _RABBITMQ_TOPOLOGY], AWAITED),
    # redis-operator.opstree.dev: status.state
    ("redis.redis.opstreelabs.in", "RedisCluster"): by_phase(
        _STATE, {"Ready": _HEALTHY, "Failed": _DEGRADED}, message=("status", "reason"), otherwise=_PROGRESSING
    ),
    ("clickhouse.altinity.com", "ClickHouseInstallation"): _CLICKHOUSE,
    ("clickhouse-keeper.altinity.com", "ClickHouseKeeperInstallation"): _CLICKHOUSE,
    # github.com/pravega/zookeeper-operator: status.conditions
    ("zookeeper.pravega.io", "ZookeeperCluster"): by_conditions(
        degraded("Error", status="True"),
        progressing("Upgrading"),
        healthy("PodsReady"),
        progressing("PodsReady", status="False"),
    ),
    # github.com/banzaicloud/koperator: status.state
    ("kafka.banzaicloud.io", "KafkaCluster"): by_phase(
        _STATE, {"ClusterRunning": _HEALTHY}, otherwise=_PROGRESSING
    ),
}
"""By group and kind."""
