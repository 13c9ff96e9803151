"""A request and its answer on a connection that stands, where the body is at hand and the answer read whole.

The law: an answer that is well formed is the one that urllib3 would have read; what broke off, and what may
be read in two ways (RFC 9112, 6.3), is no answer.

A sync is mostly such requests. urllib3's pool and connection take 0.6 ms of processor for each, for headers
and for what other requests might need, and send head and body apart; one write, and llhttp for the answer,
take 0.25 ms.
"""

from __future__ import annotations

import io
import ssl
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from msgspec.structs import replace
from urllib3.response import HTTPResponse

from syncline.discreet import Discreet

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

_CHUNK: Final = 65536
_INFORMATIONAL: Final = range(100, 200)
_ENCODED: Final = b"content-encoding"
_TARGET: Final = "/?:@!$&'()*+,;=%"
"""What is sent as it is in a request's target, beside letters, digits and -._~ (RFC 3986, 3.3 and 3.4)."""


class Asked(Discreet, frozen=True):
    """A request, as far as HTTP goes. Neither Host nor Content-Length is among its headers."""

    _SHOWN = ("method", "target")

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Limits(NamedTuple):
    """How long, in seconds, until a connection stands or a request is taken, and until an answer goes on."""

    connect: float
    read: float


class Answer(Discreet, frozen=True):
    """An answer, read whole."""

    _SHOWN = ("status",)

    status: int
    lines: tuple[tuple[bytes, bytes], ...]
    data: bytes

    @property
    def headers(self) -> Mapping[str, str]:
        """By their names in lower case; a header that came twice is one. (Of most answers nobody asks.)"""
        found: dict[str, str] = {}
        for spelt, text in self.lines:
            name, value = spelt.decode("latin-1").lower(), text.decode("latin-1")
            found[name] = f"{found[name]}, {value}" if name in found else value
        return found


def written(asked: Asked, authority: str) -> bytes:
    """A request as it is sent. Raises ValueError for a header with a line break, or one that is not ASCII."""
    body = asked.body
    lines = [f"{asked.method} {quote(asked.target, safe=_TARGET)} HTTP/1.1", f"Host: {authority}"]
    lines += [f"{name}: {value}" for name, value in asked.headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    lines += ["", ""]
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    if text.count("\r") != breaks or text.count("\n") != breaks:
        raise ValueError("A header holds a line break.")
    return text.encode("ascii") + (body or b"")


def exchange(line: socket.socket, request: bytes, limits: Limits) -> tuple[Answer, bool]:
    """The answer, and whether the connection may be used again.

    Raises TimeoutError when nothing came in time, OSError, and HTTPException for what is no answer.
    """
    line.settimeout(limits.connect)
    try:
        line.sendall(request)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
        pass  # a refusal may have come before the body was sent
    except TimeoutError as error:
        raise HTTPException("the server did not take the request in time") from error
    line.settimeout(limits.read)
    reading = _Reading()
    try:
        while not reading.is_whole:
            reading.take(line.recv(_CHUNK))
    finally:
        reading.close()
    return reading.answer(), reading.leaves_open


class _Reading:
    """An answer as llhttp reads it."""

    def __init__(self) -> None:
        self.is_whole = False
        self.leaves_open = True
        self._parser = HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._has_begun = self._has_head = False
        self._status = 0

    def take(self, chunk: bytes) -> None:
        """The next bytes; none are the end of the connection. Raises HTTPException."""
        if not chunk:
            self._end()
            return
        try:
            self._parser.feed_data(chunk)
        except HttpParserError as error:
            cause = error.__context__
            if cause is not None and not isinstance(cause, _UnaskedError):
                raise cause from None  # such as a KeyboardInterrupt that came to us there
            self.leaves_open = False
            if not self.is_whole:
                raise HTTPException(f"what was answered is not HTTP: {error}") from error
        except HttpParserUpgrade as error:
            raise HTTPException("the server wants to go on with another protocol") from error

    def close(self) -> None:
        """Let the parser go: each of the two holds the other, and a run does not look for garbage."""
        del self._parser

    def answer(self) -> Answer:
        """The whole of it; what came compressed is read."""
        body = b"".join(self._body)
        answer = Answer(self._status, tuple(self._headers), body)
        if not body or not any(name.lower() == _ENCODED for name, _ in self._headers):
            return answer
        return replace(answer, data=HTTPResponse(io.BytesIO(body), answer.headers, self._status).data)

    def _end(self) -> None:
        if not self._has_begun:
            raise RemoteDisconnected("the connection was closed without an answer")
        if not self._has_head:
            raise HTTPException("the answer broke off in its head")
        if {name.lower() for name, _ in self._headers} & {b"content-length", b"transfer-encoding"}:
            raise IncompleteRead(b"".join(self._body))
        self.is_whole, self.leaves_open = True, False  # by HTTP/1.0 the end of the connection ends the body

    def on_message_begin(self) -> None:
        if self.is_whole:
            # Whoever is next on this connection would take it for its own answer.
            raise _UnaskedError
        self._has_begun = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # as urllib3, which passes over what comes behind the last chunk
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        if self._status in _INFORMATIONAL:
            self._headers, self._has_head = [], False
            return
        self.is_whole = True
        self.leaves_open = self._parser.should_keep_alive()


class _UnaskedError(Exception):
    """A second answer, which nobody asked for."""
