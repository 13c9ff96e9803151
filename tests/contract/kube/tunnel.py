"""A proxy that carries bytes and understands none.

The law: it tells where it was asked to go and by whom, and what it carries stays as it is.
"""

from __future__ import annotations

import base64
import selectors
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tunnel(ThreadingHTTPServer):
    """Made by `tunnelling`."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


@contextmanager
def tunnelling() -> Iterator[Tunnel]:
    """A proxy on loopback for the block."""
    server = Tunnel()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Tunnel

    def do_CONNECT(self) -> None:
        login = self.headers.get("Proxy-Authorization", "").removeprefix("Basic ")
        self.server.asked.append((self.path, base64.b64decode(login).decode()))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as far:
            self.send_response(200)
            self.end_headers()
            _carry(self.connection, far)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""


def _carry(near: socket.socket, far: socket.socket) -> None:
    with selectors.DefaultSelector() as selector:
        selector.register(near, selectors.EVENT_READ, far)
        selector.register(far, selectors.EVENT_READ, near)
        while True:
            for key, _ in selector.select():
                source = near if key.data is far else far
                data = source.recv(65536)
                if not data:
                    return
                key.data.sendall(data)
