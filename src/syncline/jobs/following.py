"""Logs while they are written: pods come and go, containers begin anew.

The law: each run of a container is read once, from its first line or from where it broke off; the lines on
their way are bounded, so that a slow reader slows the logs down and fills no memory. What may not be read is
said, and nobody waits for logs that all may not be read.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.loglines import LogLine, Window
from syncline.errors import ApiError, ClusterError
from syncline.kube.logs import LogQuery, LogStream, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.kube.cluster import ApiCluster
    from syncline.runtime import Cancellation

HOLD: Final = 0.3
"""Seconds that a line waits for an older one of another pod."""

MOST_WAITING: Final = 2_000
LOOK: Final = 1.0
"""Seconds between two looks at which pods there are."""

_PAUSE: Final = 0.1
_GONE: Final = 404
_DENIED: Final = frozenset({401, 403})


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a container; `number` grows with each restart."""

    uid: str
    number: int
    query: LogQuery = field(compare=False)


class Following:
    """The logs that are being read."""

    def __init__(
        self, cluster: ApiCluster, cancellation: Cancellation, say: Callable[[str], None], *, most: int
    ) -> None:
        self._cluster = cluster
        self._cancellation = cancellation
        self._say = say
        self._most = most
        self._queue: queue.Queue[LogLine] = queue.Queue(MOST_WAITING)
        self._over = threading.Event()
        self._streams: dict[tuple[Run, str], LogStream] = {}
        self._readers: dict[tuple[Run, str], threading.Thread] = {}
        self._full = False
        self._denied: set[tuple[Run, str]] = set()
        self.refused = 0
        """How many logs there are, when it ended because none of them may be read."""

    def lines(self, look: Callable[[], Iterable[Run]], monotonic: Callable[[], float]) -> Iterator[LogLine]:
        """Every line until the run is asked to stop; `look` says what there is to read now."""
        window, next_look, first = Window(HOLD, MOST_WAITING), monotonic(), True
        try:
            while not self._cancellation.requested:
                if monotonic() >= next_look:
                    self._begin(look(), first=first)
                    next_look, first = monotonic() + LOOK, False
                try:
                    line = self._queue.get(timeout=_PAUSE)
                    yield from window.push(line, monotonic())
                except queue.Empty:
                    pass
                yield from window.due(monotonic())
                if self._readers and len(self._denied) == len(self._readers):
                    self.refused = len(self._denied)
                    break
            yield from window.rest()
        finally:
            self._end()

    def _begin(self, runs: Iterable[Run], *, first: bool) -> None:
        for run in runs:
            key = (run, run.query.source.container)
            if key in self._readers:
                continue
            if sum(reader.is_alive() for reader in self._readers.values()) >= self._most:
                if not self._full:
                    self._say(f"More than {self._most} containers write; the others are not shown.")
                self._full = True
                return
            # What begins while we look on is read from its beginning.
            query = run.query if first else replace(run.query, tail=None, since=None)
            thread = threading.Thread(target=self._read, args=(key, query), daemon=True)
            self._readers[key] = thread
            thread.start()

    def _read(self, key: tuple[Run, str], query: LogQuery) -> None:
        last, seen = 0, set[tuple[int, str]]()
        while not self._over.is_set():
            try:
                stream = self._cluster.log(query)
            except ClusterError as error:
                if isinstance(error, ApiError) and error.code < 500:  # noqa: PLR2004 - it is gone, or not ours
                    self._give_up(key, error)
                    return
                self._over.wait(LOOK)
                continue
            self._streams[key] = stream
            for line in stream:
                # After a break the last second is read again; what was seen in it is not shown again.
                if line.at < last or (line.at, line.text) in seen:
                    continue
                if line.at > last:
                    last, seen = line.at, set()
                seen.add((line.at, line.text))
                if not self._put(line):
                    return
            if not stream.broken:
                return
            after = moment_of(last) if last else query.after
            query = replace(query, after=after, tail=None if last else query.tail)

    def _give_up(self, key: tuple[Run, str], error: ApiError) -> None:
        if error.code == _GONE:
            return  # pods come and go
        self._say(f"The log of {key[0].query.source} could not be read: {error.message}")
        if error.code in _DENIED:
            self._denied.add(key)

    def _put(self, line: LogLine) -> bool:
        while not self._over.is_set():
            try:
                self._queue.put(line, timeout=_PAUSE)
            except queue.Full:
                continue
            return True
        return False

    def _end(self) -> None:
        self._over.set()
        for stream in list(self._streams.values()):
            stream.close()
        for reader in self._readers.values():
            reader.join(timeout=2.0)
