from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from strategies import manifest
from syncline.config.application import Application, Destination, IgnoreDifference, Retry, SyncPolicy
from syncline.config.metadata import OPTIONS as ANNOTATION
from syncline.config.metadata import SYNC_OPTIONS
from syncline.core.ignore import yielding
from syncline.core.inventory import Inventory, SyncRecord
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.managed import migrated
from syncline.core.options import (
    OF_APPLICATION,
    Method,
    SyncOptions,
    confirmed,
    misread_options,
    parting_options_of,
)
from syncline.core.plan import Action, Intent, Policy, make_plan
from syncline.core.predict import predict_apply, predict_replace
from syncline.core.recreate import with_recreations
from syncline.core.resource import Body, Manifest, ResourceKey
from syncline.core.verdict import Failed, GaveUp, Outcome, Retrying, fold
from syncline.errors import Place

KEY = ResourceKey("", "ConfigMap", "shop", "settings")


def asking(*words: str, key: ResourceKey = KEY, **content: Any) -> Manifest:
    plain = manifest(key, **content)
    notes = {"annotations": {ANNOTATION: ", ".join(words)}} if words else {}
    return replace(plain, body={**plain.body, "metadata": {**plain.body["metadata"], **notes}})


@pytest.mark.parametrize(
    ("app", "own", "live", "wanted"),
    [
        ([], [], [], (Method.APPLY, True, False)),
        (["Replace=true"], ["ServerSideApply=true"], [], (Method.REPLACE, True, False)),
        ([], [], ["Replace=true"], (Method.REPLACE, True, False)),
        (["ServerSideApply=true"], ["ServerSideApply=false"], [], (Method.MERGE, True, False)),
        (["ServerSideApply=false"], ["ServerSideApply=true"], [], (Method.APPLY, True, False)),
        (["Validate=false"], [], [], (Method.MERGE, False, False)),
        (["Validate=false"], ["Validate=true"], [], (Method.APPLY, True, False)),
        ([], ["Force=true"], [], (Method.APPLY, True, True)),
        ([], [], ["Force=true"], (Method.APPLY, True, True)),
        ([], [], ["Validate=false"], (Method.APPLY, True, False)),
        (["Replace=true"], ["Replace=false"], [], (Method.APPLY, True, False)),
        (["Force=true"], ["Force=false"], ["Force=true"], (Method.APPLY, True, False)),
        (["Replace=true", "Force=true"], [], ["Replace=false"], (Method.APPLY, True, True)),
    ],
)
def test_a_resources_own_word_wins_over_its_applications(
    app: list[str], own: list[str], live: list[str], wanted: tuple[Method, bool, bool]
) -> None:
    manner = SyncOptions.of(app).manner(asking(*own).body, asking(*live).body)

    assert (manner.method, manner.validate, manner.force) == wanted


@pytest.mark.parametrize(
    ("app", "own", "prune", "delete"),
    [
        ([], [], "true", "true"),
        (["Prune=false"], [], "false", "true"),
        (["Prune=false"], ["Prune=true"], "true", "true"),
        (["Delete=confirm"], ["Delete=false"], "true", "false"),
        ([], ["Prune=confirm"], "confirm", "confirm"),
        (["Prune=confirm"], ["Delete=false"], "confirm", "false"),
    ],
)
def test_the_live_objects_word_decides_whether_it_may_go(
    app: list[str], own: list[str], prune: str, delete: str
) -> None:
    options, live = SyncOptions.of(app), asking(*own).body

    assert (options.prune(live), options.delete(live)) == (prune, delete)


@pytest.mark.parametrize(
    ("finalizer", "how"), [("", "Foreground"), ("/foreground", "Foreground"), ("/background", "Background")]
)
def test_a_finalizer_says_how_all_of_an_application_is_deleted(finalizer: str, how: str) -> None:
    policy = SyncPolicy(options=("PrunePropagationPolicy=orphan", "Delete=confirm"))
    app = Application("web", Place("a"), (), Destination(), sync_policy=policy)
    app = replace(app, finalizers=(f"resources-finalizer.argocd.argoproj.io{finalizer}",))

    assert app.cascades
    assert parting_options_of(app).propagation == how
    assert parting_options_of(app).delete(asking().body) == "confirm"


def test_a_resources_own_no_is_heard() -> None:
    options = SyncOptions.of(["PruneLast=true", "SkipDryRunOnMissingResource=true"])
    asks = asking("PruneLast=false", "SkipDryRunOnMissingResource=false").body

    assert (options.prunes_last(asks), options.may_be_missing(asks)) == (False, False)
    assert (options.prunes_last(asking().body), options.may_be_missing(asking().body)) == (True, True)


def test_what_helm_is_told_to_keep_is_not_deleted_with_its_application() -> None:
    plain = manifest(KEY).body
    kept = {**plain, "metadata": {**plain["metadata"], "annotations": {"helm.sh/resource-policy": "keep"}}}

    assert SyncOptions().delete(kept) == "false"
    assert SyncOptions().prune(kept) == "true"


@pytest.mark.parametrize(
    "word", [f"{name}={value}" for name, values in SYNC_OPTIONS.items() for value in values]
)
def test_every_option_is_understood_where_it_belongs(word: str) -> None:
    said = list(misread_options([asking(word)]))

    assert bool(said) is (word.partition("=")[0] in OF_APPLICATION)


@pytest.mark.parametrize("word", ["Nonsense=true", "prune=false", "Prune=no", "Replace", "Validate=False"])
def test_an_option_that_nobody_knows_is_named_with_its_line(word: str) -> None:
    (said,) = misread_options([asking("Prune=false", word)])

    assert f"ConfigMap shop/settings (app/manifests.yaml:1) asks for {word} in {ANNOTATION}" in said


@pytest.mark.parametrize(
    ("approved", "last", "is_confirmed"),
    [
        ("", "", False),
        ("2026-01-02T00:00:00Z", "", True),
        ("2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z", True),
        ("2025-12-31T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("yesterday", "", False),
        ("2026-01-02T00:00:00", "", False),
    ],
)
def test_a_confirmation_counts_when_it_is_newer_than_the_last_sync(
    approved: str, last: str, is_confirmed: bool
) -> None:
    history = (SyncRecord(1, "abc", last, "me"),) if last else ()
    notes = {"argocd.argoproj.io/deletion-approved": approved} if approved else {}

    assert confirmed(notes, Inventory("web", history=history)) is is_confirmed


def owned(manager: str, operation: str, *names: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"f:data": {f"f:{name}": {} for name in names}}
    return {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsV1": fields}


def live_with(data: dict[str, str], *entries: dict[str, Any]) -> Body:
    body = manifest(KEY, data=data).body
    return {**body, "metadata": {**body["metadata"], "managedFields": list(entries), "uid": "u"}}


def test_fields_of_an_earlier_client_side_apply_go_when_git_lost_them() -> None:
    live = live_with(
        {"a": "1", "b": "1", "c": "1"},
        owned("kubectl-client-side-apply", "Update", "a", "b"),
        owned("hpa", "Update", "c"),
    )
    desired = manifest(KEY, data={"a": "1"}).body

    taken = predict_apply(migrated(live, frozenset({"kubectl-client-side-apply"})), desired)
    assert taken["data"] == {"a": "1", "c": "1"}
    assert predict_apply(live, desired)["data"] == {"a": "1", "b": "1", "c": "1"}
    assert migrated(live, frozenset({"nobody"})) is live


def test_a_replacement_loses_what_anybody_set_and_keeps_what_nobody_owns() -> None:
    live = live_with(
        {"a": "1", "theirs": "1", "default": "1"},
        owned("syncline", "Apply", "a"),
        owned("hpa", "Update", "theirs"),
    )

    assert predict_replace(live, manifest(KEY, data={"a": "2"}).body)["data"] == {"a": "2", "default": "1"}


RULES = [
    IgnoreDifference("", "ConfigMap", json_pointers=("/data/b",)),
    IgnoreDifference("*", "Config*", jq_path_expressions=(".data.b",)),
    IgnoreDifference("", "ConfigMap", "settings", "shop", managed_fields_managers=("hpa",)),
]


@pytest.mark.parametrize("rule", RULES, ids=["pointer", "jq", "manager"])
def test_an_ignored_field_takes_its_live_value(rule: IgnoreDifference) -> None:
    live = live_with({"a": "live", "b": "live"}, owned("hpa", "Update", "b"))
    desired = manifest(KEY, data={"a": "git", "b": "git"}).body

    assert yielding(KEY, desired, live, [rule])["data"] == {"a": "git", "b": "live"}


@pytest.mark.parametrize(
    "rule",
    [
        IgnoreDifference("apps", "ConfigMap", json_pointers=("/data/b",)),
        IgnoreDifference("", "ConfigMap", "other", json_pointers=("/data/b",)),
        IgnoreDifference("", "ConfigMap", json_pointers=("/data/nothing/here",)),
        IgnoreDifference("", "ConfigMap", jq_path_expressions=(".data[0]",)),
    ],
    ids=["other group", "other name", "nothing there", "does not fit"],
)
def test_a_rule_that_finds_nothing_changes_nothing(rule: IgnoreDifference) -> None:
    live = live_with({"a": "live", "b": "live"})
    desired = manifest(KEY, data={"a": "git", "b": "git"}).body

    assert yielding(KEY, desired, live, [rule]) == desired


def test_a_field_that_nobody_declares_is_not_declared_by_ignoring_it() -> None:
    desired = manifest(KEY, data={"a": "1"}).body
    live = live_with({"a": "1", "b": "live"}, owned("hpa", "Update", "b"))
    ours = live_with({"a": "1", "b": "live"}, owned("syncline", "Apply", "a", "b"))

    assert yielding(KEY, desired, live, RULES[:1])["data"] == {"a": "1"}
    assert yielding(KEY, desired, ours, RULES[:1])["data"] == {"a": "1", "b": "live"}, "it stays"


def test_jq_follows_a_member_of_a_list_by_its_name() -> None:
    key = ResourceKey("apps", "Deployment", "shop", "web")

    def pods(*images: tuple[str, str]) -> Body:
        containers = [{"name": name, "image": image} for name, image in images]
        return manifest(key, spec={"template": {"spec": {"containers": containers}}}).body

    expression = '.spec.template.spec.containers[] | select(.name == "side") | .image'
    rule = IgnoreDifference("apps", "Deployment", jq_path_expressions=(expression,))
    found = yielding(key, pods(("main", "1"), ("side", "1")), pods(("side", "9"), ("main", "0")), [rule])

    assert found == pods(("main", "1"), ("side", "9"))


def forced(*words: str, reason: str = "", protected: bool = False) -> Action:
    wanted = asking(*words, data={"a": "2"})
    live = {**manifest(KEY, data={"a": "1"}).body, "immutable": True}
    kinds = frozenset({"ConfigMap"}) if protected else frozenset()
    policy = Policy(protected_kinds=kinds)
    rejected = {KEY: reason} if reason else {}
    prediction = Prediction(Level.DRY_RUN, {KEY: {**wanted.body, "immutable": True}}, rejected)
    plan = make_plan(
        Intent("web", "a", (wanted,), policy), Inventory("web"), LiveState({KEY: live}), prediction
    )
    (change,) = with_recreations(plan, policy, prediction).changes
    return change.action


@pytest.mark.parametrize(
    ("words", "reason", "protected", "action"),
    [
        ((), "", False, Action.UPDATE),
        ((), "data: Forbidden: field is immutable", False, Action.BLOCKED),
        (("Force=true",), "", False, Action.RECREATE),
        (("Force=true",), "data: Forbidden: field is immutable", False, Action.RECREATE),
        (("Force=true",), "spec.nonsense: unknown field", False, Action.BLOCKED),
        (("Force=true",), "", True, Action.BLOCKED),
        (("Force=true", "Replace=true"), "", False, Action.RECREATE),
    ],
)
def test_only_force_makes_anew_and_only_what_cannot_be_changed(
    words: tuple[str, ...], reason: str, protected: bool, action: Action
) -> None:
    assert forced(*words, reason=reason, protected=protected) is action


@given(st.integers(1, 300), st.integers(1, 5), st.floats(0, 600), st.floats(-1, 600))
def test_pauses_grow_up_to_their_cap(attempt: int, factor: int, first: float, longest: float) -> None:
    retry = Retry(limit=-1, first=first, factor=factor, longest=longest)

    assert retry.allows(attempt)
    assert retry.pause(attempt) <= retry.pause(attempt + 1)
    if longest > 0:
        assert retry.pause(attempt) <= longest


def test_a_limit_counts_the_attempts_after_the_first() -> None:
    assert [Retry(limit=2).allows(attempt) for attempt in (1, 2, 3)] == [True, True, False]
    assert not Retry().allows(1)


def test_of_several_attempts_the_last_one_counts_and_what_was_done_stays_done() -> None:
    failed = Failed(KEY, Action.CREATE, "no", "t")
    again = Retrying(1, "no", 5, "t")

    result = fold([failed, again])
    assert result.outcome is Outcome.UNCHANGED
    assert result.retries == (again,)
    assert fold([again, failed]).outcome is Outcome.FAILED
    given_up = GaveUp(2, "no time", "t")
    last = fold([failed, again, failed, given_up])
    assert (last.outcome, last.retries, last.gave_up) == (Outcome.FAILED, (again,), given_up)


def test_an_application_names_the_manager_whose_fields_it_takes_over() -> None:
    from syncline.core.options import options_of

    note = {"argocd.argoproj.io/client-side-apply-migration-manager": "helm"}
    app = Application("web", Place("a.yaml"), (), None, annotations=note)  # type: ignore[arg-type]

    assert options_of(app).manner({}, None).migrate == frozenset({"helm"})
    assert SyncOptions.of(["ClientSideApplyMigration=false"], "helm").migrates == frozenset()
