"""The connections to one API server.

The law: what a thread waits for on a connection can be ended from another one.
"""

from __future__ import annotations

import socket
import weakref
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from syncline.kube.exchange import Exchange
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


class _Plain(Exchange):
    def __init__(self, *args: Any, lines: Lines, **options: Any) -> None:
        super().__init__(*args, **options)
        self._lines = lines

    def connect(self) -> None:
        super().connect()
        self._lines.add(self)


class _Secured(_Plain, HTTPSConnection):
    """The same over TLS: `connect` and what it takes are HTTPSConnection's, which comes next."""


def make_pool(credentials: Credentials, size: Mapping[str, Any], lines: Lines) -> urllib3.HTTPConnectionPool:
    """A pool for the credentials' server. Raises ClusterError for a CA, certificate or key that is none."""
    pool = _pool(credentials, size)
    made = _Secured if isinstance(pool, urllib3.HTTPSConnectionPool) else _Plain
    pool.ConnectionCls = partial(made, lines=lines)  # type: ignore[assignment] # it is only ever called
    return pool


def _pool(credentials: Credentials, size: Mapping[str, Any]) -> urllib3.HTTPConnectionPool:
    parts = urlsplit(credentials.server)
    options = dict(size)
    if parts.scheme == "https":
        options["ssl_context"] = tls_context(credentials)
        if credentials.insecure:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        if credentials.tls_server_name:
            options["server_hostname"] = options["assert_hostname"] = credentials.tls_server_name
    host = parts.hostname or ""
    if parts.scheme == "https" and credentials.proxy:
        proxy = urlsplit(credentials.proxy)
        login = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else None
        headers = urllib3.make_headers(proxy_basic_auth=login)
        manager = urllib3.ProxyManager(credentials.proxy, proxy_headers=headers, **options)
        return manager.connection_from_url(credentials.server)
    if parts.scheme == "https":
        return urllib3.HTTPSConnectionPool(host, parts.port or 443, **options)
    return urllib3.HTTPConnectionPool(host, parts.port or 80, **options)
