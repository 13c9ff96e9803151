"""HTTP servers on loopback that can end while clients still hold on to them.

The law: at the end of the block no connection and no thread of the server is left, whatever the clients do.
"""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from contextlib import contextmanager, suppress
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from pki import Pair


class Listener(ThreadingHTTPServer):
    """Keeps its open connections; `over` is set when it ends, for handlers that answer nothing."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler], port: int = 0) -> None:
        self.over = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), handler)

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


@contextmanager
def answering(
    handler: Callable[..., BaseHTTPRequestHandler],
    pair: Pair | None = None,
    *,
    known: Pair | None = None,
    port: int = 0,
) -> Iterator[str]:
    """The URL of a server with this handler; over TLS with a pair, with `known` to who shows that alone."""
    server = Listener(handler, port)
    if pair is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.chain, pair.key)
        if known is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(known.chain)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with listening(server):
        yield f"http{'s' if pair else ''}://127.0.0.1:{server.server_port}"


def reset(connection: socket.socket) -> None:
    """End a connection as a crash does."""
    # Closing with zero linger sends RST instead of FIN.
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
