"""Our exchange beside urllib3's own connection, at a server that says what it is told to, byte by byte."""

from __future__ import annotations

import gc
import gzip
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, TypeAlias

import pytest
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from pki import make_certificate
from syncline.kube import exchange
from syncline.kube.exchange import Answer, Asked, Limits
from syncline.kube.login import Credentials
from syncline.kube.pools import Lines, Pool, make_pool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pki import Pair

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
    size = int(BytesParser().parsebytes(head.partition(b"\r\n")[2])["Content-Length"] or 0)
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


Asking: TypeAlias = Callable[[Asked, Limits], urllib3.BaseHTTPResponse | Answer]
Way: TypeAlias = Callable[[Pool], Asking]
WAYS: dict[str, Way] = {"ours": lambda pool: pool.ask, "the library's": lambda pool: pool.open}
OURS, THEIRS = WAYS.values()


@contextmanager
def pooled(port: int) -> Iterator[Pool]:
    pool = Pool("127.0.0.1", port, maxsize=1, block=True)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def connected(*script: Sequence[bytes], stands: bool = True) -> Iterator[tuple[Speaker, Pool]]:
    """A pool whose connection stands (or has to be made), at a server that then answers so."""
    with speaking(*([[WHOLE]] if stands else []), *script) as speaker, pooled(speaker.port) as pool:
        if stands:
            assert asked(pool.ask).data == BODY
            speaker.heard.clear()
        yield speaker, pool


PATIENT = Limits(30.0, 30.0)


def asked(
    ask: Asking, body: bytes | None = BODY, limits: Limits = PATIENT
) -> urllib3.BaseHTTPResponse | Answer:
    headers = {"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"}
    return ask(Asked("PATCH", "/api/v1/x?force=true", headers, body), limits)


def told(script: Sequence[bytes], way: Way, *, stands: bool = True) -> object:
    """What a pool tells of an answer: all of it, or which failure it is."""
    with connected(script, stands=stands) as (_, pool):
        try:
            answer = asked(way(pool))
            data = answer.data
        except HTTPError as error:
            return type(error)
        return answer.status, {name.lower(): answer.headers[name] for name in answer.headers}, data


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
    "that points elsewhere": [
        framed(b"", "Location: http://127.0.0.1:1/", "Content-Length: 0", status="307 Temporary Redirect")
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


either_way = pytest.mark.parametrize("stands", [True, False], ids=["on one that stands", "on a new one"])


@either_way
@pytest.mark.parametrize("script", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_is_told_as_by_a_connection_of_the_library(script: Sequence[bytes], stands: bool) -> None:
    ours = told(script, OURS, stands=stands)

    assert ours == told(script, THEIRS)
    assert ours == ProtocolError or isinstance(ours, tuple)


DOUBTFUL = {
    # `http.client` takes the first for a whole one without a body.
    "that broke in its head": [WHOLE[:30], CLOSED],
    "with a length and in chunks": [
        framed(chunked(BODY), f"Content-Length: {len(BODY)}", "Transfer-Encoding: chunked")
    ],
    "with two lengths": [framed(BODY, f"Content-Length: {len(BODY)}", f"Content-Length: {len(BODY)}")],
    "with a line that ends in half": [WHOLE.replace(b"\r\n", b"\n")],
    "of a length beyond all measure": [framed(b"", f"Content-Length: {'9' * 30}"), CLOSED],
    "of another protocol": [framed(b"", "Upgrade: other", "Connection: Upgrade", status="101 Go"), CLOSED],
}


@either_way
@pytest.mark.parametrize("script", DOUBTFUL.values(), ids=DOUBTFUL)
def test_what_may_be_read_in_two_ways_is_no_answer(script: Sequence[bytes], stands: bool) -> None:
    assert told(script, OURS, stands=stands) == ProtocolError


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ([CLOSED], "closed without an answer"),
        ([WHOLE[:30], CLOSED], "broke off in its head"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n", CLOSED], "not HTTP"),
    ],
    ids=["nothing", "half a head", "something else"],
)
@either_way
def test_what_went_wrong_is_told_as_it_was(script: Sequence[bytes], words: str, stands: bool) -> None:
    with connected(script, stands=stands) as (_, pool):
        with pytest.raises(ProtocolError) as trouble:
            asked(pool.ask)
        assert words in str(trouble.value)


@pytest.mark.parametrize(
    "script", [[], [WHOLE[:30]], [WHOLE[:-3]]], ids=["at once", "in the head", "in the body"]
)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@either_way
def test_a_server_that_falls_silent_is_given_up_in_time(
    script: Sequence[bytes], way: Way, stands: bool
) -> None:
    with connected(script, stands=stands) as (speaker, pool):
        began = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            assert not asked(way(pool), limits=Limits(20, 0.3)).data
        assert time.monotonic() - began < 10
        assert len(speaker.heard) == 1


@either_way
def test_an_answer_may_take_longer_than_a_connection(stands: bool) -> None:
    with connected([], stands=stands) as (_, pool):
        began = time.monotonic()
        with pytest.raises(ReadTimeoutError):
            asked(pool.ask, limits=Limits(0.1, 0.6))
        assert time.monotonic() - began > 0.5


def test_a_refusal_is_read_also_where_the_rest_of_the_request_was_not_taken() -> None:
    near, far = socket.socketpair()
    with near:
        far.sendall(framed(b"no", "Content-Length: 2", status="413 Too Large"))
        far.close()
        with pytest.raises(BrokenPipeError):
            near.send(b"a")
        answer, _ = exchange.exchange(near, b"b", PATIENT)

    assert (answer.status, answer.data) == (413, b"no")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_certificate(tmp_path_factory.mktemp("pki") / "server")


def test_a_refusal_is_read_also_where_tls_ended_meanwhile(certificate: Pair) -> None:
    def refuse(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(framed(b"no", "Content-Length: 2", "Connection: close", status="413 Too Large"))

    with answering_itself(refuse, certificate) as pool:
        answer = asked(pool.ask, b"x" * (1 << 24))
        assert (answer.status, answer.data) == (413, b"no")


def test_tls_that_breaks_on_a_connection_that_stands_is_a_connection_that_broke(certificate: Pair) -> None:
    def talk_plainly(line: socket.socket) -> None:
        _request_of(line)
        with socket.socket(fileno=line.detach()) as bare:
            bare.sendall(WHOLE)

    with answering_itself(talk_plainly, certificate) as pool, pytest.raises(ProtocolError):
        asked(pool.ask)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_refusal_may_come_before_the_body_was_sent(way: Way) -> None:
    refused = framed(b"no", "Content-Length: 2", "Connection: close", status="413 Too Large")

    def refuse(line: socket.socket) -> None:
        line.recv(65536)
        line.sendall(refused)
        line.shutdown(socket.SHUT_WR)
        while line.recv(1 << 20):  # else a reset may overtake the answer
            pass

    with answering_itself(refuse) as pool:
        answer = asked(way(pool), b"x" * (1 << 24))
        assert (answer.status, answer.data) == (413, b"no")


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_server_that_does_not_take_a_request_is_given_up_in_time(way: Way) -> None:
    let_go = threading.Event()
    with answering_itself(lambda _: let_go.wait(20)) as pool:
        began = time.monotonic()
        with pytest.raises(ProtocolError):
            asked(way(pool), b"x" * (1 << 24), limits=Limits(0.3, 20))
        assert time.monotonic() - began < 10
        let_go.set()


@contextmanager
def answering_itself(
    talk: Callable[[socket.socket], object], certificate: Pair | None = None
) -> Iterator[Pool]:
    """A pool whose connection stands, at a server that does this with the next request."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            line, _ = listener.accept()
            with _served(line, certificate) as ready, suppress(OSError):
                _request_of(ready)
                ready.sendall(WHOLE)
                talk(ready)

        server = threading.Thread(target=serve)
        server.start()
        ca = certificate.chain.read_text() if certificate else ""
        address = f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
        pool = make_pool(Credentials("prod", address, "", ca=ca), {"maxsize": 1, "block": True}, Lines())
        try:
            asked(pool.ask)
            yield pool
        finally:
            pool.close()
            server.join()


def _served(line: socket.socket, certificate: Pair | None) -> socket.socket:
    if certificate is None:
        return line
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context.wrap_socket(line, server_side=True)


def test_reads_and_writes_take_turns_on_one_connection() -> None:
    with connected([WHOLE], [WHOLE], [WHOLE], [WHOLE]) as (speaker, pool):
        for body in (BODY, None, BODY, None):
            answer = asked(pool.ask, body)
            assert (answer.status, answer.data) == (201, BODY)

    assert speaker.connections == 1


def test_an_answer_is_gone_when_nobody_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[exchange._Reading]] = []

    class Counted(exchange._Reading):
        def __init__(self) -> None:
            super().__init__()
            made.append(weakref.ref(self))

    monkeypatch.setattr(exchange, "_Reading", Counted)
    gc.disable()  # a run does not look for garbage: what holds itself would stay, secrets with it
    try:
        told([WHOLE], OURS)
        assert [each() for each in made] == [None, None]
    finally:
        gc.enable()


def test_an_interrupt_that_comes_while_an_answer_is_read_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_answer: object, _part: bytes) -> None:
        raise KeyboardInterrupt

    with connected([WHOLE], [WHOLE]) as (speaker, pool):
        with monkeypatch.context() as during:
            during.setattr(exchange._Reading, "on_body", interrupted)
            with pytest.raises(KeyboardInterrupt):
                asked(pool.ask)
        assert len(speaker.heard) == 1

        assert asked(pool.ask).data == BODY
        assert speaker.connections == 2, "what was left on the first is nobody's answer"


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
    assert told(pieces, OURS) == told([text], THEIRS)


def test_what_is_sent_is_what_the_library_sends() -> None:
    heard = []
    for way in (OURS, THEIRS):
        with connected([WHOLE]) as (speaker, pool):
            assert asked(way(pool)).data == BODY
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


def test_what_a_target_may_not_hold_is_written_as_the_library_writes_it() -> None:
    target = (
        "/api/v1/" + "".join(chr(code) for code in range(33, 127) if chr(code) not in "?#%") + " \u00e9\r\n/x"
    )
    heard = []
    for way in (OURS, THEIRS):
        with connected([WHOLE]) as (speaker, pool):
            assert way(pool)(Asked("PATCH", f"{target}?a=%2F&b=c d", {}, BODY), Limits(5, 5)).data == BODY
            heard.append(_parts(speaker.heard[0])[0])

    ours, theirs = heard
    assert ours == theirs


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_connection_is_used_again_until_the_server_closes_it(way: Way) -> None:
    closing = ANSWERS["that closes"]
    chunks = ANSWERS["in chunks"]
    with speaking([WHOLE], chunks, closing, [WHOLE]) as speaker, pooled(speaker.port) as pool:
        said = [asked(way(pool)).data for _ in range(4)]

    assert said == [BODY] * 4
    assert speaker.connections == 2


@either_way
def test_an_answer_that_nobody_asked_for_is_nobodys(stands: bool) -> None:
    false = framed(b"false", "Content-Length: 5")
    with connected([WHOLE + false], [WHOLE], stands=stands) as (speaker, pool):
        first, second = asked(pool.ask), asked(pool.ask)

    assert (first.data, second.data) == (BODY, BODY)
    assert speaker.connections == 2


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_line_break_comes_into_no_header(way: Way) -> None:
    with connected([WHOLE]) as (speaker, pool):
        with pytest.raises(ValueError, match=r"line break|Invalid header"):
            way(pool)(Asked("PATCH", "/x", {"Accept": "a\r\nX-Other: b"}, BODY), Limits(5, 5))
        asked(pool.ask)

    assert len(speaker.heard) == 1


def test_neither_a_request_nor_an_answer_shows_what_it_holds() -> None:
    values = (Asked("GET", "/x", {"Authorization": "Bearer s3cret"}, b"s3cret"), Answer(200, (), b"s3cret"))

    assert [repr(value) for value in values] == ["Asked(method='GET', target='/x')", "Answer(status=200)"]


@pytest.mark.parametrize(
    ("scheme", "host", "port", "named"),
    [
        ("https", "10.0.0.1", 6443, "10.0.0.1:6443"),
        ("https", "k8s.example.com", 443, "k8s.example.com"),
        ("https", "k8s.example.com.", 443, "k8s.example.com"),
        ("http", "k8s.example.com", 443, "k8s.example.com:443"),
        ("http", "k8s.example.com", 80, "k8s.example.com"),
        ("https", "2001:db8::1", 6443, "[2001:db8::1]:6443"),
    ],
)
def test_the_server_is_named_as_in_its_address(scheme: str, host: str, port: int, named: str) -> None:
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    pool = make_pool(Credentials("prod", address, ""), {"maxsize": 1}, Lines())
    near, far = socket.socketpair()
    with near, far:
        connection = pool._get_conn()
        connection.sock = near  # type: ignore[attr-defined] # as every connection of the library has
        pool._put_conn(connection)
        heard: list[bytes] = []

        def answer() -> None:
            heard.append(far.recv(65536))
            far.sendall(WHOLE)

        server = threading.Thread(target=answer)
        server.start()
        pool.ask(Asked("PUT", "/x", {}, BODY), Limits(5, 5))
        server.join()
    [head] = heard

    assert f"\r\nHost: {named}\r\n".encode() in head
    assert head.endswith(b"\r\n\r\n" + BODY)
