"""SIGINT and SIGTERM while a step is not in the job itself, which has its own way to stop.

The law: the first signal ends whatever is going on, and what is said on the way out is said quickly and cut
short by no other. There are 7.5 seconds between the two of a cancelled step (GitHub, "Workflow cancellation
reference").
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Self

from syncline.runtime import stopped_by

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """A context manager; in the main thread only. As process 1 nobody else would do anything at SIGTERM."""

    def __init__(self) -> None:
        self.hurry: Callable[[], None] | None = None
        self._before: dict[int, Any] = {}
        self._came = False

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._handle) for number in _NUMBERS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def came(self) -> None:
        """A signal came: from now on there is little time."""
        self._came = True
        if self.hurry is not None:
            self.hurry()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if not self._came:
            self.came()
            raise stopped_by(number)
