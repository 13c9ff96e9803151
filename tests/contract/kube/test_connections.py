"""The way to the server: certificates, proxies, silence, and what a person reads when there is no way."""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import pytest
from urllib3.connection import HTTPConnection
from urllib3.util.ssltransport import SSLTransport

from contract.kube.calls import (
    BODY,
    CONFIG_MAP,
    FOUND,
    Reach,
    by_ca,
    by_user,
    encoded,
)
from contract.kube.faults import Fault, failing
from contract.kube.tunnel import tunnelling
from pki import make_certificate
from syncline.config.settings import ClusterAccess
from syncline.errors import ClusterError
from syncline.kube.cluster import connect
from syncline.kube.patience import Timing
from syncline.kube.pools import Lines
from syncline.kube.request import Request
from syncline.runtime import each

if TYPE_CHECKING:
    from contract.kube.conftest import FakeTime


def test_a_dead_server_is_told_at_once(reach: Reach, time: FakeTime) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(ClusterError) as caught:
        reach(f"http://127.0.0.1:{port}").get(CONFIG_MAP, "shop", "a")

    assert str(caught.value) == (
        f'Cannot reach cluster "prod" at http://127.0.0.1:{port}: connection refused.'
        " See whether it is running and its address is right."
    )
    assert time.slept == []


def test_a_server_that_dies_in_the_middle_is_waited_for(reach: Reach, time: FakeTime) -> None:
    with failing(FOUND) as server:
        cluster = reach(server)
        cluster.get(CONFIG_MAP, "shop", "a")

    with pytest.raises(ClusterError, match="connection refused"):
        cluster.get(CONFIG_MAP, "shop", "a")
    assert 40 < time.monotonic() < 45, "an API server may take its time to restart"
    with pytest.raises(ClusterError, match="connection refused"):
        cluster.get(CONFIG_MAP, "shop", "a")
    assert time.monotonic() < 45, "and is asked once by each request that follows"


def test_a_hanging_server_ends_in_a_sentence(reach: Reach, time: FakeTime) -> None:
    with failing(Fault.HANG) as server, pytest.raises(ClusterError, match=r"no answer within 0\.1 s"):
        reach(server, time.timing(read=0.1)).get(CONFIG_MAP, "shop", "a")


def test_an_unknown_name_ends_in_a_sentence(time: FakeTime) -> None:
    access = ClusterAccess("prod", server="https://nowhere.invalid:6443", token_env="T")
    cluster = connect(access, {"T": "t0ken"}, home=Path(), timing=time.timing())

    with pytest.raises(ClusterError, match="its name cannot be resolved"):
        cluster.get(CONFIG_MAP, "shop", "a")
    cluster.close()


def test_a_foreign_certificate_ends_in_a_sentence_and_the_token_stays_here(tmp_path: Path) -> None:
    theirs, ours = make_certificate(tmp_path / "theirs"), make_certificate(tmp_path / "ours")
    with failing(FOUND, certificate=(str(theirs.chain), str(theirs.key))) as server:
        cluster = by_ca(server, ours.chain)
        with pytest.raises(
            ClusterError, match=r"its certificate was not accepted \(self-signed certificate\)"
        ):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert server.asked == []
        cluster.close()


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "other", name="other.example", address="192.0.2.1")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        cluster = by_ca(server, pair.chain)
        with pytest.raises(
            ClusterError, match=r"certificate was not accepted .*not valid for '127\.0\.0\.1'"
        ):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert server.asked == []
        cluster.close()


def test_the_clusters_own_ca_is_trusted(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "own")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        cluster = by_ca(server, pair.chain)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()


def test_a_client_certificate_is_shown_and_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, client = make_certificate(tmp_path / "own"), make_certificate(tmp_path / "client", name="ci")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    chain = (str(own.chain), str(own.key))
    with failing(FOUND, certificate=chain, client_ca=str(client.chain)) as server:
        user = {"client-certificate-data": encoded(client.chain), "client-key-data": encoded(client.key)}
        cluster = by_user(tmp_path, server.url.replace("http:", "https:"), user, ca=own.chain)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()
        stranger = by_user(tmp_path, server.url.replace("http:", "https:"), {}, ca=own.chain)
        with pytest.raises(ClusterError, match="Cannot reach cluster"):
            stranger.get(CONFIG_MAP, "shop", "a")
        stranger.close()

        assert len(server.asked) == 1
    assert list(temporary.iterdir()) == []


def test_a_certificate_is_checked_against_the_name_the_kubeconfig_gives(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "named", name="api.internal", address="192.0.2.1")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        url = server.url.replace("http:", "https:")
        cluster = by_user(tmp_path, url, {}, ca=pair.chain, **{"tls-server-name": "api.internal"})
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()


def test_many_threads_share_the_connections_there_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with failing(FOUND) as server:
        access = ClusterAccess("prod", server=server.url, token_env="T")
        cluster = connect(access, {"T": "t0ken"}, home=tmp_path, workers=3)
        each(lambda _: cluster.get(CONFIG_MAP, "shop", "a"), range(60), workers=20)
        cluster.close()

        assert len(server.asked) == 60
        assert 1 <= server.connections <= 3
    assert caplog.records == []  # urllib3 would complain of connections it has no place for


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_write_that_hangs_is_ended_from_another_thread(
    tmp_path: Path, reach: Reach, over_tls: bool
) -> None:
    pair = make_certificate(tmp_path / "own")
    certificate = (str(pair.chain), str(pair.key)) if over_tls else None
    with failing(Fault.HANG, certificate=certificate) as server:
        url = server.url.replace("http:", "https:") if over_tls else server.url
        cluster = by_user(tmp_path, url, {}, ca=pair.chain) if over_tls else reach(url)

        def hang_up() -> None:
            while not server.asked:
                sleep(0.01)
            cluster.hang_up()

        stopping = threading.Timer(0, hang_up)
        stopping.start()
        with pytest.raises(ClusterError, match="Cannot reach"):
            cluster._client.send(Request("PATCH", "/x", body=b"{}", once=True))
        stopping.join()
        cluster.close()


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_server_that_takes_connections_and_speaks_no_tls_is_not_connected(
    tmp_path: Path, method: str
) -> None:
    pair = make_certificate(tmp_path / "own")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        access = ClusterAccess(
            "prod",
            server=f"https://127.0.0.1:{listener.getsockname()[1]}",
            ca_file=str(pair.chain),
            token_env="T",
        )
        timing = Timing(connect=0.2, read=20)
        cluster = connect(access, {"T": "t0ken"}, home=tmp_path, timing=timing)
        with pytest.raises(ClusterError, match=r"no connection within 0\.2 s"):
            cluster._client.send(Request(method, "/x", once=True))
        cluster.close()


def test_a_connection_in_tls_within_tls_is_ended_with_the_others() -> None:
    near, far = socket.socketpair()
    other, away = socket.socketpair()
    with near, far, other, away:
        lines = Lines()
        wrapped, plain = HTTPConnection("a"), HTTPConnection("b")
        # urllib3's SSLTransport, which a proxy with an https address takes, is no socket and has one.
        wrapped.sock = SSLTransport.__new__(SSLTransport)
        wrapped.sock.socket = near
        plain.sock = other
        for connection in (wrapped, plain):
            lines.add(connection)

        lines.hang_up()

        assert far.recv(1) == away.recv(1) == b""


def test_connections_may_be_made_while_all_are_ended() -> None:
    lines, made = Lines(), [HTTPConnection("a") for _ in range(64)]
    for connection in made:
        lines.add(connection)
    over = threading.Event()

    def go_on() -> None:
        while not over.is_set():
            for _ in range(8):
                lines.add(HTTPConnection("b"))

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # else they would hardly ever meet
    maker = threading.Thread(target=go_on)
    maker.start()
    try:
        for _ in range(500):
            lines.hang_up()
    finally:
        over.set()
        maker.join()
        sys.setswitchinterval(before)


def test_a_server_under_a_path_keeps_its_path(reach: Reach) -> None:
    with failing(FOUND) as server:
        reach(f"{server.url}/k8s/clusters/c-1/").get(CONFIG_MAP, "shop", "a")

        assert server.asked[0].path == "/k8s/clusters/c-1/api/v1/namespaces/shop/configmaps/a"


def test_a_proxy_carries_tls_to_the_server_and_never_sees_the_token(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "own")
    with (
        failing(FOUND, FOUND, certificate=(str(pair.chain), str(pair.key))) as server,
        tunnelling() as tunnel,
    ):
        url = server.url.replace("http:", "https:")
        through = {"proxy-url": f"http://me:p%40ss@127.0.0.1:{tunnel.server_port}"}
        cluster = by_user(tmp_path, url, {"token": "t0ken"}, ca=pair.chain, **through)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        assert cluster.apply(CONFIG_MAP, BODY) == BODY
        cluster.close()

        assert tunnel.asked == [(f"127.0.0.1:{server.server_port}", "me:p@ss")]
        assert [(asked.method, asked.token) for asked in server.asked] == [
            ("GET", "t0ken"),
            ("PATCH", "t0ken"),
        ]


def test_a_proxy_that_is_down_is_told(tmp_path: Path) -> None:
    through = {"proxy-url": "http://127.0.0.1:1"}
    cluster = by_user(tmp_path, "https://192.0.2.1", {"token": "t0ken"}, ca=None, **through)

    with pytest.raises(ClusterError, match=r"the proxy refused the connection\. See proxy-url"):
        cluster.get(CONFIG_MAP, "shop", "a")
    cluster.close()
