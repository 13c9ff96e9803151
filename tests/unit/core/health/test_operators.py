"""Custom resources of operators: every state that their documentation names, and what it means."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.core.health import assess
from syncline.core.health.databases import DATABASES
from syncline.core.health.fleets import FLEETS
from syncline.core.health.jobs import JOBS
from syncline.core.health.openshift import OPENSHIFT
from syncline.core.health.pack import GROUPS
from syncline.core.health.runtimes import RUNTIMES
from syncline.core.health.services import SERVICES
from syncline.core.health.storage import STORAGE
from syncline.core.health.streams import STREAMS
from tables.health import H, P
from tables.operator_rows import ROWS as OPERATORS
from tables.operator_words import WORDS
from tables.platform_rows import ROWS as PLATFORMS

TABLES = {**DATABASES, **RUNTIMES, **SERVICES, **STORAGE}
ROWS = [*OPERATORS, *PLATFORMS]
TABLES |= {**FLEETS, **JOBS, **OPENSHIFT, **STREAMS}


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


@pytest.mark.parametrize(("kind", "content", "label"), ROWS)
def test_a_documented_state_means(kind: tuple[str, str], content: dict[str, Any], label: str) -> None:
    assert judged(*kind, content) == label


SILENT = {
    *(("postgresql.cnpg.io", kind) for kind in ("ScheduledBackup", "ClusterImageCatalog", "ImageCatalog")),
    ("build.openshift.io", "BuildConfig"),
}
"""Kinds whose controllers say nothing but times, or nothing at all."""


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


FAMILIES = {
    *("k8s.mariadb.com", "mariadb.mmontes.io", "rabbitmq.com", "operator.victoriametrics.com"),
    *("grafana.integreatly.org", "services.cloud.sap.com", "core.cnrm.cloud.google.com", "core.humio.com"),
    "tekton.dev",
    "kubeflow.org",
}
"""Groups whose kinds have rules in common, so that one of them stands for all."""


def test_every_kind_of_the_tables_has_rows_of_a_good_and_of_another_state() -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for group, kind, _, told in WORDS:
        found.setdefault((group, kind), set()).update(meanings(told).values())
    for row, content, label in ROWS:
        found.setdefault(row, set()).update({label} if content or row in SILENT else ())

    lacking = {kind for kind in TABLES.keys() - SILENT if not {H} < found.get(kind, set())}

    assert not {kind for kind in lacking if kind[0] not in FAMILIES}, "a kind without its rows is not proven"
    assert {group for group, _ in lacking} <= {group for group, _ in found}
    assert {"ceph.rook.io", "operator.victoriametrics.com"} <= GROUPS.keys()
