"""The headline of a run that did not go well.

The law: each application that is in trouble is counted once, as what is the matter with it; what was found
beside the trouble is not hidden by it.
"""

from __future__ import annotations

from collections import Counter

from syncline.errors import ExitCode
from syncline.report.model import Job, Report
from syncline.report.outcome import app_code
from syncline.report.words import NOUNS, TRIED, differs, plural, still_drifted


def trouble(report: Report) -> str:
    """What went wrong, in one line; empty where nothing did."""
    codes = Counter(app_code(report, app) for app in report.applications)
    bad = sum(count for code, count in codes.items() if code not in {ExitCode.OK, ExitCode.DIFFERENT})
    if bad:
        return _bad_sentence(report, codes, bad)
    return f"{NOUNS[report.job]} failed" if report.problems else ""


def _bad_sentence(report: Report, codes: Counter[ExitCode], bad: int) -> str:
    of_all = f"{bad:,} of {plural(len(report.applications), 'application')}"
    if codes[ExitCode.REFUSED] == bad:
        return f"Plan refused for {of_all}{_also(report)}"
    if codes[ExitCode.UNHEALTHY] == bad:
        return f"{of_all} unhealthy{_also(report)}"
    if any(app.problem is None for app in report.applications if app_code(report, app) not in {0, 10}):
        if _is_rehearsal(report):
            return f"A {NOUNS[report.job].lower()} would fail for {of_all}"
        return f"{NOUNS[report.job]} failed for {of_all}{_kinds(report, codes)}"
    return f"{of_all} could not be {TRIED[report.job]}{_also(report)}"


def _kinds(report: Report, codes: Counter[ExitCode]) -> str:
    """` (1 unhealthy, 1 plan refused)`, where something else happened than that applications failed."""
    counts = {
        "unhealthy": codes[ExitCode.UNHEALTHY],
        "plan refused": codes[ExitCode.REFUSED],
        f"could not be {TRIED[report.job]}": sum(1 for app in report.applications if app.problem),
    }
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
    return f" ({told})" if told else ""


def _also(report: Report) -> str:
    """`, drift in 2`: what was found beside the trouble."""
    fine = [app for app in report.applications if app_code(report, app) in {ExitCode.OK, ExitCode.DIFFERENT}]
    changes, drifted = (sum(map(test, fine)) for test in (differs, still_drifted))
    if changes and report.job is Job.DIFF:
        return f", {changes:,} {'changes' if changes == 1 else 'change'}"
    return f", drift in {drifted:,}" if drifted and report.job is Job.DRIFT else ""


def _is_rehearsal(report: Report) -> bool:
    """Whether a sync was only planned: an application that could be looked at was left without an outcome."""
    planned = any(app.outcome is None and app.problem is None for app in report.applications)
    return planned and report.job in {Job.SYNC, Job.ROLLBACK}
