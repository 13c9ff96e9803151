"""Rollbacks, and what the next push does after one."""

from __future__ import annotations

from e2e.delivery import Delivery, actions, config_map, deployment, only
from syncline.core.applyset import decode
from syncline.core.inventory import Cause, Inventory
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import Permissions
from syncline.report.model import Job
from syncline.report.outcome import exit_code

SETTINGS = "guard: {maxPrunePercent: 60}\n"
BACK = "guard: {maxPrunePercent: 60}\nsync: {rollbackOnFailure: true}\n"


def inventory(delivery: Delivery) -> Inventory:
    return decode(delivery.get("v1/configmaps/syncline-web"))


def stuck(name: str) -> str:
    return deployment(name, labels={"syncline.test/never-ready": "true"})


def test_rolling_back_twice_goes_back_two_and_prunes_what_those_commits_did_not_have(
    delivery: Delivery,
) -> None:
    delivery.repo.commit(
        {
            "syncline.yaml": SETTINGS,
            "apps/web.yaml": delivery.app(policy="{}"),
            "web/one.yaml": config_map("one", a="1"),
        }
    )
    delivery.sync()
    delivery.repo.commit({"web/one.yaml": config_map("one", a="2"), "web/two.yaml": config_map("two")})
    delivery.sync()
    third = delivery.repo.commit({"web/three.yaml": config_map("three")})
    delivery.sync(actor="alice")

    shown = only(delivery.run(Job.ROLLBACK, applications=("web",), dry_run=True))
    assert actions(shown) == {"ConfigMap three": Action.PRUNE}
    assert delivery.exists("v1/configmaps/three")

    once = only(delivery.run(Job.ROLLBACK, applications=("web",), actor="bob"))
    assert (once.outcome, actions(once)) == (Outcome.SYNCED, {"ConfigMap three": Action.PRUNE})
    (job, plan), *_ = delivery.observer.plans
    assert (job, actions(plan)) == (Job.ROLLBACK, actions(once)), "the plan is shown first"
    kept = only(delivery.run(Job.ROLLBACK, applications=("web",), permissions=Permissions(keep=True)))
    assert actions(kept) == {"ConfigMap one": Action.UPDATE, "ConfigMap two": Action.KEEP}
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}

    history = inventory(delivery).history
    assert [(entry.cause, entry.by) for entry in history[2:4]] == [
        (Cause.SYNC, "alice"),
        (Cause.ROLLBACK, "bob"),
    ]
    assert [entry.upto for entry in history[3:]] == [third, third]
    rows = only(delivery.run_status()).history
    assert [row.cause for row in rows] == ["rollback", "rollback", "sync", "sync", "sync"]


def test_a_push_that_does_not_touch_it_leaves_a_rolled_back_application_where_it_is(
    delivery: Delivery,
) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/one.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.repo.commit({"web/one.yaml": config_map("one", a="2")})
    delivery.sync()
    delivery.run(Job.ROLLBACK, applications=("web",), actor="bob")
    delivery.repo.commit({"README.md": "nothing of web"})

    untouched = delivery.sync(affected_only=True)
    assert (untouched.applications, untouched.unaffected) == ((), ("web",))
    (note,) = untouched.notes
    assert "to which bob rolled it back" in note.text
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
    assert actions(only(delivery.run(Job.DRIFT))) == {}, "a rollback is no drift"

    delivery.repo.commit({"web/one.yaml": config_map("one", a="3")})
    assert [app.name for app in delivery.sync(affected_only=True).applications] == ["web"]
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "3"}
    assert inventory(delivery).held_back is None


def test_a_failed_sync_goes_back_by_itself_where_that_is_set_and_stays_red(delivery: Delivery) -> None:
    good = delivery.repo.commit(
        {"syncline.yaml": BACK, "apps/web.yaml": delivery.app(), "web/one.yaml": config_map("one", a="1")}
    )
    delivery.sync()
    bad = delivery.repo.commit({"web/one.yaml": config_map("one", a="2"), "web/d.yaml": stuck("web")})

    report = delivery.sync(timeout=1.5)

    app = only(report)
    assert (app.outcome, app.revision) == (Outcome.TIMED_OUT, bad)
    assert exit_code(report) is ExitCode.UNHEALTHY
    assert app.way_back is not None
    assert (app.way_back.outcome, app.way_back.revision) == (Outcome.SYNCED, good)
    assert actions(app.way_back) == {"ConfigMap one": Action.UPDATE, "Deployment web": Action.PRUNE}
    assert f"It was rolled back to {good[:7]}, its last success: 1 changed, 1 deleted." in {
        note.text for note in app.notes
    }
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
    assert not delivery.exists("apps/v1/deployments/web")
    last = inventory(delivery).history[-1]
    assert (last.cause, last.revision, last.upto) == (Cause.ROLLBACK, good, bad)
    assert inventory(delivery).attempt is None


def test_after_a_failed_sync_a_rollback_goes_to_the_last_success_and_drift_heals_nothing(
    delivery: Delivery,
) -> None:
    healing = "{automated: {prune: true, selfHeal: true}}"
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(policy=healing), "web/one.yaml": config_map("one", a="0")}
    )
    delivery.sync()
    good = delivery.repo.commit({"syncline.yaml": SETTINGS, "web/one.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.repo.commit({"web/one.yaml": config_map("one", a="2"), "web/d.yaml": stuck("web")})
    assert only(delivery.sync(timeout=1)).outcome is Outcome.TIMED_OUT

    drift = only(delivery.run(Job.DRIFT))
    assert drift.outcome is None
    assert any("did not succeed" in note.text for note in drift.notes)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "2"}

    back = only(delivery.run(Job.ROLLBACK, applications=("web",)))
    assert (back.outcome, back.revision) == (Outcome.SYNCED, good)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}


def test_a_commit_that_takes_a_failed_one_back_is_synced(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/one.yaml": config_map("one", a="1")})
    delivery.sync()
    broken = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {a: '2'}\nnonsense: true\n"
    delivery.repo.commit(
        {"web/one.yaml": config_map("one", a="2"), "web/z.yaml": broken.replace("one", "zed")}
    )
    assert only(delivery.sync(affected_only=True)).outcome is Outcome.FAILED
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "2"}
    delivery.repo.commit({"web/one.yaml": config_map("one", a="1"), "web/z.yaml": None})

    assert only(delivery.sync(affected_only=True)).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
