"""The image that is built once for these tests, and a GitHub for each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.runner import Runner
from action.site import Site
from container.engine import Engine
from e2e.delivery import Repo
from ghloop.server import GitHub, running
from image.container import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ghloop.contract import Contract


@pytest.fixture(scope="session")
def engine(developer_environ: Mapping[str, str]) -> Engine:
    """podman, with the image in its store."""
    engine = Engine(developer_environ)
    engine.image()
    return engine


@pytest.fixture
def github(contract: Contract) -> Iterator[GitHub]:
    """A GitHub; what its own description does not allow fails the test."""
    with running(contract=contract) as served:
        yield served
        assert served.violations == []


@pytest.fixture
def site(github: GitHub, tmp_path: Path) -> Site:
    """A workspace with an empty repository."""
    repo = Repo.make(tmp_path / "workspace", "deploy")
    return Site(repo, Runner(tmp_path / "runner", repo.root, github.url, github.token), github)


@pytest.fixture
def contained(engine: Engine, site: Site) -> Step:
    """Starts steps in the container."""
    return Step(engine, site)
