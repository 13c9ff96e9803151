"""By which names a project knows where an Application goes."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.config.application import Destination
from syncline.config.settings import ClusterAccess, Settings
from syncline.core.project import Target
from syncline.jobs.definitions import cluster_named
from syncline.jobs.targets import target_of

HERE, EDGE = "https://kubernetes.default.svc", "https://edge.example.com"
MAIN = ClusterAccess("main", server="https://main.example.com", project="team")
OTHER = ClusterAccess("edge", context="edge", server_alias=EDGE)


class Known:
    """Of a session what says where an Application goes."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def cluster_name(self, destination: Destination) -> str:
        return cluster_named(destination, self.settings)


TWO = Known(Settings(clusters={"main": MAIN, "edge": OTHER}, default_cluster="main"))
NONE = Known(Settings())


@pytest.mark.parametrize(
    ("known", "destination", "name", "server", "project"),
    [
        (TWO, {"name": "in-cluster"}, "in-cluster", HERE, "team"),
        (TWO, {"server": HERE}, "in-cluster", HERE, "team"),
        (TWO, {"name": "main"}, "main", "https://main.example.com", "team"),
        (TWO, {"server": EDGE}, "edge", EDGE, ""),
        (TWO, {"name": "edge"}, "edge", EDGE, ""),
        (TWO, {"name": "gone"}, "gone", "", ""),
        (NONE, {"name": "in-cluster"}, "in-cluster", HERE, ""),
        (NONE, {"server": HERE}, "in-cluster", HERE, ""),
        (NONE, {"server": EDGE}, "", EDGE, ""),
    ],
)
def test_a_project_knows_a_cluster_by_argo_cds_names(
    known: Any, destination: dict[str, str], name: str, server: str, project: str
) -> None:
    found = target_of(Destination(**destination, namespace="web"), known)
    assert found == Target(name, server, "web", project)
