from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from strategies import keys
from syncline.core.inventory import Inventory, intend, orphans, record, settle

if TYPE_CHECKING:
    from syncline.core.resource import ResourceKey

key_sets = st.frozensets(keys(), max_size=8)
WHEN = "2026-01-02T03:04:05Z"


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
        inventory = record(inventory, revision, at=WHEN, by="someone", limit=limit)

    ids = [entry.id for entry in inventory.history]
    assert len(ids) <= limit
    assert ids == sorted(set(ids))
    if revisions and limit:
        assert inventory.revision == revisions[-1]


def test_syncing_the_recorded_revision_again_adds_no_entry() -> None:
    once = record(Inventory("web"), "abc", at=WHEN, by="someone", limit=10)

    assert record(once, "abc", at="2027-01-01T00:00:00Z", by="else", limit=10) == once
