"""The list of applications: one row each, in every form."""

from __future__ import annotations

import json
import re

import pytest

from syncline.core.health.status import Health, HealthStatus
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.resource import ResourceKey
from syncline.errors import ExitCode, Place
from syncline.report.brief import message, rows
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import AppReport, Job, Note, Problem, Report, Severity, ShownChange
from syncline.report.terminal import terminal

SHA = "0123456789abcdef" * 2 + "01234567"
WEB = ResourceKey("apps", "Deployment", "shop", "web")
UNWELL = Health(HealthStatus.DEGRADED, "Caused by Deployment.apps shop/web: no progress")

SOUND = AppReport(
    "api", "main", "shop", Level.LIVE, revision=SHA, health=Health(HealthStatus.HEALTHY), project="shop"
)
SICK = AppReport(
    "web",
    "main",
    "shop",
    Level.LIVE,
    revision=SHA,
    health=UNWELL,
    project="shop",
    changes=(ShownChange(WEB, Action.UPDATE), ShownChange(WEB, Action.KEEP)),
    notes=(Note(Severity.INFO, "an aside"), Note(Severity.WARNING, "two writers", place=Place("a.yaml", 3))),
)
FRESH = AppReport(
    "new",
    "edge",
    "default",
    Level.LIVE,
    project="default",
    notes=(
        Note(
            Severity.WARNING, "It was never synced, so there is nothing to compare with; run syncline sync."
        ),
    ),
)
LOST = AppReport(
    "far",
    "away",
    "shop",
    project="team",
    problem=Problem("The cluster cannot be reached.\nmore", ExitCode.CLUSTER, None, "Look there."),
)
REPORT = Report(
    Job.STATUS,
    head=SHA,
    applications=(SICK, FRESH, LOST, SOUND),
    notes=(Note(Severity.WARNING, "of the run"),),
    brief=True,
)


def test_a_row_is_what_one_line_can_say_and_rows_stand_by_name() -> None:
    assert [
        (row.name, row.project, row.place, row.sync, row.health.label, row.revision) for row in rows(REPORT)
    ] == [
        ("api", "shop", "main / shop", "Synced", "Healthy", "0123456"),
        ("far", "team", "away / shop", "Unknown", "Unknown", ""),
        ("new", "default", "edge / default", "never synced", "Unknown", ""),
        ("web", "shop", "main / shop", "OutOfSync", "Degraded", "0123456"),
    ]


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (SOUND, ""),
        (LOST, "The cluster cannot be reached"),
        (
            SICK,
            ("1 changed, 1 kept (would prune); Caused by Deployment.apps shop/web: no progress; two writers"),
        ),
    ],
)
def test_a_row_says_what_is_wrong_and_nothing_of_what_is_well(app: AppReport, said: str) -> None:
    assert message(app) == said


def test_as_text_it_is_a_table_whose_columns_stand_under_each_other() -> None:
    plain = terminal(REPORT, colour=False).splitlines()

    assert plain[:3] == [
        "NAME  PROJECT  DESTINATION     SYNC            HEALTH      REVISION  MESSAGE",
        "api   shop     main / shop     ✔ Synced        ● Healthy   0123456",
        "far   team     away / shop     ? Unknown       ? Unknown             The cluster cannot be reached",
    ]
    assert plain[3].startswith(
        "new   default  edge / default  ? never synced  ? Unknown             It was never"
    )
    assert plain[4].startswith(
        "web   shop     main / shop     ≠ OutOfSync     ✖ Degraded  0123456   1 changed, "
    )
    assert plain[5:7] == ["", "warning: of the run"]
    assert plain[8] == "1 of 4 applications could not be read"
    coloured = terminal(REPORT, colour=True).splitlines()
    assert [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in coloured] == plain


def test_every_form_has_a_row_for_each_application_and_no_part_of_its_own() -> None:
    markdown, html, read = "\n".join(fit(REPORT)), page(REPORT), json.loads(to_json(REPORT))

    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert lines[0] == "| Name | Project | Destination | Sync | Health | Revision | Message |"
    assert [line.split("**")[1] for line in lines[2:]] == ["api", "far", "new", "web"]
    assert "<details" not in markdown
    assert html.count("<tr>") == 5
    assert "<section" not in html
    assert "<nav" not in html
    assert read["brief"] is True
    assert [
        (
            app["name"],
            app["project"],
            app["sync"],
            app["health"] and app["health"]["status"],
            app["message"][:9],
        )
        for app in read["applications"]
    ] == [
        ("web", "shop", "OutOfSync", "Degraded", "1 changed"),
        ("new", "default", "never synced", None, "It was ne"),
        ("far", "team", "Unknown", None, "The clust"),
        ("api", "shop", "Synced", "Healthy", ""),
    ]


def test_what_others_wrote_stays_in_its_cell() -> None:
    hostile = AppReport(
        "a|b\n::error::x", "<b>", "\x1b[31m", project="**p**", health=Health(HealthStatus.DEGRADED, "<i>|")
    )
    report = Report(Job.STATUS, applications=(hostile,), brief=True)

    text = terminal(report, colour=False)
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line.startswith("::")]
    (row,) = [line for line in "\n".join(fit(report)).splitlines() if line.startswith("| **")]
    assert row.replace("\\|", "").count("|") == 8
    assert "<b>" not in page(report).partition("<tbody>")[2].replace("<b>a|b", "")


@pytest.mark.parametrize("job", [Job.STATUS, Job.TREE, Job.RENDER])
def test_a_repository_without_an_application_is_told_what_to_do(job: Job) -> None:
    text = terminal(Report(job, head=SHA), colour=False)
    assert "No Application was found" in text
    assert "--path DIR takes a directory without one" in text


def test_a_row_names_the_object_that_a_warning_is_about() -> None:
    note = Note(Severity.WARNING, "nobody may read it", ResourceKey("", "Secret", "shop", "keys"))

    assert message(AppReport("web", notes=(note,))) == "Secret shop/keys: nobody may read it"
