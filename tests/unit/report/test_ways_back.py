"""What follows a failed sync, and what the cluster remembers, in every form."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from syncline.core.mask import Masker
from syncline.core.plan import Action, Change
from syncline.core.resource import ResourceKey
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.changes import shown_change
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import AppReport, Author, HistoryRow, Job, Report
from syncline.report.outcome import exit_code
from syncline.report.sentences import headline, outcome_word
from syncline.report.terminal import terminal

KEY = ResourceKey("", "ConfigMap", "shop", "one")
BODY = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "shop"}}
GOOD, BAD = "a" * 40, "b" * 40
BACK = AppReport(
    "web",
    revision=GOOD,
    outcome=Outcome.SYNCED,
    changes=(shown_change(Change(KEY, Action.PRUNE, BODY), Masker(b"k")),),
)
FAILED = AppReport("web", revision=BAD, outcome=Outcome.FAILED, way_back=BACK)


def forms(report: Report) -> dict[str, str]:
    return {
        "terminal": terminal(report, colour=False),
        "markdown": "\n".join(fit(report)),
        "html": page(report),
        "json": to_json(report),
    }


def test_the_way_back_stands_in_every_form_and_the_run_stays_red() -> None:
    report = Report(Job.SYNC, head=BAD, applications=(FAILED,))

    for form, text in forms(report).items():
        assert "one" in text, form
        if form != "json":
            assert "Rollback to aaaaaaa: done" in text, form
    assert outcome_word(report, FAILED) == "failed, rolled back"
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert headline(report) == "Sync failed for 1 of 1 application"
    (app,) = json.loads(to_json(report))["applications"]
    assert app["rollback"]["revision"] == GOOD
    assert app["rollback"]["counts"] == {"prune": 1}


@pytest.mark.parametrize(
    ("outcome", "said"), [(None, "plan refused"), (Outcome.FAILED, "failed"), (Outcome.UNCHANGED, "nothing")]
)
def test_a_way_back_that_did_not_succeed_says_so(outcome: Outcome | None, said: str) -> None:
    app = replace(FAILED, way_back=replace(BACK, outcome=outcome))

    assert said in terminal(Report(Job.SYNC, applications=(app,)), colour=False)


def test_the_history_stands_in_every_form() -> None:
    rows = (HistoryRow(7, GOOD, "2026-01-02T03:04:05Z", "<alice>", "rollback"),)
    report = Report(Job.STATUS, applications=(AppReport("web", history=rows),))

    for form, text in forms(report).items():
        for word in ("7", "aaaaaaa", "2026-01-02", "alice", "rollback"):
            assert word in text, (form, word)
    assert "<alice>" not in forms(report)["html"]


def test_a_healed_application_with_a_fight_left_is_still_drifted() -> None:
    fought = replace(BACK.changes[0], action=Action.HOLD, why="x was healed 2 times")
    both = AppReport("web", outcome=Outcome.SYNCED, changes=(fought,))
    report = Report(Job.DRIFT, applications=(both,))
    clean = Report(Job.DRIFT, applications=(replace(both, changes=()),))

    assert (exit_code(report), outcome_word(report, both)) == (ExitCode.DIFFERENT, "healed in part")
    assert headline(report) == "Drift in 1 of 1 application"
    assert exit_code(clean) is ExitCode.OK
    assert outcome_word(clean, clean.applications[0]) == "healed"


def test_what_an_author_is_called_is_only_text() -> None:
    author = Author("data.x", "<b>`|**evil**", "Update", "2026-01-02T03:04:05Z", "scale")
    many = tuple(replace(author, path=f"data.x{n}") for n in range(40))
    change = replace(BACK.changes[0], action=Action.UPDATE, authors=many)
    report = Report(Job.DRIFT, applications=(AppReport("web", changes=(change,)),))

    found = forms(report)
    assert "<b>`" not in found["html"]
    assert "<b>`" not in found["markdown"]
    assert "**evil**" not in found["markdown"]
    assert "and 28 more fields" in found["markdown"]
    assert "(Update of scale) at 2026-01-02T03:04:05Z" in found["html"]
