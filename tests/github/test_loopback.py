"""The loopback GitHub is honest: it keeps to the description, its limits bite, a wrong word is noticed."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from ghloop import faults
from ghloop.endpoints import HANDLERS, LONGEST_COMMENT, MOST_STATUSES
from ghloop.forge import QUESTIONS
from ghloop.hub import PERSON
from ghloop.server import GitHub, running
from ghloop.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ghloop.contract import Contract

COMMENTS = "/repos/acme/deploy/issues/7/comments"
LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')
SHA = "5c0ffee" + "0" * 33
STATUSES = f"/repos/acme/deploy/statuses/{SHA}"


class Client:
    """Requests as they are, through no library that could put them right."""

    def __init__(self, github: GitHub, token: str = "", prefix: str = "") -> None:
        self._address = urlsplit(github.url).netloc
        self._token = token or github.tokens.person
        self._prefix = prefix

    def __call__(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any, Mapping[str, str]]:
        connection = http.client.HTTPConnection(self._address, timeout=10)
        sent = {"Authorization": f"Bearer {self._token}", "User-Agent": "test", **(headers or {})}
        try:
            connection.request(method, self._prefix + path, None if body is None else json.dumps(body), sent)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None, dict(answer.headers)


@pytest.fixture
def ask(github: GitHub) -> Client:
    return Client(github)


@pytest.fixture
def wary(contract: Contract) -> Iterator[GitHub]:
    """A GitHub that a test may ask wrong things of: it looks at the violations itself."""
    with running(contract=contract) as served:
        yield served


def test_every_endpoint_in_use_is_served(github: GitHub) -> None:
    assert {operation.name for operation in github.hub.contract.operations} == {*HANDLERS, *QUESTIONS}


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_every_endpoints_answer_is_what_the_description_says(github: GitHub, prefix: str) -> None:
    ask = Client(github, prefix=prefix)
    github.hub.store.refs["heads/feature/x"] = SHA

    assert ask("GET", "/user")[0] == 200
    status, made, headers = ask("POST", COMMENTS, {"body": "one"})
    assert (status, headers["Location"]) == (201, made["url"])
    assert urlsplit(made["url"]).path == f"{prefix}/repos/acme/deploy/issues/comments/{made['id']}"
    assert ask("PATCH", f"/repos/acme/deploy/issues/comments/{made['id']}", {"body": "two"})[0] == 200
    assert [comment["body"] for comment in ask("GET", COMMENTS)[1]] == ["two"]
    assert ask("DELETE", f"/repos/acme/deploy/issues/comments/{made['id']}")[0] == 204
    assert ask("POST", STATUSES, {"state": "pending", "target_url": "https://ci.example/1"})[0] == 201
    for ref in (SHA, "heads/feature/x", "refs/heads/feature/x"):
        status, combined, _ = ask("GET", f"/repos/acme/deploy/commits/{ref}/status")
        assert (status, combined["sha"], combined["state"]) == (200, SHA, "pending")
    github.say(7, "from an account that is gone", by=None)
    assert ask("GET", COMMENTS)[1][0]["user"] is None
    assert {operation.method for operation in github.hub.contract.operations} == {
        method for method, _ in github.requests
    }


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/repos/acme/deploy/issues/comments/1", {"body": "x"}),
        ("DELETE", "/repos/acme/deploy/issues/comments/1", None),
        ("GET", "/repos/acme/deploy/issues/8/comments", None),
        ("GET", "/repos/acme/other/issues/7/comments", None),
        ("GET", "/repos/acme/deploy/commits/heads/none/status", None),
    ],
)
def test_what_is_not_there_is_not_found(ask: Client, method: str, path: str, body: Any) -> None:
    assert ask(method, path, body)[:2] == (
        404,
        {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"},
    )


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (COMMENTS, {"body": "x" * (LONGEST_COMMENT + 1)}, "Body is too long (maximum is 65536 characters)"),
        (COMMENTS, {"body": " \n"}, "Body can't be blank"),
        (STATUSES, {"state": "success", "description": "x" * 141}, "Description is too long"),
        (
            STATUSES,
            {"state": "success", "description": "\U0001f680"},
            "description doesn't accept 4-byte Unicode",
        ),
        (STATUSES, {"state": "success", "context": "x" * 256}, "Context is too long"),
    ],
)
def test_one_character_too_many_is_refused(ask: Client, path: str, body: Any, said: str) -> None:
    status, answer, _ = ask("POST", path, body)

    assert status == 422
    assert answer["errors"][0]["message"].startswith(said)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (COMMENTS, {"body": "ü" * LONGEST_COMMENT}),
        (STATUSES, {"state": "success", "description": "ü" * 140, "context": "ü" * 255}),
    ],
)
def test_as_many_characters_as_there_may_be_are_taken(ask: Client, path: str, body: Any) -> None:
    assert ask("POST", path, body)[0] == 201


def test_a_commit_takes_a_thousand_statuses_of_one_context(github: GitHub, ask: Client) -> None:
    ask("POST", STATUSES, {"state": "pending", "context": "Syncline"})
    first = github.hub.store.statuses[SHA][0]
    github.hub.store.statuses[SHA] += [first] * (MOST_STATUSES - 1)

    status, answer, _ = ask("POST", STATUSES, {"state": "success", "context": "syncline"})

    assert (status, "maximum number of statuses" in str(answer)) == (422, True)
    assert ask("POST", STATUSES, {"state": "success", "context": "other"})[0] == 201


def test_a_context_is_the_same_in_capitals_and_its_newest_status_counts(ask: Client) -> None:
    ask("POST", STATUSES, {"state": "failure", "context": "CI"})
    ask("POST", STATUSES, {"state": "success", "context": "ci"})

    combined = ask("GET", f"/repos/acme/deploy/commits/{SHA}/status")[1]

    assert (combined["state"], combined["total_count"]) == ("success", 1)


@pytest.mark.parametrize(
    ("states", "together"),
    [
        ([], "pending"),
        (["success"], "success"),
        (["success", "pending"], "pending"),
        (["error", "pending"], "failure"),
        (["success", "failure"], "failure"),
    ],
)
def test_the_worst_of_the_states_is_the_combined_one(ask: Client, states: list[str], together: str) -> None:
    for number, state in enumerate(states):
        ask("POST", STATUSES, {"state": state, "context": f"ci/{number}"})

    assert ask("GET", f"/repos/acme/deploy/commits/{SHA}/status")[1]["state"] == together


def test_lists_come_in_pages_that_name_their_neighbours(github: GitHub, ask: Client) -> None:
    for number in range(250):
        github.say(7, str(number), by=PERSON)

    sizes, url = [], f"{COMMENTS}?per_page=500"
    links: dict[str, str] = {}
    while url:
        _, page, headers = ask("GET", url)
        sizes.append(len(page))
        links = {name: address for address, name in LINK.findall(headers.get("Link", ""))}
        url = links.get("next", "").removeprefix(github.url)

    assert sizes == [100, 100, 50]
    assert sorted(links) == ["first", "prev"]
    assert len(ask("GET", COMMENTS)[1]) == 30


def test_a_hidden_comment_leaves_a_page_short_that_is_not_the_last(github: GitHub, ask: Client) -> None:
    for number in range(4):
        github.say(7, str(number), by=PERSON, is_hidden=number == 1)

    _, page, headers = ask("GET", f"{COMMENTS}?per_page=2")

    assert [comment["body"] for comment in page] == ["0"]
    assert 'rel="next"' in headers["Link"]


@pytest.mark.parametrize("token", ["workflow", "fork"])
def test_an_apps_token_is_no_user(github: GitHub, token: str) -> None:
    status, answer, _ = Client(github, getattr(github.tokens, token))("GET", "/user")

    assert (status, answer["message"]) == (403, "Resource not accessible by integration")


def test_a_forks_token_reads_and_does_not_write(github: GitHub) -> None:
    ask = Client(github, github.tokens.fork)

    assert ask("GET", COMMENTS)[0] == 200
    assert ask("POST", COMMENTS, {"body": "x"})[0] == 403
    assert ask("POST", STATUSES, {"state": "success"})[0] == 403
    assert (github.comments(7), github.statuses(SHA)) == ([], [])


@pytest.mark.parametrize(
    ("prefix", "token", "login"),
    [("", "workflow", "github-actions[bot]"), ("/api", "person", "octocat")],
)
def test_graphql_knows_the_viewer(github: GitHub, prefix: str, token: str, login: str) -> None:
    ask = Client(github, getattr(github.tokens, token), prefix)

    assert ask("POST", "/graphql", {"query": "query { viewer { login } }"})[1] == {
        "data": {"viewer": {"login": login}}
    }


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": "Bearer nobody"}, 401),
        ({"Authorization": ""}, 401),
        ({"User-Agent": ""}, 403),
        ({"X-GitHub-Api-Version": "2019-01-01"}, 400),
    ],
)
def test_who_does_not_introduce_himself_is_turned_away(
    ask: Client, headers: Mapping[str, str], status: int
) -> None:
    assert ask("GET", "/user", None, headers)[0] == status


def test_a_spent_budget_is_refused_until_its_hour_is_over(github: GitHub, ask: Client, time: Any) -> None:
    github.grant(2, until=time() + 60)

    answers = [ask("GET", "/user") for _ in range(3)]
    time.sleep(60)

    assert [status for status, _, _ in answers] == [200, 200, 403]
    assert [headers["X-RateLimit-Remaining"] for _, _, headers in answers] == ["1", "0", "0"]
    assert answers[2][2]["X-RateLimit-Reset"] == str(int(time()))
    assert ask("GET", "/user")[0] == 200


WRONG_REQUESTS: Mapping[str, tuple[str, str, Any]] = {
    "is not an endpoint in use": ("GET", "/repos/acme/deploy/tags", None),
    "issue_number is 'seven'": ("GET", "/repos/acme/deploy/issues/seven/comments", None),
    "per_page is 'all'": ("GET", f"{COMMENTS}?per_page=all", None),
    "there is no sort=": ("GET", f"{COMMENTS}?sort=updated", None),
    '"body" is a required property': ("POST", COMMENTS, {}),
    "is not of type": ("POST", COMMENTS, {"body": 1}),
    "'minimized' was unexpected": ("POST", COMMENTS, {"body": "x", "minimized": True}),
    "is not one of": ("POST", STATUSES, {"state": "running"}),
    "only the viewer's login": ("POST", "/graphql", {"query": "{viewer{id}}"}),
    "should be empty": ("DELETE", "/repos/acme/deploy/issues/comments/1", {"body": "x"}),
}


@pytest.mark.parametrize("said", WRONG_REQUESTS)
def test_a_request_that_is_not_described_is_noticed(wary: GitHub, said: str) -> None:
    status, _, _ = Client(wary)(*WRONG_REQUESTS[said])

    assert 400 <= status < 500
    assert [violation for violation in wary.violations if said in violation]
    assert (wary.comments(7), wary.statuses(SHA)) == ([], [])


WRONG_ANSWERS: Mapping[str, Any] = {
    "at /id": lambda answer: replace(answer, body={**answer.body, "id": "1"}),
    "at /user": lambda answer: replace(answer, body={**answer.body, "user": {"login": "octocat"}}),
    "at /created_at": lambda answer: replace(answer, body={**answer.body, "created_at": "yesterday"}),
    "at /url": lambda answer: replace(answer, body={**answer.body, "url": "not an address"}),
    "the answer 200 is not described": lambda answer: replace(answer, status=200),
    "at /message": lambda _: Answer(422, {"message": 5}),
}


@pytest.mark.parametrize("said", WRONG_ANSWERS)
def test_an_answer_that_is_not_described_is_noticed(wary: GitHub, said: str) -> None:
    wary.fault(faults.changed(WRONG_ANSWERS[said]), method="POST")

    Client(wary)("POST", COMMENTS, {"body": "x"})

    assert [violation for violation in wary.violations if said in violation]


def test_a_mistake_of_the_servers_own_is_noticed(wary: GitHub) -> None:
    def stumble(answer: Answer) -> Answer:
        raise LookupError(answer.status)

    wary.fault(faults.changed(stumble))

    with pytest.raises(http.client.RemoteDisconnected):
        Client(wary)("GET", "/user")
    assert "LookupError: 200" in wary.violations[0]
