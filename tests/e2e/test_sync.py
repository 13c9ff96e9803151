from __future__ import annotations

import pytest

from e2e.delivery import Delivery, actions, config_map, deployment, only
from syncline.core.health import HealthStatus
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, SynclineError
from syncline.jobs.invocation import Permissions
from syncline.report.model import Job
from syncline.report.outcome import exit_code

MIXED = (
    config_map("settings", colour="red")
    + "---\n"
    + deployment("web", replicas=2)
    + "---\n"
    + "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
    + "spec: {selector: {app: web}, ports: [{port: 80}]}\n"
    + "---\n"
    + "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: correct-horse}\n"
)


def test_a_sync_makes_the_cluster_be_what_git_says_and_waits_for_health(delivery: Delivery) -> None:
    sha = delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": MIXED})

    report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.SYNCED
    assert app.health is not None
    assert app.health.status is HealthStatus.HEALTHY
    assert exit_code(report) is ExitCode.OK
    assert delivery.get("v1/configmaps/settings")["data"] == {"colour": "red"}
    assert delivery.get("apps/v1/deployments/web")["status"]["availableReplicas"] == 2
    parent = delivery.get("v1/configmaps/syncline-web")
    assert parent["metadata"]["annotations"]["applyset.kubernetes.io/contains-group-kinds"] == (
        "ConfigMap,Deployment.apps,Secret,Service"
    )
    assert (
        delivery.get("v1/services/web")["metadata"]["labels"]["applyset.kubernetes.io/part-of"]
        == (parent["metadata"]["labels"]["applyset.kubernetes.io/id"])
    )
    assert app.revision == sha


def test_the_second_sync_of_a_revision_only_reads(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": MIXED})
    delivery.sync()

    mark = delivery.plane.mark()
    again = delivery.sync()

    sent = delivery.plane.requests_since(mark)
    assert [request for request in sent if not request.is_read] == []
    assert sent, "the cluster was asked"
    assert only(again).outcome is Outcome.UNCHANGED


def test_a_revision_that_changes_no_object_costs_one_write_the_inventorys(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": MIXED})
    delivery.sync()
    sha = delivery.repo.commit({"README.md": "nothing to deploy"})

    mark = delivery.plane.mark()
    delivery.sync()

    writes = [request for request in delivery.plane.requests_since(mark) if not request.is_read]
    assert [(request.verb, "syncline-web" in request.uri) for request in writes] == [("patch", True)]
    assert only(delivery.run_status()).base == sha


def test_what_git_lost_is_kept_without_permission_and_pruned_with_it(delivery: Delivery) -> None:
    many = {f"web/c{n}.yaml": config_map(f"c{n}", n=str(n)) for n in range(6)}
    delivery.repo.commit({"apps/web.yaml": delivery.app(policy="{}"), **many})
    delivery.sync()
    delivery.repo.commit({"web/c5.yaml": None})

    kept = only(delivery.sync())
    assert actions(kept) == {"ConfigMap c5": Action.KEEP}
    assert delivery.exists("v1/configmaps/c5")

    pruned = only(delivery.sync(permissions=Permissions(prune=True)))
    assert actions(pruned) == {"ConfigMap c5": Action.PRUNE}
    assert not delivery.exists("v1/configmaps/c5")
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


def test_a_plan_beyond_the_prune_limit_is_refused_whole(delivery: Delivery) -> None:
    many = {f"web/c{n}.yaml": config_map(f"c{n}", n=str(n)) for n in range(6)}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **many})
    delivery.sync()
    delivery.repo.commit(
        {"web/c5.yaml": None, "web/c4.yaml": None, "web/c3.yaml": None, "web/new.yaml": config_map("new")}
    )

    report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.REFUSED
    assert "3 objects would be pruned and the limit is 2" in app.refusals[0]
    first = f"ConfigMap {delivery.namespace}/c3"
    assert f"--approve '{first}'" in app.refusals[0]
    asked = delivery.sync(permissions=Permissions(approved=frozenset({first, "ConfigMap/c4"})), dry_run=True)
    hint = f"did you mean ConfigMap {delivery.namespace}/c4?"
    assert [note.text for note in asked.notes] == [
        f"The approval of 'ConfigMap/c4' names no object of the plan; {hint}"
    ]
    assert exit_code(report) is ExitCode.REFUSED
    assert delivery.exists("v1/configmaps/c5")
    assert not delivery.exists("v1/configmaps/new"), "a refused plan does nothing at all"


def test_rendering_to_nothing_deletes_nothing(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")})
    delivery.sync()
    delivery.repo.commit({"web/all.yaml": "# all gone\n"})

    app = only(delivery.sync())

    assert app.outcome is Outcome.REFUSED
    assert "renders to no objects at all" in app.refusals[0]
    assert delivery.exists("v1/configmaps/one")


CASCADING = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"
KEPT = "  annotations: {argocd.argoproj.io/sync-options: 'Prune=false'}\n"


@pytest.mark.parametrize(
    ("carried", "stays"),
    [("", True), (CASCADING, False), (CASCADING + KEPT, True)],
    ids=["without the finalizer", "with it", "with it, and not to be pruned"],
)
def test_an_application_file_that_vanished(delivery: Delivery, carried: str, stays: bool) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(metadata=carried), "web/all.yaml": config_map("one")})
    delivery.repo.commit(
        {"apps/other.yaml": delivery.app("other", "other"), "other/all.yaml": config_map("two")}
    )
    delivery.sync()
    delivery.repo.commit({"apps/web.yaml": None})

    report = delivery.sync()

    assert delivery.exists("v1/configmaps/one") == stays
    assert delivery.exists("v1/configmaps/two")
    said = [note.text for note in report.notes if "gone from Git" in note.text]
    assert bool(said) == stays


def test_an_application_that_asks_to_be_left_alone_is(delivery: Delivery) -> None:
    alone = "  annotations: {argocd.argoproj.io/skip-reconcile: 'true'}\n"
    policy = "{automated: {selfHeal: true}}"
    files = {"apps/web.yaml": delivery.app(policy=policy), "apps/other.yaml": delivery.app("other", "other")}
    delivery.repo.commit({**files, "web/all.yaml": config_map("one"), "other/all.yaml": config_map("two")})
    delivery.sync()
    delivery.patch("v1/configmaps/one", {"data": {"empty": "changed"}})
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(policy=policy, metadata=alone),
            "web/all.yaml": config_map("one", a="2"),
        }
    )

    for report in (delivery.sync(), delivery.run(Job.DRIFT)):
        assert [app.name for app in report.applications] == ["other"]
        assert exit_code(report) is ExitCode.OK
        assert [note.text for note in report.notes] == [
            'web is left alone, because it has the annotation argocd.argoproj.io/skip-reconcile: "true".'
        ]
    for named in (
        delivery.sync(applications=("web",)),
        delivery.run(Job.ROLLBACK, applications=("web",), head="HEAD"),
    ):
        assert exit_code(named) is ExitCode.REFUSED
        assert "skip-reconcile" in only(named).refusals[0]
    healed = only(delivery.run(Job.DRIFT, applications=("web",)))
    assert healed.outcome is None
    assert delivery.get("v1/configmaps/one")["data"] == {"empty": "changed"}


def test_the_destination_namespace_is_made_on_request_and_its_absence_refused(delivery: Delivery) -> None:
    there = f"{delivery.namespace}-made"
    files = {"web/all.yaml": config_map("one")}
    missing = delivery.app().replace(f"'{delivery.namespace}'", f"'{there}'")
    delivery.repo.commit({"apps/web.yaml": missing, **files})
    refused = only(delivery.sync())
    assert refused.outcome is Outcome.REFUSED
    assert "CreateNamespace=true" in refused.refusals[0]

    delivery.repo.commit(
        {
            "apps/web.yaml": missing.replace(
                "prune: true}", "prune: true}, syncOptions: [CreateNamespace=true]"
            )
        }
    )
    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    assert actions(app) == {f"Namespace {there}": Action.CREATE, "ConfigMap one": Action.CREATE}
    delivery.plane.delete_namespace(there)


def test_a_definition_is_established_before_its_resources(delivery: Delivery) -> None:
    group = f"{delivery.namespace}.syncline.test"
    crd = f"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {{name: widgets.{group}}}
        spec:
          group: {group}
          scope: Namespaced
          names: {{plural: widgets, singular: widget, kind: Widget}}
          versions:
            - name: v1
              served: true
              storage: true
              schema:
                openAPIV3Schema:
                  type: object
                  properties:
                    spec:
                      type: object
                      properties:
                        size: {{type: integer, default: 3}}
                        parts:
                          type: array
                          items:
                            type: object
                            properties: {{name: {{type: string}}, enabled: {{type: boolean, default: true}}}}
    """
    widget = f"""
        apiVersion: {group}/v1
        kind: Widget
        metadata: {{name: small}}
        spec: {{parts: [{{name: a}}]}}
    """
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/a.yaml": widget, "web/z.yaml": crd})

    first = only(delivery.sync())
    mark = delivery.plane.mark()
    second = only(delivery.sync())

    assert first.outcome is Outcome.SYNCED
    assert delivery.get(f"{group}/v1/widgets/small")["spec"] == {
        "size": 3,
        "parts": [{"name": "a", "enabled": True}],
    }
    assert second.outcome is Outcome.UNCHANGED
    assert [request for request in delivery.plane.requests_since(mark) if not request.is_read] == []
    delivery.plane.api("DELETE", f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.{group}")


def test_an_object_that_the_server_rejects_fails_the_sync_and_the_next_run_makes_it_good(
    delivery: Delivery,
) -> None:
    bad = deployment("web").replace("replicas: 1", "replicas: 1\n  nonsense: 3")
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/d.yaml": bad, "web/c.yaml": config_map("fine")}
    )

    report = delivery.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert "spec.nonsense" in app.failures[0].message
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert delivery.exists("v1/configmaps/fine"), "the other kinds of the wave are applied"

    delivery.repo.commit({"web/d.yaml": deployment("web")})
    healed = only(delivery.sync(affected_only=True))
    assert healed.outcome is Outcome.SYNCED


def test_a_rollout_that_never_gets_ready_is_reported_at_the_deadline(delivery: Delivery) -> None:
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/d.yaml": stuck})

    report = delivery.sync(timeout=1.5)

    app = only(report)
    assert app.outcome is Outcome.TIMED_OUT
    assert exit_code(report) is ExitCode.UNHEALTHY
    assert "Deployment.apps" in app.failures[0].message
    assert "0 of 1 updated replicas are available" in app.failures[0].message


def test_a_failing_wave_withholds_the_later_ones(delivery: Delivery) -> None:
    wave = 'annotations: {"argocd.argoproj.io/sync-wave": "%s"}'
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    late = config_map("late").replace("name: late", f"name: late\n  {wave % 1}")
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/d.yaml": stuck, "web/late.yaml": late})

    app = only(delivery.sync(timeout=1.5))

    assert app.outcome is Outcome.TIMED_OUT
    assert not delivery.exists("v1/configmaps/late")


def test_only_what_changed_since_its_own_last_sync_is_synced(delivery: Delivery) -> None:
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one", a="1"),
            "apps/other.yaml": delivery.app("other", "other"),
            "other/all.yaml": config_map("two", a="1"),
        }
    )
    delivery.sync()
    # Two commits, of which the first is never synced on its own: a push event would only name the second.
    delivery.repo.commit({"web/all.yaml": config_map("one", a="2")})
    delivery.repo.commit({"README.md": "more words"})

    report = delivery.sync(affected_only=True)

    assert [app.name for app in report.applications] == ["web"]
    assert report.unaffected == ("other",)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "2"}


def test_one_broken_application_does_not_stop_the_others(delivery: Delivery) -> None:
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one"),
            "apps/broken.yaml": delivery.app("broken", "broken"),
            "broken/all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: tabs\n",
            "apps/wrong.yaml": delivery.app("wrong", "7"),
        }
    )

    report = delivery.sync()

    by_name = {app.name: app for app in report.applications}
    assert by_name["web"].outcome is Outcome.SYNCED
    broken, wrong = by_name["broken"].problem, by_name["wrong"].problem
    assert broken is not None
    assert str(broken.place) == "broken/all.yaml:4"
    assert "tab" in broken.message.lower()
    assert wrong is not None
    assert exit_code(report) in {ExitCode.RENDER, ExitCode.CONFIG}


def test_objects_of_another_application_are_not_taken(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("shared", of="web")})
    delivery.sync()
    delivery.repo.commit(
        {
            "apps/other.yaml": delivery.app("other", "other"),
            "other/all.yaml": config_map("shared", of="other"),
        }
    )

    report = delivery.sync(applications=("other",))

    app = only(report)
    assert app.outcome is Outcome.REFUSED
    assert "another ApplySet" in app.refusals[0]
    assert delivery.get("v1/configmaps/shared")["data"] == {"of": "web"}


def test_an_unknown_name_is_an_error_with_a_hint(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")})

    with pytest.raises(SynclineError, match=r"There is no Application 'wep'.*Did you mean 'web'\?"):
        delivery.sync(applications=("wep",))


def test_a_change_of_how_programs_are_called_is_a_reason_to_sync(delivery: Delivery) -> None:
    settings = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\n"
        "data: {kustomize.buildOptions: --load-restrictor LoadRestrictionsNone}\n"
    )
    files = {
        "apps/web.yaml": delivery.app(),
        "web/kustomization.yaml": "resources: [../shared.yaml]\n",
        "shared.yaml": config_map("one"),
    }
    delivery.repo.commit({**files, "argocd/cm.yaml": settings})
    assert only(delivery.sync(affected_only=True)).outcome is Outcome.SYNCED
    delivery.repo.commit({"README.md": "nothing of it"})
    assert delivery.sync(affected_only=True).unaffected == ("web",)
    delivery.repo.commit(
        {"argocd/cm.yaml": settings.replace("LoadRestrictionsNone", "LoadRestrictionsRootOnly")}
    )

    (app,) = delivery.sync(affected_only=True).applications

    assert app.problem is not None
    assert "security; file 'shared.yaml' is not in or below 'web'" in app.problem.message
