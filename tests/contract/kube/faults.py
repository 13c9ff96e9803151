"""An API server that fails as it is told.

The law: it answers the script in order, one line for each request, and keeps what it was asked; the last line
answers all further requests.
"""

from __future__ import annotations

import json
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from listening import Listener, listening, reset

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping


class Fault(Enum):
    """What a server can do instead of answering."""

    RESET = "the connection is reset"
    HANG = "nothing comes"
    STALL = "the headers come, and no more"
    CUT = "half an answer comes, and no more"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer. `lines` are sent as the chunks of a watch; with `open_end` it never ends by itself."""

    code: int = 200
    body: Any = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[Any, ...] = ()
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    token: str
    body: Any


def status(code: int, reason: str, message: str, **details: Any) -> Answer:
    """A refusal as Kubernetes words it."""
    body = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "code": code,
        "reason": reason,
        "message": message,
        "details": details,
    }
    return Answer(code, body)


class FaultServer(Listener):
    """Made by `failing`."""

    def __init__(self, script: Iterable[Answer | Fault], on_request: Callable[[], None]) -> None:
        self.asked: list[Asked] = []
        self.connections = 0
        self._script = list(script)
        self._on_request = on_request
        self._lock = threading.Lock()
        super().__init__(_Handler)

    def next_for(self, asked: Asked) -> Answer | Fault:
        with self._lock:
            self.asked.append(asked)
            self._on_request()
            return self._script.pop(0) if len(self._script) > 1 else self._script[0]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections += 1
        super().process_request(request, client_address)


@contextmanager
def failing(
    *script: Answer | Fault,
    certificate: tuple[str, str] | None = None,
    client_ca: str = "",
    on_request: Callable[[], None] = lambda: None,
) -> Iterator[FaultServer]:
    """A server on loopback for the block; `certificate` is the paths of chain and key, for TLS.

    With `client_ca`, a path, it takes only clients that show a certificate of that CA.
    """
    server = FaultServer(script, on_request)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        if client_ca:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with listening(server):
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultServer

    def do_any(self) -> None:
        answer = self.server.next_for(self._asked())
        if answer is Fault.RESET:
            self._reset()
        elif answer is Fault.HANG:
            self.server.over.wait()
            self.close_connection = True
        elif answer is Fault.STALL:
            self._send_headers(200, {"Content-Length": "1000"})
            self.server.over.wait()
            self.close_connection = True
        elif answer is Fault.CUT:
            self._send_headers(200, {"Content-Length": "1000"})
            self.wfile.write(b'{"half":')
            self.close_connection = True
        elif isinstance(answer, Answer):
            self._answer(answer)

    do_GET = do_PATCH = do_DELETE = do_any  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""

    def _asked(self) -> Asked:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return Asked(self.command, self.path, token, json.loads(content) if content else None)

    def _answer(self, answer: Answer) -> None:
        if answer.lines or answer.open_end:
            self._stream(answer)
            return
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self._send_headers(answer.code, {**answer.headers, "Content-Length": str(len(content))})
        self.wfile.write(content)

    def _stream(self, answer: Answer) -> None:
        self._send_headers(200, {"Transfer-Encoding": "chunked"})
        for line in answer.lines:
            data = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()
        if answer.open_end:
            self.server.over.wait()
        else:
            self.wfile.write(b"0\r\n\r\n")

    def _send_headers(self, code: int, headers: Mapping[str, str]) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _reset(self) -> None:
        reset(self.connection)
        self.close_connection = True
