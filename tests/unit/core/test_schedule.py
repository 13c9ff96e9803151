from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strategies import keys, manifest
from syncline.core.applyset import Owner
from syncline.core.hooks import SYNC_PHASES, Phase, hook_runs
from syncline.core.inventory import Inventory, Operation
from syncline.core.live import Level
from syncline.core.options import SyncOptions
from syncline.core.order import rank, wave_of
from syncline.core.plan import WRITES, Action, Change, Plan
from syncline.core.resource import Manifest, ResourceKey
from syncline.core.schedule import Stage, rescue, schedule

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
    return [change for stage in stages for change in (*stage.prunes, *applied(stage))]


def applied(stage: Stage) -> list[Change]:
    return [step for group in stage.kind_groups for step in group if isinstance(step, Change)]


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
        waves = {wave_of(change.after or {}) for change in applied(stage) if change.key.kind != "Namespace"}
        assert waves <= {stage.wave}


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


AT = Operation("abc", "2026-01-01T00:00:00Z")
OWNER = Owner("web", "shop", "syncline-web")
ORDER = [Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC]


@st.composite
def hooks(draw: st.DrawFn) -> tuple[Manifest, ...]:
    found = []
    for key in sorted(draw(st.sets(keys(), max_size=6))):
        phases = draw(st.sets(st.sampled_from(sorted(phase.value for phase in Phase)), min_size=1))
        plain = manifest(key, wave=draw(st.none() | st.integers(-2, 3)))
        notes = {**plain.body["metadata"].get("annotations", {}), "argocd.argoproj.io/hook": ",".join(phases)}
        metadata = {**plain.body["metadata"], "annotations": notes}
        found.append(replace(plain, body={**plain.body, "metadata": metadata}))
    return tuple(found)


@given(plans(), hooks())
def test_every_hook_runs_at_most_once_in_each_of_its_phases_and_in_their_order(
    plan: Plan, found: tuple[Manifest, ...]
) -> None:
    runs = hook_runs(found, SYNC_PHASES, AT, OWNER)
    whole = replace(plan, runs=runs)
    stages = schedule(whole)

    done = [run.id for stage in stages for run in stage.runs]
    last = rescue(whole)
    failing = [run.id for run in last.runs] if last else []
    assert sorted([*done, *failing]) == sorted(run.id for run in runs)
    assert len({*done, *failing}) == len(runs)
    assert {phase for phase, _ in failing} <= {"SyncFail"}
    places = [(ORDER.index(stage.phase), stage.wave) for stage in stages]
    assert places == sorted(places)
    for stage in stages:
        assert all((run.phase, run.wave) == (stage.phase, stage.wave) for run in stage.runs)
    assert sorted(change.key for change in steps(stages)) == sorted(change.key for change in plan.writes)


@given(plans(), hooks())
def test_a_namespace_comes_before_all_that_lives_in_it(plan: Plan, found: tuple[Manifest, ...]) -> None:
    stages = schedule(replace(plan, runs=hook_runs(found, SYNC_PHASES, AT, OWNER)))

    made: set[str] = set()
    new = {c.key.name for s in stages for c in applied(s) if c.key.group_kind == "Namespace"}
    for stage in stages:
        for group in stage.kind_groups:
            made |= {step.key.name for step in group if step.key.group_kind == "Namespace"}
            assert {step.key.namespace for step in group} & new <= made


def test_a_definition_is_pulled_to_the_first_object_of_its_kind_and_before_it() -> None:
    crd = ResourceKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "secrets.acme.io")
    spec = {"group": "acme.io", "names": {"kind": "Secret"}}
    early = ResourceKey("acme.io", "Secret", "shop", "one")
    changes = (
        Change(crd, Action.CREATE, after=manifest(crd, wave=5, spec=spec).body),
        Change(early, Action.CREATE, after=manifest(early, wave=-1).body),
    )

    (stage,) = schedule(Plan("web", "abc", Level.LIVE, Inventory("web"), changes))

    assert stage.wave == -1
    assert [group[0].key for group in stage.kind_groups] == [crd, early]


@pytest.mark.parametrize("spec", ["text", ["list"], 1, {"names": "text"}, {"names": ["list"], "group": None}])
def test_a_definition_of_the_wrong_shape_is_scheduled_for_the_server_to_refuse(spec: Any) -> None:
    crd = ResourceKey("apiextensions.k8s.io", "CustomResourceDefinition", "", "secrets.acme.io")
    body = {**manifest(crd).body, "spec": spec}

    (stage,) = schedule(
        Plan("web", "abc", Level.LIVE, Inventory("web"), (Change(crd, Action.CREATE, after=body),))
    )

    assert [change.key for change in applied(stage)] == [crd]


def test_what_is_pruned_last_comes_after_the_last_wave() -> None:
    kept, gone, last = (ResourceKey("", "ConfigMap", "shop", name) for name in ("kept", "gone", "last"))
    asks = manifest(last).body
    notes = {"annotations": {"argocd.argoproj.io/sync-options": "PruneLast=true"}}
    changes = (
        Change(kept, Action.CREATE, after=manifest(kept, wave=3).body),
        Change(gone, Action.PRUNE, before=manifest(gone).body),
        Change(last, Action.PRUNE, before={**asks, "metadata": {**asks["metadata"], **notes}}),
    )
    plan = Plan("web", "abc", Level.LIVE, Inventory("web"), changes)

    assert [(stage.wave, [c.key for c in steps((stage,))]) for stage in schedule(plan)] == [
        (0, [gone]),
        (3, [kept]),
        (4, [last]),
    ]
    everything = replace(plan, options=SyncOptions.of(["PruneLast=true"]))
    assert [c.key for c in schedule(everything)[-1].prunes] == [gone, last]
