"""What is tried again, how long, and what a person reads in the end."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from contract.kube.calls import (
    BODY,
    BUSY,
    CONFIG_MAP,
    FOUND,
    KEY,
    SECRET,
    Call,
    Reach,
    by_token_file,
)
from contract.kube.faults import Answer, Fault, failing, status
from syncline.core.loglines import Source
from syncline.errors import ApiError, ClusterError
from syncline.kube.logs import LogQuery

if TYPE_CHECKING:
    from pathlib import Path

    from contract.kube.conftest import FakeTime

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
    "500": status(500, "InternalError", "an error on the server"),
    # As a real server says that its store does not answer: without a reason.
    "500 of the store": status(500, "", "etcdserver: request timed out"),
    "500 of a store that is gone": status(500, "", "rpc error: code = Unavailable desc = error reading: EOF"),
    "502 from a proxy": Answer(502, b"<html>Bad Gateway</html>"),
    "503": status(503, "ServiceUnavailable", "the server is shutting down"),
    "504": status(504, "Timeout", "request did not complete within requested timeout"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
@pytest.mark.parametrize("stands", [False, True], ids=["at first", "on a connection that stands"])
def test_every_request_survives_trouble_that_passes(
    call: Call, trouble: Answer | Fault, stands: bool, reach: Reach
) -> None:
    before = [FOUND] if stands else []
    with failing(*before, trouble, trouble, FOUND) as server:
        cluster = reach(server)
        if stands:
            cluster.get(CONFIG_MAP, "shop", "a")
            server.asked.clear()
        call(cluster)

        assert len(server.asked) == 3
        assert len({(asked.method, asked.path) for asked in server.asked}) == 1


@pytest.mark.parametrize("trouble", PASSING.values(), ids=PASSING)
def test_a_log_is_asked_for_once_and_takes_no_patience_from_the_others(
    trouble: Answer | Fault, reach: Reach
) -> None:
    query = LogQuery(Source("shop", "web-1", "main"))
    with failing(trouble, trouble, FOUND) as server:
        cluster = reach(server)
        with suppress(ClusterError):
            assert not list(cluster.log(query)), "an answer that is cut has no lines"

        assert len(server.asked) == 1
        cluster.get(CONFIG_MAP, "shop", "a")
        assert len(server.asked) == 3


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

        assert [asked.method for asked in server.asked] == ["PATCH", "GET"]


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
        cluster = by_token_file(tmp_path, server.url, token)
        assert cluster.get(CONFIG_MAP, "shop", "a") == BODY

        assert [asked.token for asked in server.asked] == ["old", "new"]
        cluster.close()


def test_a_renewed_token_that_is_rejected_too_ends_the_request(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0")

    def renew() -> None:
        token.write_text(token.read_text() + "0")

    with failing(status(401, "Unauthorized", "Unauthorized"), on_request=renew) as server:
        cluster = by_token_file(tmp_path, server.url, token)
        with pytest.raises(ApiError, match='Log in again as user "it"'):
            cluster.get(CONFIG_MAP, "shop", "a")

        assert [asked.token for asked in server.asked] == ["0", "00"]
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


def _discovered(*kinds: str) -> Answer:
    resources = [
        {"resource": f"{kind.lower()}s", "responseKind": {"kind": kind}, "scope": "Namespaced"}
        for kind in kinds
    ]
    groups = [{"metadata": {"name": "example.com"}, "versions": [{"version": "v1", "resources": resources}]}]
    return Answer(body={"kind": "APIGroupDiscoveryList", "items": groups})


def test_a_kind_that_discovery_shows_a_little_late_is_found_after_rediscovery(reach: Reach) -> None:
    script = [
        _discovered(),
        _discovered(),
        _discovered(),
        _discovered(),
        _discovered("Late"),
        _discovered("Late"),
    ]
    with failing(*script) as server:
        cluster = reach(server)
        assert cluster.resource("example.com", "Late") is None
        cluster.rediscover()
        assert cluster.resource("example.com", "Late") is not None

        assert len(server.asked) == 6


def test_a_kind_that_never_comes_is_none_in_the_end(reach: Reach, time: FakeTime) -> None:
    with failing(_discovered()) as server:
        cluster = reach(server)
        cluster.rediscover()

        assert cluster.resource("example.com", "Never") is None
        assert cluster.resource("example.com", "Neither") is None
    assert 4.9 < time.monotonic() < 5.3


UNSERVED = {
    "one server of many": status(404, "NotFound", "the server could not find the requested resource"),
    "a group nobody knows": Answer(404, b"404 page not found\n"),
}


@pytest.mark.parametrize("unserved", UNSERVED.values(), ids=UNSERVED)
def test_an_apply_of_a_kind_just_established_waits_for_every_server(unserved: Answer, reach: Reach) -> None:
    with failing(unserved, unserved, FOUND) as server:
        cluster = reach(server)
        cluster.rediscover()

        assert cluster.apply(CONFIG_MAP, BODY) == BODY


@pytest.mark.parametrize("unserved", UNSERVED.values(), ids=UNSERVED)
def test_an_apply_of_a_kind_that_is_gone_is_refused_at_once(unserved: Answer, reach: Reach) -> None:
    with failing(unserved) as server:
        with pytest.raises(ApiError):
            reach(server).apply(CONFIG_MAP, BODY)

        assert len(server.asked) == 1


@pytest.mark.parametrize("call", [CALLS["get"], CALLS["delete"]], ids=["get", "delete"])
def test_only_the_api_server_itself_can_say_that_an_object_is_not_there(call: Call, reach: Reach) -> None:
    with failing(status(404, "NotFound", 'configmaps "a" not found')) as server:
        assert call(reach(server)) is None
    page = Answer(404, b"<html>Not Found</html>")
    with failing(page) as proxy, pytest.raises(ApiError, match="404 without a Kubernetes Status"):
        call(reach(proxy))
