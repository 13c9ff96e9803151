"""Words that controllers write at a path of the status, and what each of them means.

The law: every word that a project's documentation names stands here; `=Ready ` is two words, one of them
empty.
"""

from __future__ import annotations

from tables.health import D, H, P, S, U

PERCONA_ONCE = (
    f"{P}= waiting requested running Starting Running Suspended,{H}=ready Succeeded,{D}=error Failed"
)
MONGO = f"{P}= Pending Reconciling,{H}=Running Updated,{D}=Failed Unsupported,{U}=Odd"
CAMEL = f"{H}=Running Ready,{P}=Initialization Deploying Waiting,{D}=Error"
ONCE = f"{P}=New Queued ReadyToStart InProgress WaitingForPluginOperations Finalizing Deleting,{U}=Odd"
ONCE += f",{P}=FinalizingPartiallyFailed WaitingForPluginOperationsPartiallyFailed"
ONCE += f",{P}=FinalizingafterPluginOperations FinalizingAfterPluginOperations"
ONCE += f",{H}=Completed,{D}=FailedValidation PartiallyFailed Failed"
FLINK = f"{P}=CREATED UPGRADING DEPLOYED ROLLING_BACK DELETING DELETED,{H}=STABLE,{S}=SUSPENDED"
FLINK += f",{D}=ROLLED_BACK FAILED,{U}=ODD"
ROOK = f"{P}= Connecting Progressing Deleting,{H}=Ready Connected,{D}=Failure"
NUMAFLOW = f"{P}= Pending Pausing Deleting,{H}=Running Succeeded,{S}=Paused,{D}=Failed,{U}=Unknown"
VICTORIA = f"{P}=expanding,{H}=operational,{D}=failed,{S}=paused,{U}=odd"

# A word at a path, and what each word means; a word of nothing is one that is empty.
WORDS: list[tuple[str, str, str, str]] = [
    (
        "stackconfigpolicy.k8s.elastic.co",
        "StackConfigPolicy",
        "phase",
        f"{H}=Ready,{P}= ApplyingChanges Unknown",
    ),
    ("stackconfigpolicy.k8s.elastic.co", "StackConfigPolicy", "phase", f"{D}=Invalid Conflict Error,{U}=Odd"),
    (
        "autoops.k8s.elastic.co",
        "AutoOpsAgentPolicy",
        "phase",
        f"{H}=Ready,{D}=Invalid,{P}= ApplyingChanges NoMonitoredResources AutoOpsAgentsNotReady Error",
    ),
    *(
        (f"{group}.k8s.elastic.co", kind, "health", f"{H}=green,{P}= yellow red unknown,{U}=blue")
        for group, kind in (
            *(("agent", "Agent"), ("apm", "ApmServer"), ("beat", "Beat"), ("kibana", "Kibana")),
            *(("logstash", "Logstash"), ("maps", "ElasticMapsServer")),
            ("enterprisesearch", "EnterpriseSearch"),
        )
    ),
    (
        "acid.zalan.do",
        "postgresql",
        "PostgresClusterStatus",
        f"{H}=Running,{P}= Creating Updating,{D}=CreateFailed UpdateFailed SyncFailed Invalid,{U}=Odd",
    ),
    (
        "postgresql.cnpg.io",
        "Backup",
        "phase",
        f"{H}=completed,{P}= pending started running finalizing,{D}=failed walArchivingFailing",
    ),
    *(
        (
            group,
            kind,
            "state",
            f"{P}= initializing stopping sharding,{S}=paused,{H}=ready,{D}=error,{U}=unknown",
        )
        for group, kind in (
            ("psmdb.percona.com", "PerconaServerMongoDB"),
            ("pxc.percona.com", "PerconaXtraDBCluster"),
            ("ps.percona.com", "PerconaServerMySQL"),
            ("pgv2.percona.com", "PerconaPGCluster"),
        )
    ),
    ("psmdb.percona.com", "PerconaServerMongoDBBackup", "state", PERCONA_ONCE),
    ("psmdb.percona.com", "PerconaServerMongoDBRestore", "state", f"{PERCONA_ONCE},{D}=rejected"),
    ("pxc.percona.com", "PerconaXtraDBClusterBackup", "state", PERCONA_ONCE),
    ("pxc.percona.com", "PerconaXtraDBClusterRestore", "state", PERCONA_ONCE),
    ("ps.percona.com", "PerconaServerMySQLBackup", "state", f"{PERCONA_ONCE},{D}=Error"),
    ("ps.percona.com", "PerconaServerMySQLRestore", "state", PERCONA_ONCE),
    ("pgv2.percona.com", "PerconaPGBackup", "state", PERCONA_ONCE),
    ("pgv2.percona.com", "PerconaPGRestore", "state", PERCONA_ONCE),
    ("mongodbcommunity.mongodb.com", "MongoDBCommunity", "phase", MONGO),
    *(("mongodb.com", kind, "phase", MONGO) for kind in ("MongoDB", "MongoDBMultiCluster", "MongoDBUser")),
    (
        "redis.redis.opstreelabs.in",
        "RedisCluster",
        "state",
        f"{H}=Ready,{D}=Failed,{P}= Initializing Bootstrap ScalingUp ScalingDown Resharding Rebalancing",
    ),
    *(
        (f"{group}.altinity.com", kind, "status", f"{H}=Completed,{D}=Aborted,{P}= InProgress Terminating")
        for group, kind in (
            ("clickhouse", "ClickHouseInstallation"),
            ("clickhouse-keeper", "ClickHouseKeeperInstallation"),
        )
    ),
    (
        "kafka.banzaicloud.io",
        "KafkaCluster",
        "state",
        f"{H}=ClusterRunning,{P}= ClusterReconciling ClusterRollingUpgrading",
    ),
    ("velero.io", "Backup", "phase", ONCE),
    ("velero.io", "Restore", "phase", ONCE),
    ("velero.io", "Schedule", "phase", f"{P}= New,{H}=Enabled,{D}=FailedValidation,{U}=Odd"),
    ("velero.io", "BackupStorageLocation", "phase", f"{P}=,{H}=Available,{D}=Unavailable,{U}=Odd"),
    *(
        ("ceph.rook.io", kind, "phase", ROOK)
        for kind in ("CephCluster", "CephObjectStore", "CephFilesystem", "CephBlockPool", "CephNFS")
    ),
    ("ceph.rook.io", "CephObjectStoreUser", "phase", f"{H}=Created Ready,{D}=ReconcileFailed"),
    ("objectbucket.io", "ObjectBucketClaim", "phase", f"{P}= Pending,{H}=Bound,{D}=Released Failed,{U}=Odd"),
    (
        "cdi.kubevirt.io",
        "DataVolume",
        "phase",
        (
            f"{P}= Pending PVCBound WaitForFirstConsumer ImportScheduled CloneInProgress UploadInProgress"
            f",{S}=Paused,{H}=Succeeded,{D}=Failed,{U}=Unknown"
        ),
    ),
    (
        "trident.netapp.io",
        "TridentOrchestrator",
        "status",
        f"{H}=Installed,{P}= Installing Updating Uninstalling,{S}=Uninstalled,{D}=Failed Error,{U}=Odd",
    ),
    (
        "trident.netapp.io",
        "TridentBackendConfig",
        "phase",
        f"{H}=Bound,{P}= Unbound Deleting,{D}=Lost Failed,{U}=Unknown Odd",
    ),
    (
        "kubevirt.io",
        "VirtualMachine",
        "printableStatus",
        (
            f"{H}=Running,{S}=Stopped Paused"
            f",{D}=CrashLoopBackOff ErrImagePull ImagePullBackOff DataVolumeError"
            f",{P}= Provisioning Starting Stopping Terminating Migrating WaitingForVolumeBinding"
            f",{P}=WaitingForReceiver ErrorUnschedulable ErrorPvcNotFound ErrorDataVolumeNotFound"
            f",{U}=Unknown Odd"
        ),
    ),
    (
        "kubevirt.io",
        "VirtualMachineInstance",
        "phase",
        f"{P}= Pending Scheduling Scheduled WaitingForSync,{H}=Running Succeeded,{D}=Failed,{U}=Unknown",
    ),
    ("flink.apache.org", "FlinkDeployment", "lifecycleState", FLINK),
    ("flink.apache.org", "FlinkSessionJob", "lifecycleState", FLINK),
    (
        "sparkoperator.k8s.io",
        "SparkApplication",
        "applicationState.state",
        (
            f"{P}= SUBMITTED SUBMISSION_FAILED PENDING_RERUN INVALIDATING SUCCEEDING FAILING RESUMING"
            f",{H}=RUNNING COMPLETED,{S}=SUSPENDING SUSPENDED,{D}=FAILED,{U}=UNKNOWN ODD"
        ),
    ),
    *(
        ("camel.apache.org", kind, "phase", CAMEL)
        for kind in (
            "Integration",
            "IntegrationKit",
            "IntegrationPlatform",
            "Kamelet",
            "KameletBinding",
            "Pipe",
        )
    ),
    *(
        ("numaflow.numaproj.io", kind, "phase", NUMAFLOW)
        for kind in ("Pipeline", "Vertex", "MonoVertex", "InterStepBufferService")
    ),
    (
        "flagger.app",
        "Canary",
        "phase",
        (
            f"{P}= Initializing Progressing Promoting Finalising Terminating Terminated"
            f",{H}=Initialized Succeeded,{S}=Waiting WaitingPromotion,{D}=Failed,{U}=Odd"
        ),
    ),
    ("apps.kruise.io", "BroadcastJob", "phase", f"{P}= running,{H}=completed,{S}=paused,{D}=failed,{U}=odd"),
    ("rollouts.kruise.io", "Rollout", "phase", f"{P}= Initial Progressing Terminating Disabling,{H}=Healthy"),
    ("rollouts.kruise.io", "Rollout", "phase", f"{S}=Disabled"),
    (
        "dragonflydb.io",
        "Dragonfly",
        "phase",
        f"{P}= ResourcesCreated Configuring RollingUpdate,{H}=Ready ready",
    ),
    (
        "ocs.openshift.io",
        "StorageCluster",
        "phase",
        f"{P}= Progressing Connecting,{H}=Ready,{D}=Error,{S}=Ignored",
    ),
    *(
        ("numaplane.numaproj.io", f"{kind}Rollout", "phase", f"{P}= Pending,{H}=Deployed,{D}=Failed,{U}=Odd")
        for kind in ("ISBService", "MonoVertex", "NumaflowController", "Pipeline")
    ),
    ("core.humio.com", "HumioCluster", "state", f"{P}= Restarting Upgrading Pending,{H}=Running"),
    ("core.humio.com", "HumioCluster", "state", f"{D}=ConfigError"),
    *(
        ("core.humio.com", f"Humio{kind}", "state", f"{P}= Unknown NotFound ConfigError,{H}=Exists")
        for kind in ("Action", "Alert", "IngestToken", "Parser", "Repository", "View")
    ),
    (
        "build.openshift.io",
        "Build",
        "phase",
        f"{P}= New Pending Running,{H}=Complete,{D}=Failed Error Cancelled,{U}=Odd",
    ),
    (
        "operators.coreos.com",
        "Subscription",
        "state",
        f"{P}= UpgradeAvailable UpgradePending,{H}=AtLatestKnown,{D}=UpgradeFailed,{U}=Odd",
    ),
    (
        "ray.io",
        "RayJob",
        "jobDeploymentStatus",
        f"{P}= Initializing Running Retrying Waiting,{H}=Complete,{S}=Suspended,{D}=Failed ValidationFailed",
    ),
    (
        "ray.io",
        "RayJob",
        "jobDeploymentStatus",
        f"{S}=Suspending",
    ),
    ("ray.io", "RayCluster", "state", f"{P}= provisioning,{H}=ready,{S}=suspended,{D}=failed"),
    *(
        ("platform.confluent.io", kind, "phase", f"{P}= PROVISIONING,{H}=RUNNING")
        for kind in (
            *("Kafka", "KRaftController", "Zookeeper", "Connect", "SchemaRegistry", "KsqlDB"),
            *("ControlCenter", "KafkaRestProxy", "Gateway"),
        )
    ),
    *(
        ("platform.confluent.io", kind, "appState", f"{P}= Failed,{H}=Created")
        for kind in ("KafkaTopic", "Connector", "Schema", "SchemaExporter", "ClusterLink")
    ),
    (
        "operators.coreos.com",
        "ClusterServiceVersion",
        "phase",
        f"{P}= Pending InstallReady Installing Replacing Deleting,{H}=Succeeded,{D}=Failed,{U}=Unknown",
    ),
    *(
        ("operator.victoriametrics.com", kind, "updateStatus", f"{VICTORIA},{P}=")
        for kind in ("VMAgent", "VMCluster", "VMSingle", "VMAlert", "VMAuth", "VLSingle", "VTCluster")
    ),
    ("operator.victoriametrics.com", "VMRule", "updateStatus", f"{VICTORIA},{H}="),
    (
        "networking.gke.io",
        "ManagedCertificate",
        "certificateStatus",
        f"{H}=Active,{P}= Provisioning ProvisioningFailed,{D}=ProvisioningFailedPermanently RenewalFailed",
    ),
    ("jaegertracing.io", "Jaeger", "phase", f"{P}=,{H}=Running,{D}=Failed,{U}=Odd"),
    ("projectcontour.io", "HTTPProxy", "currentStatus", f"{H}=valid,{D}=invalid,{U}=odd"),
    ("projectcontour.io", "HTTPProxy", "currentStatus", f"{P}= orphaned NotReconciled"),
    *(
        (
            "policy.open-cluster-management.io",
            kind,
            "compliant",
            f"{H}=Compliant,{P}= Pending NonCompliant UnknownCompliancy Terminating,{U}=Odd",
        )
        for kind in ("Policy", "CertificatePolicy", "ConfigurationPolicy", "OperatorPolicy")
    ),
    (
        "core.gardener.cloud",
        "Shoot",
        "lastOperation.state",
        f"{H}=Succeeded,{P}= Pending Processing Error,{D}=Failed Aborted,{U}=Odd",
    ),
]
