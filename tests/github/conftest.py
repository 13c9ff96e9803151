"""A GitHub for each test, and time that passes only when somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ghloop.server import GitHub, running
from syncline.github.client import Api, Patience

if TYPE_CHECKING:
    from ghloop.contract import Contract

Connect = Callable[..., Api]


@dataclass(slots=True)
class Time:
    """Seconds since the epoch, by this clock alone; `waits` are the sleeps, in seconds."""

    now: float = 1_767_322_983.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Wait without waiting."""
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    """The clock of GitHub and of its clients."""
    return Time()


@pytest.fixture
def github(contract: Contract, time: Time) -> Iterator[GitHub]:
    """A GitHub; what its own description does not allow fails the test."""
    with running(contract=contract, clock=time) as served:
        yield served
        assert served.violations == []


@pytest.fixture
def connect(github: GitHub, time: Time) -> Iterator[Connect]:
    """Makes clients: `connect(token=…, url=…, total=…, timeout=…)`."""
    made: list[Api] = []

    def client(
        *, token: str = "", url: str = "", total: float = 120.0, pace: float = 0.0, timeout: float = 10.0
    ) -> Api:
        patience = Patience(total=total, pace=pace, timeout=timeout, sleep=time.sleep, clock=time)
        made.append(Api(token or github.token, url or github.url, patience=patience))
        return made[-1]

    yield client
    for api in made:
        api.close()


@pytest.fixture
def api(connect: Connect) -> Api:
    """A client with a workflow's own token."""
    return connect()
