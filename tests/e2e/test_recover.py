"""A cluster that is lost comes back from Git, and a drill shows beforehand that it would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map, deployment
from ghloop.faults import not_accessible
from ghloop.server import GitHub, running
from plane.between import Between, Refuse
from syncline.core.trust import Tier
from syncline.core.verdict import Outcome
from syncline.errors import ConfigError, ExitCode, ForbiddenError, UsageError
from syncline.github.client import Api
from syncline.github.statuses import Statuses
from syncline.jobs.invocation import AskedRecovery
from syncline.report.fit import fit
from syncline.report.model import Job
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ghloop.contract import Contract
    from plane.control_plane import ControlPlane
    from syncline.report.model import Report

CONTEXT = "throw-away"


@pytest.fixture
def estate(delivery: Delivery) -> Delivery:
    """Three applications that need each other against their waves and names.

    aaa uses the kind that mid defines, in the namespace that zzz makes; its wave says first.
    """
    group, home = f"{delivery.namespace}.test", f"{delivery.namespace}-home"
    crd = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        f"metadata: {{name: gadgets.{group}}}\n"
        "spec:\n"
        f"  group: {group}\n"
        "  scope: Namespaced\n"
        "  names: {kind: Gadget, plural: gadgets, singular: gadget, listKind: GadgetList}\n"
        "  versions:\n"
        "    - name: v1\n      served: true\n      storage: true\n"
        "      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}\n"
    )
    place = f"metadata: {{name: one, namespace: {home}}}"
    gadget = f"apiVersion: {group}/v1\nkind: Gadget\n{place}\nspec: {{size: 1}}\n"
    create = "{automated: {prune: true}, syncOptions: [CreateNamespace=true]}"
    delivery.repo.commit(
        {
            "apps/aaa.yaml": delivery.app("aaa", "aaa", policy=create),
            "apps/mid.yaml": delivery.app("mid", "mid", policy=create),
            "apps/zzz.yaml": delivery.app("zzz", "zzz", policy=create),
            "aaa/gadget.yaml": gadget,
            "aaa/web.yaml": deployment("web"),
            "mid/crd.yaml": crd,
            "zzz/home.yaml": f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {home}}}\n",
            "zzz/settings.yaml": config_map("settings", colour="blue"),
        }
    )
    return delivery


def recover(delivery: Delivery, plane: ControlPlane, **asked: Any) -> Report:
    """As on the day: another cluster answers in the place of the lost one."""
    return Delivery(delivery.repo, plane, delivery.namespace).run(Job.RECOVER, **asked)


def drill(delivery: Delivery, other: ControlPlane, tmp_path: Path, **asked: Any) -> Report:
    """With a kubeconfig of both clusters, whose current context is the real one."""
    config = json.loads(delivery.plane.kubeconfig("admin").read_text())
    second = json.loads(other.kubeconfig("admin").read_text())
    config["clusters"].append({**second["clusters"][0], "name": CONTEXT})
    config["users"].append({**second["users"][0], "name": CONTEXT})
    config["contexts"].append({"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}})
    file = tmp_path / "both.kubeconfig"
    file.write_text(json.dumps(config))
    recovery = asked.pop("recovery", AskedRecovery(context=CONTEXT))
    return delivery.run(Job.DRILL, kubeconfig=str(file), recovery=recovery, **asked)


def names(report: Report) -> list[str]:
    return [app.name for app in report.applications]


def notes(report: Report) -> str:
    texts = [note.text for app in report.applications for note in app.notes]
    return "\n".join([*texts, *(note.text for note in report.notes)])


def test_a_lost_cluster_comes_back_at_the_recorded_revisions_in_the_order_of_needs(
    estate: Delivery, second_plane: ControlPlane, tmp_path: Path
) -> None:
    assert recover(estate, estate.plane).applications[-1].outcome is Outcome.SYNCED
    good = estate.repo.git("rev-parse", "HEAD")
    record = tmp_path / "record.json"
    command = [
        sys.executable,
        "-c",
        "from syncline.cli import main; main()",
        "recover",
        "--export",
        str(record),
    ]
    environ = {**os.environ, "KUBECONFIG": str(estate.plane.kubeconfig("admin"))}
    subprocess.run([*command, "-C", str(estate.repo.root)], env=environ, check=True, capture_output=True)
    # A newer commit, which nobody has found good.
    estate.repo.commit({"zzz/settings.yaml": config_map("settings", colour="red")})
    asked = AskedRecovery(record.read_text(), "record.json")

    plan = recover(estate, second_plane, recovery=asked, dry_run=True)
    path = f"/api/v1/namespaces/{estate.namespace}/configmaps/settings"
    assert all(app.outcome is None for app in plan.applications)
    assert not second_plane.api.answers(path)
    report = recover(estate, second_plane, recovery=asked)

    assert names(report) == ["mid", "zzz", "aaa"]
    assert exit_code(report) is ExitCode.OK, report
    assert {app.revision for app in report.applications} == {good}
    assert second_plane.api("GET", path)["data"] == {"colour": "blue"}
    assert notes(report).count("Proven:") == 3
    assert "the last good one in record.json" in notes(report)
    assert "Recovery time:" in notes(report)
    again = recover(estate, second_plane)
    assert {app.outcome for app in again.applications} == {Outcome.UNCHANGED}
    assert "the cluster's own history" in notes(again)
    second_plane.delete_namespace(estate.namespace)
    second_plane.delete_namespace(f"{estate.namespace}-home")


def test_a_drill_rebuilds_elsewhere_says_what_git_lacks_and_cleans_up(
    estate: Delivery, second_plane: ControlPlane, tmp_path: Path
) -> None:
    # Without pods: a namespace that finds some waits for half of their grace before it looks again.
    needy = deployment("needy", replicas=0)
    missing = needy.replace("name: main,", "name: main, envFrom: [{secretRef: {name: db}}],")
    estate.repo.commit({"zzz/needy.yaml": missing})

    report = drill(estate, second_plane, tmp_path)

    assert names(report) == ["mid", "zzz", "aaa"]
    assert [app.outcome for app in report.applications] == [Outcome.SYNCED] * 3
    said = {app.name: [failure.message for failure in app.failures] for app in report.applications}
    assert said["mid"] == said["aaa"] == []
    assert len(said["zzz"]) == 1
    assert f"Secret {estate.namespace}/db is missing" in said["zzz"][0]
    assert exit_code(report) is ExitCode.UNHEALTHY
    assert "No good revision is on record" in notes(report)
    assert f"{CONTEXT} was cleaned up" in notes(report)
    assert report.problems == ()
    assert not second_plane.api.answers(f"/api/v1/namespaces/{estate.namespace}")
    assert not second_plane.api.answers(f"/api/v1/namespaces/{estate.namespace}-home")
    crds = second_plane.api("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"]
    assert not [crd for crd in crds if estate.namespace in crd["metadata"]["name"]]
    assert "is missing" in "\n".join(fit(report))
    # The real cluster was not touched: it has the test's namespace and nothing in it.
    assert not estate.exists("v1/configmaps/settings")


def test_a_drill_is_refused_where_it_could_do_harm(
    estate: Delivery, second_plane: ControlPlane, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is the current context; no drill is held there"):
        drill(estate, second_plane, tmp_path, recovery=AskedRecovery(context="admin"))
    with pytest.raises(ForbiddenError):
        drill(estate, second_plane, tmp_path, tier=Tier.READ)
    second_plane.create_namespace(estate.namespace)
    body = {"metadata": {"name": "settings"}, "data": {"mine": "yes"}}
    path = f"/api/v1/namespaces/{estate.namespace}/configmaps"
    second_plane.api("POST", path, body)
    with pytest.raises(ConfigError, match=f"not empty: it holds .*ConfigMap {estate.namespace}/settings"):
        drill(estate, second_plane, tmp_path)
    assert second_plane.api("GET", f"{path}/settings")["data"] == {"mine": "yes"}
    assert len(second_plane.api("GET", path)["items"]) <= 2  # this and the cluster's own CA
    second_plane.delete_namespace(estate.namespace)


def test_children_come_after_their_parent_and_a_drill_leaves_no_hook_behind(
    delivery: Delivery, second_plane: ControlPlane, tmp_path: Path
) -> None:
    early = "  annotations: {argocd.argoproj.io/sync-wave: '-1'}\n"
    hook = config_map("before").replace(
        "  name: before\n", "  name: before\n  annotations: {argocd.argoproj.io/hook: PreSync}\n"
    )
    delivery.repo.commit(
        {
            "apps/zzz.yaml": delivery.app("zzz", "family"),
            "family/one.yaml": delivery.app("one", "one"),
            "family/two.yaml": delivery.app("two", "two", metadata=early),
            "one/settings.yaml": config_map("one"),
            "one/hook.yaml": hook,
            "two/settings.yaml": config_map("two"),
        }
    )
    # Somebody else's namespace: it stays, so what is in it has to be taken out by name.
    second_plane.create_namespace(delivery.namespace)

    kept = drill(
        delivery, second_plane, tmp_path, recovery=AskedRecovery(context=CONTEXT, keep=True), dry_run=True
    )
    assert names(kept) == ["zzz", "two", "one"]
    report = drill(delivery, second_plane, tmp_path)

    assert names(report) == ["zzz", "two", "one"]
    assert exit_code(report) is ExitCode.OK, report
    assert notes(report).count("Proven:") == 3
    assert "it has nothing but Argo CD's definitions" in notes(report)
    assert [hook.change.key.name for app in report.applications for hook in app.hooks] == ["before"]
    left = second_plane.api("GET", f"/api/v1/namespaces/{delivery.namespace}/configmaps")["items"]
    assert {body["metadata"]["name"] for body in left} <= {"kube-root-ca.crt"}
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{delivery.namespace}/leases"
    assert second_plane.api("GET", leases)["items"] == []
    second_plane.delete_namespace(delivery.namespace)


def test_a_drill_may_show_its_plan_keep_what_it_built_and_choose_a_cluster(
    delivery: Delivery, second_plane: ControlPlane, tmp_path: Path
) -> None:
    away = delivery.app("far", "far").replace("server: 'https://kubernetes.default.svc'", "name: edge")
    edge = {"server": "https://edge.example.com", "tokenEnv": "EDGE_TOKEN"}
    delivery.environ["EDGE_TOKEN"] = "t"
    delivery.repo.commit(
        {
            "syncline.yaml": json.dumps({"clusters": {"edge": edge}}),
            "apps/web.yaml": delivery.app(policy="{syncOptions: [CreateNamespace=true]}"),
            "web/all.yaml": config_map("one"),
            "apps/far.yaml": away,
            "far/all.yaml": config_map("two"),
        }
    )
    path = f"/api/v1/namespaces/{delivery.namespace}"
    with pytest.raises(UsageError, match="these applications are for default, edge") as caught:
        drill(delivery, second_plane, tmp_path)
    assert "--cluster" in caught.value.remedy
    with pytest.raises(UsageError, match="No Application is for the cluster 'wrong'"):
        drill(delivery, second_plane, tmp_path, recovery=AskedRecovery(context=CONTEXT, cluster="wrong"))

    chosen = AskedRecovery(context=CONTEXT, cluster="default", keep=True)
    plan = drill(delivery, second_plane, tmp_path, recovery=chosen, dry_run=True)
    assert names(plan) == ["web"]
    assert plan.applications[0].outcome is None
    assert len(plan.applications[0].changes) == 2
    assert not second_plane.api.answers(path), "a plan builds nothing"
    report = drill(delivery, second_plane, tmp_path, recovery=chosen)

    assert names(report) == ["web"]
    assert exit_code(report) is ExitCode.OK, report
    assert second_plane.api.answers(f"{path}/configmaps/one"), "it is kept"
    assert "was cleaned up" not in notes(report)
    with pytest.raises(ConfigError, match="is not empty"):
        drill(delivery, second_plane, tmp_path, recovery=chosen)
    second_plane.delete_namespace(delivery.namespace)


def test_a_secret_that_may_not_be_read_is_neither_missing_nor_there(
    delivery: Delivery, hand: Between, tmp_path: Path
) -> None:
    needy = deployment("web").replace("name: main,", "name: main, envFrom: [{secretRef: {name: db}}],")
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": needy})
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    words = 'secrets "db" is forbidden: User "it" cannot get resource "secrets" in API group ""'
    refusal = Refuse(403, "Forbidden", words)
    hand.rule = lambda passing: refusal if "/secrets" in passing.target else None

    report = delivery.run(Job.RECOVER)

    (app,) = report.applications
    assert app.failures == ()
    assert f"Whether Secret {delivery.namespace}/db is there, which Deployment web needs" in notes(report)
    assert 'User "it" cannot get resource "secrets"' in notes(report)
    assert exit_code(report) is ExitCode.OK


@pytest.fixture
def hub(contract: Contract, delivery: Delivery) -> Iterator[GitHub]:
    """The GitHub that the delivery's repository is on."""
    with running(f"acme/{delivery.namespace}", contract=contract) as served:
        delivery.environ |= {"GITHUB_TOKEN": served.token, "GITHUB_API_URL": served.url}
        yield served
        assert served.violations == []


def test_without_a_record_the_statuses_of_commits_tell_what_was_good(delivery: Delivery, hub: GitHub) -> None:
    apps = {f"apps/{name}.yaml": delivery.app(name, name) for name in ("one", "two", "six")}
    maps = {f"{name}/all.yaml": config_map(name, at="0") for name in ("one", "two", "six")}
    shas = [delivery.repo.commit({**apps, **maps})]
    for number in range(1, 5):
        files = {f"{name}/all.yaml": config_map(name, at=str(number)) for name in ("one", "two", "six")}
        shas.append(delivery.repo.commit(files))
    done, unchanged = "Synced · 1 updated · Healthy", "Already in sync · Healthy"
    said = [
        (0, "syncline/sync/one", "success", done),
        (1, "syncline/sync/one", "failure", "Failed"),
        (1, "syncline/sync/one", "success", unchanged),
        (2, "syncline/sync/one", "success", done),
        (2, "syncline/sync/one", "failure", "Unhealthy"),
        (2, "syncline/sync/two", "success", done),
        (3, "syncline/sync/one", "pending", "Running"),
        (3, "syncline/sync/two", "success", "Synced in part · 1 updated"),
        (3, "syncline/rollback/one", "success", done),
        (3, "other/sync/one", "success", done),
        (3, "syncline/sync", "success", done),
        (4, "syncline/sync/two", "success", "No difference"),
    ]
    api = Api(hub.token, hub.url)
    for number, context, state, line in said:
        Statuses(api, f"acme/{delivery.namespace}", shas[number]).set(context, state, line)
    api.close()
    asked = len(hub.requests)

    report = delivery.run(Job.RECOVER)

    found = {app.name: app for app in report.applications}
    assert found["one"].revision == shas[1], "its newest success, whatever others say"
    assert found["two"].revision == shas[2]
    assert found["six"].revision == shas[4], "nobody says anything of it, so the head was taken"
    assert delivery.get("v1/configmaps/one")["data"] == {"at": "1"}
    assert "whose status on GitHub says that it was synced" in notes(report)
    assert notes(report).count("No good revision is on record, so the head was taken") == 1
    assert exit_code(report) is ExitCode.OK
    assert len(hub.requests) - asked == 5, "each commit is asked about once"
    # From now on the cluster itself knows.
    delivery.run(Job.RECOVER)
    assert len(hub.requests) - asked == 5


def test_a_github_that_does_not_tell_is_named_and_the_head_is_taken(delivery: Delivery, hub: GitHub) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")})
    hub.fault(not_accessible(), path="/status", times=9)

    report = delivery.run(Job.RECOVER)

    assert "No good revision is on record (the statuses of its commits could not be read: " in notes(report)
    assert "403" in notes(report)
    assert exit_code(report) is ExitCode.OK
