"""How long to wait for GitHub.

The law: all waiting of one client together is bounded, and a request that was turned away for its haste is
sent again no sooner than GitHub asked for.
"""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FORBIDDEN: Final = 403
_TOO_MANY: Final = 429
_SERVER: Final = 500
_NO_HINT: Final = 60.0
"""Seconds to wait after a secondary limit that names none (GitHub, "Rate limits for the REST API")."""

_LIMIT_WORDS: Final = ("rate limit", "abuse detection")


class Answer(Struct, frozen=True):
    """What came back. `status` 0 means that nothing did, and `trouble` names what happened instead.

    The names of `headers` are in lower case; `body` is None when there is none or when it is no JSON.
    """

    status: int
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    trouble: str = ""

    @property
    def is_lost(self) -> bool:
        """Nobody knows whether the request was carried out."""
        return self.status == 0 or self.status >= _SERVER

    @property
    def message(self) -> str:
        """GitHub's reason, empty when there is none."""
        return str(self.body.get("message") or "") if isinstance(self.body, dict) else ""

    @property
    def is_limited(self) -> bool:
        """Turned away for a primary or a secondary rate limit: not carried out."""
        if self.status == _TOO_MANY:
            return True
        words = self.message.lower()
        return self.status == _FORBIDDEN and (
            "retry-after" in self.headers or any(limit in words for limit in _LIMIT_WORDS)
        )


def pause(answer: Answer, *, attempt: int, now: float) -> float:
    """Seconds until it may be sent again: what GitHub asks for, and more with each attempt (from 1)."""
    backoff = float(2 ** (attempt - 1))
    return max(_asked(answer, now), backoff) if answer.is_limited else backoff


def _asked(answer: Answer, now: float) -> float:
    if "retry-after" in answer.headers:
        return _seconds(answer.headers["retry-after"])
    if answer.headers.get("x-ratelimit-remaining") == "0" and "x-ratelimit-reset" in answer.headers:
        # One more second: nobody says when in that second the limit is lifted.
        return _seconds(answer.headers["x-ratelimit-reset"]) - now + 1
    return _NO_HINT


def _seconds(text: Any) -> float:
    try:
        seconds = float(text)
    except ValueError:
        return _NO_HINT
    return seconds if math.isfinite(seconds) else _NO_HINT


class Patience(Struct, frozen=True):
    """How a client waits, in seconds: `total` for all limits and failures, `pace` between two writes.

    `sleep` and `clock` (seconds since the epoch) are there for tests; without `sleep`, `hurry` ends a wait.
    """

    total: float = 120.0
    pace: float = 0.1
    timeout: float = 30.0
    sleep: Callable[[float], object] | None = None
    clock: Callable[[], float] = time.time


class Waiting:
    """What is left of a client's patience."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._left = patience.total
        self._hurried = threading.Event()
        self._last_write = -math.inf

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._patience.clock()

    def spend(self, seconds: float) -> None:
        """Count time that a failed attempt took."""
        self._left -= seconds

    def wait(self, seconds: float, *, why: str) -> None:
        """Wait. Raises GitHubError when it would take longer than there is left."""
        if seconds > self._left:
            raise GitHubError(
                f"{why}; it would take {seconds:.0f} more seconds, and {max(self._left, 0):.0f} are left.",
                remedy="Run the job again later.",
            )
        self._left -= seconds
        self._sleep(seconds)

    def keep_pace(self) -> None:
        """Wait until another write may follow the last one."""
        ahead = min(self._last_write + self._patience.pace - self.now(), self._patience.pace)
        if ahead > 0:
            self._sleep(ahead)
        self._last_write = self.now()

    def hurry(self, seconds: float) -> None:
        """From now on wait no longer than this, whoever waits already included."""
        self._left = min(self._left, seconds)
        self._hurried.set()

    def _sleep(self, seconds: float) -> None:
        (self._patience.sleep or self._hurried.wait)(seconds)
