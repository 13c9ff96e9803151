"""Resource actions on real objects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map, deployment, only
from syncline.act import act
from syncline.config.settings import ClusterAccess
from syncline.core.health import HealthStatus
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import key_of
from syncline.core.trust import Tier
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, ForbiddenError, UsageError
from syncline.execute import Means
from syncline.jobs.invocation import AskedAction
from syncline.kube.cluster import connect
from syncline.report.model import Job
from syncline.report.outcome import exit_code
from syncline.report.terminal import terminal
from syncline.runtime import SystemClock

if TYPE_CHECKING:
    from syncline.report.model import AppReport, Report

CRON = """
    apiVersion: batch/v1
    kind: CronJob
    metadata: {name: backup}
    spec:
      schedule: "0 0 1 1 *"
      jobTemplate:
        metadata: {labels: {made-by: backup}}
        spec:
          template:
            spec:
              restartPolicy: Never
              volumes: [{name: scratch, emptyDir: {}}]
              containers: [{name: main, image: 'registry.example.com/backup:1.0'}]
    """


@pytest.fixture
def synced(delivery: Delivery) -> Delivery:
    files = {"web/web.yaml": deployment("web", replicas=2), "web/cron.yaml": CRON}
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/settings.yaml": config_map("settings"), **files}
    )
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    return delivery


def acted(delivery: Delivery, resource: str, action: str, **asked: Any) -> tuple[Report, AppReport]:
    params = asked.pop("params", {})
    request = AskedAction(resource, action, params)
    report = delivery.run(Job.ACTIONS, applications=("web",), action=request, timeout=60.0, **asked)
    return report, only(report)


def test_the_actions_of_each_resource_are_listed(synced: Delivery) -> None:
    report, app = acted(synced, "", "")

    listed = {row.key.kind: row.message for row in app.resources}
    assert listed["Deployment"] == "pause, restart, resume (not now), scale(replicas)"
    assert listed["CronJob"] == "create-job, resume (not now), suspend"
    assert "ConfigMap" not in listed
    assert exit_code(report) is ExitCode.OK
    assert "scale(replicas)" in terminal(report, colour=False)


def test_what_was_never_synced_has_nothing_to_act_on_and_a_list_compares_nothing(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/settings.yaml": config_map("settings")})
    before, _ = acted(delivery, "", "")
    asked = AskedAction("ConfigMap/settings", "restart")
    (refused,) = delivery.run(Job.ACTIONS, applications=("web",), action=asked).applications
    delivery.sync()

    after, _ = acted(delivery, "", "")

    said = terminal(before, colour=False)
    assert "never synced" in said.splitlines()[0]
    assert "It was never synced, so there is nothing to act on; run syncline sync." in said
    assert refused.problem is not None
    assert (refused.problem.message, refused.problem.exit_code) == ("web was never synced.", ExitCode.USAGE)
    for report in (before, after):
        assert "compared" not in terminal(report, colour=False)
        assert "no difference" not in terminal(report, colour=False)
    assert "listed" in terminal(after, colour=False).splitlines()[0]


def test_a_discovery_script_that_cannot_say_spoils_no_other_answer(synced: Delivery) -> None:
    script = "resource.customizations.actions.ConfigMap: 'discovery.lua: return obj.nothing.here'"
    synced.repo.commit(
        {"argocd/cm.yaml": f"kind: ConfigMap\nmetadata: {{name: argocd-cm}}\ndata:\n  {script}\n"}
    )

    report, app = acted(synced, "", "")

    listed = {row.key.kind: row.message for row in app.resources}
    assert listed["Deployment"] == "pause, restart, resume (not now), scale(replicas)"
    assert listed["ConfigMap"].startswith(
        "its actions cannot be told: argocd/cm.yaml:4: The discovery script"
    )
    assert exit_code(report) is ExitCode.OK


def test_a_restart_is_waited_for_and_leaves_no_drift(synced: Delivery) -> None:
    before = synced.get("apps/v1/deployments/web")

    report, app = acted(synced, "Deployment/web", "restart")

    after = synced.get("apps/v1/deployments/web")
    assert app.outcome is Outcome.SYNCED
    assert after["metadata"]["generation"] == before["metadata"]["generation"] + 1
    assert after["status"]["updatedReplicas"] == after["status"]["availableReplicas"] == 2
    annotations = after["spec"]["template"]["metadata"]["annotations"]
    assert list(annotations) == ["kubectl.kubernetes.io/restartedAt"]
    assert app.health is not None
    assert app.health.status is HealthStatus.HEALTHY
    assert exit_code(report) is ExitCode.OK
    assert [change.action for change in only(synced.run(Job.DRIFT)).changes] == []


def test_an_action_makes_nothing_that_the_project_forbids(synced: Delivery) -> None:
    project = """
        apiVersion: argoproj.io/v1alpha1
        kind: AppProject
        metadata: {name: default}
        spec:
          sourceRepos: ['*']
          destinations: [{server: '*', namespace: '*'}]
          namespaceResourceBlacklist: [{group: batch, kind: Job}]
        """
    synced.repo.commit({"project.yaml": project})

    report, app = acted(synced, "CronJob/backup", "create-job")

    assert exit_code(report) is ExitCode.REFUSED
    (said,) = app.refusals
    assert "the project default does not allow Job.batch (project.yaml:8)" in said


def test_scaling_takes_its_number_from_a_parameter(synced: Delivery) -> None:
    _, app = acted(synced, "deployment.apps/web", "scale", params={"replicas": "3"})

    assert app.outcome is Outcome.SYNCED
    assert synced.get("apps/v1/deployments/web")["status"]["availableReplicas"] == 3


def test_pausing_is_done_when_the_object_is_suspended_and_cannot_be_done_twice(synced: Delivery) -> None:
    _, app = acted(synced, "Deployment/web", "pause")
    assert app.outcome is Outcome.SYNCED
    assert synced.get("apps/v1/deployments/web")["spec"]["paused"] is True

    report = synced.run(Job.ACTIONS, applications=("web",), action=AskedAction("Deployment/web", "pause"))
    (again,) = report.applications

    assert again.problem is not None
    assert "makes no sense now" in again.problem.message
    assert again.problem.exit_code is ExitCode.USAGE


def test_a_job_is_made_of_a_cron_job_and_belongs_to_it(synced: Delivery) -> None:
    _, app = acted(synced, "CronJob/backup", "create-job")

    jobs = synced.plane.api("GET", f"/apis/batch/v1/namespaces/{synced.namespace}/jobs")["items"]
    (job,) = jobs
    owner = synced.get("batch/v1/cronjobs/backup")["metadata"]
    assert job["metadata"]["name"].startswith("backup-")
    assert job["metadata"]["labels"]["made-by"] == "backup"
    assert job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert job["metadata"]["ownerReferences"][0]["uid"] == owner["uid"]
    assert job["status"]["succeeded"] == 1, "the action waits for what it made"
    assert app.outcome is Outcome.SYNCED
    assert [change.action for change in app.changes] == [Action.CREATE]


def test_suspending_and_resuming_a_cron_job(synced: Delivery) -> None:
    acted(synced, "CronJob/backup", "suspend")
    assert synced.get("batch/v1/cronjobs/backup")["spec"]["suspend"] is True

    acted(synced, "CronJob/backup", "resume")
    assert synced.get("batch/v1/cronjobs/backup")["spec"]["suspend"] is False


def test_a_dry_run_shows_the_difference_and_writes_nothing(synced: Delivery) -> None:
    mark = synced.plane.mark()

    report, app = acted(synced, "Deployment/web", "scale", params={"replicas": "5"}, dry_run=True)

    assert [request for request in synced.plane.requests_since(mark) if not request.is_read] == []
    assert [change.paths for change in app.changes] == [("spec.replicas",)]
    assert app.outcome is None
    text = terminal(report, colour=False)
    assert "The action would change 1 object" in text
    assert "replicas: 5" in text


def test_an_action_changes_the_version_it_saw_and_no_other(synced: Delivery) -> None:
    environ = {"KUBECONFIG": str(synced.plane.kubeconfig(synced.identity))}
    cluster = connect(ClusterAccess("main"), environ, home=Path(environ["KUBECONFIG"]).parent)
    seen = synced.get("v1/configmaps/settings")
    wanted = {**seen, "data": {"colour": "red"}}
    change = Change(key_of(seen), Action.UPDATE, seen, wanted)
    plan = Plan("web", "", Level.LIVE, Inventory("web"), (change,))
    synced.patch("v1/configmaps/settings", {"data": {"meanwhile": "yes"}})

    result = act(plan, Means(cluster, SystemClock(), lambda: None, 5.0), lambda _: None)

    cluster.close()
    assert result.outcome is Outcome.FAILED
    assert "somebody changed it" in result.failed[0].message
    assert synced.get("v1/configmaps/settings")["data"] == {"empty": "ok", "meanwhile": "yes"}


SETTINGS = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: argocd-cm}
    data:
      resource.customizations.actions.ConfigMap: |
        discovery.lua: |
          actions = {}
          actions["paint"] = {["disabled"] = false, ["params"] = {{["name"] = "colour"}}}
          actions["copy"] = {}
          actions["steal"] = {}
          actions["break"] = {}
          return actions
        definitions:
        - name: paint
          action.lua: |
            if actionParams["colour"] == nil then error("colour is missing", 0) end
            obj.data.colour = actionParams["colour"]
            return obj
        - name: copy
          action.lua: |
            local copy = {apiVersion = "v1", kind = "ConfigMap", metadata = {}, data = obj.data}
            copy.metadata.name = obj.metadata.name .. "-copy"
            copy.metadata.namespace = obj.metadata.namespace
            obj.metadata.annotations = {copied = "yes"}
            return {{operation = "create", resource = copy}, {operation = "patch", resource = obj}}
        - name: steal
          action.lua: |
            local place = {name = "x", namespace = "kube-system"}
            local stolen = {apiVersion = "v1", kind = "ConfigMap", metadata = place}
            return {{operation = "create", resource = stolen}}
        - name: break
          action.lua: |
            return obj.nothing.here
    """


@pytest.fixture
def customized(synced: Delivery) -> Delivery:
    synced.repo.commit({"argocd/cm.yaml": SETTINGS})
    return synced


def test_an_action_of_argocd_cm_patches_with_its_parameter(customized: Delivery) -> None:
    _, app = acted(customized, "ConfigMap/settings", "paint", params={"colour": "blue"})

    assert app.outcome is Outcome.SYNCED
    assert customized.get("v1/configmaps/settings")["data"] == {"empty": "ok", "colour": "blue"}


def test_an_action_may_create_beside_what_it_patches(customized: Delivery) -> None:
    _, app = acted(customized, "ConfigMap/settings", "copy")

    assert app.outcome is Outcome.SYNCED
    assert customized.get("v1/configmaps/settings-copy")["data"] == {"empty": "ok"}
    assert customized.get("v1/configmaps/settings")["metadata"]["annotations"]["copied"] == "yes"

    _, again = acted(customized, "ConfigMap/settings", "copy")
    assert again.outcome is Outcome.FAILED
    assert "exists already" in again.failures[0].message


def test_an_action_stays_in_the_applications_namespaces(customized: Delivery) -> None:
    report, app = acted(customized, "ConfigMap/settings", "steal")

    assert app.outcome is Outcome.REFUSED
    assert "not the application's" in app.refusals[0]
    assert exit_code(report) is ExitCode.REFUSED
    assert not customized.plane.api.answers("/api/v1/namespaces/kube-system/configmaps/x")


def test_a_script_that_raises_is_a_sentence_with_its_place(customized: Delivery) -> None:
    report = customized.run(
        Job.ACTIONS, applications=("web",), action=AskedAction("ConfigMap/settings", "break")
    )
    (app,) = report.applications

    assert app.problem is not None
    assert "action break script failed: line 1" in app.problem.message
    assert str(app.problem.place) == "argocd/cm.yaml:6"
    assert exit_code(report) is ExitCode.CONFIG


@pytest.mark.parametrize(
    ("resource", "action", "params", "sentence"),
    [
        ("Deployment/wbe", "restart", {}, "no resource 'Deployment/wbe'"),
        ("Deployment/web", "restrat", {}, "did you mean restart?"),
        ("Deployment/web", "scale", {}, "must be a number of replicas"),
        ("Deployment/web", "scale", {"replicas": "many"}, "not 'many'"),
        ("Deployment/web", "restart", {"force": "1"}, "does not take the parameter force"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    synced: Delivery, resource: str, action: str, params: dict[str, str], sentence: str
) -> None:
    report = synced.run(Job.ACTIONS, applications=("web",), action=AskedAction(resource, action, params))
    (app,) = report.applications

    assert app.problem is not None
    assert sentence in f"{app.problem.message} {app.problem.remedy}"
    assert exit_code(report) is ExitCode.USAGE


def test_an_event_that_may_not_write_may_only_look(synced: Delivery) -> None:
    request = AskedAction("Deployment/web", "restart")

    with pytest.raises(ForbiddenError):
        synced.run(Job.ACTIONS, applications=("web",), action=request, tier=Tier.READ)

    listed = synced.run(Job.ACTIONS, tier=Tier.READ)
    assert only(listed).resources


def test_an_action_names_its_application(synced: Delivery) -> None:
    synced.repo.commit({"apps/other.yaml": synced.app("other", "other"), "other/a.yaml": config_map("a")})

    with pytest.raises(UsageError):
        synced.run(Job.ACTIONS, action=AskedAction("Deployment/web", "restart"))
