"""The job summary and the one-line descriptions of commit statuses.

The law: a status never says more than is known: no application is "no application affected", never "all
synced", and what failed is never green.
"""

from __future__ import annotations

from typing import Final

from syncline.report.escaping import one_line
from syncline.report.fit import Budget, fit
from syncline.report.model import AppReport, Job, Report
from syncline.report.outcome import State, app_code, exit_code, state_of
from syncline.report.sentences import headline, nothing, outcome_word
from syncline.report.words import duration, tally, total

SUMMARY: Final = Budget(characters=1_000_000, octets=1_000_000, pages=1)
"""GitHub drops a job summary of more than 1 MiB."""

LONGEST_DESCRIPTION: Final = 140
"""Characters that GitHub takes as the description of a commit status."""

_STARTED: Final = {
    Job.DIFF: "Comparing",
    Job.SYNC: "Syncing",
    Job.DRIFT: "Looking for drift",
    Job.ROLLBACK: "Rolling back",
    Job.STATUS: "Reading",
    Job.TREE: "Reading",
    Job.RENDER: "Rendering",
    Job.ACTIONS: "Acting",
    Job.RECOVER: "Recovering",
    Job.DRILL: "Rebuilding elsewhere",
}


def summary(report: Report) -> str:
    """The report as one page of Markdown that the job summary takes."""
    return fit(report, SUMMARY, elsewhere="the HTML page")[0]


def pending_line(job: Job) -> tuple[str, str]:
    """State and description before anything is known."""
    return State.PENDING.value, f"{_STARTED[job]} …"


def status_line(report: Report, *, differences_are_failure: bool = False) -> tuple[str, str]:
    """State and description of the whole run."""
    code = exit_code(report, differences_are_failure=differences_are_failure)
    said = total(report).said
    parts = (headline(report), said or nothing(report), duration(report.seconds) if report.seconds else "")
    return state_of(code).value, _description(parts)


def app_status_line(report: Report, app: AppReport) -> tuple[str, str]:
    """State and description of one application."""
    health = app.health.status.label if app.health else ""
    reasons = (app.problem.message if app.problem else "", *app.refusals, *(f.message for f in app.failures))
    reason = next((reason for reason in reasons if reason), "")
    word, said = outcome_word(report, app), tally([app]).said
    parts = (word, reason.strip().partition("\n")[0]) if reason else (word, said, health)
    return state_of(app_code(report, app)).value, _description(parts)


def _description(parts: tuple[str, ...]) -> str:
    text = " · ".join(part for part in parts if part)
    return one_line(text[:1].upper() + text[1:], LONGEST_DESCRIPTION)
