from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strategies import keys
from syncline.core.inventory import (
    Attempt,
    Cause,
    Inventory,
    SyncRecord,
    earlier,
    intend,
    orphans,
    record,
    settle,
)

if TYPE_CHECKING:
    from syncline.core.resource import ResourceKey

key_sets = st.frozensets(keys(), max_size=8)
WHEN = "2026-01-02T03:04:05Z"


def entry(revision: str, cause: Cause = Cause.SYNC, upto: str = "") -> SyncRecord:
    return SyncRecord(0, revision, WHEN, "someone", cause, upto)


@given(owned=key_sets, desired=key_sets, gone=key_sets)
def test_nothing_is_forgotten_unless_the_server_confirmed_it_gone(
    owned: frozenset[ResourceKey], desired: frozenset[ResourceKey], gone: frozenset[ResourceKey]
) -> None:
    after = settle(intend(Inventory("web", owned), desired), gone)

    assert after.keys | gone >= owned | desired


@given(owned=key_sets, desired=key_sets)
def test_orphans_are_what_is_owned_and_no_longer_desired_in_a_stable_order(
    owned: frozenset[ResourceKey], desired: frozenset[ResourceKey]
) -> None:
    found = orphans(Inventory("web", owned), desired)

    assert set(found) == owned - desired
    assert list(found) == sorted(found)


@given(st.lists(st.sampled_from("abc"), max_size=12), st.integers(0, 4))
def test_the_history_keeps_the_newest_entries_with_growing_ids(revisions: list[str], limit: int) -> None:
    inventory = Inventory("web")
    for revision in revisions:
        inventory = record(inventory, entry(revision), limit=limit)

    ids = [each.id for each in inventory.history]
    assert len(ids) <= max(limit, 1)
    assert ids == sorted(set(ids))
    if revisions:
        assert inventory.revision == revisions[-1], "where it stands is never forgotten"


def test_syncing_the_recorded_revision_again_adds_no_entry() -> None:
    once = record(Inventory("web"), entry("abc"), limit=10)

    assert record(once, SyncRecord(0, "abc", "2027-01-01T00:00:00Z", "else"), limit=10) == once


def history(*steps: str) -> Inventory:
    """`r1 r2 <r1 +r1`: syncs, a rollback, a heal."""
    inventory = Inventory("web")
    for step in steps:
        cause = {"<": Cause.ROLLBACK, "+": Cause.HEAL}.get(step[0], Cause.SYNC)
        upto = inventory.accounted if cause is Cause.ROLLBACK else ""
        inventory = record(inventory, entry(step.lstrip("<+"), cause, upto), limit=10)
    return inventory


@pytest.mark.parametrize(
    ("steps", "target"),
    [
        ("r1", ""),
        ("r1 r2", "r1"),
        ("r1 r2 r3 <r2", "r1"),
        ("r1 r2 r3 <r2 <r1", ""),
        ("r1 r2 r3 <r1", ""),
        ("r1 r2 r3 <r2 r4", "r2"),
        ("r1 r2 +r2 +r2", "r1"),
        ("r1 r2 <r9", "r2"),
    ],
)
def test_rolling_back_twice_goes_back_two_and_heals_do_not_count(steps: str, target: str) -> None:
    assert earlier(history(*steps.split())) == target


@pytest.mark.parametrize(
    ("begun", "target"),
    [
        (Attempt("r3", WHEN, "me"), "r2"),
        (Attempt("r2", WHEN, "me"), "r1"),
        (Attempt("r1", WHEN, "me", Cause.ROLLBACK), "r1"),
        (Attempt("r2", WHEN, "me", Cause.HEAL), "r1"),
    ],
    ids=["a failed sync: the last success", "of the same commit", "a failed rollback again", "a failed heal"],
)
def test_after_what_did_not_succeed_one_goes_back_to_where_it_was_well(begun: Attempt, target: str) -> None:
    assert earlier(replace(history("r1", "r2"), attempt=begun)) == target


def test_a_rollback_accounts_for_the_commits_it_took_back_until_the_next_sync() -> None:
    back = history("r1", "r2", "<r1")
    healed = history("r1", "r2", "<r1", "+r1")

    assert (back.revision, back.accounted) == ("r1", "r2")
    assert back.held_back == back.history[-1]
    assert (healed.revision, healed.accounted, healed.held_back) == ("r1", "r2", back.held_back)
    assert history("r1", "r2", "<r1", "r3").held_back is None
    assert history("r1", "r2", "<r1", "r1").accounted == "r1", "a sync that was asked for ends it"


def test_a_success_closes_the_attempt_and_nightly_heals_push_no_revision_out() -> None:
    begun = replace(history("r1", "r2"), attempt=Attempt("r3", WHEN, "me"))
    many = history("r1", "r2", *["+r2"] * 30)

    assert record(begun, entry("r2"), limit=10).attempt is None
    assert record(begun, entry("r3"), limit=10).attempt is None
    assert earlier(many) == "r1"
    assert len(many.history) == 12
