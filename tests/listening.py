"""HTTP servers on loopback that can end while clients still hold on to them.

The law: at the end of the block no connection and no thread of the server is left, whatever the clients do.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.server import BaseHTTPRequestHandler


class Listener(ThreadingHTTPServer):
    """Keeps its open connections; `over` is set when it ends, for handlers that answer nothing."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.over = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up or was killed is what many tests are about."""

    def end(self) -> None:
        self.over.set()
        self.shutdown()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


Server = TypeVar("Server", bound=Listener)


@contextmanager
def listening(server: Server) -> Iterator[Server]:
    """The server at work, for the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.end()
        thread.join()


def reset(connection: socket.socket) -> None:
    """End a connection as a crash does."""
    # Closing with zero linger sends RST instead of FIN.
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
