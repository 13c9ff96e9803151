"""Tree: every object of the applications, and what grew out of it.

The law: it only reads, and shows every object, as deep as asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.jobs.status import with_trees
from syncline.report.model import AppReport, Job, Report

if TYPE_CHECKING:
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def tree(session: Session, observer: Observer) -> Report:
    """A status as one looks at it: the objects alone, without differences and history, down to a depth."""
    report = with_trees(Job.TREE, session, observer)
    return replace(report, applications=tuple(_pruned(app, session) for app in report.applications))


def _pruned(app: AppReport, session: Session) -> AppReport:
    depth = session.invocation.depth
    rows = tuple(row for row in app.resources if depth is None or row.depth <= depth)
    return replace(app, resources=rows, changes=(), unchanged=0, history=())
