"""A hand between a client and a plane's API server.

The law: what the rule does not touch is carried unchanged, both ways; every request is written down with what
the server itself answered, so that a report can be held against what the server did.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from listening import Listener, listening, reset

if TYPE_CHECKING:
    from pathlib import Path

    from plane.control_plane import ControlPlane

NOT_CARRIED = frozenset(
    {"accept-encoding", "connection", "content-length", "host", "keep-alive", "transfer-encoding"}
)
"""Headers that belong to one connection, and the one that would make answers unreadable here."""


@dataclass(frozen=True, slots=True)
class Passing:
    """A request on its way. `number` counts from 1 since the last `start_anew`."""

    number: int
    method: str
    path: str
    body: bytes = field(repr=False)
    token: str = field(repr=False)

    @property
    def is_watch(self) -> bool:
        return "watch=true" in self.path

    @property
    def is_stream(self) -> bool:
        """Whether its answer has no end of its own: a watch, or a log that is followed."""
        return self.is_watch or "follow=true" in self.path

    @property
    def is_dry_run(self) -> bool:
        return "dryRun=" in self.path

    @property
    def is_write(self) -> bool:
        """Whether it changes anything when it is carried."""
        return self.method != "GET" and not self.is_dry_run

    @property
    def target(self) -> str:
        """The object's path."""
        return self.path.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer in the server's place, with a Status."""

    code: int
    reason: str
    message: str
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """Reset the connection; the server never sees the request."""


@dataclass(frozen=True, slots=True)
class Lose:
    """Let the server do it, and reset the connection in place of the answer."""


@dataclass(frozen=True, slots=True)
class Hang:
    """Neither carry nor answer, until the end; with `headers` the answer begins and never goes on."""

    headers: bool = False


@dataclass(frozen=True, slots=True)
class CutWatch:
    """Carry so many events of a watch, or lines of a log, then end it: with a 410 inside, or by a reset."""

    events: int
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Carry it, and change the content of the answer."""

    change: Callable[[Any], Any]


Verdict: TypeAlias = Refuse | Drop | Lose | Hang | CutWatch | Rewrite | None
Rule: TypeAlias = Callable[[Passing], Verdict]


@dataclass(frozen=True, slots=True)
class Carried:
    """A request, and the status the server answered; 0 when it was not carried, or nobody answered."""

    request: Passing
    code: int


def carry(_: Passing) -> Verdict:
    """The rule that touches nothing."""
    return None


def ignore(_: Passing, __: int) -> None:
    """Nobody wants to know."""


class Between(Listener):
    """Made by `between`. `rule` is asked about each request as it arrives and `answered` is told of each
    answer of the server before it goes back; both may be changed at any time.
    """

    def __init__(self, plane: ControlPlane) -> None:
        self.rule: Rule = carry
        self.answered: Callable[[Passing, int], None] = ignore
        self.authority = ""
        """The token to carry in place of the client's, which is then only for the rule to judge."""
        self.carried: list[Carried] = []
        self.upstream = urlsplit(plane.server)
        self.tls = ssl.create_default_context(cafile=str(plane.ca))
        self._plane = plane
        self._count = 0
        self._underway = 0
        self._changed = threading.Condition()
        super().__init__(_Handler)

    @property
    def writes(self) -> list[Carried]:
        """What changed, or could have changed, something in the server."""
        return [carried for carried in self.carried if carried.request.is_write]

    def kubeconfig(self, path: Path, user: dict[str, Any] | None = None) -> Path:
        """A kubeconfig that leads here, with the admin's token unless another user is given."""
        content = {
            "current-context": "between",
            "contexts": [{"name": "between", "context": {"cluster": "between", "user": "it"}}],
            "clusters": [{"name": "between", "cluster": {"server": self.url}}],
            "users": [{"name": "it", "user": user or {"token": self._plane.token("admin")}}],
        }
        path.write_text(json.dumps(content))
        return path

    def start_anew(self, rule: Rule = carry) -> None:
        """Forget what was carried, and count from 1 under this rule."""
        with self._changed:
            self.carried.clear()
            self._count = 0
        self.rule = rule
        self.answered = ignore
        self.authority = ""

    def wait_quiet(self, seconds: float = 10.0) -> None:
        """Until nothing but watches is under way."""
        with self._changed:
            quiet = self._changed.wait_for(lambda: self._underway == 0, seconds)
        assert quiet, "requests are still under way"

    def number(self) -> int:
        with self._changed:
            self._count += 1
            return self._count

    def change_underway(self, by: int) -> None:
        with self._changed:
            self._underway += by
            self._changed.notify_all()

    def note(self, passing: Passing, code: int) -> None:
        with self._changed:
            self.carried.append(Carried(passing, code))


@contextmanager
def between(plane: ControlPlane) -> Iterator[Between]:
    """The hand, for the block."""
    with listening(Between(plane)) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Between
    _far: http.client.HTTPSConnection | None = None

    def do_any(self) -> None:
        passing = self._passing()
        counted = not passing.is_stream
        self.server.change_underway(counted)
        try:
            self._pass_on(passing)
        finally:
            self.server.change_underway(-counted)

    do_GET = do_PATCH = do_DELETE = do_POST = do_PUT = do_any  # noqa: N815 - the library's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nobody reads it."""

    def finish(self) -> None:
        self._hang_up()
        super().finish()

    def _hang_up(self) -> None:
        if self._far is not None:
            self._far.close()
        self._far = None

    def _passing(self) -> Passing:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return Passing(self.server.number(), self.command, self.path, content, token)

    def _pass_on(self, passing: Passing) -> None:
        verdict = self.server.rule(passing)
        match verdict:
            case Refuse():
                self.server.note(passing, 0)
                self._refuse(verdict)
            case Drop():
                self.server.note(passing, 0)
                self._reset()
            case Hang():
                self.server.note(passing, 0)
                self._hang(verdict)
            case _:
                self._carry(passing, verdict)

    def _carry(self, passing: Passing, verdict: Lose | CutWatch | Rewrite | None) -> None:
        answer = self._ask(passing)
        if answer is None:
            self.server.note(passing, 0)
            self._reset()
            return
        if passing.is_stream and answer.status == http.client.OK:
            self.server.note(passing, answer.status)
            self._stream(answer, verdict if isinstance(verdict, CutWatch) else None)
            return
        content = answer.read()
        self.server.note(passing, answer.status)
        self.server.answered(passing, answer.status)
        if isinstance(verdict, Rewrite):
            content = json.dumps(verdict.change(json.loads(content))).encode()
        if isinstance(verdict, Lose):
            self._reset()
        else:
            self._answer(answer.status, answer.getheaders(), content)

    def _ask(self, passing: Passing) -> http.client.HTTPResponse | None:
        """The server's answer; None when it is not there, as when it restarts."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_CARRIED}
        if self.server.authority:
            headers["Authorization"] = f"Bearer {self.server.authority}"
        try:
            if self._far is None:
                host, port = self.server.upstream.hostname or "", self.server.upstream.port
                self._far = http.client.HTTPSConnection(host, port, context=self.server.tls, timeout=60)
            self._far.request(passing.method, passing.path, passing.body or None, headers)
            return self._far.getresponse()
        except (OSError, http.client.HTTPException):
            self._hang_up()
            return None

    def _answer(self, code: int, headers: Any, content: bytes) -> None:
        self.send_response_only(code)
        for name, value in headers:
            if name.lower() not in NOT_CARRIED:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, verdict: Refuse) -> None:
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "code": verdict.code,
            "reason": verdict.reason,
            "message": verdict.message,
        }
        headers = (("Content-Type", "application/json"), *verdict.headers)
        self._answer(verdict.code, headers, json.dumps(status).encode())

    def _stream(self, answer: http.client.HTTPResponse, cut: CutWatch | None) -> None:
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        left = cut.events if cut else -1
        with suppress(OSError, http.client.HTTPException, ValueError):
            while left != 0 and (line := answer.readline()):
                self._chunk(line)
                left -= 1
        answer.close()
        self._hang_up()
        if cut and cut.expired:
            gone = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old resource version"}
            self._chunk(json.dumps({"type": "ERROR", "object": gone}).encode() + b"\n")
        if cut and not cut.expired:
            self._reset()
            return
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _hang(self, verdict: Hang) -> None:
        if verdict.headers:
            self.send_response_only(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "1000")
            self.end_headers()
        self.server.change_underway(-1)  # nothing will come of it any more
        self.server.over.wait()
        self.server.change_underway(1)
        self.close_connection = True

    def _reset(self) -> None:
        reset(self.connection)
        self.close_connection = True
