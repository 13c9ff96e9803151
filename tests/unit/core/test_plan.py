from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strategies import keys, manifest, manifests, names
from syncline.core.applyset import Owner, mark
from syncline.core.inventory import Inventory
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.plan import WRITES, Action, Intent, Plan, Policy, fingerprint, make_plan
from syncline.core.resource import Body, Manifest, ResourceKey

OWNER = Owner("web", "shop", "syncline-web")
POLICY = Policy(prune=True, owner_id=OWNER.id)
CONFIG = ResourceKey("", "ConfigMap", "shop", "settings")
SECRET = ResourceKey("", "Secret", "shop", "login")
VOLUME = ResourceKey("", "PersistentVolumeClaim", "shop", "data")


def predicted(desired: tuple[Manifest, ...], live: LiveState, level: Level = Level.LIVE) -> Prediction:
    return Prediction(level, {m.key: m.body for m in desired if m.key not in live.unreadable})


def plan_of(
    desired: tuple[Manifest, ...],
    live: LiveState,
    inventory: Inventory | None = None,
    policy: Policy = POLICY,
) -> Plan:
    ours = tuple(mark(each, OWNER) for each in desired)
    owned = inventory or Inventory("web", frozenset(live.objects))
    return make_plan(Intent("web", "abc", ours, policy), owned, live, predicted(ours, live))


def actions(plan: Plan) -> dict[ResourceKey, Action]:
    return {change.key: change.action for change in plan.changes}


def ours(*members: Manifest, **metadata: object) -> dict[ResourceKey, Body]:
    """Live objects of ours, with more metadata than Git gave them."""
    found: dict[ResourceKey, Body] = {}
    for member in (mark(each, OWNER) for each in members):
        found[member.key] = {**member.body, "metadata": {**member.body["metadata"], "uid": "u-1", **metadata}}
    return found


@given(manifests())
def test_a_plan_of_what_is_live_changes_nothing(desired: tuple[Manifest, ...]) -> None:
    plan = plan_of(desired, LiveState(ours(*desired)))

    assert set(actions(plan).values()) <= {Action.UNCHANGED}
    assert not plan.writes
    assert not plan.differs


@given(manifests(), manifests(), st.frozensets(keys(), max_size=4))
def test_each_key_known_to_anyone_has_exactly_one_change(
    desired: tuple[Manifest, ...], present: tuple[Manifest, ...], recorded: frozenset[ResourceKey]
) -> None:
    live = LiveState(ours(*present))
    plan = plan_of(desired, live, Inventory("web", recorded))

    known = [change.key for change in plan.changes]
    assert len(known) == len(set(known))
    assert set(known) >= {m.key for m in desired} | recorded


@given(manifests(), manifests(), st.data())
def test_nothing_that_could_not_be_read_is_written_or_deleted(
    desired: tuple[Manifest, ...], present: tuple[Manifest, ...], data: st.DataObject
) -> None:
    everything = sorted({m.key for m in (*desired, *present)})
    hidden = data.draw(st.frozensets(st.sampled_from(everything), max_size=5)) if everything else frozenset()
    seen = {key: body for key, body in ours(*present).items() if key not in hidden}
    live = LiveState(seen, dict.fromkeys(hidden, "secrets is forbidden"))

    plan = plan_of(desired, live, Inventory("web", frozenset(m.key for m in present)))

    assert not {change.key for change in plan.writes} & hidden


@given(manifests())
def test_without_permission_to_prune_what_git_lost_is_kept(present: tuple[Manifest, ...]) -> None:
    plan = plan_of((), LiveState(ours(*present)), policy=replace(POLICY, prune=False))

    assert set(actions(plan).values()) <= {Action.KEEP}
    assert all("would prune" in change.why for change in plan.changes)


def test_an_absent_object_is_created_and_a_different_one_updated() -> None:
    before = manifest(CONFIG, data={"colour": "red"})
    after = manifest(CONFIG, data={"colour": "blue"})

    plan = plan_of((after, manifest(SECRET)), LiveState(ours(before)))

    assert actions(plan) == {CONFIG: Action.UPDATE, SECRET: Action.CREATE}
    (update,) = (change for change in plan.changes if change.key == CONFIG)
    assert [change.path for change in update.fields] == [("data", "colour")]


def test_an_object_that_is_nobodys_is_adopted_and_one_of_another_applyset_blocks() -> None:
    loose = {CONFIG: manifest(CONFIG, data={"a": "1"}).body}
    theirs = {CONFIG: mark(manifest(CONFIG), Owner("other", "shop", "syncline-other")).body}
    desired = (manifest(CONFIG, data={"a": "1"}),)

    assert actions(plan_of(desired, LiveState(loose))) == {CONFIG: Action.ADOPT}
    assert actions(plan_of(desired, LiveState(theirs))) == {CONFIG: Action.BLOCKED}
    willing = replace(POLICY, adopt=True)
    assert actions(plan_of(desired, LiveState(theirs), policy=willing)) == {CONFIG: Action.ADOPT}


@pytest.mark.parametrize(
    ("key", "metadata", "action"),
    [
        (CONFIG, {}, Action.PRUNE),
        (VOLUME, {}, Action.KEEP),
        (CONFIG, {"ownerReferences": [{"uid": "u-9", "kind": "Deployment", "name": "web"}]}, Action.FORGET),
        (CONFIG, {"labels": {}}, Action.FORGET),
        (CONFIG, {"annotations": {"argocd.argoproj.io/sync-options": "Prune=false"}}, Action.KEEP),
        (
            CONFIG,
            {"annotations": {"argocd.argoproj.io/sync-options": "Replace=true, Prune=false"}},
            Action.KEEP,
        ),
    ],
    ids=[
        "ours",
        "protected kind",
        "owned by another object",
        "label taken off",
        "Prune=false",
        "two options",
    ],
)
def test_what_happens_to_an_object_that_git_lost(
    key: ResourceKey, metadata: dict[str, object], action: Action
) -> None:
    policy = replace(POLICY, protected_kinds=frozenset({"PersistentVolumeClaim"}))
    live = LiveState(ours(manifest(key), **metadata))

    assert actions(plan_of((), live, policy=policy)) == {key: action}


def test_an_approval_that_names_the_object_lifts_the_protection() -> None:
    policy = replace(
        POLICY, protected_kinds=frozenset({"PersistentVolumeClaim"}), approved=frozenset({str(VOLUME)})
    )

    assert actions(plan_of((), LiveState(ours(manifest(VOLUME))), policy=policy)) == {VOLUME: Action.PRUNE}


def test_a_recorded_object_that_is_gone_is_forgotten() -> None:
    plan = plan_of((), LiveState(), Inventory("web", frozenset({CONFIG})))

    assert actions(plan) == {CONFIG: Action.FORGET}
    assert not plan.differs


def test_a_copy_that_carries_our_label_but_names_another_object_is_left_alone() -> None:
    # Controllers copy labels and annotations to what they make; the tracking id then names the original.
    original = mark(manifest(CONFIG), OWNER)
    copy = ResourceKey("", "ConfigMap", "shop", "copy")
    body = {**original.body, "metadata": {**original.body["metadata"], "name": "copy"}}

    plan = plan_of((), LiveState({copy: body}), Inventory("web"))

    assert actions(plan) == {}


@given(manifests(), names)
def test_the_fingerprint_is_of_the_writes_and_not_of_their_order(
    desired: tuple[Manifest, ...], value: str
) -> None:
    plan = plan_of(desired, LiveState())
    turned = replace(plan, changes=tuple(reversed(plan.changes)))
    more = plan_of(
        (*desired, manifest(ResourceKey("", "ConfigMap", "shop", "one-more"), data={"a": value})), LiveState()
    )

    assert fingerprint(plan) == fingerprint(turned)
    assert fingerprint(plan) != fingerprint(more)
    assert {change.action for change in plan.changes} <= WRITES


def test_the_fingerprint_tells_nothing_about_a_secrets_value() -> None:
    one = plan_of((manifest(SECRET, data={"password": "aHVudGVyMg=="}),), LiveState())
    two = plan_of((manifest(SECRET, data={"password": "c2VjcmV0"}),), LiveState())

    assert fingerprint(one) == fingerprint(two)
