"""Sync options, retries, selections and parting hooks on a real control plane."""

from __future__ import annotations

import pytest

from e2e.delivery import Delivery, actions, config_map, deployment, only
from e2e.test_hooks import JOBS, done, job, stays
from syncline.core.plan import Action
from syncline.core.selection import selection
from syncline.core.verdict import Outcome
from syncline.errors import UsageError
from syncline.jobs.invocation import Permissions

OPTIONS = "argocd.argoproj.io/sync-options"


def asking(text: str, options: str) -> str:
    return text.replace("metadata:\n", f"metadata:\n  annotations: {{{OPTIONS}: '{options}'}}\n", 1)


def policy(*options: str, rest: str = "") -> str:
    return f"{{automated: {{prune: true}}, syncOptions: [{', '.join(options)}]{rest}}}"


def commit(delivery: Delivery, *objects: str, app: str = "", ignore: str = "") -> None:
    definition = delivery.app(policy=app or policy()) + ignore
    delivery.repo.commit({"apps/web.yaml": definition, "web/all.yaml": "---\n".join(objects)})


def test_replace_takes_away_what_others_set_and_apply_does_not(delivery: Delivery) -> None:
    commit(delivery, asking(config_map("whole", a="1"), "Replace=true"), config_map("part", a="1"))
    delivery.sync()
    uid = delivery.get("v1/configmaps/whole")["metadata"]["uid"]
    for name in ("whole", "part"):
        delivery.patch(f"v1/configmaps/{name}", {"data": {"theirs": "x"}})
    commit(delivery, asking(config_map("whole", a="2"), "Replace=true"), config_map("part", a="2"))

    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    (whole,) = (change for change in app.changes if change.key.name == "whole")
    assert "data.theirs" in whole.paths, "the plan shows what will be lost"
    assert delivery.get("v1/configmaps/whole")["data"] == {"a": "2"}
    assert delivery.get("v1/configmaps/part")["data"] == {"a": "2", "theirs": "x"}
    assert delivery.get("v1/configmaps/whole")["metadata"]["uid"] == uid
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


def test_force_makes_anew_what_cannot_be_changed_and_only_where_it_is_asked_for(delivery: Delivery) -> None:
    def sealed(name: str, value: str, options: str = "") -> str:
        text = config_map(name, a=value) + "immutable: true\n"
        return asking(text, options) if options else text

    commit(delivery, sealed("forced", "1", "Force=true"), sealed("plain", "1"))
    delivery.sync()
    uid = delivery.get("v1/configmaps/forced")["metadata"]["uid"]

    commit(delivery, sealed("forced", "2", "Force=true"), sealed("plain", "2"))
    refused = only(delivery.sync())
    assert refused.outcome is Outcome.REFUSED
    assert actions(refused) == {"ConfigMap forced": Action.RECREATE, "ConfigMap plain": Action.BLOCKED}
    assert delivery.get("v1/configmaps/forced")["metadata"]["uid"] == uid, "a refused plan does nothing"

    commit(delivery, sealed("forced", "2", "Force=true"), sealed("plain", "1"))
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/forced")["data"] == {"a": "2"}
    assert delivery.get("v1/configmaps/forced")["metadata"]["uid"] != uid


def test_without_validation_an_unknown_field_is_dropped(delivery: Delivery) -> None:
    odd = deployment("web").replace("replicas: 1", "replicas: 1\n  nonsense: 3")
    commit(delivery, odd, app=policy("Validate=false"))

    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert "nonsense" not in delivery.get("apps/v1/deployments/web")["spec"]


def test_without_server_side_apply_declared_fields_are_merged_and_lost_ones_go(
    delivery: Delivery,
) -> None:
    commit(delivery, asking(config_map("merged", a="1", b="1"), "ServerSideApply=false"))
    delivery.sync()
    delivery.patch("v1/configmaps/merged", {"data": {"theirs": "x"}})
    commit(delivery, asking(config_map("merged", a="2"), "ServerSideApply=false"))

    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/merged")["data"] == {"a": "2", "theirs": "x"}
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("migrates", [True, False])
def test_what_kubectl_applied_before_is_taken_over_with_the_fields_git_lost(
    delivery: Delivery, migrates: bool
) -> None:
    body = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "old"},
        "data": {"a": "1", "lost": "1"},
    }
    option = f"ClientSideApplyMigration={str(migrates).lower()}"
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps?fieldManager=kubectl-client-side-apply"
    delivery.plane.api("POST", path, body)
    commit(delivery, config_map("old", a="1"), app=policy(option))

    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/old")["data"] == ({"a": "1"} if migrates else {"a": "1", "lost": "1"})
    assert ("data.lost" in app.changes[0].paths) is migrates
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("respects", [True, False])
def test_ignored_fields_are_no_difference_and_are_sent_unless_they_are_respected(
    delivery: Delivery, respects: bool
) -> None:
    ignore = (
        "  ignoreDifferences:\n"
        "    - {kind: ConfigMap, jsonPointers: [/data/theirs], jqPathExpressions: ['.data.also']}\n"
    )
    option = [f"RespectIgnoreDifferences={str(respects).lower()}"]
    first = config_map("shared", theirs="git", also="git", ours="1")
    commit(delivery, first, app=policy(*option), ignore=ignore)
    delivery.sync()
    delivery.patch("v1/configmaps/shared", {"data": {"theirs": "live", "also": "live"}})

    assert only(delivery.sync()).outcome is Outcome.UNCHANGED
    commit(
        delivery, config_map("shared", theirs="git", also="git", ours="2"), app=policy(*option), ignore=ignore
    )
    app = only(delivery.sync())

    assert app.changes[0].paths == ("data.ours",)
    value = "live" if respects else "git"
    assert delivery.get("v1/configmaps/shared")["data"] == {"theirs": value, "also": value, "ours": "2"}


def test_the_managed_namespace_keeps_its_labels_in_step(delivery: Delivery) -> None:
    def app(labels: str) -> str:
        return policy("CreateNamespace=true", rest=f", managedNamespaceMetadata: {{labels: {labels}}}")

    commit(delivery, config_map("one"), app=app("{team: red, tier: web}"))
    first = only(delivery.sync())
    commit(delivery, config_map("one"), app=app("{team: blue}"))
    second = only(delivery.sync())

    assert actions(first)[f"Namespace {delivery.namespace}"] is Action.UPDATE
    assert actions(second) == {f"Namespace {delivery.namespace}": Action.UPDATE}
    labels = delivery.plane.api("GET", f"/api/v1/namespaces/{delivery.namespace}")["metadata"]["labels"]
    assert labels["team"] == "blue"
    assert "tier" not in labels
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


def test_what_is_pruned_waits_for_confirmation_goes_last_or_stays(delivery: Delivery) -> None:
    many = [config_map(f"c{number}") for number in range(12)]
    kept = [
        asking(config_map("asks"), "Prune=confirm"),
        asking(config_map("stays"), "Prune=false"),
        asking(config_map("last"), "PruneLast=true"),
    ]
    commit(delivery, *many, *kept)
    delivery.sync()
    done(delivery)
    commit(delivery, *many[1:], deployment("new"))

    waiting = only(delivery.sync())

    fates = actions(waiting)
    assert fates["ConfigMap asks"] is fates["ConfigMap stays"] is Action.KEEP
    order = done(delivery)
    assert order == ["prune ConfigMap c0", "create Deployment new", "prune ConfigMap last"]
    name = f"ConfigMap {delivery.namespace}/asks"
    approved = only(delivery.sync(permissions=Permissions(approved=frozenset({name}))))
    assert actions(approved)["ConfigMap asks"] is Action.PRUNE
    assert delivery.exists("v1/configmaps/stays")


def test_a_kind_that_is_not_served_refuses_the_plan_unless_it_may_come_later(delivery: Delivery) -> None:
    odd = "apiVersion: nowhere.syncline.test/v1\nkind: Odd\nmetadata:\n  name: odd\n"
    commit(delivery, config_map("one"), odd)

    refused = only(delivery.sync())

    assert refused.outcome is Outcome.REFUSED
    assert "web/all.yaml" in refused.refusals[0]
    assert "SkipDryRunOnMissingResource=true" in refused.refusals[0]
    assert not delivery.exists("v1/configmaps/one")


def test_a_shared_object_fails_where_that_is_asked_for(delivery: Delivery) -> None:
    tracked = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "shared",
            "annotations": {"argocd.argoproj.io/tracking-id": f"shop:/ConfigMap:{delivery.namespace}/shared"},
        },
    }
    delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/configmaps", tracked)
    commit(delivery, config_map("shared", a="1"), app=policy("FailOnSharedResource=true"))

    app = only(delivery.sync())

    assert app.outcome is Outcome.REFUSED
    assert "is shared with shop" in app.refusals[0]
    assert "web/all.yaml:1" in app.refusals[0]


def test_a_failed_sync_is_tried_again_as_often_as_the_application_says(delivery: Delivery) -> None:
    bad = deployment("web").replace("replicas: 1", "replicas: 1\n  nonsense: 3")
    retry = ", retry: {limit: 2, backoff: {duration: 100ms, factor: 2}}"
    commit(delivery, bad, config_map("one"), app=policy(rest=retry))

    app = only(delivery.sync())

    assert app.outcome is Outcome.FAILED
    told = [note.text for note in app.notes if note.text.startswith("Attempt")]
    assert [text.rpartition("after ")[2] for text in told] == ["0.1 s.", "0.2 s."]
    assert all("spec.nonsense" in text for text in (*told, app.failures[0].message))
    assert "After attempt 3 no other was made: that is as often as its retry.limit allows." in [
        note.text for note in app.notes
    ]
    tried = [
        request
        for request in delivery.plane.requests_since(0)
        if request.code >= 400
        and f"{delivery.namespace}/deployments/web" in request.uri
        and request.verb == "patch"
    ]
    assert len(tried) == 3


def test_a_selection_touches_nothing_else_runs_no_hook_and_is_no_sync_of_the_revision(
    delivery: Delivery,
) -> None:
    labelled = config_map("two").replace("name: two", "name: two\n  labels: {tier: web}")
    commit(delivery, job("migrate"), config_map("one"), labelled, config_map("three"))

    def choose(*resources: str, labels: tuple[str, ...] = ()) -> dict[str, Action]:
        chosen = selection(resources, labels)
        return actions(only(delivery.sync(applications=("web",), selection=chosen)))

    assert choose(":ConfigMap:one") == {"ConfigMap one": Action.CREATE}
    assert choose(labels=("tier=web",)) == {"ConfigMap two": Action.CREATE}
    assert not delivery.exists(f"{JOBS}/migrate")
    assert only(delivery.run_status()).base == "", "nothing was recorded"
    with pytest.raises(UsageError, match="application that is named"):
        delivery.sync(selection=selection((":ConfigMap:one",), ()))
    assert choose("*:*:*", "!:ConfigMap:three") == {}
    assert not delivery.exists("v1/configmaps/three")
    whole = only(delivery.sync())
    assert actions(whole) == {"ConfigMap three": Action.CREATE}
    assert delivery.exists(f"{JOBS}/migrate")


def test_the_hooks_of_deletion_run_around_it_and_a_failing_one_keeps_everything(delivery: Delivery) -> None:
    finalizer = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"

    def files(*, fails: bool) -> dict[str, str | None]:
        hooks = [
            job("before", "PreDelete", policy="HookSucceeded", fails=fails),
            job("after", "PostDelete"),
            asking(config_map("kept"), "Delete=false"),
        ]
        return {
            "apps/web.yaml": delivery.app(metadata=finalizer),
            "apps/other.yaml": delivery.app("other", "other"),
            "other/all.yaml": config_map("two"),
            "web/all.yaml": "---\n".join([config_map("one"), *hooks]),
        }

    delivery.repo.commit(files(fails=True))
    delivery.sync()
    assert not stays(delivery, "before"), "they do not run in a sync"
    done(delivery)
    delivery.repo.commit({"apps/web.yaml": None})
    delivery.sync()
    assert done(delivery) == ["run Job before"]
    assert delivery.exists("v1/configmaps/one"), "what should have been saved first is still there"

    delivery.repo.commit(files(fails=False))
    delivery.sync()
    done(delivery)
    delivery.repo.commit({"apps/web.yaml": None})
    delivery.sync()
    assert done(delivery) == ["run Job before", "prune ConfigMap one", "run Job after"]
    assert delivery.exists("v1/configmaps/kept")
    assert not stays(delivery, "before")
    delivery.sync()
    assert done(delivery) == []


@pytest.mark.parametrize("asked", ["foreground", "background", "orphan"])
def test_a_pruned_object_takes_with_it_what_it_owns_as_the_policy_says(
    delivery: Delivery, asked: str
) -> None:
    option = f"PrunePropagationPolicy={asked}"
    commit(delivery, deployment("web"), config_map("one"), app=policy(option))
    delivery.sync()
    sets = f"/apis/apps/v1/namespaces/{delivery.namespace}/replicasets"
    (owned,) = delivery.plane.api("GET", sets)["items"]
    commit(delivery, config_map("one"), app=policy(option))
    mark = delivery.plane.mark()

    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    assert actions(app) == {"Deployment web": Action.PRUNE}
    assert not delivery.exists("apps/v1/deployments/web")
    (deletion,) = [found for found in delivery.plane.requests_since(mark) if found.verb == "delete"]
    assert "/deployments/web" in deletion.uri
    name = f"apps/v1/replicasets/{owned['metadata']['name']}"
    if asked == "orphan":
        left = delivery.get(name)["metadata"]
        assert "ownerReferences" not in left
        assert "deletionTimestamp" not in left
    elif asked == "foreground":
        assert not delivery.exists(name), "what it owned went before it"
    else:
        delivery.plane.wait_until(lambda: not delivery.exists(name), "the garbage is collected")
