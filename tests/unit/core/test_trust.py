"""What an event may do: the whole table, and that nothing unknown is trusted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import made
from syncline.core.trust import Facts, Tier, tier_of

MAIN, TOPIC, TAG = "refs/heads/main", "refs/heads/topic", "refs/tags/v1"
BOT = "dependabot[bot]"
REVIEWS = ("pull_request", "merge_group")
WRITERS = ("push", "schedule", "workflow_dispatch")
R, L, W = Tier.RENDER, Tier.READ, Tier.WRITE


def facts(event: str, ref: str = MAIN, **more: Any) -> Facts:
    return Facts(event, ref, **{"default_branch": "main", **more})


@pytest.mark.parametrize(
    ("given", "tier"),
    [
        *((facts(event, "refs/pull/7/merge"), L) for event in REVIEWS),
        *((facts(event, MAIN), L) for event in REVIEWS),
        *((facts(event, MAIN, ref_protected=True), L) for event in REVIEWS),
        (facts("pull_request", is_fork=True), R),
        (facts("pull_request", is_fork=True, ref_protected=True), R),
        (facts("pull_request", actor=BOT), R),
        (facts("pull_request", author=BOT), R),
        (facts("pull_request", actor="octocat", author="octocat"), L),
        *((facts(event, MAIN), W) for event in WRITERS),
        *((facts(event, MAIN, actor=BOT), W) for event in WRITERS),
        *((facts(event, TOPIC), L) for event in WRITERS),
        *((facts(event, TAG), L) for event in WRITERS),
        *((facts(event, TOPIC, ref_protected=True), W) for event in WRITERS),
        *((facts(event, TAG, ref_protected=True), W) for event in WRITERS),
        *((facts(event, TOPIC, actor=BOT), R) for event in WRITERS),
        # A tag or a branch that is only called like the default branch is not it.
        *(
            (facts("push", ref), L)
            for ref in ("refs/tags/main", "refs/heads/main/x", "main", "refs/heads/", "")
        ),
        (facts("push", "refs/heads/", default_branch=""), L),
        (facts("push", MAIN, default_branch=""), L),
        (facts("workflow_dispatch", MAIN, default_branch=""), L),
        # The file of a schedule names no repository; GitHub runs it on the default branch alone.
        (facts("schedule", MAIN, default_branch=""), W),
        (facts("schedule", TOPIC, default_branch="main"), L),
        *(
            (facts(event, MAIN, ref_protected=True), R)
            for event in (
                "pull_request_target",
                "issue_comment",
                "workflow_run",
                "workflow_call",
                "release",
                "",
            )
        ),
        *((facts(event, MAIN), R) for event in ("Push", "push ", "PULL_REQUEST", "repository_dispatch")),
    ],
)
def test_an_event_may_do_this_and_no_more(given: Facts, tier: Tier) -> None:
    found, why = tier_of(given)

    assert found is tier
    assert why


words = st.sampled_from([*REVIEWS, *WRITERS, "pull_request_target", "", MAIN, TOPIC, TAG, "main", BOT, "eve"])
anything = made(Facts, words, words, words, st.booleans(), st.booleans(), words, words)


@given(anything)
def test_only_pushes_schedules_and_dispatches_ever_write_and_no_fork_reads(given: Facts) -> None:
    tier, _ = tier_of(given)

    if tier is Tier.WRITE:
        assert given.event in WRITERS
        assert (
            given.ref_protected
            or given.event == "schedule"
            or given.ref == f"refs/heads/{given.default_branch}"
        )
    if given.event not in {*REVIEWS, *WRITERS} or (given.event in REVIEWS and given.is_fork):
        assert tier is Tier.RENDER
