"""One application after the other, each with its own fate.

The law: what goes wrong with one application is in its report, and the others go on; a request to stop ends
the row and names what was not started.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.application import Application
from syncline.errors import Interrupted, SynclineError
from syncline.jobs.bugs import contained
from syncline.jobs.present import problem_report
from syncline.report.model import AppReport, Note, Severity
from syncline.runtime import each

if TYPE_CHECKING:
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session

Look = Callable[[Application], AppReport]


class Row(Struct, frozen=True):
    """The reports so far, and whether somebody ended the run."""

    reports: tuple[AppReport, ...]
    notes: tuple[Note, ...] = ()
    interrupted: bool = False


def one_by_one(apps: Iterable[Application], look: Look, session: Session, observer: Observer) -> Row:
    """For what changes clusters: in order, and never two at a time."""
    todo = list(apps)
    observer.begin([app.name for app in todo], session.settings)
    return in_turn(todo, look, session, observer)


def in_turn(apps: Iterable[Application], look: Look, session: Session, observer: Observer) -> Row:
    """As `one_by_one`, for applications that were not known when the run began."""
    todo = list(apps)
    reports: list[AppReport] = []
    for number, app in enumerate(todo):
        try:
            session.cancellation.check()
            report = _look(app, look, session)
        except Interrupted as error:
            return Row(tuple(reports), (_not_started(error, todo[number:]),), interrupted=True)
        reports.append(report)
        observer.finished(report)
    return Row(tuple(reports), interrupted=session.cancellation.requested)


def together(
    apps: Iterable[Application],
    look: Look,
    session: Session,
    observer: Observer,
    is_quick: Callable[[Application], bool] = lambda _: False,
) -> Row:
    """For what only reads: several at a time, as many as keep the machine's cores busy with rendering.

    Those that are quick wait for nothing, no program and no cluster: they are left to one thread, for several
    would only take the interpreter from each other.
    """
    todo = list(apps)
    observer.begin([app.name for app in todo], session.settings)
    reports: dict[int, AppReport] = {}

    def report_all(numbers: Iterable[int]) -> None:
        for number in numbers:
            session.cancellation.check()
            reports[number] = _look(todo[number], look, session)
            observer.finished(reports[number])

    try:
        quick = [number for number, app in enumerate(todo) if is_quick(app)]
        others = [[number] for number in sorted({*range(len(todo))}.difference(quick))]
        each(report_all, filter(None, [quick, *others]), workers=session.renderers)
    except Interrupted as error:
        rest = [app for number, app in enumerate(todo) if number not in reports]
        return Row(_ordered(reports), (_not_started(error, rest),), interrupted=True)
    return Row(_ordered(reports))


def _ordered(reports: Mapping[int, AppReport]) -> tuple[AppReport, ...]:
    return tuple(reports[number] for number in sorted(reports))


def _look(app: Application, look: Look, session: Session) -> AppReport:
    began = session.clock.monotonic()
    try:
        with contained(session):
            report = look(app)
    except Interrupted:
        raise
    except SynclineError as error:
        report = problem_report(app, error, session)
    return _timed(report, session.clock.monotonic() - began)


def _timed(report: AppReport, seconds: float) -> AppReport:
    return replace(report, seconds=round(seconds, 2))


def _not_started(error: Interrupted, rest: Iterable[Application]) -> Note:
    names = ", ".join(app.name for app in rest) or "none"
    return Note(Severity.DANGER, f"{error.message} Not finished: {names}.")
