"""Our exchange beside urllib3's own connection, at a server that says what it is told to, byte by byte."""

from __future__ import annotations

import gc
import gzip
import socket
import threading
import weakref
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from syncline.kube import exchange
from syncline.kube.exchange import Exchange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BODY = b'{"kind":"ConfigMap"}'
CLOSED = b""
"""In a script: the server closes the connection."""


@dataclass
class Speaker:
    """A server that answers each request with the next bytes of its script; `heard` is what was asked."""

    script: list[Sequence[bytes]]
    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                line, _ = listener.accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.connections += 1
                with line:
                    self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        while request := _request_of(line):
            self.heard.append(request)
            for part in self.script.pop(0) if self.script else ():
                if part == CLOSED:
                    return
                line.sendall(part)


def _request_of(line: socket.socket) -> bytes:
    heard = b""
    while b"\r\n\r\n" not in heard:
        chunk = line.recv(65536)
        if not chunk:
            return b""
        heard += chunk
    head, _, rest = heard.partition(b"\r\n\r\n")
    size = int(BytesParser().parsebytes(head.partition(b"\r\n")[2])["Content-Length"])
    while len(rest) < size:
        rest += line.recv(65536)
    return head + b"\r\n\r\n" + rest


@contextmanager
def speaking(*script: Sequence[bytes]) -> Iterator[Speaker]:
    speaker = Speaker(list(script))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        speaker.port = listener.getsockname()[1]
        thread = threading.Thread(target=speaker.serve, args=(listener,))
        thread.start()
        try:
            yield speaker
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def pooled(port: int, *, ours: bool) -> Iterator[urllib3.HTTPConnectionPool]:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1, block=True)
    if ours:
        pool.ConnectionCls = Exchange
    try:
        yield pool
    finally:
        pool.close()


def asked(
    pool: urllib3.HTTPConnectionPool, body: bytes = BODY, seconds: float = 5.0
) -> urllib3.BaseHTTPResponse:
    headers = {"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"}
    return pool.urlopen(
        "PATCH", "/api/v1/x?force=true", body=body, headers=headers, retries=False, timeout=seconds
    )


def told(script: Sequence[bytes], *, ours: bool) -> object:
    """What a pool tells of an answer: all of it, or which failure it is."""
    with speaking(script) as speaker, pooled(speaker.port, ours=ours) as pool:
        try:
            answer = asked(pool)
        except HTTPError as error:
            return type(error)
        return answer.status, answer.reason, sorted(answer.headers.items()), answer.data


def framed(body: bytes, *headers: str, status: str = "200 OK", version: str = "1.1") -> bytes:
    head = "\r\n".join([f"HTTP/{version} {status}", *headers, "", ""])
    return head.encode("latin-1") + body


def chunked(*parts: bytes, trailer: bytes = b"") -> bytes:
    told = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts)
    return told + b"0\r\n" + trailer + b"\r\n"


JSON = "Content-Type: application/json"
WHOLE = framed(BODY, JSON, f"Content-Length: {len(BODY)}", status="201 Created")
LARGE = b'{"data":"' + b"x" * 300_000 + b'"}'
ANSWERS: dict[str, Sequence[bytes]] = {
    "with a length": [WHOLE],
    "in chunks": [framed(chunked(BODY[:7], BODY[7:]), JSON, "Transfer-Encoding: chunked")],
    "in chunks with a trailer": [
        framed(chunked(BODY, trailer=b"X-Sum: 1\r\n"), JSON, "Transfer-Encoding: chunked")
    ],
    "that ends with the connection": [framed(BODY, JSON), CLOSED],
    "of HTTP/1.0": [framed(BODY, JSON, version="1.0"), CLOSED],
    "after a word in between": [framed(b"", status="100 Continue"), WHOLE],
    "without a body": [framed(b"", status="204 No Content")],
    "of length nothing": [framed(b"", "Content-Length: 0")],
    "without a reason": [framed(BODY, f"Content-Length: {len(BODY)}", status="200 ")],
    "of a server in trouble": [
        framed(b"no", "Content-Length: 2", "Retry-After: 3", status="503 Service Unavailable")
    ],
    "with two warnings": [
        framed(BODY, 'Warning: 299 - "one"', 'Warning: 299 - "two"', f"Content-Length: {len(BODY)}")
    ],
    "with a name of another alphabet": [framed(BODY, "X-Name: K\xf6ln", f"Content-Length: {len(BODY)}")],
    "that is compressed": [
        framed(gzip.compress(BODY), "Content-Encoding: gzip", f"Content-Length: {len(gzip.compress(BODY))}")
    ],
    "that is large": [framed(LARGE, JSON, f"Content-Length: {len(LARGE)}")],
    "that closes": [framed(BODY, "Connection: close", f"Content-Length: {len(BODY)}"), CLOSED],
    "that never came": [CLOSED],
    "that broke in its body": [WHOLE[:-3], CLOSED],
    "that broke in a chunk": [framed(b"20\r\n" + BODY, "Transfer-Encoding: chunked"), CLOSED],
    "that is no HTTP": [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", CLOSED],
}


@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_told_as_by_a_connection_of_the_library(script: Sequence[bytes]) -> None:
    ours = told(script, ours=True)

    assert ours == told(script, ours=False)
    assert ours == ProtocolError or isinstance(ours, tuple)


DOUBTFUL = {
    # `http.client` takes the first for a whole one without a body.
    "that broke in its head": [WHOLE[:30], CLOSED],
    "with a length and in chunks": [
        framed(chunked(BODY), f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked")
    ],
    "with two lengths": [framed(BODY, f"Content-Length: {len(BODY)}", f"Content-Length: {len(BODY)}")],
    "with a line that ends in half": [WHOLE.replace(b"\r\n", b"\n")],
    "of another protocol": [framed(b"", "Upgrade: other", "Connection: Upgrade", status="101 Go"), CLOSED],
}


@pytest.mark.parametrize("script", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_be_read_in_two_ways_is_no_answer(script: Sequence[bytes]) -> None:
    assert told(script, ours=True) == ProtocolError


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([CLOSED], "closed without an answer"),
        ([WHOLE[:30], CLOSED], "broke off in its head"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n", CLOSED], "not HTTP"),
    ],
    ids=["nothing", "half a head", "something else"],
)
def test_what_went_wrong_is_told_as_it_was(script: Sequence[bytes], words: str) -> None:
    with speaking(script) as speaker, pooled(speaker.port, ours=True) as pool:
        with pytest.raises(ProtocolError) as trouble:
            asked(pool)
        assert words in str(trouble.value)


@pytest.mark.parametrize(
    "script", [[], [WHOLE[:30]], [WHOLE[:-3]]], ids=["at once", "in the head", "in the body"]
)
@pytest.mark.parametrize("ours", [True, False])
def test_a_server_that_falls_silent_is_given_up_in_time(script: Sequence[bytes], ours: bool) -> None:
    with speaking(script) as speaker, pooled(speaker.port, ours=ours) as pool:
        with pytest.raises(ReadTimeoutError):
            asked(pool, seconds=0.3)
        assert len(speaker.heard) == 1


@pytest.mark.parametrize("ours", [True, False])
def test_a_refusal_may_come_before_the_body_was_sent(ours: bool) -> None:
    refused = framed(b"no", "Content-Length: 2", "Connection: close", status="413 Too Large")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(refused)
                line.shutdown(socket.SHUT_WR)
                while line.recv(1 << 20):  # else a reset may overtake the answer
                    pass

        server = threading.Thread(target=refuse)
        server.start()
        with pooled(listener.getsockname()[1], ours=ours) as pool:
            answer = asked(pool, b"x" * (1 << 24))
        server.join()

    assert (answer.status, answer.data) == (413, b"no")


def test_reads_and_writes_take_turns_on_one_connection() -> None:
    with speaking([WHOLE], [WHOLE], [WHOLE], [WHOLE]) as speaker, pooled(speaker.port, ours=True) as pool:
        for method, body in [("PATCH", BODY), ("GET", None), ("PATCH", BODY), ("GET", None)]:
            headers = {"Content-Length": "0"} if body is None else {}
            answer = pool.urlopen(method, "/x", body=body, headers=headers, retries=False)
            assert (answer.status, answer.data) == (201, BODY)

    assert speaker.connections == 1


def test_an_answer_is_gone_when_nobody_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[exchange._Answer]] = []

    class Counted(exchange._Answer):
        def __init__(self) -> None:
            super().__init__()
            made.append(weakref.ref(self))

    monkeypatch.setattr(exchange, "_Answer", Counted)
    gc.disable()  # a run does not look for garbage: what holds itself would stay, secrets with it
    try:
        told([WHOLE], ours=True)
        assert [each() for each in made] == [None]
    finally:
        gc.enable()


def test_an_interrupt_that_comes_while_an_answer_is_read_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_answer: object, _part: bytes) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exchange._Answer, "on_body", interrupted)
    with speaking([WHOLE]) as speaker, pooled(speaker.port, ours=True) as pool:
        with pytest.raises(KeyboardInterrupt):
            asked(pool)
        assert len(speaker.heard) == 1


SOUND = [
    "with a length", "in chunks", "in chunks with a trailer", "after a word in between", "with two warnings"
]  # fmt: skip


@given(name=st.sampled_from(SOUND), cuts=st.lists(st.integers(1, 60), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_it_is_the_same_answer_in_whatever_pieces_it_comes(name: str, cuts: list[int]) -> None:
    text = b"".join(ANSWERS[name])
    places = [0, *(place for place in accumulate(cuts) if place < len(text)), len(text)]
    pieces = [text[begin:end] for begin, end in pairwise(places)]

    assert b"".join(pieces) == text
    assert told(pieces, ours=True) == told([text], ours=False)


def test_what_is_sent_is_what_the_library_sends() -> None:
    heard = []
    for ours in (True, False):
        with speaking([WHOLE]) as speaker, pooled(speaker.port, ours=ours) as pool:
            asked(pool)
            heard.append(_parts(speaker.heard[0].replace(str(speaker.port).encode(), b"PORT")))

    (line, headers, body), (their_line, their_headers, their_body) = heard
    assert (line, body) == (their_line, their_body) == (b"PATCH /api/v1/x?force=true HTTP/1.1", BODY)
    # The library adds how it is called itself, and that it wants nothing compressed.
    theirs = {(name, value) for name, value in their_headers if name not in {"user-agent", "accept-encoding"}}
    assert set(headers) == theirs


def _parts(request: bytes) -> tuple[bytes, list[tuple[str, str]], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    return line, [(name.lower(), value) for name, value in BytesParser().parsebytes(rest).items()], body


@pytest.mark.parametrize("ours", [True, False])
def test_a_connection_is_used_again_until_the_server_closes_it(ours: bool) -> None:
    closing = ANSWERS["that closes"]
    chunks = ANSWERS["in chunks"]
    with speaking([WHOLE], chunks, closing, [WHOLE]) as speaker, pooled(speaker.port, ours=ours) as pool:
        said = [asked(pool).data for _ in range(4)]

    assert said == [BODY] * 4
    assert speaker.connections == 2


def test_an_answer_that_nobody_asked_for_is_nobodys() -> None:
    false = framed(b"false", "Content-Length: 5")
    with speaking([WHOLE + false], [WHOLE]) as speaker, pooled(speaker.port, ours=True) as pool:
        first, second = asked(pool), asked(pool)

    assert (first.data, second.data) == (BODY, BODY)
    assert speaker.connections == 2


def test_a_line_break_comes_into_no_header() -> None:
    with speaking([WHOLE]) as speaker, pooled(speaker.port, ours=True) as pool:
        with pytest.raises(ValueError, match="line break"):
            pool.urlopen("PATCH", "/x", body=BODY, headers={"Accept": "a\r\nX-Other: b"}, retries=False)
        asked(pool)

    assert len(speaker.heard) == 1


@pytest.mark.parametrize(
    ("host", "port", "named"),
    [
        ("10.0.0.1", 6443, "10.0.0.1:6443"),
        ("k8s.example.com", 80, "k8s.example.com"),
        ("2001:db8::1", 6443, "[2001:db8::1]:6443"),
    ],
)
def test_the_server_is_named_as_in_its_address(host: str, port: int, named: str) -> None:
    near, far = socket.socketpair()
    with near, far:
        connection = Exchange(host, port)
        connection.sock = near
        connection.request("PUT", "/x", BODY, {})
        head = far.recv(65536)

    assert f"\r\nHost: {named}\r\n".encode() in head
    assert head.endswith(b"\r\n\r\n" + BODY)
