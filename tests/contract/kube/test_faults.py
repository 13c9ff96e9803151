"""A server that fails: what is tried again, how long, and what a person reads in the end."""

from __future__ import annotations

import base64
import json
import socket
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.kube.faults import Answer, Fault, FaultServer, failing, status
from contract.kube.pki import make_certificate
from contract.kube.tunnel import tunnelling
from syncline.config.settings import ClusterAccess
from syncline.core.resource import ResourceKey
from syncline.errors import ApiError, ClusterError
from syncline.kube.client import Timing
from syncline.kube.cluster import ApiCluster, connect
from syncline.ports import ApiResource

if TYPE_CHECKING:
    from contract.kube.conftest import FakeTime

CONFIG_MAP = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
SECRET = ApiResource("", "v1", "Secret", "secrets", namespaced=True)
BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "shop", "name": "a"}}
KEY = ResourceKey("", "ConfigMap", "shop", "a")
FOUND = Answer(body=BODY)
BUSY = status(429, "TooManyRequests", "too many requests, please try again later")

Reach = Callable[..., ApiCluster]
Call = Callable[[ApiCluster], object]

CALLS: dict[str, Call] = {
    "get": lambda cluster: cluster.get(CONFIG_MAP, "shop", "a"),
    "list": lambda cluster: cluster.list(CONFIG_MAP),
    "apply": lambda cluster: cluster.apply(CONFIG_MAP, BODY),
    "dry run": lambda cluster: cluster.apply(CONFIG_MAP, BODY, dry_run=True),
    "delete": lambda cluster: cluster.delete(CONFIG_MAP, KEY, uid="u1"),
}
PASSING: dict[str, Answer | Fault] = {
    "reset": Fault.RESET,
    "cut": Fault.CUT,
    "429": BUSY,
    "500": status(500, "InternalError", "etcdserver: leader changed"),
    "502 from a proxy": Answer(502, b"<html>Bad Gateway</html>"),
    "503": status(503, "ServiceUnavailable", "the server is shutting down"),
    "504": status(504, "Timeout", "request did not complete within requested timeout"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_every_request_survives_trouble_that_passes(
    call: Call, trouble: Answer | Fault, reach: Reach
) -> None:
    with failing(trouble, trouble, FOUND) as server:
        call(reach(server))

        assert len(server.asked) == 3
        assert len({(asked.method, asked.path) for asked in server.asked}) == 1


def test_pauses_double_up_to_a_limit_and_the_last_answer_is_told(reach: Reach, time: FakeTime) -> None:
    with failing(status(500, "InternalError", "etcdserver: request timed out")) as server:
        with pytest.raises(ApiError, match="etcdserver: request timed out") as caught:
            reach(server).get(CONFIG_MAP, "shop", "a")

        assert time.slept == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0])
        assert len(server.asked) == 8
    assert (caught.value.code, caught.value.reason) == (500, "InternalError")


def test_retry_after_is_obeyed(reach: Reach, time: FakeTime) -> None:
    with failing(Answer(429, BUSY.body, {"Retry-After": "7"}), FOUND) as server:
        reach(server).apply(CONFIG_MAP, BODY)

    assert time.slept == [7.0]


def test_a_server_that_asks_for_more_time_than_there_is_ends_the_request(
    reach: Reach, time: FakeTime
) -> None:
    with failing(Answer(429, BUSY.body, {"Retry-After": "120"})) as server:
        with pytest.raises(ApiError, match="too many requests"):
            reach(server).apply(CONFIG_MAP, BODY)

        assert len(server.asked) == 1
    assert time.slept == []


@pytest.mark.parametrize("code", [400, 403, 405, 409, 413, 415, 422])
def test_a_refusal_is_not_tried_again(code: int, reach: Reach) -> None:
    with failing(status(code, "Nope", "it is refused")) as server:
        with pytest.raises(ApiError, match="it is refused") as caught:
            reach(server).get(CONFIG_MAP, "shop", "a")

        assert len(server.asked) == 1
    assert caught.value.code == code


def test_an_apply_that_met_another_write_is_sent_again(reach: Reach) -> None:
    conflict = status(409, "Conflict", "the object has been modified")
    with failing(conflict, conflict, FOUND) as server:
        assert reach(server).apply(CONFIG_MAP, BODY) == BODY

        assert [asked.method for asked in server.asked] == ["PATCH"] * 3


def test_an_apply_that_always_meets_another_write_ends(reach: Reach) -> None:
    with failing(status(409, "Conflict", "the object has been modified")) as server:
        with pytest.raises(ApiError, match="the object has been modified"):
            reach(server).apply(CONFIG_MAP, BODY)

        assert len(server.asked) == 4


def test_an_apply_that_names_the_version_it_read_is_not_repeated_on_conflict(reach: Reach) -> None:
    body = {**BODY, "metadata": {**BODY["metadata"], "resourceVersion": "7"}}  # type: ignore[dict-item]
    with failing(status(409, "Conflict", "the object has been modified")) as server:
        with pytest.raises(ApiError):
            reach(server).apply(CONFIG_MAP, body)

        assert len(server.asked) == 1


def test_a_delete_without_uid_is_never_sent(reach: Reach) -> None:
    with failing(FOUND) as server:
        with pytest.raises(ApiError, match="its UID is not known"):
            reach(server).delete(CONFIG_MAP, KEY, uid="")

        assert server.asked == []


def test_rejected_credentials_are_one_sentence_with_what_to_do(reach: Reach) -> None:
    with failing(status(401, "Unauthorized", "Unauthorized")) as server:
        with pytest.raises(ApiError) as caught:
            reach(server).get(CONFIG_MAP, "shop", "a")

        assert len(server.asked) == 1
    assert str(caught.value) == (
        'Cluster "prod" does not accept the credentials (401 Unauthorized).'
        " Put a new token into the environment variable PROD_TOKEN."
    )
    assert "t0ken" not in repr(caught.value)


def test_a_token_file_that_was_renewed_meanwhile_is_read_again(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("old\n")

    def renew() -> None:
        token.write_text("new\n")

    with failing(status(401, "Unauthorized", "Unauthorized"), FOUND, on_request=renew) as server:
        cluster = _by_token_file(tmp_path, server.url, token)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY

        assert [asked.token for asked in server.asked] == ["old", "new"]
        cluster.close()


def test_a_renewed_token_that_is_rejected_too_ends_the_request(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0")

    def renew() -> None:
        token.write_text(token.read_text() + "0")

    with failing(status(401, "Unauthorized", "Unauthorized"), on_request=renew) as server:
        cluster = _by_token_file(tmp_path, server.url, token)
        with pytest.raises(ApiError, match='Log in again as user "it"'):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert [asked.token for asked in server.asked] == ["0", "00"]
        cluster.close()


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
    assert len(time.slept) == 7


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
        cluster = _by_ca(server, ours.chain)
        with pytest.raises(
            ClusterError, match=r"its certificate was not accepted \(self-signed certificate\)"
        ):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert server.asked == []
        cluster.close()


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "other", name="other.example", address="192.0.2.1")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        cluster = _by_ca(server, pair.chain)
        with pytest.raises(
            ClusterError, match=r"certificate was not accepted .*not valid for '127\.0\.0\.1'"
        ):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert server.asked == []
        cluster.close()


def test_the_clusters_own_ca_is_trusted(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "own")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        cluster = _by_ca(server, pair.chain)
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
        user = {"client-certificate-data": _encoded(client.chain), "client-key-data": _encoded(client.key)}
        cluster = _by_user(tmp_path, server.url.replace("http:", "https:"), user, ca=own.chain)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()
        stranger = _by_user(tmp_path, server.url.replace("http:", "https:"), {}, ca=own.chain)
        with pytest.raises(ClusterError, match="Cannot reach cluster"):
            stranger.get(CONFIG_MAP, "shop", "a")
        stranger.close()

        assert len(server.asked) == 1
    assert list(temporary.iterdir()) == []


def test_a_certificate_is_checked_against_the_name_the_kubeconfig_gives(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "named", name="api.internal", address="192.0.2.1")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server:
        url = server.url.replace("http:", "https:")
        cluster = _by_user(tmp_path, url, {}, ca=pair.chain, **{"tls-server-name": "api.internal"})
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()


def test_a_server_under_a_path_keeps_its_path(reach: Reach) -> None:
    with failing(FOUND) as server:
        reach(f"{server.url}/k8s/clusters/c-1/").get(CONFIG_MAP, "shop", "a")

        assert server.asked[0].path == "/k8s/clusters/c-1/api/v1/namespaces/shop/configmaps/a"


def test_a_proxy_carries_tls_to_the_server_and_never_sees_the_token(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path / "own")
    with failing(FOUND, certificate=(str(pair.chain), str(pair.key))) as server, tunnelling() as tunnel:
        url = server.url.replace("http:", "https:")
        through = {"proxy-url": f"http://me:p%40ss@127.0.0.1:{tunnel.server_port}"}
        cluster = _by_user(tmp_path, url, {"token": "t0ken"}, ca=pair.chain, **through)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY
        cluster.close()

        assert tunnel.asked == [(f"127.0.0.1:{server.server_port}", "me:p@ss")]
        assert [asked.token for asked in server.asked] == ["t0ken"]


def test_a_proxy_that_is_down_is_told(tmp_path: Path) -> None:
    through = {"proxy-url": "http://127.0.0.1:1"}
    cluster = _by_user(tmp_path, "https://192.0.2.1", {"token": "t0ken"}, ca=None, **through)

    with pytest.raises(ClusterError, match=r"the proxy refused the connection\. See proxy-url"):
        cluster.get(CONFIG_MAP, "shop", "a")
    cluster.close()


def test_a_login_page_is_no_answer(reach: Reach) -> None:
    page = Answer(200, b"<html>Log in</html>")
    with failing(page) as server, pytest.raises(ClusterError, match="something that is not JSON"):
        reach(server).get(CONFIG_MAP, "shop", "a")


def test_a_redirection_is_not_followed_with_the_token(reach: Reach) -> None:
    with failing(FOUND) as elsewhere, failing(Answer(302, {}, {"Location": f"{elsewhere.url}/x"})) as server:
        with pytest.raises(ApiError, match="302, a redirection"):
            reach(server).get(CONFIG_MAP, "shop", "a")

        assert elsewhere.asked == []


def test_what_a_secret_holds_is_not_quoted_back(reach: Reach) -> None:
    words = 'Secret "db" is invalid: data[password]: Invalid value: "hunter2": must be base64'
    causes = [
        {"field": "data[password]", "reason": "FieldValueInvalid", "message": 'Invalid value: "hunter2"'}
    ]
    refusal = status(422, "Invalid", words, name="db", kind="Secret", causes=causes)
    with failing(refusal) as server, pytest.raises(ApiError) as caught:
        reach(server).apply(SECRET, {"metadata": {"namespace": "shop", "name": "db"}})

    assert "hunter2" not in str(caught.value)
    assert 'Secret "db" was refused (Invalid): data[password] (FieldValueInvalid)' in caught.value.message


def test_pages_are_joined_and_a_forgotten_page_starts_anew(reach: Reach) -> None:
    first = Answer(body={"metadata": {"continue": "c1", "resourceVersion": "5"}, "items": [{"metadata": {}}]})
    gone = status(410, "Expired", "The provided continue parameter is too old")
    whole = Answer(body={"metadata": {"resourceVersion": "9"}, "items": [{"metadata": {"name": "a"}}]})
    with failing(first, gone, whole) as server:
        listing = reach(server).list(CONFIG_MAP, namespace="shop", selector="app=web")

        assert [asked.path.partition("?")[2] for asked in server.asked] == [
            "labelSelector=app%3Dweb&limit=1000",
            "labelSelector=app%3Dweb&limit=1000&continue=c1",
            "labelSelector=app%3Dweb",
        ]
    assert listing.items == ({"metadata": {"name": "a"}, "apiVersion": "v1", "kind": "ConfigMap"},)
    assert listing.resource_version == "9"


def _event(kind: str, name: str) -> dict[str, object]:
    return {"type": kind, "object": {"kind": "ConfigMap", "metadata": {"name": name, "resourceVersion": "7"}}}


def test_a_watch_gives_only_whole_lines_and_its_cut_is_an_end(reach: Reach) -> None:
    lines = (b'{"type":"ADDED","object":{"meta', b'data":{"name":"a"}}}\n', b'{"type":"ADDED","obj')
    with failing(Answer(lines=lines)) as server:
        events = list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))

    assert [(event.type, event.object) for event in events] == [("ADDED", {"metadata": {"name": "a"}})]


def test_a_watch_tells_bookmarks_and_ends_with_the_expiry_of_its_version(reach: Reach) -> None:
    gone = {"type": "ERROR", "object": status(410, "Expired", "too old resource version").body}
    lines = (_event("ADDED", "a"), _event("BOOKMARK", ""), gone, _event("ADDED", "never"))
    with failing(Answer(lines=lines)) as server:
        events = list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))

    assert [event.type for event in events] == ["ADDED", "BOOKMARK", "EXPIRED"]


def test_a_watch_whose_version_is_forgotten_at_once_is_expired(reach: Reach) -> None:
    with failing(status(410, "Expired", "too old resource version")) as server:
        assert [event.type for event in reach(server).watch(CONFIG_MAP, since="1", timeout=5)] == ["EXPIRED"]


def test_another_error_inside_a_watch_is_raised(reach: Reach) -> None:
    broken = {
        "type": "ERROR",
        "object": status(500, "InternalError", "etcd event received with PrevKv=nil").body,
    }
    with failing(Answer(lines=(broken,))) as server, pytest.raises(ApiError, match="PrevKv"):
        list(reach(server).watch(CONFIG_MAP, since="1", timeout=5))


def test_a_silent_watch_ends_when_another_thread_closes_it(reach: Reach) -> None:
    with failing(Answer(lines=(_event("ADDED", "a"),), open_end=True)) as server:
        watch = reach(server, Timing()).watch(CONFIG_MAP, since="1", timeout=300)
        assert next(watch).type == "ADDED"
        closer = threading.Thread(target=watch.close)
        closer.start()

        assert list(watch) == []
        closer.join()


def _by_ca(server: FaultServer, ca: Path) -> ApiCluster:
    url = server.url.replace("http:", "https:")
    access = ClusterAccess("prod", server=url, ca_file=str(ca), token_env="T")
    return connect(access, {"T": "t0ken"}, home=Path())


def _by_token_file(folder: Path, url: str, token: Path) -> ApiCluster:
    return _by_user(folder, url, {"tokenFile": token.name})


def _by_user(
    folder: Path, url: str, user: Mapping[str, str], *, ca: Path | None = None, **cluster: str
) -> ApiCluster:
    fields = {"server": url} | ({"certificate-authority": str(ca)} if ca else {}) | cluster
    config = folder / "config"
    content = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
        "clusters": [{"name": "it", "cluster": fields}],
        "users": [{"name": "it", "user": user}],
    }
    config.write_text(json.dumps(content))
    return connect(ClusterAccess("it"), {"KUBECONFIG": str(config)}, home=folder)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
