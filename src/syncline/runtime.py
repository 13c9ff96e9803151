"""Deadlines, requests to stop, and the one bounded map over threads.

The law: results come in the order of the items; nothing new is started after a failure or a request to stop,
and what runs already is waited for, so that nobody writes behind the back of a run that has ended.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from syncline.errors import ExitCode, Interrupted, Terminated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

GRACE = 2.0
"""Seconds after a request to stop in which answers may still come; GitHub's runner kills ten after it."""

_STOPPING = (signal.SIGINT, signal.SIGTERM)

Item = TypeVar("Item")
Result = TypeVar("Result")


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._told = (0, "")

    def now(self) -> str:
        """RFC 3339 in UTC, to the second."""
        second, text = self._told
        # Every event of a sync asks, hundreds in one second.
        if second != (now := int(time.time())):
            text = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._told = (now, text)
        return text

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()


class Cancellation:
    """Whether the run was asked to stop, and by which signal."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._signal = 0
        self._late: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        """Whether somebody asked."""
        return self._asked.is_set()

    @property
    def exit_code(self) -> ExitCode:
        """130 after SIGINT, 143 after SIGTERM, as shells count."""
        return ExitCode.INTERRUPTED if self._signal == signal.SIGINT else ExitCode.TERMINATED

    def request(self, number: int = signal.SIGTERM) -> None:
        """Ask the run to stop at its next safe point."""
        first = not self._signal
        self._signal = self._signal or number
        self._asked.set()
        if first and self._late:
            timer = threading.Timer(GRACE, self._end_what_hangs)
            timer.daemon = True
            timer.start()

    def when_late(self, end: Callable[[], None]) -> None:
        """Call this when something is still waited for some seconds after a request to stop."""
        self._late.append(end)

    def wait(self, seconds: float) -> None:
        """Sleep, but not past a request to stop."""
        self._asked.wait(seconds)

    def check(self) -> None:
        """A safe point. Raises Interrupted when the run was asked to stop."""
        if self._asked.is_set():
            raise stopped_by(self._signal)

    def pause(self, seconds: float) -> None:
        """Wait, and wake up when asked to stop. Raises Interrupted then."""
        self._asked.wait(seconds)
        self.check()

    def _end_what_hangs(self) -> None:
        for end in self._late:
            end()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask to stop; a second SIGINT ends the program the hard way. Main thread only."""
        came: list[int] = []

        def handle(number: int, _frame: FrameType | None) -> None:
            if came and number == signal.SIGINT:
                raise KeyboardInterrupt
            came.append(number)
            self.request(number)

        before = {number: signal.signal(number, handle) for number in _STOPPING}
        try:
            with self._overheard():
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def _overheard(self) -> Iterator[None]:
        """Hear of signals in another thread, too.

        Handlers run in the main thread when it comes to its next step; a signal that comes just before it
        begins to wait for other threads would be heard when these have ended by themselves.
        """
        hearing, telling = os.pipe()
        os.set_blocking(telling, False)

        def hear() -> None:
            while number := os.read(hearing, 1):
                if number[0] in _STOPPING:
                    self.request(number[0])

        before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
        listener = threading.Thread(target=hear, name="syncline-signals", daemon=True)
        listener.start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            os.close(telling)
            listener.join()
            os.close(hearing)


class Ahead:
    """Work that is begun before somebody asks for what it makes, in threads of its own.

    Whoever asks gets it from the table that it was made for (`once`), and hears there what went wrong.
    """

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def begin(self, work: Callable[[], object]) -> None:
        """Go on, and leave this to another thread."""

        def attempt() -> None:
            with suppress(Exception):
                work()

        thread = threading.Thread(target=attempt, name="syncline-ahead", daemon=True)
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Wait for what has begun."""
        for thread in self._threads:
            thread.join()


def stopped_by(number: int) -> Interrupted:
    """What a request to stop amounts to; for SIGINT and SIGTERM."""
    kind = Interrupted if number == signal.SIGINT else Terminated
    return kind(f"The run was stopped by {signal.Signals(number).name}.")


def each(function: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> list[Result]:
    """`function` of every item, at most `workers` at a time, in the order of the items.

    The first exception is raised once all that had started has ended; what had not started never does.
    """
    todo = list(items)
    if min(len(todo), workers) <= 1:
        return [function(item) for item in todo]
    results: dict[int, Result] = {}
    failures: dict[int, BaseException] = {}
    queue = iter(enumerate(todo))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number, item = next(queue, (-1, todo[0]))
            if number < 0 or failures:
                return
            try:
                results[number] = function(item)
            except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
                failures[number] = error

    threads = [threading.Thread(target=work, daemon=True) for _ in range(min(workers, len(todo)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[min(failures)]
    return [results[number] for number in range(len(todo))]


def beside(ask: Callable[[], Item], work: Callable[[], Result]) -> tuple[Item, Result]:
    """What `ask` waits for in another thread, and what `work` makes in this one meanwhile.

    The error of the asking is raised, or else that of the work, when both have ended; an interrupt at once.
    """
    answers: list[Item] = []
    failures: list[BaseException] = []

    def attempt() -> None:
        try:
            answers.append(ask())
        except BaseException as error:  # noqa: BLE001 - raised again by the caller's thread
            failures.append(error)

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    try:
        made = work()
    except Exception:
        thread.join()
        if failures:
            raise failures[0] from None
        raise
    thread.join()
    if failures:
        raise failures[0]
    return answers[0], made


def all_of(works: Iterable[Callable[[], object]], *, workers: int) -> None:
    """Do all of these at once, whatever goes wrong in any: what ends a run leaves nothing behind because
    something else could not be removed. The first failure is raised at the end.
    """
    failures: list[Exception] = []

    def attempt(work: Callable[[], object]) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)

    each(attempt, works, workers=workers)
    if failures:
        raise failures[0]
