"""The lines of a watch.

The law: an event is handed on only when its line came whole; the end of a watch, for whatever reason, is an
end and no error, and 410 asks for a new list.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

from urllib3.exceptions import HTTPError

from syncline.errors import ApiError
from syncline.kube.status import refusal_of
from syncline.ports import WatchEvent

if TYPE_CHECKING:
    import urllib3


GONE: Final = 410
_Change = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
EXPIRED: Final = WatchEvent("EXPIRED", {})


class Watch(Iterator[WatchEvent]):
    """The events of one response, or of none when the version to start from is already forgotten."""

    def __init__(self, response: urllib3.BaseHTTPResponse | None, *, secret: bool) -> None:
        self._response = response
        self._secret = secret
        self._lines = _lines(response) if response else iter(())
        self._expired = response is None
        self._over = False
        self._reading = threading.Lock()

    def __next__(self) -> WatchEvent:
        with self._reading:
            event = None if self._over else self._next_event()
            if event is None:
                self._end()
                raise StopIteration
            return event

    def close(self) -> None:
        """End it; whoever waits for the next event in another thread sees the end."""
        self._over = True
        if self._response is not None:
            with suppress(ValueError, OSError, RuntimeError):  # it was over
                self._response.shutdown()
        if self._reading.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._reading.release()

    def _next_event(self) -> WatchEvent | None:
        if self._expired:
            self._over = True
            return EXPIRED
        line = next(self._lines, None)
        if line is None:
            return None
        kind, body = _parsed(line)
        if body is None:
            # Whoever is between wrote something of his own: what follows cannot be relied on.
            return None
        if kind not in get_args(_Change):
            self._end()
            return self._trouble(body)
        return WatchEvent(kind, body)  # type: ignore[arg-type] # one of them, as just seen

    def _end(self) -> None:
        self._over = True
        if self._response is not None:
            # Not released: what a broken watch left unread must not reach the next reader.
            self._response.close()

    def _trouble(self, status: Mapping[str, Any]) -> WatchEvent:
        refusal = refusal_of(status)
        if refusal.code == GONE:
            return EXPIRED
        raise refusal.error(secret=self._secret)


def open_watch(connect: Callable[[], urllib3.BaseHTTPResponse], *, secret: bool) -> Watch:
    """The watch that `connect()` answers; a server that says 410 at once gives an expired one."""
    try:
        return Watch(connect(), secret=secret)
    except ApiError as error:
        if error.code != GONE:
            raise
        return Watch(None, secret=secret)


def _parsed(line: bytes) -> tuple[str, Mapping[str, Any] | None]:
    try:
        event = json.loads(line)
        kind, body = event["type"], event["object"]
    except (ValueError, KeyError, TypeError):
        return "", None
    return str(kind), body if isinstance(body, Mapping) else None


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in response.stream(None):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from filter(None, whole)
    except (HTTPError, OSError, ValueError, AttributeError):
        # Cut, timed out, or closed under our hands by `close`: half a line tells nothing.
        return
