"""Diff, sync, drift and rollback: short sentences made of prepare and carry_out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.errors import ExitCode
from syncline.jobs.afterthoughts import afterthoughts, forethoughts
from syncline.jobs.border import Discreet
from syncline.jobs.choose import broken_ones
from syncline.report.model import AppReport, Job, Problem, Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.config.load import BrokenApplication
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session


def job_of(job: Job) -> Callable[[Session, Observer], Report]:
    """The function that does a job: it bears the job's name, in the module of that name.

    Only that one is imported; all of them cost a tenth of a second.
    """
    name = job.value.replace("-", "_")
    do: Callable[[Session, Observer], Report] = getattr(import_module(f"syncline.jobs.{name}"), name)
    return do


def run(session: Session, observer: Observer) -> Report:
    """The job that was asked for, with the broken definitions beside the whole ones."""
    began = session.clock.monotonic()
    forethoughts(session)
    border = Discreet(observer, session.masker)
    report = job_of(session.invocation.job)(session, border)
    broken = map(_problem_of, broken_ones(session, report.head))
    seconds = round(session.clock.monotonic() - began, 1)
    unclear = tuple(
        Problem(each.message, ExitCode.CONFIG, each.place)
        for each in session.written(report.head).customizations.unclear
    )
    whole = replace(
        report,
        applications=(*report.applications, *broken),
        problems=(*report.problems, *unclear),
        notes=(*report.notes, *afterthoughts(report, session)),
        seconds=seconds,
    )
    return border.whole(whole)


def _problem_of(broken: BrokenApplication) -> AppReport:
    first = broken.errors[0]
    return AppReport(
        name=broken.name or str(broken.place), problem=Problem(first.message, ExitCode.CONFIG, first.place)
    )
