"""How long a request is tried.

The law: every request has an end, and a run that was asked to stop tries nothing again.
"""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable


_ENOUGH = 32
"""Doublings after which any pause is the longest."""


def _never() -> bool:
    return False


class Timing(Struct, frozen=True):
    """How long and how often, in seconds.

    `hurried` is how long an answer is waited for where nobody has time: after a request to stop (`stopping`
    says so, and `sleep` ends early), and of a server that was silent the last time.
    """

    connect: float = 5.0
    read: float = 30.0
    hurried: float = 3.0
    total: float = 45.0
    first_pause: float = 0.1
    longest_pause: float = 5.0
    attempts: int = 8
    conflicts: int = 4
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    jitter: Callable[[], float] = random.random
    stopping: Callable[[], bool] = _never


class Patience:
    """The tries of one request."""

    __slots__ = ("_conflicts", "_timing", "_tries", "_until")

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._until = timing.monotonic() + timing.total
        self._tries = 0
        self._conflicts = 0

    def allows(self, asked: float | None = None) -> bool:
        """Sleep before the next try; False when there is none.

        `asked` is how long the server wants us to stay away (Retry-After).
        """
        return self._tries + 1 < self._timing.attempts and self.outlasts(asked)

    def allows_conflict(self) -> bool:
        """As `allows`, for a write that met another one."""
        self._conflicts += 1
        return self._conflicts < self._timing.conflicts and self.allows()

    def outlasts(self, asked: float | None = None) -> bool:
        """As `allows`, however many tries there were: a server that restarts comes back within the time."""
        self._tries += 1
        timing = self._timing
        doublings = min(self._tries - 1, _ENOUGH)
        backoff = min(timing.first_pause * 2**doublings, timing.longest_pause)
        # Sixteen threads that were refused together must not come back together.
        pause = (backoff if asked is None else asked) + backoff * timing.jitter() / 2
        if timing.stopping() or timing.monotonic() + pause > self._until:
            return False
        timing.sleep(pause)
        return not timing.stopping()
