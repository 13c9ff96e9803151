from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strategies import manifest
from syncline.core.drift import Rules, blames, decided, explained
from syncline.core.fields import ABSENT, FieldChange
from syncline.core.inventory import Heal, Inventory
from syncline.core.live import Level
from syncline.core.moments import after
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import ResourceKey

ONE = ResourceKey("", "ConfigMap", "shop", "one")
TWO = ResourceKey("", "ConfigMap", "shop", "two")
START = "2026-01-01T00:00:00Z"
WEEK = 7 * 24 * 3600.0


def drifted(key: ResourceKey = ONE, *names: str, manager: str = "rival") -> Change:
    """A change that undoes what a manager did to these keys of `data`."""
    fields: dict[str, Any] = {"f:data": {f"f:{name}": {} for name in names}}
    written = {"manager": manager, "operation": "Update", "time": START, "fieldsV1": fields}
    desired = manifest(key, data=dict.fromkeys(names, "1")).body
    metadata = {**desired["metadata"], "managedFields": [written]}
    before = {**desired, "data": dict.fromkeys(names, "2"), "metadata": metadata}
    changes = tuple(FieldChange(("data", name), "2", "1") for name in names)
    return Change(key, Action.UPDATE, before, desired, changes)


def plan(*changes: Change, heals: tuple[Heal, ...] = ()) -> Plan:
    return Plan("web", "r1", Level.LIVE, Inventory("web", heals=heals), changes)


@pytest.mark.parametrize("action", [Action.UPDATE, Action.RECREATE, Action.ADOPT])
def test_two_rounds_are_healed_and_the_third_is_a_fight(action: Action) -> None:
    heals: tuple[Heal, ...] = ()
    seen: list[Action] = []
    for night in range(4):
        now = after(START, night * 24 * 3600)
        change = replace(drifted(ONE, "a"), action=action)
        result, heals = decided(plan(change, heals=heals), Rules(now))
        seen += [change.action for change in result.changes]

    assert seen == [action, action, Action.HOLD, Action.HOLD]
    assert heals == (Heal(ONE, "data.a", 2, after(START, 24 * 3600), "rival"),)


def test_a_held_object_is_left_whole_and_the_others_are_healed() -> None:
    heals = (Heal(ONE, "data.a", 2, START, "rival"),)
    both = plan(drifted(ONE, "a", "b"), drifted(TWO, "a"), heals=heals)

    result, remembered = decided(both, Rules(after(START, 60)))

    assert [change.action for change in result.changes] == [Action.HOLD, Action.UPDATE]
    why = result.changes[0].why
    for word in ("data.a was healed 2 times", START, "rival changed it back", "ignoreDifferences", "--heal"):
        assert word in why
    assert {(heal.key, heal.path, heal.times) for heal in remembered} == {
        (ONE, "data.a", 2),
        (TWO, "data.a", 1),
    }


@pytest.mark.parametrize(
    ("times", "later", "action"),
    [
        (1, 60, Action.UPDATE),
        (2, 60, Action.HOLD),
        (2, WEEK - 1, Action.HOLD),
        (2, WEEK + 1, Action.UPDATE),
        (3, WEEK + 1, Action.HOLD),
        (3, 2 * WEEK + 1, Action.UPDATE),
        (40, 8 * WEEK + 1, Action.UPDATE),
    ],
)
def test_the_pause_is_doubled_by_each_round_and_has_an_end(times: int, later: float, action: Action) -> None:
    heals = (Heal(ONE, "data.a", times, START, "rival"),)

    result, remembered = decided(plan(drifted(ONE, "a"), heals=heals), Rules(after(START, later)))

    assert result.changes[0].action is action
    assert remembered[0].times == times + (action is Action.UPDATE)


def test_whoever_insists_heals_and_it_counts() -> None:
    heals = (Heal(ONE, "data.a", 2, START, "rival"),)

    result, remembered = decided(plan(drifted(ONE, "a"), heals=heals), Rules(after(START, 60), insist=True))

    assert result.changes[0].action is Action.UPDATE
    assert remembered[0].times == 3


@pytest.mark.parametrize(("later", "kept"), [(60, 1), (3601, 0)], ids=["too early to tell", "it held"])
def test_the_count_starts_anew_only_once_the_field_was_found_healed(later: float, kept: int) -> None:
    heals = (Heal(ONE, "data.a", 1, START, "rival"),)

    _, remembered = decided(plan(heals=heals), Rules(after(START, later)))

    assert len(remembered) == kept


def test_an_object_that_is_deleted_again_and_again_is_a_fight_too() -> None:
    gone = Change(ONE, Action.CREATE, None, manifest(ONE).body)
    heals = (Heal(ONE, "", 2, START, ""),)

    result, _ = decided(plan(gone, heals=heals), Rules(after(START, 60)))

    assert result.changes[0].action is Action.HOLD
    assert "the object was healed 2 times" in result.changes[0].why
    assert "does not record by whom" in explained(plan(gone)).changes[0].why


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3, unique=True), st.integers(0, 5), st.booleans()
)
def test_deciding_twice_at_one_time_decides_the_same_and_nothing_but_actions_changes(
    names: list[str], times: int, insist: bool
) -> None:
    heals = tuple(Heal(ONE, f"data.{name}", times, START, "rival") for name in names) if times else ()
    asked = plan(drifted(ONE, *names), drifted(TWO, "a"), heals=heals)
    rules = Rules(after(START, 60), insist=insist)

    first, second = decided(asked, rules), decided(asked, rules)

    assert first == second
    pairs = zip(asked.changes, first[0].changes, strict=True)
    assert all(replace(new, action=old.action, why=old.why) == old for old, new in pairs)


def test_a_field_is_blamed_on_who_holds_it_and_a_removed_one_is_a_guess() -> None:
    change = drifted(ONE, "a")
    gone = replace(change, fields=(*change.fields, FieldChange(("data", "z"), ABSENT, "1")))

    held, guessed = blames(gone)

    assert (held.path, held.owner.manager, held.is_guess) == ("data.a", "rival", False)
    assert (guessed.path, guessed.owner.manager, guessed.is_guess) == ("data.z", "rival", True)
    nobody: dict[str, Any] = {**manifest(ONE, data={"a": "2"}).body}
    assert blames(replace(change, before=nobody)) == ()
    assert blames(replace(change, before=None)) == ()
