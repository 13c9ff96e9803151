"""The manifests as YAML, and the lines of a terminal that say the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.health import Health, HealthStatus
from syncline.core.live import Level
from syncline.core.mask import MaskedBody
from syncline.core.plan import Action
from syncline.core.resource import key_of
from syncline.core.verdict import Outcome
from syncline.documents import read
from syncline.errors import Place
from syncline.report.manifests import manifests
from syncline.report.model import AppReport, Job, Note, Report, Severity, ShownChange
from syncline.report.sentences import headline, introduction, nothing, outcome_word
from syncline.report.terminal import ending, terminal
from unit.report.samples import config, secret

if TYPE_CHECKING:
    from syncline.core.resource import Body


def rendered(name: str, *bodies: Body) -> AppReport:
    changes = (
        ShownChange(
            key_of(body), Action.CREATE, after=MaskedBody(body), origin=Place(f"{name}/all.yaml", number)
        )
        for number, body in enumerate(bodies, 1)
    )
    return AppReport(name=name, changes=tuple(changes))


def test_a_rendering_is_a_stream_of_yaml_that_says_where_each_object_comes_from() -> None:
    bodies = (config("a", "shop", text="one\n---\ntwo\n"), config("b", "shop"))
    text = manifests(Report(Job.RENDER, applications=(rendered("web", *bodies), rendered("api", bodies[1]))))
    assert [document.value for document in read(text.encode(), "all.yaml")] == [*bodies, bodies[1]]
    said = [line for line in text.splitlines() if line.startswith("#")]
    assert said == ["# web: web/all.yaml:1", "# web: web/all.yaml:2", "# api: api/all.yaml:1"]


def test_a_value_that_is_hidden_stays_yaml_and_there_is_nothing_of_nothing() -> None:
    body = secret("login", "shop", "1f3a91c2")
    text = manifests(Report(Job.RENDER, applications=(rendered("web", body),)))
    assert [document.value for document in read(text.encode(), "all.yaml")] == [body]
    assert manifests(Report(Job.RENDER)) == ""


def test_what_is_to_be_said_of_a_rendering_is_said_beside_it() -> None:
    app = replace(rendered("web", config("a", "shop")), notes=(Note(Severity.WARNING, "Twice."),))
    assert ending(Report(Job.RENDER, applications=(app,)), colour=False).splitlines() == [
        "warning: web: Twice.",
        "",
        "1 application rendered",
        "1 added",
    ]


def test_what_is_as_it_should_be_takes_one_line_in_a_sync_and_none_in_a_drift_check() -> None:
    well = AppReport(
        name="web",
        level=Level.DRY_RUN,
        unchanged=3,
        outcome=Outcome.UNCHANGED,
        health=Health(HealthStatus.HEALTHY),
    )
    ill = replace(well, name="api", outcome=None, health=Health(HealthStatus.DEGRADED))
    synced = terminal(Report(Job.SYNC, applications=(well, replace(well, name="db"))), colour=False)
    assert synced.splitlines()[:3] == ["web already in sync ● Healthy", "db already in sync ● Healthy", ""]
    checked = terminal(Report(Job.DRIFT, applications=(replace(well, outcome=None), ill)), colour=False)
    assert checked.splitlines()[0] == "api no difference ✖ Degraded"
    assert "web" not in checked


def test_what_was_held_back_is_not_said_to_be_compared() -> None:
    held = AppReport(name="web", refusals=("It was not started: its parent.",), outcome=Outcome.REFUSED)
    report = Report(Job.SYNC, applications=(held,))
    assert introduction(report, held) == ""
    assert outcome_word(report, held) == "not started"


def test_a_rehearsal_that_fails_is_not_said_to_have_failed_at_syncing() -> None:
    from syncline.errors import ExitCode
    from syncline.report.model import Problem

    planned = AppReport(name="web", level=Level.DRY_RUN)
    broken = AppReport(name="api", problem=Problem("No chart.", ExitCode.RENDER))
    held = AppReport(name="db", refusals=("Too much.",), outcome=Outcome.REFUSED)
    done = replace(planned, outcome=Outcome.SYNCED)
    assert headline(Report(Job.SYNC, applications=(planned, broken, held))) == (
        "A sync would fail for 2 of 3 applications"
    )
    assert headline(Report(Job.SYNC, applications=(done, broken, held))) == (
        "Sync failed for 2 of 3 applications (1 plan refused, 1 could not be synced)"
    )
    assert headline(Report(Job.SYNC, applications=(broken, held))) == (
        "Sync failed for 2 of 2 applications (1 plan refused, 1 could not be synced)"
    )


def test_a_status_says_what_argo_cd_says_and_what_was_never_synced_is_not_in_sync() -> None:
    well = AppReport(name="web", level=Level.LIVE, revision="a" * 40, health=Health(HealthStatus.HEALTHY))
    other = replace(well, name="api", changes=rendered("api", config("a", "shop")).changes)
    fresh = AppReport(name="db", level=Level.LIVE)
    report = Report(Job.STATUS, applications=(well, other, fresh))
    assert [outcome_word(report, app) for app in report.applications] == [
        "Synced",
        "OutOfSync",
        "never synced",
    ]
    assert headline(report) == "3 applications: 1 Unknown, 2 Healthy, 1 OutOfSync"
    checked = Report(Job.DRIFT, applications=(fresh,))
    assert outcome_word(checked, fresh) == "never synced"
    assert nothing(checked) == ""
