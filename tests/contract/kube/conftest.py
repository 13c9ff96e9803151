"""Clusters for the contract: the real plane under each identity, and servers that fail as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, TypeAlias

import pytest

from plane.identities import Identity
from syncline.config.settings import ClusterAccess
from syncline.kube.cluster import ApiCluster, connect
from syncline.kube.patience import Timing

if TYPE_CHECKING:
    from pathlib import Path

    from contract.kube.faults import FaultServer
    from plane.control_plane import ControlPlane

ConnectAs: TypeAlias = Callable[[Identity], ApiCluster]


@pytest.fixture
def connect_as(plane: ControlPlane, tmp_path: Path) -> Iterator[ConnectAs]:
    """A fresh cluster, that has discovered nothing yet, under one of the plane's identities."""
    with ExitStack() as stack:

        def open_cluster(identity: Identity) -> ApiCluster:
            environ = {"KUBECONFIG": str(plane.kubeconfig(identity))}
            cluster = connect(ClusterAccess("plane", context=identity), environ, home=tmp_path)
            return stack.enter_context(closing(cluster))

        yield open_cluster


@pytest.fixture
def cluster(connect_as: ConnectAs) -> ApiCluster:
    """The plane with all rights."""
    return connect_as("admin")


class FakeTime:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return sum(self.slept)

    def timing(self, *, read: float = 5.0, total: float = 45.0) -> Timing:
        """Without jitter, so that pauses can be told."""
        return Timing(
            read=read,
            total=total,
            monotonic=self.monotonic,
            sleep=self.slept.append,
            jitter=lambda: 0.0,
        )


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def reach(tmp_path: Path, time: FakeTime) -> Iterator[Callable[..., ApiCluster]]:
    """The cluster "prod" at a server of ours, by token."""
    with ExitStack() as stack:

        def open_cluster(server: FaultServer | str, timing: Timing | None = None) -> ApiCluster:
            url = server if isinstance(server, str) else server.url
            access = ClusterAccess("prod", server=url, token_env="PROD_TOKEN")
            cluster = connect(access, {"PROD_TOKEN": "t0ken"}, home=tmp_path, timing=timing or time.timing())
            return stack.enter_context(closing(cluster))

        yield open_cluster
