from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strategies import keys, manifest
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.order import rank, wave_of
from syncline.core.plan import WRITES, Action, Change, Plan
from syncline.core.resource import ResourceKey
from syncline.core.schedule import Stage, schedule

actions = st.sampled_from(sorted(Action, key=lambda action: action.value))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    changes = []
    for key in sorted(draw(st.sets(keys(), max_size=12))):
        body = manifest(key, wave=draw(st.none() | st.integers(-2, 3))).body
        action = draw(actions)
        changes.append(Change(key, action, before=body, after=None if action is Action.PRUNE else body))
    return Plan("web", "abc", Level.LIVE, Inventory("web"), tuple(changes))


def steps(stages: tuple[Stage, ...]) -> list[Change]:
    return [
        change
        for stage in stages
        for change in (*stage.prunes, *(each for group in stage.kind_groups for each in group))
    ]


@given(plans())
def test_a_schedule_is_a_permutation_of_the_writes(plan: Plan) -> None:
    done = steps(schedule(plan))

    assert sorted(change.key for change in done) == sorted(change.key for change in plan.writes)
    assert all(change.action in WRITES for change in done)


@given(plans())
def test_applies_respect_wave_and_then_kind(plan: Plan) -> None:
    places = [
        (stage.wave, rank(group[0].key.kind), group[0].key.kind)
        for stage in schedule(plan)
        for group in stage.kind_groups
    ]

    assert places == sorted(places)
    for stage in schedule(plan):
        for group in stage.kind_groups:
            assert len({(change.key.group, change.key.kind) for change in group}) == 1
            assert {wave_of(change.after or {}) for change in group} == {stage.wave}


@given(plans())
def test_unchanged_objects_are_watched_in_their_own_wave(plan: Plan) -> None:
    watched = {change.key: stage.wave for stage in schedule(plan) for change in stage.watched}

    same = {c.key: wave_of(c.after or {}) for c in plan.changes if c.action is Action.UNCHANGED}
    assert watched == same


def test_prunes_run_in_mirrored_wave_order_among_themselves() -> None:
    # Argo CD: pruned objects in waves 0, 1 and 5 run at 5, 1 and 0.
    doomed = {wave: ResourceKey("", "ConfigMap", "shop", f"w{wave}") for wave in (0, 1, 5)}
    changes = tuple(
        Change(key, Action.PRUNE, before=manifest(key, wave=wave).body) for wave, key in doomed.items()
    )

    stages = schedule(Plan("web", "abc", Level.LIVE, Inventory("web"), changes))

    assert [(stage.wave, [c.key for c in stage.prunes]) for stage in stages] == [
        (0, [doomed[5]]),
        (1, [doomed[1]]),
        (5, [doomed[0]]),
    ]
