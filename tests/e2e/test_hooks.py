"""Hooks, phases and waves on a real control plane: Jobs run, complete and fail there."""

from __future__ import annotations

from typing import Any

import pytest

from e2e.delivery import Delivery, actions, config_map, deployment, only
from syncline.core.verdict import Done, Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

JOBS = "batch/v1/jobs"


def job(
    name: str, phase: str = "PreSync", *, fails: bool = False, generate: bool = False, **notes: str
) -> str:
    """A hook; notes are `wave`, `policy`, and `words`, which make it another hook."""
    named = {"wave": "sync-wave", "policy": "hook-delete-policy"}
    annotations = {f"argocd.argoproj.io/{named[key]}": value for key, value in notes.items() if key in named}
    annotations["argocd.argoproj.io/hook"] = phase
    listed = "".join(f"    {key}: '{value}'\n" for key, value in annotations.items())
    label = "labels: {syncline.test/fail: 'true'}" if fails else "labels: {}"
    return (
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n"
        f"  {'generateName' if generate else 'name'}: {name}\n"
        f"  annotations:\n{listed}"
        "spec:\n  backoffLimit: 0\n  template:\n"
        f"    metadata: {{{label}}}\n"
        "    spec:\n      restartPolicy: Never\n"
        f"      containers: [{{name: main, image: 'registry.example.com/job:{notes.get('words', '1')}'}}]\n"
    )


def waved(text: str, wave: int) -> str:
    return text.replace(
        "metadata:\n", f"metadata:\n  annotations: {{argocd.argoproj.io/sync-wave: '{wave}'}}\n", 1
    )


def done(delivery: Delivery) -> list[str]:
    """What was done, in order, since the last call."""
    found = [
        f"{event.action.value} {event.key.kind} {event.key.name}"
        for _, event in delivery.observer.events
        if isinstance(event, Done)
    ]
    delivery.observer.events.clear()
    return found


def commit(
    delivery: Delivery, *objects: str, policy: str = "{automated: {prune: true}}", **files: str
) -> str:
    return delivery.repo.commit(
        {"apps/web.yaml": delivery.app(policy=policy), "web/all.yaml": "---\n".join(objects), **files}
    )


def uid(delivery: Delivery, name: str) -> str:
    return str(delivery.get(f"{JOBS}/{name}")["metadata"]["uid"])


def parent(delivery: Delivery) -> Any:
    return delivery.get("v1/configmaps/syncline-web")


def test_phases_waves_and_kinds_follow_each_other_and_each_is_waited_for(delivery: Delivery) -> None:
    commit(
        delivery,
        job("after", "PostSync"),
        job("second", wave="1"),
        job("first", wave="-1"),
        job("during", "Sync", wave="2"),
        waved(deployment("web"), 1),
        config_map("settings"),
    )

    report = delivery.sync()

    assert only(report).outcome is Outcome.SYNCED
    assert done(delivery) == [
        "run Job first",
        "run Job second",
        "create ConfigMap settings",
        "create Deployment web",
        "run Job during",
        "run Job after",
    ]
    started = {name: delivery.get(f"{JOBS}/{name}")["status"] for name in ("first", "second", "after")}
    assert started["first"]["completionTime"] <= started["second"]["startTime"]
    assert actions(only(report)).keys() == {"ConfigMap settings", "Deployment web"}, "hooks are no difference"


def test_hooks_run_with_a_sync_that_has_something_to_do_and_not_again(delivery: Delivery) -> None:
    commit(delivery, job("migrate"), config_map("settings", colour="red"))
    delivery.sync()
    first = uid(delivery, "migrate")
    mark = delivery.plane.mark()

    again = only(delivery.sync())

    assert again.outcome is Outcome.UNCHANGED
    assert [request for request in delivery.plane.requests_since(mark) if not request.is_read] == []
    assert uid(delivery, "migrate") == first
    commit(delivery, job("migrate"), config_map("settings", colour="blue"))
    delivery.sync()
    assert uid(delivery, "migrate") != first, "BeforeHookCreation makes it anew"
    second = uid(delivery, "migrate")
    commit(delivery, job("migrate", words="2"), config_map("settings", colour="blue"))
    changed = only(delivery.sync())
    assert changed.changes == ()
    assert [(hook.change.key.name, hook.runs) for hook in changed.hooks] == [("migrate", True)]
    assert uid(delivery, "migrate") != second, "a changed hook runs, although no resource changed"
    assert (
        b"hook"
        not in parent(delivery)["metadata"]["annotations"][
            "applyset.kubernetes.io/contains-group-kinds"
        ].encode()
    )


def test_a_failing_hook_stops_the_sync_and_lets_the_hooks_of_sync_fail_run(delivery: Delivery) -> None:
    commit(
        delivery,
        job("migrate", fails=True),
        job("tell", "SyncFail"),
        job("after", "PostSync"),
        config_map("settings"),
    )

    report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert done(delivery) == ["run Job migrate", "run Job tell"]
    assert "PreSync hook failed" in app.failures[0].message
    assert not delivery.exists("v1/configmaps/settings")
    assert delivery.get(f"{JOBS}/tell")["status"]["succeeded"] == 1
    commit(delivery, job("migrate"), job("tell", "SyncFail"), config_map("settings"))
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert done(delivery) == ["run Job migrate", "create ConfigMap settings"]


@pytest.mark.parametrize("fails", [False, True], ids=["the sync succeeds", "the sync fails"])
def test_delete_policies_are_about_the_sync_and_not_about_the_hook(delivery: Delivery, fails: bool) -> None:
    commit(
        delivery,
        job("on-success", policy="HookSucceeded"),
        job("on-failure", policy="HookFailed"),
        job("either", policy="HookSucceeded,HookFailed"),
        job("before", policy="BeforeHookCreation"),
        job("last", "PostSync", fails=fails),
    )

    outcome = only(delivery.sync()).outcome

    assert outcome is (Outcome.FAILED if fails else Outcome.SYNCED)
    left = {name for name in ("on-success", "on-failure", "either", "before") if stays(delivery, name)}
    assert left == ({"on-success", "before"} if fails else {"on-failure", "before"})

    delivery.repo.commit({"web/more.yaml": config_map("more")})
    again = only(delivery.sync(dry_run=True))
    stays_as_it_is = [note.text for note in again.notes if "does not run again" in note.text]
    kept = "on-success" if fails else "on-failure"
    assert len(stays_as_it_is) == 1
    assert f"hook Job {delivery.namespace}/{kept} (web/all.yaml:" in stays_as_it_is[0].replace(".batch", "")


def stays(delivery: Delivery, name: str) -> bool:
    """Whether an object is there and not on its way out."""
    found = delivery.plane.api("GET", f"/apis/batch/v1/namespaces/{delivery.namespace}/jobs")["items"]
    return name in {item["metadata"]["name"] for item in found if "deletionTimestamp" not in item["metadata"]}


def test_one_hook_may_have_two_phases_and_a_generated_name_leaves_no_heap(delivery: Delivery) -> None:
    commit(delivery, job("both", "PreSync,PostSync"), job("made-", generate=True), config_map("a", n="1"))
    delivery.sync()
    assert [line for line in done(delivery) if "both" in line] == ["run Job both"] * 2
    first = names(delivery)

    commit(delivery, job("both", "PreSync,PostSync"), job("made-", generate=True), config_map("a", n="2"))
    delivery.sync()

    second = names(delivery)
    assert len(first) == len(second) == 1
    assert first != second


def names(delivery: Delivery) -> list[str]:
    found = delivery.plane.api("GET", f"/apis/batch/v1/namespaces/{delivery.namespace}/jobs")["items"]
    return [item["metadata"]["name"] for item in found if item["metadata"]["name"].startswith("made-")]


def test_the_object_of_a_hook_that_git_lost_goes(delivery: Delivery) -> None:
    commit(delivery, job("old"), config_map("a", n="1"))
    delivery.sync()
    commit(delivery, config_map("a", n="1"))

    app = only(delivery.sync())

    assert app.outcome in {Outcome.SYNCED, Outcome.UNCHANGED}
    assert not stays(delivery, "old")


def test_an_object_that_is_no_hook_is_never_deleted_for_one(delivery: Delivery) -> None:
    mine = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "precious"},
        "data": {"by": "hand"},
    }
    delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/configmaps", mine)
    hook = config_map("precious").replace(
        "name: precious", "name: precious\n  annotations: {argocd.argoproj.io/hook: PreSync}"
    )
    commit(delivery, hook)

    app = only(delivery.sync())

    assert app.outcome is Outcome.REFUSED
    assert "is not ours" in app.refusals[0]
    assert delivery.get("v1/configmaps/precious")["data"] == {"by": "hand"}


def test_words_that_nobody_understands_refuse_the_application_and_the_others_go_on(
    delivery: Delivery,
) -> None:
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/a.yaml": job("typo", "presync"),
            "web/b.yaml": job("policy", "PreSync", policy="HookSucceded"),
            "web/c.yaml": waved(config_map("late"), 1).replace("'1'", "'soon'"),
            "web/d.yaml": config_map("opt").replace(
                "name: opt", "name: opt\n  annotations: {argocd.argoproj.io/sync-options: 'prune=false'}"
            ),
            "apps/other.yaml": delivery.app("other", "other"),
            "other/all.yaml": config_map("fine"),
        }
    )

    report = delivery.sync()

    apps = {app.name: app for app in report.applications}
    assert apps["other"].outcome is Outcome.SYNCED
    assert apps["web"].outcome is Outcome.REFUSED
    said = "\n".join(apps["web"].refusals)
    for part in (
        "web/a.yaml:1",
        "'presync'",
        "did you mean PreSync?",
        "web/b.yaml:1",
        "'HookSucceded'",
        "web/c.yaml:1",
        "'soon'",
        "web/d.yaml:1",
        "did you mean Prune?",
    ):
        assert part in said
    assert exit_code(report) is ExitCode.REFUSED


def test_hooks_of_other_kinds_and_helms_hooks_run_as_argo_cd_runs_them(delivery: Delivery) -> None:
    pod = (
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: check\n"
        "  labels: {syncline.test/complete: 'true'}\n"
        "  annotations: {helm.sh/hook: 'pre-install,pre-upgrade', helm.sh/hook-weight: '-5',\n"
        "    helm.sh/hook-delete-policy: hook-succeeded}\n"
        "spec: {restartPolicy: Never, containers: [{name: main, image: 'registry.example.com/check:1'}]}\n"
    )
    test = pod.replace("name: check", "name: probe").replace("'pre-install,pre-upgrade'", "test")
    plain = config_map("ready").replace(
        "name: ready", "name: ready\n  annotations: {argocd.argoproj.io/hook: PreSync}"
    )
    commit(delivery, pod, test, plain, job("skipped", "Skip"), config_map("settings"))

    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    assert done(delivery) == ["run Pod check", "run ConfigMap ready", "create ConfigMap settings"]
    assert not delivery.exists("v1/pods/probe")
    assert not delivery.exists(f"{JOBS}/skipped")
    said = " ".join(note.text for note in app.notes)
    assert "says Skip and is not applied" in said
    assert "Helm hook (test), which no sync runs" in said
