"""Diff, sync, drift and rollback: short sentences made of prepare and carry_out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from syncline.errors import ExitCode
from syncline.jobs.actions import actions
from syncline.jobs.choose import labels
from syncline.jobs.diff import diff
from syncline.jobs.drift import drift
from syncline.jobs.drill import drill
from syncline.jobs.recover import recover
from syncline.jobs.render import render
from syncline.jobs.rollback import rollback
from syncline.jobs.status import status, tree
from syncline.jobs.sync import sync
from syncline.report.model import AppReport, Job, Problem, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session

JOBS: Mapping[Job, Callable[[Session, Observer], Report]] = {
    Job.DIFF: diff,
    Job.SYNC: sync,
    Job.DRIFT: drift,
    Job.ROLLBACK: rollback,
    Job.STATUS: status,
    Job.TREE: tree,
    Job.RENDER: render,
    Job.ACTIONS: actions,
    Job.RECOVER: recover,
    Job.DRILL: drill,
}


def run(session: Session, observer: Observer) -> Report:
    """The job that was asked for, with the broken definitions beside the whole ones."""
    began = session.clock.monotonic()
    report = JOBS[session.invocation.job](session, observer)
    broken = () if session.invocation.path else _broken(session, report.head)
    seconds = round(session.clock.monotonic() - began, 1)
    return replace(report, applications=(*report.applications, *broken), seconds=seconds)


def _broken(session: Session, revision: str) -> tuple[AppReport, ...]:
    asked = set(session.invocation.applications)
    return tuple(
        AppReport(
            name=each.name or str(each.place),
            problem=Problem(each.errors[0].message, ExitCode.CONFIG, each.errors[0].place),
        )
        for each in (*session.configuration(revision).broken, *session.family(revision).broken)
        if not asked or asked & set(labels(each))
    )
