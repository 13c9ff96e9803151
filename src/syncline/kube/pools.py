"""The connections to one API server.

The law: what a thread waits for on a connection can be ended from another one; whoever asks for a whole
answer learns of trouble in urllib3's words.
"""

from __future__ import annotations

import functools
import socket
import threading
import weakref
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection, port_by_scheme
from urllib3.exceptions import ConnectTimeoutError, ProtocolError, ReadTimeoutError

from syncline.kube.exchange import Answer, Asked, Limits, exchange, written
from syncline.kube.login import Credentials, tls_context

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lines:
    """The connections that were made and are not yet forgotten."""

    def __init__(self) -> None:
        self._made: weakref.WeakSet[HTTPConnection] = weakref.WeakSet()
        self._lock = threading.Lock()

    def add(self, connection: HTTPConnection) -> None:
        """Remember a connection that was just made."""
        with self._lock:
            self._made.add(connection)

    def hang_up(self) -> None:
        """End them all; whoever waits for an answer sees a connection that broke."""
        with self._lock:
            made = list(self._made)
        for connection in made:
            # Through a proxy that is spoken to in TLS itself, urllib3 has a socket of its own around ours.
            line = getattr(connection.sock, "socket", connection.sock)
            if line is not None:
                with suppress(OSError):
                    # Not TLS's own shutdown, which would take the session from under the reader's hands.
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


class _Plain(HTTPConnection):
    def __init__(self, *args: Any, lines: Lines, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lines = lines

    def connect(self) -> None:
        super().connect()
        self._lines.add(self)


class _Secured(_Plain, HTTPSConnection):
    """The same over TLS: `connect` and what it takes are HTTPSConnection's, which comes next."""


class Pool(urllib3.HTTPConnectionPool):
    """A pool that may also be asked for whole answers, which `exchange` reads."""

    def ask(self, asked: Asked, limits: Limits) -> Answer:
        """The answer, read whole. Raises urllib3's HTTPError, and ValueError as `written`."""
        connection = self._get_conn()
        line: socket.socket | None = cast("HTTPConnection", connection).sock
        if line is None:
            # Proxies, TLS and all that can go wrong there are the library's, which asks `_make_request` then.
            self._put_conn(connection)
            return cast("Answer", self._send(asked, limits, whole=True))
        stays = False
        try:
            answer, stays = self._exchange(line, asked, limits)
        except (OSError, HTTPException) as error:
            # Also where it is TLS's: certificates were accepted when the connection was made.
            raise ProtocolError("Connection aborted.", error) from error
        finally:
            if not stays:
                connection.close()
            self._put_conn(connection)
        return answer

    def open(self, asked: Asked, limits: Limits) -> urllib3.BaseHTTPResponse:
        """The answer, still to be read. Raises urllib3's HTTPError."""
        return self._send(asked, limits, whole=False)

    def _send(self, asked: Asked, limits: Limits, *, whole: bool) -> urllib3.BaseHTTPResponse:
        return self.urlopen(
            asked.method,
            asked.target,
            asked.body,
            asked.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=limits.connect, read=limits.read),
            preload_content=whole,
        )

    def _make_request(  # type: ignore[override] # it is `urlopen` alone that calls it, by these names
        self, conn: Any, method: str, url: str, **how: Any
    ) -> urllib3.BaseHTTPResponse:
        """The first request on a connection; `urlopen` tells what it raises in the library's words."""
        if not how["preload_content"]:
            return super()._make_request(conn, method, url, **how)
        try:
            self._validate_conn(conn)
            if conn.is_closed:
                conn.connect()
        except TimeoutError as error:
            raise ConnectTimeoutError(conn, "The handshake of TLS timed out.") from error
        asked = Asked(method, url, how["headers"], how["body"])
        limits = Limits(how["timeout"].connect_timeout, how["timeout"].read_timeout)
        answer, stays = self._exchange(conn.sock, asked, limits)
        if not stays:
            conn.close()
        # Of it `urlopen` looks at the headers alone, for retries that it was not asked for.
        return cast("urllib3.BaseHTTPResponse", answer)

    def _exchange(self, line: socket.socket, asked: Asked, limits: Limits) -> tuple[Answer, bool]:
        try:
            return exchange(line, written(asked, self._authority), limits)
        except TimeoutError as error:
            raise ReadTimeoutError(self, asked.target, "Read timed out.") from error

    @functools.cached_property
    def _authority(self) -> str:
        host = self.host.rstrip(".")
        name = f"[{host}]" if ":" in host else host
        return name if self.port == port_by_scheme[self.scheme] else f"{name}:{self.port}"


class _SecuredPool(Pool, urllib3.HTTPSConnectionPool):
    """The same over TLS."""


def make_pool(credentials: Credentials, size: Mapping[str, Any], lines: Lines) -> Pool:
    """A pool for the credentials' server. Raises ClusterError for a CA, certificate or key that is none."""
    pool = _pool(credentials, size)
    made = _Secured if isinstance(pool, _SecuredPool) else _Plain
    pool.ConnectionCls = functools.partial(made, lines=lines)  # type: ignore[assignment] # it is only called
    return pool


def _pool(credentials: Credentials, size: Mapping[str, Any]) -> Pool:
    parts = urlsplit(credentials.server)
    options = dict(size)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return Pool(host, parts.port or 80, **options)
    options["ssl_context"] = tls_context(credentials)
    if credentials.insecure:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    if credentials.tls_server_name:
        options["server_hostname"] = options["assert_hostname"] = credentials.tls_server_name
    if not credentials.proxy:
        return _SecuredPool(host, parts.port or 443, **options)
    proxy = urlsplit(credentials.proxy)
    login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else None
    headers = urllib3.make_headers(proxy_basic_auth=login)
    manager = urllib3.ProxyManager(credentials.proxy, proxy_headers=headers, **options)
    manager.pool_classes_by_scheme = {"https": _SecuredPool}
    return cast("Pool", manager.connection_from_url(credentials.server))
