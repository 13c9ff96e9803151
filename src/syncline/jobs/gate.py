"""Who may be delivered now.

The law: no child is delivered before its parent and its siblings of earlier waves are in sync and healthy;
who is held back is said, with the reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.family import identity, wave
from syncline.core.health import HealthStatus
from syncline.core.live import Level
from syncline.core.verdict import Outcome
from syncline.errors import SynclineError
from syncline.jobs.prepare import RESOURCES, against_live, recall
from syncline.jobs.present import app_report, problem
from syncline.report.model import AppReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.application import Application
    from syncline.core.family import Family
    from syncline.jobs.session import Session

_GOOD = frozenset({None, Outcome.SYNCED, Outcome.UNCHANGED})


class Gate:
    """Remembers what became of each application of this run."""

    def __init__(self, family: Family, rivalries: Mapping[str, list[str]], session: Session) -> None:
        self._family = family
        self._rivalries = rivalries
        self._session = session
        self._reports: dict[str, AppReport] = {}
        self._unseen: dict[str, SynclineError] = {}

    def passed(self, app: Application, report: AppReport) -> AppReport:
        """Remember a report."""
        self._reports[identity(app)] = report
        return report

    def held_back(self, app: Application) -> AppReport | None:
        """The report of an application that may not be delivered; None when it may."""
        sentences = tuple(self._reasons(app))
        if not sentences:
            return None
        held = AppReport(name=app.name, namespace=app.destination.namespace)
        unseen = self._unseen.get(identity(app))
        if unseen is not None:
            # Nobody refused anything: what kept us from looking is the trouble, with its own way out.
            error = problem(unseen, self._session.masker)
            return replace(held, problem=replace(error, message=sentences[0]))
        return replace(held, refusals=sentences, outcome=Outcome.REFUSED)

    def _reasons(self, app: Application) -> list[str]:
        circle = self._family.circle(app)
        if circle:
            return [circle]
        parent = next((name for name in list(self._family.line(app))[1:] if name in self._reports), None)
        if parent is not None and not _is_delivered(self._reports[parent]):
            return [f"It was not started, because its parent {self._reports[parent].name} did not succeed."]
        for sibling in self._family.before(app):
            why = self._objection(sibling, app)
            if why:
                where = f"{sibling.name} (wave {wave(sibling)})"
                return [f"It was not started: it is in wave {wave(app)}, and {where} {why}."]
        return self._rivalries.get(identity(app), [])

    def _objection(self, sibling: Application, app: Application) -> str:
        report = self._reports.get(identity(sibling))
        if report is None:
            if self._session.invocation.dry_run:
                return ""
            try:
                report = self._look(sibling)
            except SynclineError as error:
                self._unseen[identity(app)] = error
                return f"could not be looked at: {self._session.masker.scrub(error.message).rstrip('.')}"
        if not _is_delivered(report):
            return "did not succeed"
        health = report.health
        if health is None or (report.outcome is None and self._session.invocation.dry_run):
            return ""
        return "" if health.status is HealthStatus.HEALTHY else f"is {health.status.label}"

    def _look(self, app: Application) -> AppReport:
        session = self._session
        rendering, record = session.rendering(app, session.head), recall(app, session)
        prepared = against_live(app, rendering, record, session, Level.LIVE, RESOURCES)
        return self.passed(app, app_report(prepared, session))


def _is_delivered(report: AppReport) -> bool:
    return report.problem is None and not report.refusals and report.outcome in _GOOD
