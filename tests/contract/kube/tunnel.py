"""A proxy that carries bytes and understands none.

The law: it tells where it was asked to go and by whom, and what it carries stays as it is.
"""

from __future__ import annotations

import base64
import selectors
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from listening import Listener, listening

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class Tunnel(Listener):
    """Made by `tunnelling`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        super().__init__(_Handler)


def tunnelling() -> AbstractContextManager[Tunnel]:
    """A proxy on loopback for the block."""
    return listening(Tunnel())


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
