"""Applications that render Applications, on a real control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from e2e.delivery import Delivery, actions, config_map, deployment
from syncline.core.applyset import Owner, decode, encode
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import Permissions
from syncline.report.model import Job
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from syncline.report.model import AppReport, Report

WAVE = "  annotations: {argocd.argoproj.io/sync-wave: '%s'}\n"


FINALIZER = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"


def parent(delivery: Delivery, path: str = "children", **spec: str) -> str:
    return delivery.app("root", path, **spec).replace(
        f"namespace: '{delivery.namespace}'", "namespace: argocd"
    )


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

    stuck = delivery.sync(timeout=0.6)

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
    child = delivery.app("'{{ .name }}'", "'{{ .name }}'", metadata=FINALIZER)
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


def chart(delivery: Delivery, *names: str, root: str, metadata: str = FINALIZER) -> dict[str, str | None]:
    """A parent that renders these, with an object each."""
    child = delivery.app("'{{ . }}'", "'{{ . }}'", metadata=metadata)
    return {
        "apps/root.yaml": root,
        "chart/Chart.yaml": "apiVersion: v2\nname: root\nversion: 1.0.0\n",
        "chart/values.yaml": f"children: [{', '.join(names)}]\n",
        "chart/templates/children.yaml": "{{- range .Values.children }}\n---\n" + child + "{{- end }}\n",
        **{f"{name}/all.yaml": config_map(name) for name in names},
    }


def test_a_child_stays_until_its_parent_may_prune_and_then_goes_by_its_own_finalizer(
    delivery: Delivery,
) -> None:
    root = parent(delivery, "chart", policy="{}")
    base = delivery.repo.commit(chart(delivery, "one", "two", root=root))
    delivery.sync()
    head = delivery.repo.commit({"chart/values.yaml": "children: [one]\n"})
    why = "its parent root prunes nothing; allow it with automated.prune there, or --prune"

    shown = by_name(delivery.run(Job.DIFF, base=base, head=head))["two"]
    again = [delivery.sync(affected_only=True) for _ in range(2)]
    allowed = delivery.run(Job.DIFF, base=base, head=head, permissions=Permissions(prune=True))

    assert shown.affected_by == "its parent no longer renders it"
    assert [(change.action, change.why) for change in shown.changes] == [(Action.KEEP, why)]
    assert [note.text for note in shown.notes] == [
        f"The Application is removed; its one object is left in the cluster, because {why}."
    ]
    for report in again:
        two = by_name(report)["two"]
        assert (two.outcome, [(change.action, change.why) for change in two.changes]) == (
            Outcome.UNCHANGED,
            [(Action.KEEP, why)],
        )
        assert exit_code(report) is ExitCode.OK
    assert delivery.exists("v1/configmaps/two"), "nobody may prune it"
    assert actions(by_name(allowed)["two"]) == {"ConfigMap two": Action.PRUNE}

    gone = by_name(delivery.sync(applications=("root",), permissions=Permissions(prune=True)))

    assert actions(gone["two"]) == {"ConfigMap two": Action.PRUNE}
    assert not delivery.exists("v1/configmaps/two")
    assert delivery.exists("v1/configmaps/one")
    assert "two" not in by_name(delivery.sync())
    later = delivery.repo.commit({"chart/values.yaml": "children: [one, two]\n"})
    back = by_name(delivery.run(Job.DIFF, base=head, head=later))["two"]
    assert (back.affected_by, actions(back)) == (
        "its parent renders it",
        {"ConfigMap two": Action.CREATE},
    )


def test_a_sync_that_names_another_application_takes_no_child_away(delivery: Delivery) -> None:
    files = chart(delivery, "one", "two", root=parent(delivery, "chart"))
    delivery.repo.commit(
        {**files, "apps/other.yaml": delivery.app("other", "other"), "other/all.yaml": config_map("other")}
    )
    delivery.sync()
    delivery.repo.commit({"chart/values.yaml": "children: []\n"})

    for name in ("other", "root"):
        assert delivery.exists("v1/configmaps/one")
        report = delivery.sync(applications=(name,))
        assert sorted(by_name(report)) == sorted({"other": ["other"], "root": ["root", "one", "two"]}[name])

    assert not delivery.exists("v1/configmaps/one"), "root, which has nothing else, had rendered it"
    assert not delivery.exists("v1/configmaps/two")


@pytest.mark.parametrize(
    ("policy", "metadata", "goes"),
    [
        pytest.param("{automated: {prune: true}}", FINALIZER, True, id="it prunes"),
        pytest.param("{}", FINALIZER, False, id="it prunes nothing"),
        pytest.param("{automated: {prune: true}}", "", False, id="the child has no finalizer"),
    ],
)
def test_a_parent_with_objects_of_its_own_and_no_child_any_more_is_named_and_its_children_are_looked_for(
    delivery: Delivery, policy: str, metadata: str, *, goes: bool
) -> None:
    files = chart(
        delivery, "one", "two", root=delivery.app("root", "chart", policy=policy), metadata=metadata
    )
    own = {"chart/templates/own.yaml": config_map("own")}
    # A stranger's child goes at the same commit, and whoever names root says nothing of it.
    aside = delivery.app("aside", "aside", policy=policy)
    other = delivery.app("other", "other", metadata=metadata)
    more = {"apps/aside.yaml": aside, "aside/other.yaml": other, "other/all.yaml": config_map("other")}
    delivery.repo.commit({**files, **own, **more})
    assert exit_code(delivery.sync()) is ExitCode.OK
    gone = {"chart/values.yaml": "children: []\n", "aside/other.yaml": config_map("kept")}
    delivery.repo.commit(gone)

    reports = [delivery.sync(applications=("root",)) for _ in range(2)]

    found = [sorted(by_name(report)) for report in reports]
    assert (
        found
        == {
            True: [["one", "root", "two"], ["root"]],
            False: [["one", "root", "two"] if metadata else ["root"]] * 2,
        }[goes]
    )
    assert exit_code(reports[0]) is ExitCode.OK
    assert [delivery.exists(f"v1/configmaps/{name}") for name in ("one", "two")] == [not goes] * 2
    assert delivery.exists("v1/configmaps/other")
    assert delivery.exists("v1/configmaps/own")
    if not goes and metadata:
        for name in ("one", "two"):
            assert actions(by_name(reports[0])[name]) == {f"ConfigMap {name}": Action.KEEP}
    if not metadata:
        said = [note.text for note in reports[0].notes]
        assert [f"The Application {name} is gone" in "\n".join(said) for name in ("one", "two", "other")] == [
            True,
            True,
            False,
        ]


@pytest.mark.parametrize(
    ("above", "own", "goes"),
    [
        pytest.param(FINALIZER, FINALIZER, True, id="both carry the finalizer"),
        pytest.param("", FINALIZER, False, id="the parent does not"),
        pytest.param(FINALIZER, "", False, id="the child does not"),
    ],
)
def test_the_children_of_a_parent_that_is_gone_go_where_deleting_it_would_have_deleted_them(
    delivery: Delivery, above: str, own: str, *, goes: bool
) -> None:
    root = parent(delivery, "chart", policy="{}", metadata=above)
    delivery.repo.commit(chart(delivery, "one", root=root, metadata=own))
    delivery.sync()
    delivery.repo.commit({"apps/root.yaml": None})

    report = delivery.sync(affected_only=True)

    assert delivery.exists("v1/configmaps/one") is not goes
    assert exit_code(report) is ExitCode.OK
    if own and not goes:
        (said,) = (note.text for note in report.notes)
        assert said.startswith("The Application one is gone from Git; its 1 object stays: its parent root")
        assert "one" not in by_name(report)


def test_who_has_a_child_is_remembered_as_of_its_parents_last_change(delivery: Delivery) -> None:
    files = chart(delivery, "one", root=parent(delivery, "chart", policy="{}", metadata=FINALIZER))
    delivery.repo.commit(files)
    delivery.sync()
    assert "one" not in by_name(delivery.sync(affected_only=True))
    delivery.repo.commit({"apps/root.yaml": parent(delivery, "chart", policy="{}")})
    assert by_name(delivery.sync(affected_only=True))["one"].outcome is Outcome.UNCHANGED
    delivery.repo.commit({"apps/root.yaml": None})

    delivery.sync(affected_only=True)

    assert delivery.exists("v1/configmaps/one"), "its parent carried the finalizer once, and no longer"


def test_a_record_that_does_not_say_who_had_a_child_is_completed_from_git(delivery: Delivery) -> None:
    delivery.repo.commit(chart(delivery, "one", "two", root=parent(delivery, "chart", policy="{}")))
    delivery.sync()
    record = delivery.get("v1/configmaps/syncline-one")
    owner = Owner("one", delivery.namespace, "syncline-one")
    older = encode(replace(decode(record), ancestors=None), owner, "0.1.0")
    delivery.patch("v1/configmaps/syncline-one", {"binaryData": older["binaryData"]})
    delivery.repo.commit({"chart/values.yaml": "children: [two]\n"})

    (change,) = by_name(delivery.sync())["one"].changes

    assert change.action is Action.KEEP
    assert change.why.startswith("its parent root prunes nothing")


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
