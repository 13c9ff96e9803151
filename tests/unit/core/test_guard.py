from __future__ import annotations

import pytest
from msgspec.structs import replace

from strategies import manifest
from syncline.config.settings import GuardLimits
from syncline.core.guard import Allowance, guarded
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import ResourceKey

NOTHING = Allowance()


def key(number: int) -> ResourceKey:
    return ResourceKey("", "ConfigMap", "shop", f"c-{number}")


def plan(*, pruned: int, kept: int, rendered: bool = True) -> Plan:
    changes = [Change(key(n), Action.PRUNE, before={}) for n in range(pruned)]
    changes += [Change(key(n), Action.UNCHANGED, before={}) for n in range(pruned, pruned + kept)]
    owned = frozenset(change.key for change in changes)
    wanted = tuple(manifest(key(n)) for n in range(pruned, pruned + kept)) if rendered else ()
    return Plan("web", "abc", Level.LIVE, Inventory("web", owned), tuple(changes), wanted)


@pytest.mark.parametrize(
    ("pruned", "kept", "refused"),
    [
        (0, 0, False),
        (1, 4, False),
        (1, 1, False),
        (2, 8, False),
        (2, 3, True),
        (3, 9, False),
        (4, 12, False),
        (5, 11, True),
        (10, 90, False),
        (11, 989, True),
    ],
)
def test_at_most_ten_objects_and_a_fifth_of_the_application_are_pruned(
    pruned: int, kept: int, refused: bool
) -> None:
    verdict = guarded(plan(pruned=pruned, kept=kept), NOTHING)

    assert bool(verdict.refusals) == refused
    assert all("guard.maxPrune" in sentence and "--approve" in sentence for sentence in verdict.refusals)


def test_an_approval_by_name_takes_an_object_out_of_the_count() -> None:
    many = plan(pruned=4, kept=6)
    approved = frozenset({str(key(0)), str(key(1))})

    assert guarded(many, NOTHING).refusals
    assert not guarded(many, replace(NOTHING, approved=approved)).refusals


def test_the_limits_are_the_users_to_set() -> None:
    limits = GuardLimits(max_prune=100, max_prune_percent=100)

    assert not guarded(
        plan(pruned=60, kept=0, rendered=True), replace(NOTHING, limits=limits, allow_empty=True)
    ).refusals


def test_rendering_to_nothing_is_refused_unless_it_is_meant() -> None:
    empty = plan(pruned=1, kept=9, rendered=False)

    (sentence,) = guarded(empty, NOTHING).refusals
    assert "renders to no objects at all" in sentence
    assert "allowEmpty" in sentence
    assert not guarded(empty, replace(NOTHING, allow_empty=True)).refusals
    assert not guarded(empty, replace(NOTHING, retired=True)).refusals


def test_an_application_that_never_had_anything_may_render_to_nothing() -> None:
    assert not guarded(plan(pruned=0, kept=0), NOTHING).refusals


def test_a_retired_application_goes_whole() -> None:
    assert not guarded(plan(pruned=30, kept=0, rendered=False), replace(NOTHING, retired=True)).refusals


def test_blocked_objects_refuse_the_plan_and_the_first_three_are_named() -> None:
    blocked = tuple(Change(key(n), Action.BLOCKED, why=f"reason {n}") for n in range(5))
    whole = replace(plan(pruned=0, kept=3), changes=blocked)

    (sentence,) = guarded(whole, NOTHING).refusals
    assert sentence.startswith("5 objects cannot be applied")
    assert all(f"c-{n}: reason {n}" in sentence for n in range(3))
    assert sentence.endswith("and 2 more.")
