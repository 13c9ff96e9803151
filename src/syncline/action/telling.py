"""What a step says when the job has ended: the log, annotations, summary, comment, files and outputs.

The law: what cannot be told in one place does not keep it from being told in the others, and a run that could
not say all it had to say is not green.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from msgspec.structs import replace

from syncline.action.files import write_file
from syncline.core.trust import Tier
from syncline.errors import GitHubError, SynclineError
from syncline.github.comments import upsert
from syncline.github.workflow import add_summary, annotate, print_untrusted, set_outputs
from syncline.report.annotations import Annotation
from syncline.report.annotations import annotations as annotations_of
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import Job, Problem, Report
from syncline.report.summary import status_line, summary
from syncline.report.terminal import terminal
from syncline.report.words import differs

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.action.request import Request
    from syncline.github.client import Api
    from syncline.github.event import Event, PullRequest


def complain(error: SynclineError) -> None:
    """An error as an annotation and as a line of the log."""
    file, line = (error.place.file, error.place.line) if error.place else ("", 0)
    text = f"{error.message} {error.remedy}".strip()
    annotate([Annotation("error", file, line, "Syncline", text)], sys.stdout)
    print_untrusted(f"syncline: {error}", sys.stderr)


def with_problem(report: Report, error: SynclineError) -> Report:
    """The report, which now says this too."""
    problem = Problem(error.message, error.exit_code, error.place, error.remedy)
    return replace(report, problems=(*report.problems, problem))


def tell_runner(report: Report, request: Request) -> Report:
    """The log, the annotations, the job summary. The report comes back with what could not be told."""
    if not request.token:
        text = "No token was given: neither a comment nor statuses are written."
        annotate([Annotation("notice", "", 0, "Syncline", text)], sys.stdout)
    for name in request.idle:
        text = f"The input {name} has no effect on the command {report.job.value}."
        annotate([Annotation("warning", "", 0, "Syncline", text)], sys.stdout)
    print_untrusted(terminal(report, colour=False), sys.stdout)
    annotate(annotations_of(report), sys.stdout)
    file = request.reporting.summary_file
    return _tried(report, lambda: add_summary(summary(report), Path(file))) if file else report


def tell_github(report: Report, api: Api | None, request: Request) -> Report:
    """The pull request's comment. The report comes back with what could not be told."""
    pull = request.event.pull_request
    if api is None or pull is None or report.job is not Job.DIFF or not request.reporting.comment:
        return report
    if report.interrupted:
        # Half a comparison must not take the place of a whole one.
        return report
    pages = fit(report, context=request.reporting.context)

    def tell() -> None:
        if _is_overtaken(api, request.event, pull):
            text = f"No comment was written: the pull request has a newer commit than {pull.head_sha[:7]}."
            print_untrusted(text, sys.stdout)
        else:
            upsert(api, request.event.repository, pull.number, pages)

    if request.event.tier is not Tier.RENDER:
        return _tried(report, tell)
    try:
        tell()
    except GitHubError as error:
        # A fork's token may not comment: the job summary and the annotations have it all.
        print_untrusted(f"No comment was written: {error.message}", sys.stdout)
    return report


def _is_overtaken(api: Api, event: Event, pull: PullRequest) -> bool:
    """Whether the pull request has moved on, as it has where an older run is started again: what that found
    must not take the place of what is to be merged now.
    """
    if pull.is_fork:
        return False  # its branch is in a repository that this token may know nothing of
    try:
        branch = api.find(f"/repos/{event.repository}/branches/{quote(pull.head_ref, safe='')}")
    except GitHubError:
        return False  # a token that may comment need not read branches
    tip = (branch.get("commit") or {}).get("sha") if isinstance(branch, dict) else None
    return bool(tip) and tip != pull.head_sha


def say(report: Report, request: Request) -> Report:
    """The files, and the outputs, which name them. The report comes back with what could not be told."""
    reporting = request.reporting
    files: dict[str, Callable[[Report], str]] = {
        reporting.report: partial(to_json, differences_are_failure=reporting.fail_on_difference)
    }
    if reporting.html:
        files[reporting.html] = page
    written = []
    for name, make in files.items():
        problems = len(report.problems)
        report = _tried(report, _writer(reporting.workspace, name, make, report))
        if len(report.problems) == problems:
            written.append(name)
    if not reporting.output_file:
        return report
    state, sentence = status_line(report, differences_are_failure=reporting.fail_on_difference)
    outputs = {
        "outcome": state,
        "changed": "true" if any(differs(app) for app in report.applications) else "false",
        "applications": json.dumps([app.name for app in report.applications]),
        "summary": sentence,
        "report": reporting.report if reporting.report in written else "",
        "html": reporting.html if reporting.html in written else "",
    }
    return _tried(report, lambda: set_outputs(outputs, Path(reporting.output_file)))


def _writer(workspace: Path, name: str, make: Callable[[Report], str], report: Report) -> Callable[[], None]:
    return lambda: write_file(workspace, name, make(report))


def _tried(report: Report, tell: Callable[[], object]) -> Report:
    try:
        tell()
    except SynclineError as error:
        complain(error)
        return with_problem(report, error)
    return report
