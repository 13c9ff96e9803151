"""Requests, failures and limits: what is sent again, what is not, and what is said of it.

The clock of these clients stands still unless they wait, so that an hour's limit costs no time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from ghloop import faults
from ghloop.faults import ENDLESS, Fault
from ghloop.server import GitHub, running
from syncline.errors import ExitCode, GitHubError
from syncline.github.client import Ambiguous, Api, Patience

if TYPE_CHECKING:
    from ghloop.contract import Contract

COMMENTS = "/repos/acme/deploy/issues/7/comments"
OLD_COMMENTS = COMMENTS.replace("/deploy/", "/old/")
BODY = {"body": "hello"}

Connect = Callable[..., Api]


class Clock(Protocol):
    """As much of the conftest's clock as these tests look at."""

    waits: Sequence[float]

    def __call__(self) -> float: ...


class Doing(NamedTuple):
    """A request, by what it does."""

    method: str
    do: Callable[[Api, int], Any]


DOINGS: Mapping[str, Doing] = {
    "get": Doing("GET", lambda api, _: api.get("/repos/acme/deploy/commits/" + "a" * 40 + "/status")),
    "pages": Doing("GET", lambda api, _: list(api.pages(COMMENTS))),
    "patch": Doing("PATCH", lambda api, at: api.patch(f"/repos/acme/deploy/issues/comments/{at}", BODY)),
    "delete": Doing("DELETE", lambda api, at: api.delete(f"/repos/acme/deploy/issues/comments/{at}")),
    "blind post": Doing("POST", lambda api, _: api.post(COMMENTS, BODY)),
    "looking post": Doing("POST", lambda api, _: api.post(COMMENTS, BODY, look=lambda: None)),
    "query": Doing("POST", lambda api, _: api.query("{viewer{login}}")),
}
REPEATED = tuple(name for name in DOINGS if name != "blind post")
"""What may be sent again when nobody knows whether it was carried out."""

LOST: Mapping[str, Callable[[], Fault]] = {
    "500": lambda: faults.refusal(500, "Server Error"),
    "502": lambda: faults.page(502),
    "503": lambda: faults.page(503),
    "504, carried out": lambda: faults.page(504, carried_out=True),
    "reset": faults.reset,
    "reset, carried out": lambda: faults.reset(carried_out=True),
    "cut": faults.cut,
}
REFUSED: Mapping[str, tuple[Fault, str, str]] = {
    "401": (faults.refusal(401, "Bad credentials"), "401: Bad credentials", "it may have expired"),
    "403": (faults.not_accessible(), "403: Resource not accessible by integration", "permission"),
    "404": (faults.refusal(404, "Not Found"), "404: Not Found", "may see the repository"),
    "410": (faults.refusal(410, "This issue was deleted"), "410: This issue was deleted", ""),
    "422": (faults.refusal(422, "Validation Failed"), "422: Validation Failed", ""),
}


def attempts(github: GitHub, method: str) -> int:
    return sum(1 for sent, _ in github.requests if sent == method)


@pytest.fixture
def comment(github: GitHub) -> int:
    return github.say(7, "there", by=None)


# What is answered with 204 has nothing to cut.
@pytest.mark.parametrize(("doing", "lost"), sorted({*product(REPEATED, LOST)} - {("delete", "cut")}))
def test_what_may_be_repeated_survives_a_lost_answer(
    github: GitHub, api: Api, comment: int, time: Clock, doing: str, lost: str
) -> None:
    github.fault(LOST[lost](), method=DOINGS[doing].method, times=2)

    DOINGS[doing].do(api, comment)

    assert attempts(github, DOINGS[doing].method) == 3
    assert time.waits == [1, 2]


@pytest.mark.parametrize("doing", REPEATED)
@pytest.mark.parametrize("lost", ["502", "reset"])
def test_five_attempts_are_enough_and_the_end_is_one_sentence(
    github: GitHub, api: Api, comment: int, time: Clock, doing: str, lost: str
) -> None:
    github.fault(LOST[lost](), times=ENDLESS)

    with pytest.raises(GitHubError) as failed:
        DOINGS[doing].do(api, comment)

    assert attempts(github, DOINGS[doing].method) == 5
    assert time.waits == [1, 2, 4, 8]
    assert failed.value.exit_code is ExitCode.GITHUB
    assert failed.value.message.count(". ") == 0
    assert "githubstatus.com" in failed.value.remedy


@pytest.mark.parametrize("lost", LOST)
def test_a_post_is_never_sent_again_blindly(github: GitHub, api: Api, lost: str) -> None:
    github.fault(LOST[lost](), method="POST", times=ENDLESS)

    with pytest.raises(Ambiguous, match="it may or may not have been done"):
        api.post(COMMENTS, BODY)

    assert attempts(github, "POST") == 1
    assert len(github.comments(7)) <= 1


def test_what_a_look_finds_is_the_answer(github: GitHub, api: Api) -> None:
    github.fault(faults.page(502, carried_out=True), method="POST")

    made = api.post(COMMENTS, BODY, look=lambda: next(iter(api.pages(COMMENTS)), None))

    assert made["body"] == "hello"
    assert github.comments(7) == ["hello"]


# That what is to be deleted is gone already is success.
@pytest.mark.parametrize(("doing", "refused"), sorted({*product(DOINGS, REFUSED)} - {("delete", "404")}))
def test_a_refusal_is_one_attempt_and_one_sentence(
    github: GitHub, api: Api, comment: int, time: Clock, doing: str, refused: str
) -> None:
    fault, said, remedy = REFUSED[refused]
    github.fault(fault)

    with pytest.raises(GitHubError, match=said) as failed:
        DOINGS[doing].do(api, comment)

    assert len(github.requests) == 1
    assert time.waits == []
    assert remedy in failed.value.remedy


def test_what_is_gone_already_is_removed(github: GitHub, api: Api) -> None:
    api.delete("/repos/acme/deploy/issues/comments/1")

    assert len(github.requests) == 1


LIMITS: Mapping[str, tuple[Fault, float]] = {
    "429 that says for how long": (faults.secondary_limit(429, retry_after=7), 7),
    "429 that does not": (faults.secondary_limit(429), 60),
    "403 that says for how long": (faults.secondary_limit(403, retry_after=7), 7),
    "403 that does not": (faults.secondary_limit(403), 60),
    "403 with other words": (faults.refusal(403, "No.", {"Retry-After": "3"}), 3),
    "429 as a page": (faults.page(429, "<html>slow down</html>"), 60),
    "429 in a hurry": (faults.secondary_limit(429, retry_after=0), 1),
    "429 with a date": (faults.refusal(429, "No.", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 60),
    "403 of old": (faults.refusal(403, "You have triggered an abuse detection mechanism."), 60),
}


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_waited_for_and_then_it_is_sent_again(
    github: GitHub, api: Api, comment: int, time: Clock, doing: str, limit: str
) -> None:
    fault, seconds = LIMITS[limit]
    github.fault(fault, method=DOINGS[doing].method)

    DOINGS[doing].do(api, comment)

    assert attempts(github, DOINGS[doing].method) == 2
    assert time.waits == [seconds]


def test_each_limit_in_a_row_is_waited_for_longer(github: GitHub, api: Api, time: Clock) -> None:
    github.fault(faults.secondary_limit(429, retry_after=0), times=3)

    list(api.pages(COMMENTS))

    assert time.waits == [1, 2, 4]


def test_a_spent_budget_is_waited_for_when_it_comes_back_soon(github: GitHub, api: Api, time: Clock) -> None:
    github.grant(1, until=time() + 40)

    api.post(COMMENTS, BODY)
    api.post(COMMENTS, BODY)

    assert github.comments(7) == ["hello", "hello"]
    assert time.waits == [41]


def test_a_budget_that_comes_back_too_late_is_one_sentence_at_once(
    github: GitHub, api: Api, time: Clock
) -> None:
    github.grant(0, until=time() + 3000)

    with pytest.raises(GitHubError) as failed:
        api.post(COMMENTS, BODY)

    assert failed.value.message == (
        "GitHub's rate limit is reached; it would take 3001 more seconds, and 120 are left."
    )
    assert failed.value.remedy == "Run the job again later."
    assert (len(github.requests), time.waits) == (1, [])


def test_all_waiting_of_one_client_together_has_an_end(github: GitHub, connect: Connect, time: Clock) -> None:
    api = connect(total=100)
    github.fault(faults.secondary_limit(429), times=ENDLESS)

    with pytest.raises(GitHubError, match="60 more seconds, and 40 are left"):
        list(api.pages(COMMENTS))
    with pytest.raises(GitHubError, match="60 more seconds, and 40 are left"):
        list(api.pages(COMMENTS))

    assert time.waits == [60]


def test_writes_keep_their_pace_and_reads_do_not(connect: Connect, time: Clock) -> None:
    api = connect(pace=0.5)

    for _ in range(3):
        api.post(COMMENTS, BODY)
        list(api.pages(COMMENTS))

    assert time.waits == [0.5, 0.5]


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize(
    "fault",
    [
        faults.page(200, "<html>Please log in to the proxy</html>"),
        faults.page(200, ""),
        faults.page(200, '"a text"'),
        faults.page(200, "[[[["),
    ],
)
def test_a_page_that_is_not_githubs_is_said_to_be_none(
    github: GitHub, api: Api, comment: int, doing: str, fault: Fault
) -> None:
    github.fault(fault)

    if doing == "delete":
        DOINGS[doing].do(api, comment)
    else:
        with pytest.raises(GitHubError, match="is not GitHub's API") as failed:
            DOINGS[doing].do(api, comment)
        assert "GITHUB_API_URL" in failed.value.remedy
    assert len(github.requests) == 1


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_refusal_as_a_page_of_html_is_one_sentence_without_it(
    github: GitHub, api: Api, status: int
) -> None:
    github.fault(faults.page(status, "<html><body>proxy</body></html>"))

    with pytest.raises(GitHubError) as failed:
        api.post(COMMENTS, BODY)

    assert failed.value.message == f"GitHub refuses POST {COMMENTS} with {status}."


def test_a_github_that_says_nothing_is_given_up_in_time(github: GitHub) -> None:
    github.fault(faults.silence(), times=ENDLESS)
    patience = Patience(total=0.5, timeout=1)

    with (
        Api(github.token, github.url, patience=patience) as api,
        pytest.raises(GitHubError, match="ReadTimeout"),
    ):
        list(api.pages(COMMENTS))

    assert len(github.requests) == 1


def test_a_github_that_is_not_there_is_one_sentence(contract: Contract, time: Clock) -> None:
    with running(contract=contract) as gone:
        pass
    patience = Patience(sleep=lambda _: None, clock=time)

    with Api(gone.token, gone.url, patience=patience) as api, pytest.raises(GitHubError) as failed:
        api.get("/user")

    assert failed.value.message == "GitHub does not answer GET /user (ConnectionError)."


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize("status", [302, 307, 308])
def test_what_has_moved_is_said_to_have_moved(
    github: GitHub, contract: Contract, api: Api, comment: int, doing: str, status: int
) -> None:
    with running(contract=contract) as elsewhere:
        github.fault(faults.moved(f"{elsewhere.url}{COMMENTS}", status))

        with pytest.raises(GitHubError, match=f"with {status}") as failed:
            DOINGS[doing].do(api, comment)

        assert elsewhere.requests == ()
    assert failed.value.remedy == "The repository was renamed or moved: use its new name."
    assert len(github.requests) == 1


@pytest.mark.parametrize("doing", DOINGS)
def test_a_move_to_another_host_is_not_followed(
    github: GitHub, contract: Contract, api: Api, comment: int, doing: str
) -> None:
    with running(contract=contract) as elsewhere:
        address = elsewhere.url.replace("127.0.0.1", "localhost")
        github.fault(faults.moved(f"{address}{COMMENTS}"))

        with pytest.raises(GitHubError, match="is not GitHub's API"):
            DOINGS[doing].do(api, comment)

        assert elsewhere.requests == ()
    assert len(github.requests) == 1


@pytest.mark.parametrize("count", [0, 30])
def test_a_move_on_the_same_host_is_followed(github: GitHub, api: Api, count: int) -> None:
    github.fault(faults.moved(f"{github.url}{COMMENTS}"), path="/repos/acme/old/", times=ENDLESS)
    for number in range(count):
        github.say(7, str(number), by=None)

    texts = [comment["body"] for comment in api.pages(OLD_COMMENTS)]
    api.post(OLD_COMMENTS, BODY)

    assert texts == [str(number) for number in range(count)]
    assert github.comments(7)[-1] == "hello"


def test_pages_that_a_move_repeats_for_ever_are_given_up(github: GitHub, api: Api) -> None:
    github.fault(faults.moved(f"{github.url}{COMMENTS}"), path="/repos/acme/old/", times=ENDLESS)
    for number in range(31):
        github.say(7, str(number), by=None)

    with pytest.raises(GitHubError, match="is not GitHub's API"):
        list(api.pages(OLD_COMMENTS))

    assert attempts(github, "GET") == 4


def test_the_next_page_is_never_asked_of_another_host(github: GitHub, contract: Contract, api: Api) -> None:
    for number in range(101):
        github.say(7, str(number), by=None)
    with running(contract=contract) as elsewhere:
        link = f'<{elsewhere.url}{COMMENTS}?page=2>; rel="next"'
        github.fault(faults.with_header("Link", link), method="GET")

        texts = [comment["body"] for comment in api.pages(COMMENTS)]

        assert elsewhere.requests == ()
    assert texts == [str(number) for number in range(101)]


SPEAKING: Mapping[str, Callable[[str], Fault]] = {
    "refusal": lambda token: faults.refusal(422, f"Not with {token}, {token}!"),
    "limit": lambda token: faults.refusal(429, token, {"Retry-After": "9999"}),
    "page": lambda token: faults.page(200, token),
    "server": lambda token: faults.refusal(500, token),
    "permission": lambda token: faults.refusal(403, f"Resource not accessible by {token}"),
}


@pytest.mark.parametrize("doing", DOINGS)
@pytest.mark.parametrize("fault", SPEAKING)
def test_no_sentence_holds_the_token(
    github: GitHub, connect: Connect, comment: int, doing: str, fault: str
) -> None:
    api = connect(url=github.url)
    github.fault(SPEAKING[fault](github.token), times=ENDLESS)

    try:
        DOINGS[doing].do(api, comment)
    except GitHubError as failed:
        texts = [str(failed), failed.remedy, *map(str, failed.args)]
        assert not [text for text in texts if github.token in text]
    else:
        assert doing == "delete"


@pytest.mark.parametrize("token", ["", "two words", "line\nend", "naïve"])
def test_a_token_that_cannot_be_one_is_refused_without_being_shown(github: GitHub, token: str) -> None:
    with pytest.raises(GitHubError, match="The token is empty or holds spaces") as failed:
        Api(token, github.url)

    assert not token or token not in str(failed.value)
    assert github.requests == ()


@pytest.mark.parametrize("url", ["", "api.github.com", "ftp://api.github.com", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(GitHubError, match="which is no address"):
        Api("ghp_x", url)


def test_github_is_told_which_version_of_its_api_is_meant(github: GitHub, api: Api) -> None:
    list(api.pages(COMMENTS))

    assert github.hub.seen.headers[0]["x-github-api-version"] == "2022-11-28"
    assert github.hub.seen.headers[0]["accept"] == "application/vnd.github+json"


def test_asking_does_not_write_to_the_log(
    github: GitHub, api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    github.fault(faults.page(502), method="GET")
    github.fault(faults.secondary_limit(429), method="GET")
    list(api.pages(COMMENTS))

    assert capfd.readouterr() == ("", "")
