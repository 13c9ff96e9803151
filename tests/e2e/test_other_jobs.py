from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, actions, config_map, deployment, only
from plane.between import Between, Refuse
from syncline.core.health import HealthStatus
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.trust import Tier
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, ForbiddenError
from syncline.jobs.invocation import Permissions
from syncline.report.brief import rows
from syncline.report.model import Job
from syncline.report.outcome import exit_code
from syncline.report.shown import shown_lines

if TYPE_CHECKING:
    from pathlib import Path

SELF_HEAL = "{automated: {prune: true, selfHeal: true}}"
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: %s}\n"


def test_drift_is_found_reported_and_left_without_self_heal(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", colour="red")})
    delivery.sync()
    delivery.patch("v1/configmaps/one", {"data": {"colour": "green", "theirs": "stays"}})

    report = delivery.run(Job.DRIFT)

    app = only(report)
    assert actions(app) == {"ConfigMap one": Action.UPDATE}
    assert app.changes[0].paths == ("data.colour",)
    assert exit_code(report) is ExitCode.DIFFERENT
    assert delivery.get("v1/configmaps/one")["data"]["colour"] == "green"


def test_drift_is_healed_with_self_heal_and_what_git_does_not_say_is_left_alone(delivery: Delivery) -> None:
    files = {"apps/web.yaml": delivery.app(policy=SELF_HEAL), "web/all.yaml": config_map("one", colour="red")}
    delivery.repo.commit(files)
    delivery.sync()
    delivery.patch("v1/configmaps/one", {"data": {"colour": "green", "theirs": "stays"}})

    report = delivery.run(Job.DRIFT)

    assert only(report).outcome is Outcome.SYNCED
    assert exit_code(report) is ExitCode.OK
    assert delivery.get("v1/configmaps/one")["data"] == {"colour": "red", "theirs": "stays"}


def test_an_object_deleted_behind_gits_back_is_drift(delivery: Delivery) -> None:
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one") + "---\n" + config_map("two")}
    )
    delivery.sync()
    delivery.plane.api("DELETE", f"/api/v1/namespaces/{delivery.namespace}/configmaps/two")

    assert actions(only(delivery.run(Job.DRIFT))) == {"ConfigMap two": Action.CREATE}
    healed = delivery.run(Job.DRIFT, permissions=Permissions(heal=True))
    assert only(healed).outcome is Outcome.SYNCED
    assert delivery.exists("v1/configmaps/two")


def test_drift_compares_with_the_revision_that_was_synced_and_not_with_what_waits_in_git(
    delivery: Delivery,
) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})

    report = delivery.run(Job.DRIFT)

    assert actions(only(report)) == {}
    assert exit_code(report) is ExitCode.OK


def test_a_rollback_goes_to_the_revision_before_or_to_a_named_one(delivery: Delivery) -> None:
    first = delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")})
    delivery.sync()
    for value in ("2", "3"):
        delivery.repo.commit({"web/all.yaml": config_map("one", a=value)})
        delivery.sync()

    assert only(delivery.run(Job.ROLLBACK, applications=("web",))).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "2"}
    delivery.run(Job.ROLLBACK, applications=("web",), head=first)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}


def test_a_rollback_without_a_history_says_what_to_do(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")})
    delivery.sync()

    (app,) = delivery.run(Job.ROLLBACK, applications=("web",)).applications

    assert app.problem is not None
    assert "no earlier revision" in app.problem.message
    assert app.problem.exit_code is ExitCode.USAGE


def test_status_shows_the_tree_down_to_the_pods_and_only_reads(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": deployment("web", replicas=2)})
    delivery.sync()

    mark = delivery.plane.mark()
    app = only(delivery.run(Job.STATUS))

    assert [(row.key.kind, row.depth) for row in app.resources] == [
        ("Deployment", 0),
        ("ReplicaSet", 1),
        ("Pod", 2),
        ("Pod", 2),
    ]
    assert all(request.is_read for request in delivery.plane.requests_since(mark))


def test_the_live_level_predicts_without_writing_and_says_what_it_is(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.patch("v1/configmaps/one", {"data": {"a": "drifted"}})
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})

    mark = delivery.plane.mark()
    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE))

    assert app.level is Level.LIVE
    assert actions(app) == {"ConfigMap one": Action.UPDATE}
    before, after = app.changes[0].before, app.changes[0].after
    assert before is not None
    assert after is not None
    assert (before.value["data"], after.value["data"]) == ({"a": "drifted"}, {"a": "2"})
    assert all(request.is_read for request in delivery.plane.requests_since(mark))


def test_the_dry_run_level_lets_the_server_reject(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": deployment("web")})
    delivery.sync()
    moved = (
        deployment("web")
        .replace("matchLabels: {app: web}", "matchLabels: {app: other}")
        .replace('"app": "web"', '"app": "other"')
    )
    delivery.repo.commit({"web/all.yaml": moved})

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.DRY_RUN))

    assert app.level is Level.DRY_RUN
    assert actions(app) == {"Deployment web": Action.BLOCKED}
    assert "immutable" in app.changes[0].why
    assert delivery.get("apps/v1/deployments/web")["spec"]["selector"] == {"matchLabels": {"app": "web"}}


def test_a_reader_that_may_not_see_secrets_is_told_so_and_nothing_is_taken_for_absent(
    delivery: Delivery,
) -> None:
    files = {
        "apps/web.yaml": delivery.app(),
        "web/all.yaml": config_map("one", a="1"),
        "web/s.yaml": SECRET % "first-value",
    }
    delivery.repo.commit(files)
    delivery.sync()
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2"), "web/s.yaml": SECRET % "second-value"})
    delivery.identity = "reader"

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE, tier=Tier.READ))

    assert app.level is Level.LIVE
    assert actions(app) == {"ConfigMap one": Action.UPDATE, "Secret login": Action.BLOCKED}
    (secret,) = (change for change in app.changes if change.key.kind == "Secret")
    assert "forbidden" in secret.why.lower()


def test_what_could_not_be_read_is_never_healthy(delivery: Delivery, hand: Between, tmp_path: Path) -> None:
    files = {"web/all.yaml": deployment("web"), "web/one.yaml": config_map("one"), "web/s.yaml": SECRET % "x"}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **files})
    delivery.sync()
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    refused = ["secrets"]

    def refuse(passing: Any) -> Refuse | None:
        plural = next((each for each in refused if f"/{each}" in passing.target), "")
        words = f'{plural} is forbidden: User "half" cannot list resource "{plural}" in API group ""'
        return Refuse(403, "Forbidden", words) if plural else None

    hand.rule = refuse
    sound = only(delivery.run_status())
    refused.append("deployments")
    app = only(delivery.run_status())

    assert sound.health is not None
    assert app.health is not None
    assert (sound.health.status, app.health.status) == (HealthStatus.HEALTHY, HealthStatus.UNKNOWN)
    (row,) = (row for row in app.resources if row.key.kind == "Deployment")
    assert row.health is not None
    assert (row.sync, row.health.status) == ("Unknown", HealthStatus.UNKNOWN)
    assert "it could not be read" in row.message


def test_a_dry_run_that_the_identity_may_not_ask_for_falls_back_and_says_why(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})
    delivery.identity = "reader"

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.DRY_RUN))

    assert app.level is Level.LIVE
    assert app.level_reason.startswith("the server may not be asked for a dry run: ")
    assert 'User "reader" cannot patch resource "configmaps"' in app.level_reason
    assert actions(app) == {"ConfigMap one": Action.UPDATE}


def test_objects_that_the_server_may_not_be_asked_about_are_named(
    delivery: Delivery, hand: Between, tmp_path: Path
) -> None:
    names = ("one", "two")
    files = {f"web/{name}.yaml": config_map(name, a="1") for name in names}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **files})
    delivery.sync()
    delivery.repo.commit({f"web/{name}.yaml": config_map(name, a="2") for name in names})
    words = 'configmaps "two" is forbidden: User "half" cannot patch resource "configmaps" in API group ""'
    hand.rule = lambda passing: (
        Refuse(403, "Forbidden", words) if passing.is_dry_run and passing.target.endswith("/two") else None
    )
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.DRY_RUN))

    assert (app.level, app.level_reason) == (Level.DRY_RUN, "")
    assert len(actions(app)) == 2
    (said,) = [note.text for note in app.notes if "dry run" in note.text]
    assert f"ConfigMap {delivery.namespace}/two: what is shown is predicted" in said


def test_an_identity_bound_to_one_namespace_can_sync_it(delivery: Delivery) -> None:
    delivery.plane.bind(delivery.namespace)
    delivery.identity = "bound"
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one", a="1") + "---\n" + deployment("web"),
        }
    )

    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("tier", [Tier.RENDER, Tier.READ])
@pytest.mark.parametrize("job", [Job.SYNC, Job.ROLLBACK])
def test_an_event_that_may_not_write_does_not(delivery: Delivery, tier: Tier, job: Job) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")})

    with pytest.raises(ForbiddenError):
        delivery.run(job, tier=tier, applications=("web",))
    assert not delivery.exists("v1/configmaps/one")


def test_a_fork_never_gets_beyond_the_offline_level(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")})
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})

    mark = delivery.plane.mark()
    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE, tier=Tier.RENDER))

    assert (app.level, app.level_reason) == (Level.OFFLINE, "this event may render only")
    assert delivery.plane.requests_since(mark) == []


def test_a_cluster_that_does_not_answer_is_one_sentence_and_the_diff_goes_on_offline(
    delivery: Delivery,
) -> None:
    settings = "clusters: {main: {server: 'https://127.0.0.1:1', tokenEnv: NO_TOKEN}}\ndefaultCluster: main\n"
    delivery.repo.commit(
        {"syncline.yaml": settings, "apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one", a="1")}
    )
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE))

    assert app.level is Level.OFFLINE
    assert "NO_TOKEN" in app.level_reason
    assert actions(app) == {"ConfigMap one": Action.UPDATE}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_a_truthful_report_and_a_rerun_converges(
    delivery: Delivery, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    delivery.repo.commit(
        {
            "apps/a.yaml": delivery.app("a", "a"),
            "a/all.yaml": config_map("one") + "---\n" + stuck,
            "apps/b.yaml": delivery.app("b", "b"),
            "b/all.yaml": config_map("two"),
        }
    )
    environ = {
        "KUBECONFIG": str(delivery.plane.kubeconfig("admin")),
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", "from syncline.cli import main; main()", "sync", "-o", "json"]
    with subprocess.Popen(command, cwd=delivery.repo.root, env=environ, stdout=subprocess.PIPE) as child:
        delivery.plane.wait_until(
            lambda: delivery.exists("apps/v1/deployments/web"), "the Deployment is applied"
        )
        child.send_signal(number)
        out, _ = child.communicate(timeout=20)

    import json

    said = json.loads(out)
    assert child.returncode == code
    (app,) = said["applications"]
    assert app["name"] == "a"
    assert "stopped by" in json.dumps(said)
    assert "b" in " ".join(note["text"] if isinstance(note, dict) else note for note in said["notes"])
    assert not delivery.exists("v1/configmaps/two")

    delivery.repo.commit({"a/all.yaml": config_map("one") + "---\n" + deployment("web")})
    report = delivery.sync()
    assert {app.outcome for app in report.applications} == {Outcome.SYNCED}


def test_a_list_has_a_row_for_each_and_reads_nothing_that_grew(through: Delivery, hand: Between) -> None:
    through.repo.commit(
        {
            "apps/web.yaml": through.app(),
            "web/all.yaml": deployment("web"),
            "apps/jobs.yaml": through.app("jobs", "jobs"),
            "jobs/all.yaml": config_map("jobs", of="day"),
            "apps/fresh.yaml": through.app("fresh", "fresh"),
            "fresh/all.yaml": config_map("fresh"),
            "apps/lost.yaml": through.app("lost", "lost").replace(
                "'https://kubernetes.default.svc'", "'https://nowhere'"
            ),
            "lost/all.yaml": config_map("lost"),
        }
    )
    through.sync(applications=("web", "jobs"))
    through.patch("v1/configmaps/jobs", {"data": {"of": "night"}})
    hand.start_anew()

    report = through.run(Job.STATUS, brief=True, bodies=False)

    assert [(row.name, row.sync, row.health.label) for row in rows(report)] == [
        ("fresh", "never synced", "Unknown"),
        ("jobs", "OutOfSync", "Healthy"),
        ("lost", "Unknown", "Unknown"),
        ("web", "Synced", "Healthy"),
    ]
    assert exit_code(report) is ExitCode.CLUSTER
    paths = [each.request.target for each in hand.carried]
    assert paths
    assert not [path for path in paths if path.endswith(("/pods", "/replicasets"))]
    assert not [each for each in hand.carried if each.request.is_write]
    assert all(app.resources == () and app.history == () for app in report.applications)


def test_a_directory_that_was_synced_is_looked_at_by_its_path(delivery: Delivery) -> None:
    name = f"all-of-{delivery.namespace}"
    delivery.repo.commit({f"{name}/all.yaml": config_map(name)})
    place = f"/api/v1/namespaces/default/configmaps/{name}"
    try:
        only(delivery.sync(path=name))

        for job in (Job.STATUS, Job.TREE):
            app = only(delivery.run(job, path=name))
            assert [(row.key.name, row.sync) for row in app.resources] == [(name, "Synced")]
        assert [row.name for row in rows(delivery.run(Job.STATUS, path=name, brief=True))] == [name]
        delivery.plane.api("PATCH", place, {"data": {"empty": "no"}})
        assert [change.key.name for change in only(delivery.run(Job.DRIFT, path=name)).changes] == [name]
        (gone,) = delivery.run(Job.STATUS, path="nowhere").applications
        assert gone.problem is not None
        assert "nowhere" in gone.problem.message
    finally:
        for path in (place, f"/api/v1/namespaces/default/configmaps/syncline-{name}"):
            if delivery.plane.api.answers(path):
                delivery.plane.api("DELETE", path)


def test_a_named_application_is_held_against_the_cluster_though_no_commit_touches_it(
    delivery: Delivery,
) -> None:
    base = delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one", colour="red"),
            "apps/jobs.yaml": delivery.app("jobs", "jobs"),
            "jobs/all.yaml": config_map("two"),
        }
    )
    delivery.sync()
    delivery.patch("v1/configmaps/one", {"data": {"colour": "green"}})
    head = delivery.repo.commit({"readme.txt": "nothing of theirs"})

    def compared(**asked: Any) -> list[tuple[str, str]]:
        report = delivery.run(Job.DIFF, base=base, head=head, **asked)
        return [(app.name, ", ".join(actions(app))) for app in report.applications]

    for level in (Level.LIVE, Level.DRY_RUN):
        assert compared(applications=("web",), level=level) == [("web", "ConfigMap one")]
    assert compared(applications=("argocd/jobs",), level=Level.LIVE) == [("jobs", "")]
    assert compared(level=Level.LIVE) == []
    assert compared(applications=("web",)) == []
    assert compared(applications=("web",), level=Level.LIVE, manual=False) == []
    report = delivery.run(Job.DIFF, base=base, head=head, applications=("web",), level=Level.LIVE)
    assert only(report).affected_by == "it was asked for by name"


def test_a_rename_by_a_hash_is_told_from_live_objects_without_what_the_server_wrote(
    delivery: Delivery,
) -> None:
    def generated(colour: str) -> dict[str, str]:
        text = f"configMapGenerator:\n- {{name: settings, literals: [colour={colour}, size=big]}}\n"
        return {"web/kustomization.yaml": text}

    delivery.repo.commit({"apps/web.yaml": delivery.app(policy="{}"), **generated("red")})
    delivery.sync()
    delivery.repo.commit(generated("blue"))

    app = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE))
    (made,) = (change for change in app.changes if change.action is Action.CREATE)
    (kept,) = (change for change in app.changes if change.action is Action.KEEP)

    assert made.former is not None
    assert (made.former.key, kept.successor) == (kept.key, made.key)
    assert made.former.paths == ("data.colour",)
    assert [line for line in shown_lines(made) if line[0] in "+-"] == ["-  colour: red", "+  colour: blue"]
    done = only(delivery.sync())
    assert actions(done) == {
        f"ConfigMap {made.key.name}": Action.CREATE,
        f"ConfigMap {kept.key.name}": Action.KEEP,
    }
    assert delivery.exists(f"v1/configmaps/{kept.key.name}")


def test_an_application_whose_first_sync_did_not_succeed_is_shown_as_it_stands(delivery: Delivery) -> None:
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    head = delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": stuck})
    delivery.sync(timeout=0.3)

    app, tree = only(delivery.run_status()), only(delivery.run(Job.TREE))
    (row,) = rows(delivery.run(Job.STATUS, brief=True))

    for seen in (app, tree):
        assert [each.key.kind for each in seen.resources][:2] == ["Deployment", "ReplicaSet"]
        assert f"Its first sync, of {head[:7]}, did not succeed" in seen.notes[0].text
    assert (row.sync, row.health, row.revision) == ("Synced", HealthStatus.PROGRESSING, head[:7])
    assert "did not succeed" in row.message
