"""Who watches the run for GitHub: the step's log, and the statuses of the commit.

The law: a line of the log is one line and no command, whatever an application is called.
"""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.trust import Tier
from syncline.core.verdict import Event as SyncEvent
from syncline.core.verdict import Failed, GaveUp, Halted, Overdue, Retrying, Waiting
from syncline.github.statuses import StatusBoard
from syncline.github.workflow import say_line
from syncline.report.model import AppReport, Job, Note, Report, Severity
from syncline.report.summary import app_status_line, pending_line, status_line
from syncline.report.terminal import terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncline.action.request import Request
    from syncline.config.settings import Settings
    from syncline.github.client import Api


class Board:
    """An observer that tells the log how it goes, and keeps the commit's statuses where it may."""

    def __init__(self, job: Job, statuses: StatusBoard | None) -> None:
        self._job = job
        self._statuses = statuses
        self._lock = threading.Lock()

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""
        pending = pending_line(self._job)[1]
        self._say(f"{pending.removesuffix(' …')}: {', '.join(applications) or 'nothing'}")
        if self._statuses:
            self._statuses.begin(applications, pending, limit=settings.status_limit)

    def planned(self, job: Job, report: AppReport) -> None:
        """The plan of a rollback stands in the log before it is carried out."""
        self._say("This is the plan:")
        for line in terminal(Report(job, applications=(report,)), colour=False).splitlines():
            self._say(line)

    def event(self, application: str, event: SyncEvent) -> None:
        """Something happened in a cluster; only trouble, and for whom the run waits, is told at once."""
        match event:
            case Failed():
                self._say(f"{application}: {event.key} failed")
            case Overdue():
                self._say(f"{application}: {event.key} {event.health.status.label} {event.health.message}")
            case Halted() | Waiting():
                self._say(f"{application}: {event.message}")
            case Retrying():
                self._say(f"{application}: attempt {event.attempt} did not succeed; tried again")
            case GaveUp():
                self._say(f"{application}: attempt {event.attempt} did not succeed; not tried again")

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        state, sentence = app_status_line(Report(self._job, applications=(report,)), report)
        self._say(f"{report.name}: {sentence}")
        if self._statuses:
            self._statuses.application(report.name, state, sentence)

    def noted(self, report: Report) -> Report:
        """The report, which says of another step that writes the same statuses where there is one."""
        rivalry = self._statuses.rivalry() if self._statuses else ""
        if not rivalry:
            return report
        return replace(report, notes=(*report.notes, Note(Severity.WARNING, rivalry)))

    def done(self, report: Report, *, differences_are_failure: bool) -> None:
        """The run has ended. Raises GitHubError when the statuses cannot be written."""
        if self._statuses:
            # How long it took would make every run's status a new one.
            timeless = replace(report, seconds=0.0)
            self._statuses.finish(*status_line(timeless, differences_are_failure=differences_are_failure))

    def _say(self, text: str) -> None:
        with self._lock:
            say_line(text, sys.stdout)


@contextmanager
def watching(api: Api | None, request: Request) -> Iterator[Board]:
    """The statuses of the event's commit: pending first, and never left so.

    A schedule looks at the same commit for weeks, and GitHub takes 1,000 statuses of one context: it says
    only what is new.
    """
    job, event = request.invocation.job, request.event
    if api is None or not event.report_sha or event.tier is Tier.RENDER:
        yield Board(job, None)
        return
    context = f"{request.reporting.context}/{job.value}"
    by = event.writer or event.run_url
    with StatusBoard(api, event.repository, event.report_sha, context=context, by=by) as statuses:
        if event.name != "schedule":
            statuses.start(pending_line(job)[1])
        yield Board(job, statuses)
