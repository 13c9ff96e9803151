"""What was approved is what is applied: the three policies, on a real cluster."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, Repo, config_map, only
from syncline.core.live import Level
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import AskedBinding
from syncline.report.json import to_json
from syncline.report.model import Job
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from plane.control_plane import ControlPlane
    from syncline.report.model import AppReport


@pytest.fixture
def delivery(plane: ControlPlane, namespace: str, tools: dict[str, Path], tmp_path: Path) -> Delivery:
    del tools
    made = Delivery(Repo.make(tmp_path / "repo", namespace), plane, namespace)
    made.repo.commit(
        {"apps/web.yaml": made.app(), "web/a.yaml": config_map("a", x="1"), "web/b.yaml": config_map("b")}
    )
    only(made.sync())
    made.repo.commit({"web/a.yaml": config_map("a", x="2")})
    return made


def record(delivery: Delivery, level: Level = Level.LIVE) -> str:
    """What a reviewer is shown of the last commit."""
    return to_json(delivery.run(Job.DIFF, base="HEAD~1", level=level), differences_are_failure=False)


def bound(delivery: Delivery, text: str, policy: str) -> AppReport:
    report = delivery.sync(binding=AskedBinding(policy, text, "record"), applications=("web",))
    app = only(report)
    refused = app.outcome is Outcome.REFUSED
    assert exit_code(report) is (ExitCode.REFUSED if refused else ExitCode.OK), report
    return app


def drifted(delivery: Delivery) -> str:
    text = record(delivery)
    delivery.patch("v1/configmaps/a", {"data": {"x": "by hand"}})
    return text


def committed(delivery: Delivery) -> str:
    text = record(delivery)
    delivery.repo.commit({"web/c.yaml": config_map("c")})
    return text


def upgraded(delivery: Delivery) -> str:
    value: Any = json.loads(record(delivery))
    value["applications"][0]["review"]["tools"]["helm"] = "v0.0.1"
    return json.dumps(value)


def done_already(delivery: Delivery) -> str:
    text = record(delivery)
    delivery.patch("v1/configmaps/a", {"data": {"x": "2"}})
    delivery.patch("v1/configmaps/b", {"data": {"empty": "changed"}})
    return text


def of_another(delivery: Delivery) -> str:
    value: Any = json.loads(record(delivery))
    value["applications"][0]["review"]["application"] = "argocd/other"
    return json.dumps(value)


@pytest.mark.parametrize("policy", ["exact", "harmless", "inform"])
@pytest.mark.parametrize(
    ("happening", "sentence", "refused_by"),
    [
        (record, "", set()),
        (drifted, "the live state changed since the review: ConfigMap", {"exact", "harmless"}),
        (committed, "the review did not show ConfigMap", {"exact", "harmless"}),
        (upgraded, "helm v0.0.1 was reviewed, and no version renders now", {"exact"}),
        (done_already, "the review did not show ConfigMap", {"exact", "harmless"}),
        (of_another, "nobody is known to have reviewed it", {"exact", "harmless"}),
    ],
    ids=["as reviewed", "live", "commit", "tool", "more to do", "unreviewed"],
)
def test_a_policy_decides_about_each_way_to_depart(
    delivery: Delivery,
    happening: Callable[[Delivery], str],
    sentence: str,
    refused_by: set[str],
    policy: str,
) -> None:
    text = happening(delivery)
    app = bound(delivery, text, policy)

    refused = policy in refused_by
    assert (app.outcome is Outcome.REFUSED) is refused, app
    said = [*app.refusals, *(note.text for note in app.notes)]
    assert any(sentence in each for each in said) if sentence else said == [], said
    live = delivery.get("v1/configmaps/a")["data"]["x"]
    assert (live == "2") is (not refused or happening is done_already)


def test_the_record_of_two_commits_binds_what_they_show(delivery: Delivery) -> None:
    text = record(delivery, Level.OFFLINE)

    assert bound(delivery, text, "exact").outcome is Outcome.SYNCED
    delivery.repo.commit({"web/a.yaml": config_map("a", x="3")})
    app = bound(delivery, text, "harmless")
    assert "it would make something else of ConfigMap" in app.refusals[0]
    assert "(web/a.yaml changed)" in bound(delivery, text, "exact").refusals[0]


def test_a_record_that_is_named_is_held_against_also_without_a_policy(delivery: Delivery) -> None:
    text = record(delivery, Level.OFFLINE)
    delivery.repo.commit({"web/a.yaml": config_map("a", x="3")})

    app = bound(delivery, text, "")

    assert app.outcome is Outcome.SYNCED
    said = [note.text for note in app.notes if "Not as it was reviewed" in note.text]
    assert any("it would make something else of ConfigMap" in each for each in said)


def test_the_settings_may_be_stricter_than_the_caller(delivery: Delivery) -> None:
    delivery.repo.commit({"syncline.yaml": "sync: {binding: exact}\n"})

    report = delivery.sync(applications=("web",))

    assert only(report).outcome is Outcome.REFUSED
    assert "nobody is known to have reviewed it" in only(report).refusals[0]
    assert only(report).fingerprint
