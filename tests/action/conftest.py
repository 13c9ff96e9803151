"""A step, its workspace, and a GitHub on loopback."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from action.runner import Runner
from action.site import URL, Site
from action.trap import Trap, trapped
from e2e.delivery import Repo
from ghloop.server import GitHub, running
from syncline.github.client import Api, Patience

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ghloop.contract import Contract


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
    assert repo.url == URL
    return Site(repo, Runner(tmp_path / "runner", repo.root, github.url, github.token), github)


@pytest.fixture(autouse=True)
def _quick_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process writes follow each other at once, and nothing is waited for longer than a moment."""
    patience = Patience(total=0.5, pace=0.0)
    monkeypatch.setattr("syncline.action.Api", partial(Api, patience=patience))


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    """A cluster that must not be asked."""
    with trapped(tmp_path) as set_up:
        yield set_up
