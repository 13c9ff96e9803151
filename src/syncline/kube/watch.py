"""The lines of a watch.

The law: an event is handed on only when its line came whole; the end of a watch, for whatever reason, is an
end and no error, and 410 asks for a new list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, cast, get_args

from urllib3.exceptions import HTTPError

from syncline.errors import ApiError
from syncline.kube.status import refusal_of
from syncline.ports import WatchEvent

if TYPE_CHECKING:
    import urllib3

    from syncline.core.resource import Body

GONE: Final = 410
_Change = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
EXPIRED: Final = WatchEvent("EXPIRED", {})


class Watch(Iterator[WatchEvent]):
    """The events of one response, or of none when the version to start from is already forgotten."""

    def __init__(self, response: urllib3.BaseHTTPResponse | None, *, secret: bool) -> None:
        self._response = response
        self._secret = secret
        self._events = iter([EXPIRED]) if response is None else self._read(response)

    def __next__(self) -> WatchEvent:
        return next(self._events)

    def close(self) -> None:
        """End it; whoever waits for the next event sees the end."""
        if self._response is None:
            return
        try:
            self._response.shutdown()
        except (ValueError, OSError, RuntimeError):
            return  # it was over

    def _read(self, response: urllib3.BaseHTTPResponse) -> Iterator[WatchEvent]:
        try:
            for line in _lines(response):
                event = self._event(json.loads(line))
                yield event
                if event is EXPIRED:
                    return
        finally:
            # Not released: what a broken watch left unread must not reach the next reader.
            response.close()

    def _event(self, line: dict[str, Any]) -> WatchEvent:
        kind, body = line.get("type"), cast("Body", line.get("object") or {})
        if kind in get_args(_Change):
            return WatchEvent(cast("_Change", kind), body)
        refusal = refusal_of(body)
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


def _lines(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in response.stream(None):
            *whole, rest = (rest + chunk).split(b"\n")
            yield from filter(None, whole)
    except (HTTPError, OSError, ValueError, AttributeError):
        # Cut, timed out, or closed under our hands by `close`: half a line tells nothing.
        return
