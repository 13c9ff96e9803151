"""The pull request's comment: made once, changed in place, and nobody else's is touched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from ghloop import faults
from ghloop.hub import ACTIONS, PERSON
from ghloop.store import User
from syncline.errors import GitHubError
from syncline.github.client import Api
from syncline.github.comments import LONGEST, upsert
from syncline.report.fit import fit
from syncline.report.model import Job, Report

if TYPE_CHECKING:
    from ghloop.server import GitHub

REPOSITORY, NUMBER = "acme/deploy", 7
COMMENTS = f"/repos/{REPOSITORY}/issues/{NUMBER}/comments"
HUMAN = User(77, "hubot")
OTHER_APP = User(78, "acme-delivery[bot]", is_bot=True)

Connect = Callable[..., Api]


def page(number: int = 1, text: str = "no difference", context: str = "syncline") -> str:
    return f"<!-- syncline:{context}:{number} -->\n{text}"


def put(api: Api, *pages: str) -> None:
    upsert(api, REPOSITORY, NUMBER, pages)


@pytest.mark.parametrize("token", ["workflow", "person"])
@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_another_run_with_the_same_report_writes_nothing(
    github: GitHub, connect: Connect, token: str, prefix: str
) -> None:
    pages = [page(1), page(2, "the rest")]

    for _ in range(3):
        put(connect(token=getattr(github.tokens, token), url=github.url + prefix), *pages)

    assert github.comments(NUMBER) == pages
    assert github.writes == (("POST", COMMENTS),) * 2


def test_what_a_browser_does_to_line_ends_is_no_change(github: GitHub, api: Api) -> None:
    github.say(NUMBER, "<!-- syncline:syncline:1 -->\r\none\r\ntwo", by=ACTIONS)

    put(api, page(text="one\ntwo\n"))

    assert github.writes == ()


def test_a_new_report_changes_the_page_it_is_on_and_no_other(github: GitHub, api: Api) -> None:
    put(api, page(1), page(2, "old"), page(3))
    numbers = list(github.hub.store.comments)

    put(api, page(1), page(2, "new"), page(3))

    assert github.comments(NUMBER) == [page(1), page(2, "new"), page(3)]
    assert list(github.hub.store.comments) == numbers
    assert github.writes[3:] == (("PATCH", f"/repos/{REPOSITORY}/issues/comments/{numbers[1]}"),)


def test_pages_that_are_no_longer_there_are_removed(github: GitHub, api: Api) -> None:
    put(api, page(1), page(2), page(3))

    put(api, page(1))

    assert github.comments(NUMBER) == [page(1)]


def test_pages_come_back_when_the_report_grows_again(github: GitHub, api: Api) -> None:
    for pages in ([page(1), page(2)], [page(1)], [page(1), page(2)]):
        put(api, *pages)

    assert github.comments(NUMBER) == [page(1), page(2)]


def test_each_context_has_comments_of_its_own(github: GitHub, api: Api) -> None:
    put(api, page(context="staging"), page(2, context="staging"))
    put(api, page(context="staging-eu"))

    put(api, page(context="staging", text="changed"))

    assert github.comments(NUMBER) == [page(context="staging", text="changed"), page(context="staging-eu")]


@pytest.mark.parametrize("token", ["workflow", "person"])
@pytest.mark.parametrize("author", [HUMAN, OTHER_APP, None], ids=["human", "app", "ghost"])
def test_someone_elses_comment_with_our_marker_is_left_alone(
    github: GitHub, connect: Connect, token: str, author: User | None
) -> None:
    api = connect(token=getattr(github.tokens, token))
    theirs = [page(1, "I quote you"), page(2, "and this")]
    for text in theirs:
        github.say(NUMBER, text, by=author)

    put(api, page(1))
    put(api, page(1, "changed"))

    assert github.comments(NUMBER) == [*theirs, page(1, "changed")]


@pytest.mark.parametrize(
    "text", ["> <!-- syncline:syncline:1 -->", " <!-- syncline:syncline:1 -->", "<!-- syncline:syncline:1-->"]
)
def test_only_a_marker_at_the_very_beginning_counts(github: GitHub, api: Api, text: str) -> None:
    github.say(NUMBER, text, by=ACTIONS)

    put(api, page(1))

    assert github.comments(NUMBER) == [text, page(1)]


def test_another_apps_token_finds_its_own_comments(github: GitHub, connect: Connect) -> None:
    token = github.install(OTHER_APP)

    put(connect(), page(1, "by the workflow"))
    put(connect(token=token), page(1, "by the app"))
    put(connect(token=token), page(1, "by the app again"))

    assert github.comments(NUMBER) == [page(1, "by the workflow"), page(1, "by the app again")]


def test_where_graphql_is_refused_a_workflows_token_is_the_workflows(
    github: GitHub, connect: Connect
) -> None:
    put(connect(), page(1))
    github.fault(faults.not_accessible(), path="/graphql")

    put(connect(), page(1, "changed"))

    assert github.comments(NUMBER) == [page(1, "changed")]


def test_ours_is_found_behind_hundreds_of_others(github: GitHub, api: Api) -> None:
    for number in range(130):
        github.say(NUMBER, f"comment {number}", by=PERSON, is_hidden=number % 3 == 0)
    put(api, page(1))
    for number in range(130):
        github.say(NUMBER, f"later {number}", by=PERSON)

    put(api, page(1, "changed"))

    ours = [text for text in github.comments(NUMBER) if text.startswith("<!-- ")]
    assert ours == [page(1, "changed")]


@pytest.mark.parametrize("context", ["syncline", "eu west: 1", "<!-- -->", "日本", "x" * 300])
def test_the_pages_of_a_report_are_found_again(github: GitHub, api: Api, context: str) -> None:
    before, after = (fit(Report(Job.DIFF, head=head * 40), context=context) for head in "ab")
    other = fit(Report(Job.DIFF), context="x" * 299 + "y")

    for pages in (before, other, after):
        put(api, *pages)

    assert github.comments(NUMBER) == [*after, *other]


LOST = {
    "502": faults.page(502, carried_out=True),
    "reset": faults.reset(carried_out=True),
    "cut": faults.cut(),
}
UNDONE = {"502": faults.page(502), "reset": faults.reset()}


@pytest.mark.parametrize("how", LOST)
def test_a_comment_that_was_made_without_our_knowing_is_not_made_again(
    github: GitHub, api: Api, how: str
) -> None:
    github.fault(LOST[how], method="POST", path="/comments", times=2)

    put(api, page(1), page(2))

    assert github.comments(NUMBER) == [page(1), page(2)]
    assert github.writes == (("POST", COMMENTS),) * 2


@pytest.mark.parametrize("how", UNDONE)
def test_a_comment_that_was_not_made_is_made_on_the_second_attempt(
    github: GitHub, api: Api, how: str
) -> None:
    github.fault(UNDONE[how], method="POST", path="/comments")

    put(api, page(1))

    assert github.comments(NUMBER) == [page(1)]
    assert github.writes == (("POST", COMMENTS),) * 2


def test_someone_elses_comment_is_not_taken_for_the_one_that_was_lost(github: GitHub, api: Api) -> None:
    github.say(NUMBER, page(1), by=HUMAN)
    github.fault(faults.page(502), method="POST", path="/comments")

    put(api, page(1))

    assert github.comments(NUMBER) == [page(1), page(1)]


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_change_or_a_removal_is_repeated_when_its_answer_is_lost(
    github: GitHub, api: Api, method: str, carried_out: bool
) -> None:
    put(api, page(1), page(2))
    github.fault(faults.page(502, carried_out=carried_out), method=method)

    put(api, page(1, "changed"))

    assert github.comments(NUMBER) == [page(1, "changed")]


def test_two_runs_at_once_double_nothing_that_the_next_run_does_not_remove(
    github: GitHub, connect: Connect
) -> None:
    # Both have read the conversation before either of them writes.
    github.fault(faults.meeting(2), method="GET", path="/comments", times=2)
    clients = [connect(), connect()]
    runs = [threading.Thread(target=put, args=(client, page(1), page(2))) for client in clients]

    for run in runs:
        run.start()
    for run in runs:
        run.join()
    put(connect(), page(1, "changed"), page(2))

    assert sorted(github.comments(NUMBER)) == [page(1, "changed"), page(2)]


def test_two_runs_at_once_that_change_the_same_pages_leave_one_of_each(
    github: GitHub, connect: Connect
) -> None:
    put(connect(), page(1), page(2), page(3))
    github.fault(faults.meeting(2), method="GET", path="/comments", times=2)
    clients = [connect(), connect()]
    runs = [threading.Thread(target=put, args=(client, page(1, "changed"))) for client in clients]

    for run in runs:
        run.start()
    for run in runs:
        run.join()

    assert github.comments(NUMBER) == [page(1, "changed")]


@pytest.mark.parametrize("letter", ["x", "ü", "🚀"])
def test_a_page_of_githubs_limit_is_taken_and_one_character_more_is_refused_before_anything_is_sent(
    github: GitHub, api: Api, letter: str
) -> None:
    longest = page(1, "")
    longest += letter * (LONGEST - len(longest))

    put(api, longest)
    sent = github.requests
    with pytest.raises(GitHubError, match=r"65,537 characters, and GitHub takes 65,536"):
        put(api, page(2), longest + letter)

    assert github.comments(NUMBER) == [longest]
    assert github.requests == sent


@pytest.mark.parametrize("pages", [["no marker"], [page(1), page(1)]])
def test_pages_that_could_not_be_told_apart_are_a_mistake_of_the_caller(
    github: GitHub, api: Api, pages: Sequence[str]
) -> None:
    with pytest.raises(ValueError, match="a marker of its own"):
        put(api, *pages)

    assert github.requests == ()


def test_a_locked_conversation_is_one_sentence_with_a_remedy(github: GitHub, api: Api) -> None:
    github.hub.store.locked.add(NUMBER)

    with pytest.raises(GitHubError, match="issue is locked") as refused:
        put(api, page(1))

    assert refused.value.remedy == "Unlock the conversation of the pull request."


def test_a_forks_token_is_told_which_permission_it_lacks(github: GitHub, connect: Connect) -> None:
    with pytest.raises(GitHubError, match="Resource not accessible by integration") as refused:
        put(connect(token=github.tokens.fork), page(1))

    assert "`pull-requests: write`" in refused.value.remedy
    assert github.comments(NUMBER) == []
