"""Drift: who did it, whether it is healed, and when that is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.delivery import Delivery, actions, config_map, deployment, only
from syncline.core.applyset import decode
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import Permissions
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.markdown import document
from syncline.report.model import Job
from syncline.report.outcome import exit_code
from syncline.report.terminal import terminal

if TYPE_CHECKING:
    from syncline.report.model import Report

HEALING = "{automated: {prune: true, selfHeal: true}}"


def config_changed_by(delivery: Delivery, manager: str, name: str, **data: str | None) -> None:
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps/{name}?fieldManager={manager}"
    delivery.plane.api("PATCH", path, {"data": data})


def pages(report: Report) -> dict[str, str]:
    return {
        "terminal": terminal(report, colour=False),
        "markdown": "\n".join(piece.text for piece in document(report).pieces),
        "html": page(report),
        "json": to_json(report),
    }


def test_every_report_says_who_changed_each_field_how_and_when(delivery: Delivery) -> None:
    both = config_map("one", colour="red", size="1") + "---\n" + deployment("web")
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": both})
    delivery.sync()
    config_changed_by(delivery, "kubectl-edit", "one", colour="green")
    config_changed_by(delivery, "someones-script", "one", size=None)
    scale = f"/apis/apps/v1/namespaces/{delivery.namespace}/deployments/web/scale?fieldManager=big-scaler"
    delivery.plane.api("PATCH", scale, {"spec": {"replicas": 3}})

    report = delivery.run(Job.DRIFT)

    authors = {author.path: author for change in only(report).changes for author in change.authors}
    edit, gone, scaled = authors["data.colour"], authors["data.size"], authors["spec.replicas"]
    assert (edit.manager, edit.operation, edit.is_guess) == ("kubectl-edit", "Update", False)
    assert (scaled.manager, scaled.subresource) == ("big-scaler", "scale")
    assert gone.is_guess
    assert edit.time.startswith("20")
    for form, text in pages(report).items():
        for word in ("kubectl-edit", "big-scaler", "scale", edit.time, "data.colour"):
            assert word in text, (form, word)


def test_a_deleted_object_has_no_author_and_the_report_says_so(delivery: Delivery) -> None:
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one") + "---\n" + config_map("two")}
    )
    delivery.sync()
    delivery.plane.api("DELETE", f"/api/v1/namespaces/{delivery.namespace}/configmaps/two")

    (change,) = only(delivery.run(Job.DRIFT)).changes

    assert "does not record by whom" in change.why


def test_a_fight_is_recognised_after_the_second_round_and_reported_instead_of_repeated(
    delivery: Delivery,
) -> None:
    two = config_map("one", colour="red", size="1") + "---\n" + config_map("two", a="1")
    delivery.repo.commit({"apps/web.yaml": delivery.app(policy=HEALING), "web/all.yaml": two})
    delivery.sync()

    for _ in range(2):
        config_changed_by(delivery, "other-controller", "one", colour="green")
        assert only(delivery.run(Job.DRIFT)).outcome is Outcome.SYNCED
        assert delivery.get("v1/configmaps/one")["data"]["colour"] == "red"
    config_changed_by(delivery, "other-controller", "one", colour="green")
    config_changed_by(delivery, "a-person", "two", a="2")

    report = delivery.run(Job.DRIFT)

    app = only(report)
    assert actions(app) == {"ConfigMap one": Action.HOLD, "ConfigMap two": Action.UPDATE}
    assert delivery.get("v1/configmaps/one")["data"]["colour"] == "green", "it is left as it is"
    assert delivery.get("v1/configmaps/two")["data"]["a"] == "1", "the others are healed"
    assert exit_code(report) is ExitCode.DIFFERENT
    (note,) = (note.text for note in app.notes)
    for word in (
        "data.colour was healed 2 times",
        "other-controller changed it back",
        "ignoreDifferences",
        "--heal",
    ):
        assert word in note
    assert all("other-controller" in text for text in pages(report).values())
    history = decode(delivery.get("v1/configmaps/syncline-web")).history
    assert [entry.cause.value for entry in history] == ["sync", "heal", "heal", "heal"]

    mark = delivery.plane.mark()
    again = delivery.run(Job.DRIFT)
    assert exit_code(again) is ExitCode.DIFFERENT
    written = [r for r in delivery.plane.requests_since(mark) if not r.is_read and not r.is_dry_run]
    assert written == [], "a fight costs no write"

    asked = only(delivery.run(Job.DRIFT, permissions=Permissions(heal=True)))
    assert asked.outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"]["colour"] == "red"


def test_the_policy_of_syncline_yaml_heals_or_only_alerts_by_name(delivery: Delivery) -> None:
    settings = "drift: {policy: heal, applications: {calm: alert}}\n"
    delivery.repo.commit(
        {
            "syncline.yaml": settings,
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one", a="1"),
            "apps/calm.yaml": delivery.app("calm", "calm", policy=HEALING),
            "calm/all.yaml": config_map("two", a="1"),
        }
    )
    delivery.sync()
    for name in ("one", "two"):
        config_changed_by(delivery, "a-person", name, a="2")

    report = delivery.run(Job.DRIFT)

    assert {app.name: app.outcome for app in report.applications} == {"web": Outcome.SYNCED, "calm": None}
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
    assert delivery.get("v1/configmaps/two")["data"] == {"a": "2"}
