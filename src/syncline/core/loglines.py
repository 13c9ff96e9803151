"""Lines of many logs as one.

The law: no line is lost, doubled or moved before an earlier one of its own container; memory is bounded,
however long a line or a log is.
"""

from __future__ import annotations

import heapq
import re
from collections import deque
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LONGEST: Final = 16 * 1024
"""Octets of a line that are kept."""

_STAMP: Final = regex(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d) ?", re.ASCII)
_CUT: Final = "…".encode()


class Source(Struct, frozen=True, order=True):
    """The container that wrote a line."""

    namespace: str
    pod: str
    container: str

    def __str__(self) -> str:
        return f"{self.pod}/{self.container}"


class LogLine(Struct, frozen=True):
    """`at` is nanoseconds since 1970, in the node's time."""

    at: int
    source: Source
    text: str


def whole_lines(chunks: Iterable[bytes], longest: int = LONGEST) -> Iterator[bytes]:
    """The lines of a text that comes in pieces; of a longer one the beginning, with an ellipsis."""
    rest, is_cut = b"", False
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        for number, piece in enumerate((first, *others)):
            if number:
                yield rest + _CUT if is_cut else rest
                rest, is_cut = b"", False
            room = longest - len(rest)
            is_cut = is_cut or len(piece) > room
            rest += piece[:room]
    if rest:
        yield rest + _CUT if is_cut else rest


def stamped(lines: Iterable[bytes], source: Source, since: int = 0) -> Iterator[LogLine]:
    """Lines that begin with their time, as the API server sends them when it is asked for timestamps.

    A line without one, or of a node whose clock jumped back, has the time of the line before.
    """
    last = since
    for raw in lines:
        at, text = split_stamp(raw.decode(errors="replace"))
        last = max(last, at)
        yield LogLine(last, source, text.rstrip("\r"))


def split_stamp(line: str) -> tuple[int, str]:
    """The time in nanoseconds (0 where there is none) and the rest."""
    match = _STAMP.match(line)
    if match is None:
        return 0, line
    try:
        moment = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    except ValueError:
        return 0, line
    return int(moment.timestamp()) * 1_000_000_000 + int((match[2] or "").ljust(9, "0")), line[match.end() :]


def merged(streams: Iterable[Iterable[LogLine]]) -> Iterator[LogLine]:
    """Whole logs as one, by time; one line of each is held."""
    return heapq.merge(*streams, key=attrgetter("at"))


class Window:
    """Lines as they come from many logs that are followed, put in order as far as waiting a little does it.

    A line is held for `hold` seconds, or until there are more than `most`.
    """

    def __init__(self, hold: float, most: int) -> None:
        self._hold = hold
        self._most = most
        self._count = 0
        self._heap: list[tuple[int, int, LogLine]] = []
        self._waiting: deque[tuple[float, int]] = deque()
        self._gone: set[int] = set()

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, line: LogLine, now: float) -> Iterator[LogLine]:
        """Take a line in; what has to go for it comes out."""
        self._count += 1
        heapq.heappush(self._heap, (line.at, self._count, line))
        self._waiting.append((now + self._hold, self._count))
        while len(self._heap) > self._most:
            yield self._release()

    def due(self, now: float) -> Iterator[LogLine]:
        """What has waited long enough, with all that is older."""
        while self._waiting and self._waiting[0][0] <= now:
            _, number = self._waiting.popleft()
            while number not in self._gone:
                yield self._release()
            self._gone.discard(number)

    def rest(self) -> Iterator[LogLine]:
        """All that is held."""
        while self._heap:
            yield self._release()
        self._waiting.clear()
        self._gone.clear()

    def _release(self) -> LogLine:
        _, number, line = heapq.heappop(self._heap)
        self._gone.add(number)
        # What was released out of turn is forgotten with those that waited before it.
        while self._waiting and self._waiting[0][1] in self._gone:
            self._gone.discard(self._waiting.popleft()[1])
        return line
