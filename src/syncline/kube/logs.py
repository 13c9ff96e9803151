"""The log of one container, through the API server.

The law: a log that breaks off ends, and says so; closing it from another thread ends it at once.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from msgspec import Struct
from urllib3.exceptions import HTTPError

from syncline.core.loglines import LogLine, Source, stamped, whole_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import urllib3

_NANO = 1_000_000_000


class LogQuery(Struct, frozen=True):
    """Whose log, and what of it: the last `tail` lines, of the last `since` seconds, at most `octets`.

    `previous` asks for the run before the last restart; `follow` for what is still to come.
    """

    source: Source
    follow: bool = False
    previous: bool = False
    tail: int | None = None
    since: float | None = None
    after: str = ""
    octets: int | None = None

    @property
    def path(self) -> str:
        """The request's path and query."""
        asked = {
            "container": self.source.container,
            "timestamps": "true",
            "follow": "true" if self.follow else "",
            "previous": "true" if self.previous else "",
            "tailLines": "" if self.tail is None else str(self.tail),
            "sinceSeconds": "" if self.since is None or self.after else str(max(1, round(self.since))),
            "sinceTime": self.after,
            "limitBytes": "" if self.octets is None else str(self.octets),
        }
        query = urlencode({name: value for name, value in asked.items() if value})
        namespace, pod = quote(self.source.namespace, safe=""), quote(self.source.pod, safe="")
        return f"/api/v1/namespaces/{namespace}/pods/{pod}/log?{query}"


class LogStream:
    """The lines of one log while they come."""

    def __init__(self, connect: Callable[[], urllib3.BaseHTTPResponse], query: LogQuery) -> None:
        self.source = query.source
        self._lock = threading.Lock()
        self._closed = False
        self.broken = ""
        """Why it broke off; empty when the server ended it."""
        self._response = connect()

    def __iter__(self) -> Iterator[LogLine]:
        return stamped(whole_lines(self._chunks()), self.source)

    def close(self) -> None:
        """End it, from any thread."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(ValueError, OSError, RuntimeError, AttributeError):  # it was over
            self._response.shutdown()

    def _chunks(self) -> Iterator[bytes]:
        try:
            yield from self._response.stream(None)
        except (HTTPError, OSError, ValueError, AttributeError) as error:
            self.broken = "" if self._closed else type(error).__name__
        finally:
            # Not released: what was left unread must not reach the next reader.
            self._response.close()


def moment_of(at: int) -> str:
    """A time as `sinceTime` takes it: to the second, because servers read no finer."""
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at // _NANO, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
