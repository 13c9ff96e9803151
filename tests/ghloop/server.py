"""GitHub's API on loopback, over HTTP.

The law: it listens on 127.0.0.1 only, and every connection is closed when it ends.
`python -m ghloop.server --port-file FILE` runs one until it is told to stop, and tells what was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ghloop.contract import Contract
from ghloop.faults import Fault, Wire
from ghloop.hub import Hub, Tokens, hub
from ghloop.openapi import description
from ghloop.store import Budget, Token, User
from ghloop.wire import Answer, Request, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ENTERPRISE = "/api/v3"
_LONGEST_SILENCE = 60.0


class GitHub:
    """A loopback GitHub as a test sees it. `url` is for GITHUB_API_URL, `token` a workflow's own."""

    def __init__(self, hub: Hub, url: str) -> None:
        self.hub = hub
        self.url = url
        self.tokens = Tokens()
        self.token = self.tokens.workflow

    @property
    def enterprise_url(self) -> str:
        """The same as an Enterprise server has it, with its GraphQL beside."""
        return self.url + ENTERPRISE

    @property
    def requests(self) -> Sequence[tuple[str, str]]:
        """Method and path, without the query, of everything that came in."""
        return tuple(self.hub.seen.requests)

    @property
    def writes(self) -> Sequence[tuple[str, str]]:
        """Those that change something."""
        return tuple(each for each in self.requests if each[0] != "GET" and each[1] != "/graphql")

    @property
    def violations(self) -> list[str]:
        """What GitHub's description does not allow. A test that leaves one here has failed."""
        return self.hub.seen.violations

    def comments(self, number: int) -> list[str]:
        """The comments' texts, oldest first."""
        with self.hub.store.lock:
            return [comment.body for comment in self.hub.store.comments_of(number)]

    def statuses(self, sha: str) -> list[tuple[str, str, str]]:
        """Context, state and description of everything that was said of a commit, oldest first."""
        with self.hub.store.lock:
            found = list(self.hub.store.statuses.get(sha, ()))
        return [(status.context, status.state, status.description or "") for status in found]

    def say(self, number: int, text: str, *, by: User | None, is_hidden: bool = False) -> int:
        """Someone comments in the browser; the comment's number."""
        with self.hub.store.lock:
            return self.hub.store.add_comment(number, by, text, is_hidden=is_hidden).id

    def install(self, app: User) -> str:
        """A token of another App."""
        token = f"ghs_{app.id:036}"
        with self.hub.store.lock:
            self.hub.store.tokens[token] = Token(app)
        return token

    def grant(self, requests: int, *, until: float) -> None:
        """So many requests are left until then, in seconds since the epoch."""
        with self.hub.store.lock:
            self.hub.store.budget = Budget(self.hub.store.budget.limit, requests, until)

    def fault(self, fault: Fault, *, method: str = "", path: str = "", times: int = 1) -> None:
        """What is to go wrong, so often, with requests of this method whose path has this pattern in it."""
        self.hub.script.plan(fault, method=method, path=path, times=times)


@contextmanager
def running(
    repository: str = "acme/deploy",
    *,
    pull_request: int = 7,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
    contract: Contract | None = None,
) -> Iterator[GitHub]:
    """A GitHub with one repository and one open pull request.

    `environ` says where the description is kept, `contract` is the one already read; `clock` is in seconds
    since the epoch.
    """
    known = hub(repository, contract or Contract(description(environ)), clock)
    known.store.pull_requests.add(pull_request)
    with _listening(known) as server:
        yield GitHub(known, server.url)


@contextmanager
def _listening(known: Hub) -> Iterator[_Server]:
    server = _Server(known)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    # Not as daemons: closing the server waits for what is still being answered.
    daemon_threads = False

    def __init__(self, known: Hub) -> None:
        self.hub = known
        self.ending = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
            if self.ending.is_set():
                _end(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def hang_up(self) -> None:
        """End every connection, those of clients that are still there too."""
        with self._lock:
            self.ending.set()
            for connection in self._open:
                _end(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A client that is gone is its own affair; anything else is a mistake of ours."""
        error = sys.exception()
        if not isinstance(error, ConnectionError):
            self.hub.seen.wrong("".join(traceback.format_exception(error)))


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RD)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in two packets costs 44 ms: the second waits for the first to be acknowledged.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        self.server.closed(self.connection)
        super().finish()

    def do_GET(self) -> None:
        answer, fault = self._answer()
        if fault.wire is Wire.SILENT:
            self.server.ending.wait(_LONGEST_SILENCE)
        if fault.wire in {Wire.SILENT, Wire.RESET}:
            self._reset()
        else:
            self._send(answer, fault)

    do_POST = do_PATCH = do_DELETE = do_PUT = do_GET  # noqa: N815 - the base class's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: what came in is remembered."""

    def _answer(self) -> tuple[Answer, Fault]:
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(text) if text else None
        except ValueError:
            self.server.hub.seen.wrong(f"{self.command} {self.path}: the body is no JSON")
            return refused(400, "Problems parsing JSON"), Fault()
        return self.server.hub.answer(self._request(body))

    def _request(self, body: Any) -> Request:
        url = urlsplit(self.path)
        root, path = self.server.url, unquote(url.path)
        for prefix in (ENTERPRISE, "/api") if path.startswith("/api/") else ():
            # On an Enterprise server GraphQL is at /api/graphql, and nothing else is there.
            if path.startswith(f"{prefix}/") and (prefix == ENTERPRISE) != path.endswith("/graphql"):
                root, path = root + prefix, path.removeprefix(prefix)
                break
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        return Request(self.command, path, root, query=query, headers=headers, body=body)

    def _send(self, answer: Answer, fault: Fault) -> None:
        is_page = isinstance(answer.body, str)
        text = answer.body if is_page else json.dumps(answer.body) if answer.body is not None else ""
        content = text.encode()
        self.send_response(answer.status)
        for name, value in {**self._limits(), **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 204:
            kind = "text/html" if is_page else "application/json"
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if fault.wire is Wire.CUT:
            self.close_connection = True
            content = content[: len(content) // 2]
        self.wfile.write(content)

    def _limits(self) -> Mapping[str, str]:
        budget = self.server.hub.store.budget
        facts = {"limit": budget.limit, "remaining": budget.left, "reset": int(budget.reset)}
        return {f"X-RateLimit-{name.capitalize()}": str(value) for name, value in facts.items()}

    def _reset(self) -> None:
        # Lingering for no time at all makes the kernel send a reset instead of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; the exit status says whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="ghloop.server", description="GitHub's API on loopback.")
    parser.add_argument("--repository", default="acme/deploy", help="owner/name")
    parser.add_argument("--pull-request", type=int, default=7)
    parser.add_argument("--port-file", type=Path, help="where to write the port, once it listens")
    given = parser.parse_args(arguments)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    with running(given.repository, pull_request=given.pull_request) as github:
        sys.stdout.write(f"GITHUB_API_URL={github.url}\nGITHUB_TOKEN={github.token}\n")
        sys.stdout.flush()
        if given.port_file:
            _write(given.port_file, f"{urlsplit(github.url).port}\n")
        told.wait()
    sys.stderr.writelines(f"{violation}\n" for violation in github.violations)
    return 1 if github.violations else 0


def _write(path: Path, text: str) -> None:
    # Whoever waits for the file never sees half of it.
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.rename(path)


if __name__ == "__main__":
    sys.exit(main())
