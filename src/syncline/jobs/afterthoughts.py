"""What was asked for and had no effect.

The law: what somebody typed or wrote, and this run did not heed, is said; it changes nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from syncline.config.complaint import did_you_mean
from syncline.core.live import Level
from syncline.report.model import Job, Note, Report, Severity
from syncline.report.words import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.jobs.session import Session

_OF_COMMITS: Final = frozenset({Job.DIFF, Job.RENDER})
_NAMED: Final = 3


def afterthoughts(report: Report, session: Session) -> Iterator[Note]:
    """Approvals of nothing, levels that could not be reached, files that are not committed."""
    yield from _approvals(report, session)
    if report.job is Job.DIFF and session.invocation.level is not Level.OFFLINE:
        yield from _levels(report)
        if not (report.applications or session.invocation.head or report.interrupted):
            text = (
                "A diff looks at what a change touches, and at an application that is named; syncline sync "
                "--dry-run looks at everything."
            )
            yield Note(Severity.INFO, text)
    if _may_miss_files(session) and not report.interrupted:
        yield from _pending(session)


def forethoughts(session: Session) -> None:
    """Begin to look at what will be said afterwards, and takes its time."""
    if _may_miss_files(session):
        session.ahead.begin(lambda: session.pending)


def _may_miss_files(session: Session) -> bool:
    # Who names a commit knows what he compares; who does not may think of the files that he sees.
    return session.invocation.job in _OF_COMMITS and not session.invocation.head


def _approvals(report: Report, session: Session) -> Iterator[Note]:
    approved = session.permissions.approved
    # What could not be looked at may have had it.
    if not approved or report.interrupted or any(app.problem for app in report.applications):
        return
    backs = tuple(app.way_back for app in report.applications if app.way_back is not None)
    there = {str(change.key) for app in (*report.applications, *backs) for change in app.changes}
    for name in sorted(approved - there):
        text = f"The approval of {name!r} names no object of the plan{did_you_mean(name, there)}"
        yield Note(Severity.WARNING, text)


def _levels(report: Report) -> Iterator[Note]:
    """Once for each reason, for an application without a difference is not shown, and a reason with it."""
    cheaper = [app for app in report.applications if app.level is Level.OFFLINE and app.level_reason]
    for reason, count in Counter(app.level_reason for app in cheaper).items():
        named = [app.name for app in cheaper if app.level_reason == reason][:_NAMED]
        more = f" and {count - _NAMED} more" if count > _NAMED else ""
        text = f"Compared offline, so that nothing is known of what is live: {', '.join(named)}{more}"
        yield Note(Severity.WARNING, f"{text} ({reason.rstrip('.')}).")


def _pending(session: Session) -> Iterator[Note]:
    count = session.pending
    if count:
        verb = "is" if count == 1 else "are"
        text = f"{plural(count, 'file')} with changes that are not committed {verb} not seen"
        yield Note(Severity.INFO, f"{text}; commit first, if they are meant.")
