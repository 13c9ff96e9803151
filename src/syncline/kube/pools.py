"""The connections to one API server.

The law: what a thread waits for on a connection can be ended from another one; who asks in the quick way
learns what urllib3 would have told.
"""

from __future__ import annotations

import functools
import socket
import weakref
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection, port_by_scheme
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from syncline.kube.exchange import Answer, Asked, Limits, exchange, written
from syncline.kube.login import Credentials, tls_context

if TYPE_CHECKING:
    from collections.abc import Mapping


class Lines:
    """The connections that were made and are not yet forgotten."""

    def __init__(self) -> None:
        self._made: weakref.WeakSet[HTTPConnection] = weakref.WeakSet()

    def add(self, connection: HTTPConnection) -> None:
        """Remember a connection that was just made."""
        self._made.add(connection)

    def hang_up(self) -> None:
        """End them all; whoever waits for an answer sees a connection that broke."""
        for connection in list(self._made):
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
    """A pool that may also be asked in a quick way."""

    def ask(self, asked: Asked, limits: Limits) -> Answer:
        """The answer, read whole. Raises urllib3's HTTPError, as `open`."""
        connection = self._get_conn()
        line: socket.socket | None = cast("HTTPConnection", connection).sock
        if line is None:
            # Proxies, TLS and all that can go wrong there are the library's.
            self._put_conn(connection)
            response = self.open(asked, limits)
            lines = (
                (name.encode("latin-1"), text.encode("latin-1")) for name, text in response.headers.items()
            )
            return Answer(response.status, tuple(lines), response.data)
        stays = False
        try:
            answer, stays = exchange(line, written(asked, self._authority), limits)
        except TimeoutError as error:
            raise ReadTimeoutError(self, asked.target, "Read timed out.") from error
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
        return self.urlopen(
            asked.method,
            asked.target,
            asked.body,
            asked.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=limits.connect, read=limits.read),
            preload_content=False,
        )

    @functools.cached_property
    def _authority(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
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
