"""Commit statuses: the aggregate first and last, nothing left pending, nothing said twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ghloop import faults
from ghloop.endpoints import MOST_STATUSES
from syncline.errors import GitHubError, Interrupted
from syncline.github.client import Api
from syncline.github.statuses import (
    LONGEST_CONTEXT,
    LONGEST_DESCRIPTION,
    StatusBoard,
    Statuses,
    context_of,
    shortened,
)
from syncline.github.writer import Writer

if TYPE_CHECKING:
    from ghloop.server import GitHub

REPOSITORY, SHA = "acme/deploy", "5c0ffee" + "0" * 33
STATUSES = f"/repos/{REPOSITORY}/statuses/{SHA}"
CONTEXT = "syncline/sync"
PENDING = "Syncing."

Connect = Callable[..., Api]


def board(api: Api) -> StatusBoard:
    return StatusBoard(api, REPOSITORY, SHA, context=CONTEXT, by="https://ci.example/runs/1")


def test_of_two_steps_that_begin_at_once_the_one_that_wrote_first_finds_the_other(
    connect: Connect,
) -> None:
    steps = [
        Writer("https://ci.example/runs/1", f".github/workflows/{name}.yml", "sync", "push", "1", name)
        for name in ("one", "two")
    ]
    first, second = (StatusBoard(connect(), REPOSITORY, SHA, context=CONTEXT, by=step) for step in steps)
    with first, second:
        assert second.rivalry() == "", "it has looked, and nobody was there"
        first.start(PENDING)
        second.start(PENDING)

        said = [first.rivalry(), second.rivalry()]

    assert said[0].startswith(
        ".github/workflows/one.yml (job sync) and .github/workflows/two.yml (job sync) both write the status"
    )
    assert said[1] == "", "the newest words are its own"


def newest(github: GitHub) -> dict[str, tuple[str, str]]:
    return {context: (state, description) for context, state, description in github.statuses(SHA)}


def run(api: Api, *names: str, limit: int = 10) -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(names, PENDING, limit=limit)
        for name in names:
            statuses.application(name, "success", f"{name} is synced.")
        statuses.finish("success", "All synced.")


def test_the_aggregate_is_the_first_word_and_the_last(github: GitHub, api: Api) -> None:
    run(api, "cart", "shop")

    assert github.statuses(SHA) == [
        (CONTEXT, "pending", PENDING),
        (f"{CONTEXT}/cart", "pending", PENDING),
        (f"{CONTEXT}/shop", "pending", PENDING),
        (f"{CONTEXT}/cart", "success", "cart is synced."),
        (f"{CONTEXT}/shop", "success", "shop is synced."),
        (CONTEXT, "success", "All synced."),
    ]


def test_every_status_leads_to_the_run(github: GitHub, api: Api) -> None:
    run(api, "cart")

    links = {status.target_url for status in github.hub.store.statuses[SHA]}
    assert links == {"https://ci.example/runs/1"}


@pytest.mark.parametrize(("limit", "count"), [(0, 3), (2, 2), (2, 3), (10, 10), (10, 11), (10, 40)])
def test_applications_beyond_the_limit_are_folded_into_the_aggregate(
    github: GitHub, api: Api, limit: int, count: int
) -> None:
    names = [f"app-{number:02}" for number in range(count)]

    run(api, *reversed(names), limit=limit)

    assert set(newest(github)) == {CONTEXT, *(f"{CONTEXT}/{name}" for name in names[:limit])}
    assert {state for state, _ in newest(github).values()} == {"success"}


ENDS = {
    "a mistake of ours": (ValueError("boom"), "The run failed before it finished."),
    "an error": (GitHubError("no"), "The run failed before it finished."),
    "Ctrl-C": (KeyboardInterrupt(), "The run was cancelled before it finished."),
    "a signal": (Interrupted("SIGTERM"), "The run was cancelled before it finished."),
    "a call to exit": (SystemExit(3), "The run failed before it finished."),
}


def ended_by(error: BaseException, api: Api, when: str = "started") -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        if when != "started":
            statuses.begin(["cart", "shop"], PENDING)
        if when == "half done":
            statuses.application("cart", "failure", "cart is unhealthy.")
        raise error


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("when", ["started", "begun", "half done"])
def test_whatever_ends_the_run_nothing_stays_pending(github: GitHub, api: Api, end: str, when: str) -> None:
    error, said = ENDS[end]

    with pytest.raises(type(error)):
        ended_by(error, api, when)

    told = newest(github)
    assert told[CONTEXT] == ("error", said)
    assert "pending" not in {state for state, _ in told.values()}
    if when == "half done":
        assert told[f"{CONTEXT}/cart"] == ("failure", "cart is unhealthy.")
        assert told[f"{CONTEXT}/shop"] == ("error", said)


def test_a_signal_in_the_middle_of_the_last_words_cuts_none_of_them_short(github: GitHub, api: Api) -> None:
    def stop(*_: object) -> None:
        raise Interrupted("SIGTERM")

    statuses = board(api)
    statuses.start(PENDING)
    statuses.begin(["cart", "shop"], PENDING)
    statuses.application("cart", "failure", "cart is unhealthy.")
    github.fault(faults.silence(), method="POST", path="/statuses/")
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Interrupted), statuses:
            raise ValueError("boom")
    finally:
        signal.signal(signal.SIGALRM, before)

    assert {name: state for name, (state, _) in newest(github).items()} == {
        CONTEXT: "error",
        f"{CONTEXT}/cart": "failure",
        f"{CONTEXT}/shop": "error",
    }


def test_a_run_that_forgets_to_finish_is_no_success(github: GitHub, api: Api) -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(["cart"], PENDING)

    assert {state for state, _ in newest(github).values()} == {"error"}


@pytest.mark.parametrize("states", list(permutations(["success", "failure", "error"], 2)))
def test_of_two_applications_of_one_name_the_worse_is_told(
    github: GitHub, api: Api, states: tuple[str, str]
) -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(["web", "web"], PENDING)
        for state in states:
            statuses.application("web", state, state)
        statuses.finish("failure", "One of them.")

    worse = max(states, key=["success", "failure", "error"].index)
    assert newest(github)[f"{CONTEXT}/web"] == (worse, worse)


def test_an_application_that_said_nothing_is_not_left_pending_by_the_end(github: GitHub, api: Api) -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(["cart", "shop"], PENDING)
        statuses.application("cart", "success", "ok")
        statuses.finish("failure", "shop is missing.")

    assert newest(github)[f"{CONTEXT}/shop"][0] == "error"
    assert github.statuses(SHA)[-1] == (CONTEXT, "failure", "shop is missing.")


def test_a_board_that_was_not_started_says_nothing(github: GitHub, api: Api) -> None:
    with pytest.raises(ValueError, match="boom"), board(api):
        raise ValueError("boom")

    assert github.requests == ()


def test_without_a_start_only_what_is_new_is_said(github: GitHub, connect: Connect) -> None:
    # A drift run on a schedule, week after week on one commit.
    for state in ("success", "success", "failure", "success"):
        with board(connect()) as statuses:
            statuses.begin(["cart"], PENDING)
            statuses.application("cart", state, state)
            statuses.finish(state, state)

    assert github.statuses(SHA) == [
        (context, state, state)
        for state in ("success", "failure", "success")
        for context in (f"{CONTEXT}/cart", CONTEXT)
    ]


def test_a_state_that_is_there_is_not_sent_again(github: GitHub, connect: Connect) -> None:
    for _ in range(3):
        Statuses(connect(), REPOSITORY, SHA).set(CONTEXT, "success", "All  synced.\n")

    assert github.statuses(SHA) == [(CONTEXT, "success", "All synced.")]


def test_what_is_there_is_found_behind_a_hundred_others(github: GitHub, api: Api, connect: Connect) -> None:
    first = Statuses(api, REPOSITORY, SHA)
    for number in range(130):
        first.set(f"ci/{number}", "success", "ok")
    sent = len(github.writes)

    second = Statuses(connect(), REPOSITORY, SHA)
    for number in range(130):
        second.set(f"ci/{number}", "success", "ok")

    assert len(github.writes) == sent


@pytest.mark.parametrize(
    ("state", "description"), [("failure", "ok"), ("success", "other"), ("pending", ""), ("error", "ok")]
)
def test_another_state_or_another_line_is_sent(
    github: GitHub, api: Api, state: str, description: str
) -> None:
    statuses = Statuses(api, REPOSITORY, SHA)
    statuses.set(CONTEXT, "success", "ok")

    statuses.set(CONTEXT, state, description)

    assert github.statuses(SHA) == [(CONTEXT, "success", "ok"), (CONTEXT, state, description)]


def test_a_context_in_other_capitals_is_the_same_context(github: GitHub, connect: Connect) -> None:
    Statuses(connect(), REPOSITORY, SHA).set("Syncline/Sync", "success", "ok")
    Statuses(connect(), REPOSITORY, SHA).set("syncline/sync", "failure", "no")

    Statuses(connect(), REPOSITORY, SHA).set("Syncline/Sync", "success", "ok")

    assert [state for _, state, _ in github.statuses(SHA)] == ["success", "failure", "success"]


def test_long_contexts_and_lines_are_cut_to_what_github_takes(github: GitHub, api: Api) -> None:
    names = [f"{'very-' * 60}{number}" for number in range(2)]

    run(api, *names)
    with board(api) as statuses:
        statuses.finish("failure", "word " * 60)

    contexts = [context for context in newest(github) if context != CONTEXT]
    assert len(set(contexts)) == 2
    assert [len(context) for context in contexts] == [LONGEST_CONTEXT] * 2
    assert len(newest(github)[CONTEXT][1]) <= LONGEST_DESCRIPTION
    assert newest(github)[CONTEXT][1].endswith("word…")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rocket \U0001f680 ahead", "rocket \ufffd ahead"),
        ("\U0001f680" * 200, "\ufffd" * 139 + "…"),
        ("Größe überschritten · … – €", "Größe überschritten · … – €"),
        ("語" * 200, "語" * 139 + "…"),
    ],
)
def test_a_description_in_any_script_is_one_that_github_takes(
    github: GitHub, connect: Connect, text: str, told: str
) -> None:
    for _ in range(2):
        Statuses(connect(), REPOSITORY, SHA).set(CONTEXT, "failure", text)

    assert github.statuses(SHA) == [(CONTEXT, "failure", told)]


@given(st.text(), st.integers(min_value=20, max_value=200))
def test_a_shortened_text_is_one_line_that_fits_and_begins_the_same(text: str, most: int) -> None:
    line = shortened(text, most)

    whole = " ".join(text.split())
    assert len(line) <= most
    assert len(line.splitlines()) <= 1
    assert line == whole or (line.endswith("…") and whole.startswith(line[:-1]))


@given(st.lists(st.text(min_size=240, max_size=300), unique=True, min_size=2, max_size=5))
def test_contexts_stay_apart_and_within_the_limit(names: list[str]) -> None:
    contexts = [context_of(name) for name in names]

    assert len(set(contexts)) == len(names)
    assert max(map(len, contexts)) <= LONGEST_CONTEXT


def test_applications_may_end_in_any_thread(github: GitHub, api: Api) -> None:
    names = [f"app-{number}" for number in range(8)]
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(names, PENDING)
        threads = [
            threading.Thread(target=statuses.application, args=(name, "success", "ok")) for name in names
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        statuses.finish("success", "ok")

    assert newest(github) == {
        CONTEXT: ("success", "ok"),
        **{f"{CONTEXT}/{name}": ("success", "ok") for name in names},
    }


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_to_a_status_is_no_trouble(github: GitHub, api: Api, carried_out: bool) -> None:
    github.fault(faults.page(502, carried_out=carried_out), path="/statuses/", times=2)

    run(api, "cart")

    assert {state for state, _ in newest(github).values()} == {"success"}
    assert github.statuses(SHA)[-1] == (CONTEXT, "success", "All synced.")


def test_a_status_that_fails_stops_no_other_and_is_said_again_at_the_end(github: GitHub, api: Api) -> None:
    with board(api) as statuses:
        statuses.start(PENDING)
        statuses.begin(["cart", "shop"], PENDING)
        github.fault(faults.not_accessible(), path="/statuses/")
        statuses.application("cart", "success", "ok")
        statuses.application("shop", "success", "ok")
        statuses.finish("success", "ok")

    assert {state for state, _ in newest(github).values()} == {"success"}


def test_a_context_that_is_full_is_told_and_the_others_end(github: GitHub, api: Api) -> None:
    Statuses(api, REPOSITORY, SHA).set(f"{CONTEXT}/cart", "error", "old")
    kept = github.hub.store.statuses[SHA]
    kept += kept[:1] * (MOST_STATUSES - 1)

    with pytest.raises(GitHubError, match="maximum number of statuses") as refused:
        run(api, "cart", "shop")

    assert "1,000 statuses" in refused.value.remedy
    told = newest(github)
    assert (told[CONTEXT][0], told[f"{CONTEXT}/shop"][0]) == ("success", "success")


def test_without_the_permission_the_run_does_not_begin(github: GitHub, connect: Connect) -> None:
    api = connect(token=github.tokens.fork)

    with pytest.raises(GitHubError, match="not accessible") as refused, board(api) as statuses:
        statuses.start(PENDING)

    assert "`statuses: write`" in refused.value.remedy
    assert github.statuses(SHA) == []


def test_what_ended_the_run_is_heard_even_if_github_is_gone(github: GitHub, connect: Connect) -> None:
    github.fault(faults.page(503), path="/statuses/", times=faults.ENDLESS)
    lost = board(connect(total=10))
    boom = ValueError("boom")

    with suppress(GitHubError):
        lost.start(PENDING)
    with pytest.raises(ValueError, match="boom") as ended, lost:
        raise boom

    assert ended.value.__notes__[0].startswith("Besides: GitHub keeps answering")


def test_a_cancelled_run_does_not_wait_longer_than_it_may_live(
    github: GitHub, connect: Connect, time: Callable[[], float]
) -> None:
    cancelled = board(connect())
    cancelled.start(PENDING)
    cancelled.begin(["cart"], PENDING)
    github.fault(faults.page(503), times=faults.ENDLESS)
    began = time()

    with pytest.raises(KeyboardInterrupt), cancelled:
        raise KeyboardInterrupt

    assert time() - began <= 7.5
