"""What a report comes to: one exit code, one commit state.

The law: an application that failed is never green, and a run ends with the worst thing that happened in it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from syncline.core.verdict import EXIT_CODES, Outcome
from syncline.errors import ExitCode
from syncline.report.model import AppReport, Job, Report
from syncline.report.words import differs, still_drifted

if TYPE_CHECKING:
    from collections.abc import Iterator

WORST_FIRST: Final = (
    ExitCode.TERMINATED,
    ExitCode.INTERRUPTED,
    ExitCode.BUG,
    ExitCode.SYNC_FAILED,
    ExitCode.UNHEALTHY,
    ExitCode.REFUSED,
    ExitCode.USAGE,
    ExitCode.CONFIG,
    ExitCode.FORBIDDEN,
    ExitCode.CLUSTER,
    ExitCode.GIT,
    ExitCode.TOOL,
    ExitCode.RENDER,
    ExitCode.GITHUB,
    ExitCode.DIFFERENT,
    ExitCode.OK,
)
"""Which code wins when a run has several: being stopped, a bug, what went wrong in a cluster, what could not
be done at all, and last differences.
"""

_FOUND: Final = frozenset({ExitCode.DIFFERENT, ExitCode.REFUSED, ExitCode.SYNC_FAILED, ExitCode.UNHEALTHY})


class State(Enum):
    """GitHub's four commit states."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    ERROR = "error"


def exit_code(report: Report, *, differences_are_failure: bool = False) -> ExitCode:
    """The number the process ends with.

    Drift that was found and not healed is always DIFFERENT; the differences of a diff are only when asked.
    """
    return _worst(_codes(report, differences_are_failure=differences_are_failure))


def app_code(report: Report, app: AppReport) -> ExitCode:
    """The same for one application of the report."""
    return _worst(_app_codes(report, app, differences_are_failure=False))


def state_of(code: ExitCode) -> State:
    """Trouble that was found is a failure; what could not be found out is an error."""
    if code is ExitCode.OK:
        return State.SUCCESS
    return State.FAILURE if code in _FOUND else State.ERROR


def worst_first(report: Report) -> tuple[AppReport, ...]:
    """The applications with the worst trouble first, otherwise as they come."""
    return tuple(sorted(report.applications, key=lambda app: WORST_FIRST.index(app_code(report, app))))


def _worst(codes: Iterator[ExitCode]) -> ExitCode:
    return min(codes, key=WORST_FIRST.index, default=ExitCode.OK)


def _codes(report: Report, *, differences_are_failure: bool) -> Iterator[ExitCode]:
    if report.interrupted:
        yield report.stopped_by
    for problem in report.problems:
        yield problem.exit_code or ExitCode.BUG
    for app in report.applications:
        yield from _app_codes(report, app, differences_are_failure=differences_are_failure)


def _app_codes(report: Report, app: AppReport, *, differences_are_failure: bool) -> Iterator[ExitCode]:
    if app.problem is not None:
        yield app.problem.exit_code or ExitCode.BUG
    if app.refusals:
        yield ExitCode.REFUSED
    if app.outcome is not None:
        yield report.stopped_by if app.outcome is Outcome.INTERRUPTED else EXIT_CODES[app.outcome]
    if app.failures and app.outcome in {None, Outcome.SYNCED, Outcome.UNCHANGED}:
        yield from (failure.exit_code or ExitCode.BUG for failure in app.failures)
    if _is_different(report, app, differences_are_failure=differences_are_failure):
        yield ExitCode.DIFFERENT


def _is_different(report: Report, app: AppReport, *, differences_are_failure: bool) -> bool:
    if report.job is Job.DRIFT:
        return still_drifted(app)
    return differences_are_failure and report.job is Job.DIFF and differs(app)
