"""A request and its answer on one connection, where the body is at hand and the answer is read whole.

The law: a pool learns from it what urllib3's own connection would have told: the same answer, or an exception
of the same kind. It is stricter in one thing: what may be read in two ways (RFC 9112, 6.3) is no answer.

A sync is mostly such requests. urllib3 and `http.client` take 0.3 to 0.4 ms of processor for each, most of it
for headers, and send head and body apart; one write, and llhttp for the answer, take 0.13 ms.
"""

from __future__ import annotations

import io
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import TYPE_CHECKING, Any, Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser
from urllib3 import HTTPHeaderDict
from urllib3.connection import HTTPConnection
from urllib3.response import HTTPResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK: Final = 65536
_INFORMATIONAL: Final = range(100, 200)


class Exchange(HTTPConnection):
    """A connection that does so; anything else, such as a stream, is left to urllib3.

    The caller's headers are text in ASCII, and neither Host nor Content-Length is among them.
    """

    _asked: tuple[str, str] | None = None

    def request(
        self,
        method: str,
        url: str,
        body: Any = None,
        headers: Mapping[str, Any] | None = None,
        **how: Any,
    ) -> None:
        """Send a request. Raises OSError, what urllib3 raises for a connection that cannot be made, and
        ValueError for a header with a line break.
        """
        self._asked = None
        is_at_hand = isinstance(body, bytes) and not how.get("chunked") and method != "HEAD"
        if not is_at_hand or not how.get("preload_content", True):
            super().request(method, url, body, headers, **how)
            return
        if self.sock is not None:
            self.sock.settimeout(self.timeout)
        self._asked = (method, url)
        self.send(_head(f"{method} {url} HTTP/1.1", self._authority, headers or {}, len(body)) + body)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as in urllib3, whose answers are its own
        """The answer. Raises OSError, also when none comes in time, and HTTPException."""
        if self._asked is None or self.sock is None:
            return super().getresponse()
        (method, url), self._asked = self._asked, None
        self.sock.settimeout(self.timeout)
        answer = _Answer()
        try:
            while not answer.is_whole:
                answer.take(self.sock.recv(_CHUNK))
        finally:
            answer.close()
        if not answer.leaves_open:
            self.close()
        return answer.as_response(method, url)

    @property
    def _authority(self) -> str:
        host = self._tunnel_host or self.host
        port = self._tunnel_port if self._tunnel_host else self.port
        name = f"[{host}]" if ":" in host and not host.startswith("[") else host
        return name if port in {None, self.default_port} else f"{name}:{port}"


def _head(line: str, authority: str, headers: Mapping[str, Any], size: int) -> bytes:
    lines = [line, f"Host: {authority}", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Content-Length: {size}", "", ""]
    text = "\r\n".join(lines)
    breaks = len(lines) - 1
    if text.count("\r") != breaks or text.count("\n") != breaks:
        raise ValueError("A header holds a line break.")
    return text.encode("ascii")


class _Answer:
    """An answer as llhttp reads it."""

    def __init__(self) -> None:
        self.is_whole = False
        self.leaves_open = True
        self._parser = HttpResponseParser(self)
        self._reason = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._has_begun = self._has_head = False
        self._version = 11
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

    def as_response(self, method: str, url: str) -> HTTPResponse:
        """The same in urllib3's words."""
        headers = HTTPHeaderDict(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in self._headers
        )
        body = b"".join(self._body)
        return HTTPResponse(
            # Bytes are taken as they are, and none for nothing at all; what is compressed has to be read.
            body=body if body and "content-encoding" not in headers else io.BytesIO(body),
            headers=headers,
            status=self._status,
            version=self._version,
            version_string=f"HTTP/{self._version / 10}",
            reason=self._reason.decode("latin-1"),
            request_method=method,
            request_url=url,
        )

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

    def on_status(self, text: bytes) -> None:
        self._reason += text

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._has_head:  # as urllib3, which passes over what comes behind the last chunk
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._has_head = True
        self._status = self._parser.get_status_code()
        self._version = 10 if self._parser.get_http_version() == "1.0" else 11

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        if self._status in _INFORMATIONAL:
            self._reason, self._headers, self._has_head = b"", [], False
            return
        self.is_whole = True
        self.leaves_open = self._parser.should_keep_alive()


class _UnaskedError(Exception):
    """A second answer, which nobody asked for."""
