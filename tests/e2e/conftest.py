"""The whole way from a repository to a real cluster."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, Repo
from githouse import House, serving
from plane.between import Between, between
from syncline.kube.patience import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from plane.control_plane import ControlPlane


@pytest.fixture
def delivery(plane: ControlPlane, namespace: str, tmp_path: Path, tools: Mapping[str, Path]) -> Delivery:
    assert tools
    return Delivery(Repo.make(tmp_path / "repo", namespace), plane, namespace)


@pytest.fixture
def repo(tmp_path: Path, tools: Mapping[str, Path]) -> Repo:
    """A repository that no cluster knows."""
    assert tools
    return Repo.make(tmp_path / "repo", "elsewhere")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A host of other repositories."""
    with serving(House(tmp_path / "host")) as open_house:
        yield open_house


@pytest.fixture
def hand(plane: ControlPlane) -> Iterator[Between]:
    """A hand between runs and the plane, which does what a test tells it."""
    with between(plane) as found:
        yield found


@pytest.fixture
def through(delivery: Delivery, hand: Between, tmp_path: Path) -> Delivery:
    """A delivery whose runs go through the hand."""
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    return delivery


@pytest.fixture
def haste(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Runs in this process have little time and sleep through none of it; the pauses they took."""
    slept: list[float] = []

    def monotonic() -> float:
        return time.monotonic() + sum(slept)

    def timing(*, stopping: Callable[[], bool], **_: object) -> Timing:
        return Timing(
            connect=1.0,
            read=0.4,
            hurried=0.3,
            total=8.0,
            monotonic=monotonic,
            sleep=slept.append,
            jitter=lambda: 0.0,
            stopping=stopping,
        )

    monkeypatch.setattr("syncline.jobs.clusters.Timing", timing)
    return slept
