"""Applications that render Applications, on a real control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, config_map, deployment
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from syncline.report.model import AppReport, Report

WAVE = "  annotations: {argocd.argoproj.io/sync-wave: '%s'}\n"


def parent(delivery: Delivery, path: str = "children") -> str:
    return delivery.app("root", path).replace(f"namespace: '{delivery.namespace}'", "namespace: argocd")


def by_name(report: Report) -> dict[str, AppReport]:
    return {app.name: app for app in report.applications}


def test_children_follow_their_parent_in_waves_and_only_when_the_earlier_ones_are_healthy(
    delivery: Delivery,
) -> None:
    files = {
        "apps/root.yaml": parent(delivery),
        "children/late.yaml": delivery.app("late", "late", metadata=WAVE % 1),
        "children/early.yaml": delivery.app("early", "early", metadata=WAVE % 0),
        "late/all.yaml": config_map("late"),
        "early/all.yaml": deployment("early", labels={"syncline.test/never-ready": "true"}),
    }
    delivery.repo.commit(files)

    stuck = delivery.sync(timeout=1.5)

    assert [app.name for app in stuck.applications] == ["root", "early", "late"]
    apps = by_name(stuck)
    assert apps["root"].outcome is Outcome.UNCHANGED, "what it renders are children, not objects"
    assert apps["early"].outcome is Outcome.TIMED_OUT
    assert apps["late"].outcome is Outcome.REFUSED
    assert apps["late"].refusals == (
        "It was not started: it is in wave 1, and early (wave 0) did not succeed.",
    )
    assert not delivery.exists("v1/configmaps/late")

    delivery.repo.commit({"early/all.yaml": deployment("early")})
    healed = delivery.sync(applications=("root",))
    assert [app.outcome for app in healed.applications] == [Outcome.UNCHANGED, Outcome.SYNCED, Outcome.SYNCED]
    assert delivery.exists("v1/configmaps/late")


def test_children_that_only_a_template_knows_are_delivered_and_their_going_is_noticed(
    delivery: Delivery,
) -> None:
    child = delivery.app(
        "'{{ .name }}'", "'{{ .name }}'", metadata="  finalizers: [resources-finalizer.argocd.argoproj.io]\n"
    )
    template = "{{- range .Values.children }}\n---\n" + child.replace(".name", ".") + "{{- end }}\n"
    files = {
        "apps/root.yaml": parent(delivery, "chart"),
        "chart/Chart.yaml": "apiVersion: v2\nname: root\nversion: 1.0.0\n",
        "chart/values.yaml": "children: [one, two]\n",
        "chart/templates/children.yaml": template,
        "one/all.yaml": config_map("one"),
        "two/all.yaml": config_map("two"),
    }
    delivery.repo.commit(files)

    report = delivery.sync()

    assert [app.name for app in report.applications] == ["root", "one", "two"]
    assert exit_code(report) is ExitCode.OK
    assert delivery.exists("v1/configmaps/two")
    delivery.repo.commit({"chart/templates/children.yaml": "{{ fail `not today` }}\n"})
    assert exit_code(delivery.sync()) is not ExitCode.OK
    assert delivery.exists("v1/configmaps/two"), "what cannot be rendered is not gone"
    delivery.repo.commit(
        {"chart/templates/children.yaml": template, "chart/values.yaml": "children: [one]\n"}
    )
    delivery.sync()
    assert delivery.exists("v1/configmaps/one")
    assert not delivery.exists("v1/configmaps/two"), "it carried the finalizer"


def test_a_child_is_affected_when_its_parent_renders_it_otherwise(delivery: Delivery) -> None:
    template = delivery.app("one", "{{ .Values.path }}")
    files = {
        "apps/root.yaml": parent(delivery, "chart"),
        "chart/Chart.yaml": "apiVersion: v2\nname: root\nversion: 1.0.0\n",
        "chart/values.yaml": "path: red\n",
        "chart/templates/child.yaml": template,
        "red/all.yaml": config_map("one", colour="red"),
        "blue/all.yaml": config_map("one", colour="blue"),
    }
    delivery.repo.commit(files)
    delivery.sync()
    assert "one" not in by_name(delivery.sync(affected_only=True))
    delivery.repo.commit({"chart/values.yaml": "path: blue\n"})

    assert by_name(delivery.sync(affected_only=True))["one"].outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"colour": "blue"}


def test_a_circle_is_named_and_the_others_go_on(delivery: Delivery) -> None:
    delivery.repo.commit(
        {
            "one/two.yaml": delivery.app("two", "two"),
            "two/one.yaml": delivery.app("one", "one"),
            "apps/other.yaml": delivery.app("other", "other"),
            "other/all.yaml": config_map("fine"),
        }
    )

    apps = by_name(delivery.sync())

    assert apps["other"].outcome is Outcome.SYNCED
    for name in ("one", "two"):
        assert apps[name].outcome is Outcome.REFUSED
        assert "stands in a circle" in apps[name].refusals[0]
        assert ".yaml:1" in apps[name].refusals[0]


@pytest.mark.parametrize("owner", ["first", "second"])
def test_an_object_of_two_applications_stays_with_the_one_that_has_it(delivery: Delivery, owner: str) -> None:
    other = "second" if owner == "first" else "first"
    delivery.repo.commit(
        {f"apps/{owner}.yaml": delivery.app(owner, owner), f"{owner}/all.yaml": config_map("one", of=owner)}
    )
    delivery.sync()
    delivery.repo.commit(
        {f"apps/{other}.yaml": delivery.app(other, other), f"{other}/all.yaml": config_map("one", of=other)}
    )

    apps = by_name(delivery.sync())

    assert apps[owner].outcome is Outcome.UNCHANGED
    assert apps[other].outcome is Outcome.REFUSED
    (said,) = apps[other].refusals
    assert f"{other}/all.yaml:1" in said
    assert f"{owner}/all.yaml:1" in said
    assert delivery.get("v1/configmaps/one")["data"] == {"of": owner}
