"""Who is told how a run goes, while it goes.

The law: an observer is told facts and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline.config.settings import Settings
    from syncline.core.verdict import Event
    from syncline.report.model import AppReport, Job


class Observer(Protocol):
    """A terminal that shows progress, or GitHub that gets statuses."""

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at, under these settings."""
        ...

    def planned(self, job: Job, report: AppReport) -> None:
        """This is about to be done; nothing of it is done yet."""
        ...

    def event(self, application: str, event: Event) -> None:
        """Something happened in a cluster; called from many threads."""
        ...

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        ...


class Silence:
    """An observer that keeps it to itself."""

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """Say nothing."""

    def planned(self, job: Job, report: AppReport) -> None:
        """Say nothing."""

    def event(self, application: str, event: Event) -> None:
        """Say nothing."""

    def finished(self, report: AppReport) -> None:
        """Say nothing."""
