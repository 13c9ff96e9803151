"""Applications as a list: one row each, whatever form it then has.

The law: a row says what the whole status would, as far as one line goes; what could not be found out is
Unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.health.status import HealthStatus
from syncline.report.model import Severity
from syncline.report.sentences import outcome_word
from syncline.report.words import about, place_of, short, tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.report.model import AppReport, Report

HEADS: Final = ("Name", "Project", "Destination", "Sync", "Health", "Revision", "Message")


class Row(Struct, frozen=True):
    """One application; the texts are as others wrote them."""

    name: str
    project: str
    place: str
    sync: str
    health: HealthStatus
    revision: str
    message: str


def rows(report: Report) -> tuple[Row, ...]:
    """A row for each application, by name."""
    return tuple(_row(report, app) for app in sorted(report.applications, key=lambda app: app.name))


def _row(report: Report, app: AppReport) -> Row:
    return Row(
        app.name,
        app.project,
        place_of(app),
        sync_word(report, app),
        app.health.status if app.health else HealthStatus.UNKNOWN,
        short(app.revision),
        message(app),
    )


def sync_word(report: Report, app: AppReport) -> str:
    """Argo CD's word (Synced, OutOfSync, Unknown), or that it was never synced."""
    return "Unknown" if app.problem is not None else outcome_word(report, app)


def message(app: AppReport) -> str:
    """What there is to say of an application that is not as it should be."""
    return "; ".join(text.strip().partition("\n")[0].rstrip(".") for text in _said(app))


def _said(app: AppReport) -> Iterator[str]:
    if app.problem is not None:
        yield app.problem.message
    if tally([app]).said:
        yield tally([app]).said
    if app.health is not None and app.health.message:
        yield app.health.message
    for note in app.notes:
        if note.severity is not Severity.INFO:
            yield f"{about(note)}: {note.text}" if about(note) else note.text
