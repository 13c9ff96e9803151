"""Streams and stores of many nodes: Confluent's platform, Solr, Cassandra, Crunchy's Postgres, Dragonfly.

The law: a cluster is well once as many of its nodes as are wanted are ready and current; what an operator
tries again may pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import (
    SUSPENDED,
    UNSEEN,
    by_conditions,
    by_flag,
    by_phase,
    degraded,
    fresh_conditions,
    healthy,
    in_turn,
    is_stale,
    is_true,
    progressing,
    suspended,
)
from syncline.core.health.fields import (
    condition,
    mapping,
    members,
    number,
    text,
    trouble_of,
    words_of,
)
from syncline.core.health.status import UNHEARD, WELL, Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.health.conditions import Rules

_HEALTHY, _PROGRESSING, _DEGRADED = HealthStatus.HEALTHY, HealthStatus.PROGRESSING, HealthStatus.DEGRADED


def confluent(body: Mapping[str, Any]) -> Health:
    """Confluent for Kubernetes: a condition sums up; older operators have a word alone.

    (github.com/confluentinc/confluent-kubernetes-examples wait for `cluster-ready`; a topic has `app-ready`.)
    What is refused because a Secret is lacking is taken up once the Secret is there; its generation is not
    noted before, so that the words of the refusal come before its age.
    """
    told = [each for each in fresh_conditions(body) if text(each, "type") in _CONFLUENT_READY]
    for each in told:
        if each.get("status") != "True":
            return Health(_PROGRESSING, trouble_of(each))
    if is_stale(body):
        return UNSEEN
    if told:
        return Health(_HEALTHY, words_of(told[0]))
    status = mapping(body, "status")
    for name in ("phase", "appState", "state"):
        word = text(status, name)
        if word:
            well = word.upper() in _CONFLUENT_WELL
            return WELL if well else Health(_PROGRESSING, f"Its {name} is {word}.")
    return UNHEARD


_CONFLUENT_READY: Final = frozenset(
    {"platform.confluent.io/cluster-ready", "platform.confluent.io/app-ready"}
)
_CONFLUENT_WELL: Final = frozenset({"RUNNING", "CREATED"})
_CONFLUENT_KINDS: Final = (
    *("Kafka", "KRaftController", "Zookeeper", "Connect", "SchemaRegistry", "KsqlDB", "ControlCenter"),
    *("KafkaRestProxy", "Gateway", "KafkaTopic", "Connector", "Schema", "SchemaExporter", "ClusterLink"),
)


def solr_cloud(body: Mapping[str, Any]) -> Health:
    """Every node is ready and runs what is wanted; with the Manual method its owner restarts them."""
    if is_stale(body):
        return UNSEEN
    spec, status = mapping(body, "spec"), mapping(body, "status")
    if status.get("replicas") is None:
        return UNHEARD
    wanted = number(spec, "replicas", number(status, "replicas"))
    ready, current = number(status, "readyReplicas"), number(status, "upToDateNodes")
    target = text(status, "targetVersion")
    if ready < wanted:
        return Health(_PROGRESSING, f"Of {wanted} nodes {ready} are ready.")
    if mapping(spec, "updateStrategy").get("method") != "Manual":
        if target:
            return Health(_PROGRESSING, f"It is on its way to version {target}.")
        if current < wanted:
            return Health(_PROGRESSING, f"Of {wanted} nodes {current} are up to date.")
    return WELL


def solr_backup(body: Mapping[str, Any]) -> Health:
    """Over, and with success."""
    if is_stale(body):
        return UNSEEN
    status = mapping(body, "status")
    if status.get("finished") is not True:
        return Health(_PROGRESSING, "It waits for its backup.")
    return WELL if status.get("successful") is True else Health(_DEGRADED, "Its backup failed.")


def crunchy(body: Mapping[str, Any]) -> Health:
    """Crunchy's PostgresCluster: all instances of its sets are ready and current, and its proxy is available.

    (github.com/CrunchyData/postgres-operator, v1beta1: the status counts by set, where the set has a name.)
    """
    if any(is_true(body, ("spec", flag)) for flag in ("shutdown", "paused")):
        return SUSPENDED
    if is_stale(body):
        return UNSEEN
    status = mapping(body, "status")
    sets = list(members(status, "instances"))
    if not sets:
        return UNHEARD
    wanted = sum(number(each, "replicas", 1) for each in members(mapping(body, "spec"), "instances"))
    for name in ("readyReplicas", "updatedReplicas"):
        found = sum(number(each, name) for each in sets)
        if found < wanted:
            return Health(_PROGRESSING, f"Its {name} are {found} of {wanted}.")
    proxy = condition(status, "ProxyAvailable")
    return Health(_PROGRESSING, trouble_of(proxy)) if proxy.get("status") == "False" else WELL


# github.com/k8ssandra/cass-operator, conditions of a CassandraDatacenter.
_CASSANDRA: Final = in_turn(
    by_conditions(
        degraded("Valid"),
        suspended("Stopped"),
        *(
            progressing(kind)
            for kind in (
                *("Updating", "RollingRestart", "ReplacingNodes", "ScalingUp", "ScalingDown", "Resuming"),
            )
        ),
        healthy("Ready"),
        progressing("Ready", status="False"),
    ),
    by_phase(("status", "cassandraOperatorProgress"), {"Ready": _HEALTHY}, otherwise=_PROGRESSING),
)

STREAMS: Final[Mapping[tuple[str, str], Rules]] = {
    **dict.fromkeys([("platform.confluent.io", kind) for kind in _CONFLUENT_KINDS], confluent),
    # github.com/apache/solr-operator, api/v1beta1
    ("solr.apache.org", "SolrCloud"): solr_cloud,
    ("solr.apache.org", "SolrBackup"): solr_backup,
    ("solr.apache.org", "SolrPrometheusExporter"): by_flag(("status", "ready")),
    ("postgres-operator.crunchydata.com", "PostgresCluster"): crunchy,
    # github.com/dragonflydb/dragonfly-operator: its first versions wrote the word small
    ("dragonflydb.io", "Dragonfly"): by_phase(
        ("status", "phase"), dict.fromkeys(("Ready", "ready"), _HEALTHY), otherwise=_PROGRESSING
    ),
    ("cassandra.datastax.com", "CassandraDatacenter"): _CASSANDRA,
}
"""By group and kind."""
