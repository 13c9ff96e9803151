from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from strategies import manifest
from syncline.core.applyset import Owner, decode, encode
from syncline.core.hook_plan import hook_set, rendered_hooks, with_hooks
from syncline.core.hooks import (
    DELETE_PHASES,
    SYNC_PHASES,
    DeletePolicy,
    digests,
    hook_runs,
    idle_hooks,
    misread_hooks,
    policies_of,
    run_mark,
)
from syncline.core.inventory import Hooks, Inventory, Operation, begin, close, settle, succeed
from syncline.core.live import Level, LiveState
from syncline.core.order import misread_waves, odd_weights
from syncline.core.plan import Action, Change, Plan, fingerprint
from syncline.core.resource import Manifest, ResourceKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body

OWNER = Owner("web", "shop", "syncline-web")
KEY = ResourceKey("batch", "Job", "shop", "migrate")
BEFORE, SUCCEEDED, FAILED = DeletePolicy
NOW = Operation("ab12cd34e5f6", "2026-01-01T00:00:00Z")


def hook(
    word: str = "PreSync",
    key: ResourceKey = KEY,
    image: str = "a",
    notes: Mapping[str, str] = MappingProxyType({}),
) -> Manifest:
    plain = manifest(key, spec={"image": image})
    annotations = {"argocd.argoproj.io/hook": word, **notes}
    return replace(
        plain, body={**plain.body, "metadata": {**plain.body["metadata"], "annotations": annotations}}
    )


def generated(image: str = "a") -> Manifest:
    made = hook(image=image)
    metadata = {name: value for name, value in made.body["metadata"].items() if name != "name"}
    return replace(made, body={**made.body, "metadata": {**metadata, "generateName": "migrate-"}})


def planned(
    hooks: tuple[Manifest, ...],
    known: Hooks = Hooks(),  # noqa: B008 - frozen
    objects: dict[ResourceKey, Body] | None = None,
    *changes: Change,
) -> Plan:
    inventory = Inventory("web", hooks=known)
    plan = Plan("web", NOW.revision, Level.LIVE, inventory, changes)
    found = hook_set(hooks, inventory, OWNER, NOW, SYNC_PHASES)
    return with_hooks(plan, found, LiveState(objects or {}))


WRITE = Change(ResourceKey("", "ConfigMap", "shop", "a"), Action.CREATE, after={})


@pytest.mark.parametrize(
    ("argo", "helm", "policies"),
    [
        ("", "", {BEFORE}),
        ("HookSucceeded", "", {SUCCEEDED}),
        ("HookSucceeded, HookFailed", "", {SUCCEEDED, FAILED}),
        ("HookSucceeded", "hook-failed,before-hook-creation", {BEFORE, SUCCEEDED, FAILED}),
        ("", "hook-succeeded", {SUCCEEDED}),
        ("hooksucceeded", "", {BEFORE}),
    ],
)
def test_the_policies_of_both_annotations_are_united(
    argo: str, helm: str, policies: set[DeletePolicy]
) -> None:
    notes = {"argocd.argoproj.io/hook-delete-policy": argo, "helm.sh/hook-delete-policy": helm}
    assert policies_of(hook(notes=notes).body) == policies


def test_hooks_run_when_something_is_written_when_they_changed_or_when_the_last_time_did_not_end_well() -> (
    None
):
    same = digests([hook()])
    assert planned((hook(),)).runs, "they never ran"
    assert not planned((hook(),), Hooks(digests=same)).runs
    assert planned((hook(),), Hooks(digests=same), None, WRITE).runs
    assert planned((hook(image="b"),), Hooks(digests=same)).runs
    assert planned((hook(),), Hooks(digests=same, operation=NOW)).runs
    assert not planned((hook("PostDelete"),)).runs
    assert planned((hook("PostDelete"),)).parting


def test_hooks_are_no_difference_and_the_fingerprint_knows_them() -> None:
    plan = planned((hook(),))

    assert not plan.differs
    assert not plan.writes
    assert fingerprint(plan) != fingerprint(planned((hook(image="b"),)))
    assert [change.action for change in plan.hooks] == [Action.CREATE]


def test_an_operation_that_never_ended_is_gone_on_with_and_one_of_another_revision_is_not() -> None:
    begun = Operation(NOW.revision, "2025-12-31T23:59:00Z", frozenset({("PreSync", KEY)}))
    assert planned((hook(),), Hooks(operation=begun)).operation == begun
    other = replace(begun, revision="ffff")
    assert planned((hook(),), Hooks(operation=other)).operation == NOW


def test_a_generated_name_is_the_same_within_an_operation_and_tells_it_from_the_next() -> None:
    (run,) = hook_runs([generated()], SYNC_PHASES, NOW, OWNER)
    (again,) = hook_runs([generated()], SYNC_PHASES, NOW, OWNER)
    (later,) = hook_runs([generated()], SYNC_PHASES, replace(NOW, at="2026-01-01T00:00:09Z"), OWNER)

    assert run == again
    assert run.key.name == "migrate-ab12cd3-presync-1767225600"
    assert later.key.name != run.key.name
    assert run.body["metadata"]["name"] == run.key.name


def test_each_phase_of_a_hook_has_a_mark_of_its_own() -> None:
    runs = hook_runs([hook("PreSync,PostSync,PostDelete")], SYNC_PHASES, NOW, OWNER)

    assert [run.phase.value for run in runs] == ["PreSync", "PostSync"]
    assert len({run.mark for run in runs}) == 2
    assert all(run_mark(run.body) == run.mark for run in runs)
    assert [run.phase.value for run in hook_runs([hook("PreDelete,Sync")], DELETE_PHASES, NOW, OWNER)] == [
        "PreDelete"
    ]


def test_what_an_earlier_hook_left_is_cleaned_up_unless_it_is_a_resource_now() -> None:
    old = ResourceKey("batch", "Job", "shop", "old")
    now = ResourceKey("batch", "Job", "shop", "now")
    bodies: dict[ResourceKey, Body] = {old: manifest(old).body, now: manifest(now).body}
    known = Hooks(keys=frozenset({old, now}), digests={str(old): "x"})
    inventory = Inventory("web", hooks=known)
    plan = Plan("web", NOW.revision, Level.LIVE, inventory, (), manifests=(manifest(now),))

    found = with_hooks(plan, hook_set((), inventory, OWNER, NOW, SYNC_PHASES), LiveState(bodies))

    assert [change.key for change in found.debris] == [old]


def test_two_renderings_differ_in_hooks_beside_the_resources() -> None:
    other = hook("PostSync", replace(KEY, name="other"))
    gone = hook("PostSync", replace(KEY, name="gone"))

    found = rendered_hooks([hook(), gone], [hook(image="b"), other])

    assert [(change.key.name, change.action) for change in found] == [
        ("gone", Action.PRUNE),
        ("migrate", Action.UPDATE),
        ("other", Action.CREATE),
    ]
    assert [field.path for field in found[1].fields] == [("spec", "image")]


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (hook("presync"), ["app/manifests.yaml:1", "hook phase 'presync'", "did you mean PreSync?"]),
        (hook("PreSync,Unheard"), ["'Unheard'"]),
        (hook(""), ["empty"]),
        (hook(notes={"argocd.argoproj.io/hook-delete-policy": "Never"}), ["delete policy 'Never'"]),
    ],
)
def test_a_word_that_nobody_knows_is_named_with_its_line(made: Manifest, words: list[str]) -> None:
    (sentence,) = misread_hooks([made])
    assert all(word in sentence for word in words)


@pytest.mark.parametrize("word", ["PreSync", "Skip", "PreSync, PostSync", "PreDelete,Sync", "SyncFail"])
def test_a_known_word_is_not_remarked_upon(word: str) -> None:
    assert list(misread_hooks([hook(word)])) == []


def test_a_wave_that_is_no_integer_is_named_and_helms_weight_only_remarked_upon() -> None:
    wave = hook(notes={"argocd.argoproj.io/sync-wave": "1.5"})
    weight = hook(notes={"helm.sh/hook-weight": "heavy"})

    (said,) = misread_waves([wave, weight])
    assert "'1.5', which is no integer" in said
    (remark,) = odd_weights([wave, weight])
    assert "'heavy', which counts as 0" in remark


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ({"argocd.argoproj.io/hook": "Skip"}, "says Skip and is not applied"),
        ({"helm.sh/hook": "test"}, "is a Helm hook (test), which no sync runs"),
        ({"helm.sh/hook": "post-rollback"}, "which no sync runs"),
        ({"helm.sh/hook": "unheard"}, "which Helm does not know either"),
        ({"helm.sh/hook": "pre-install"}, ""),
    ],
)
def test_a_hook_that_never_runs_is_said(notes: dict[str, Any], said: str) -> None:
    plain = manifest(KEY)
    made = replace(plain, body={**plain.body, "metadata": {**plain.body["metadata"], "annotations": notes}})

    assert said in "".join(idle_hooks([made]))
    assert bool(said) is bool(list(idle_hooks([made])))


def test_what_is_remembered_of_hooks_survives_the_parent() -> None:
    operation = replace(NOW, ran=frozenset({("PreSync", KEY)}))
    hooks = Hooks(frozenset({KEY}), operation, {str(KEY): "1234"}, parting=True)
    inventory = Inventory("web", frozenset({WRITE.key}), hooks=hooks)

    assert decode(encode(inventory, OWNER, "1")) == inventory
    assert "Job" not in str(encode(inventory, OWNER, "1")["metadata"]), "hooks are no members"


def test_an_operation_is_opened_grows_and_is_closed() -> None:
    known = Inventory("web", hooks=Hooks(digests={str(KEY): "old"}))

    begun = begin(known, NOW, [KEY])
    assert begun.hooks == Hooks(frozenset({KEY}), NOW, {})
    ran = succeed(begun, [("PreSync", KEY)])
    assert ran.hooks.operation == replace(NOW, ran=frozenset({("PreSync", KEY)}))
    assert close(ran).hooks == Hooks(frozenset({KEY}), None, {}), "who failed remembers nothing as good"
    ended = close(settle(ran, [KEY]), {str(KEY): "new"})
    assert ended.hooks == Hooks(frozenset(), None, {str(KEY): "new"})
    assert begin(known, None, [KEY]) == known
