"""The GitHub Action: the event and the inputs become the same Invocation that the command line makes.

The law: what may be done follows from the event alone; whatever happens, GitHub is told, and told the truth.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline import cli
from syncline.core.live import Level
from syncline.core.selection import selection
from syncline.core.trust import Tier
from syncline.errors import ExitCode, SynclineError, UsageError
from syncline.github.client import Api
from syncline.github.comments import upsert
from syncline.github.event import Event, read_event
from syncline.github.statuses import StatusBoard
from syncline.github.workflow import add_summary, annotate, mask, print_untrusted, set_outputs
from syncline.jobs.invocation import Invocation, Permissions
from syncline.report.annotations import Annotation
from syncline.report.annotations import annotations as annotations_of
from syncline.report.fit import fit
from syncline.report.html import page
from syncline.report.json import to_json
from syncline.report.model import AppReport, Job, Problem, Report
from syncline.report.outcome import exit_code
from syncline.report.summary import app_status_line, pending_line, status_line, summary
from syncline.report.terminal import terminal
from syncline.report.words import differs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from syncline.config.settings import Settings
    from syncline.core.verdict import Event as SyncEvent

_HIDDEN: Final = ("ACTIONS_", "INPUT_", "GITHUB_TOKEN", "GH_TOKEN")
"""Beginnings of variables that nothing below this module needs to see."""

INPUTS: Final[Mapping[str, str]] = {
    "command": "",
    "token": "",
    "kubeconfig": "",
    "applications": "",
    "revision": "",
    "base": "",
    "path": "",
    "level": "auto",
    "prune": "false",
    "approve": "",
    "adopt": "false",
    "heal": "false",
    "resources": "",
    "labels": "",
    "dry_run": "false",
    "timeout": "",
    "context": "syncline",
    "comment": "true",
    "fail_on_difference": "false",
    "html": "",
}
"""Every input and its default; `action.yml` and the README name the same."""

OUTPUTS: Final = ("outcome", "changed", "applications", "summary", "report", "html")


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs as the runner passes them."""

    values: Mapping[str, str]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> Inputs:
        """From `INPUT_*`; an empty input has its default."""
        given = {name: environ.get(f"INPUT_{name.upper()}", "").strip() for name in INPUTS}
        return cls({name: given[name] or default for name, default in INPUTS.items()})

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def flag(self, name: str) -> bool:
        """A boolean. Raises UsageError for anything but true and false."""
        text = self.values[name].lower()
        if text not in {"true", "false"}:
            raise UsageError(f"The input {name} is {text!r}.", remedy="Write true or false.")
        return text == "true"

    def words(self, name: str) -> tuple[str, ...]:
        """Names between spaces, commas or line ends."""
        return tuple(self.values[name].replace(",", " ").split())

    def lines(self, name: str) -> tuple[str, ...]:
        """One value for each line."""
        return tuple(line.strip() for line in self.values[name].splitlines() if line.strip())


def main() -> None:
    """The container's entry point."""
    sys.exit(act(dict(os.environ)))


def act(environ: Mapping[str, str]) -> ExitCode:
    """One step of a workflow; returns its exit code."""
    try:
        inputs = Inputs.read(environ)
        for name in ("token", "kubeconfig"):
            mask(inputs[name], sys.stdout)
        event = read_event(environ)
        with ExitStack() as stack:
            invocation = _invocation(inputs, event, environ, stack)
            return _run(invocation, inputs, event, environ)
    except SynclineError as error:
        annotate([_annotation(error)], sys.stdout)
        print_untrusted(f"syncline: {error}", sys.stderr)
        return error.exit_code


def _annotation(error: SynclineError) -> Annotation:
    place = error.place
    text = f"{error.message} {error.remedy}".strip()
    return Annotation("error", place.file if place else "", place.line if place else 0, "Syncline", text)


def _run(invocation: Invocation, inputs: Inputs, event: Event, environ: Mapping[str, str]) -> ExitCode:
    api = Api(inputs["token"], event.api_url) if inputs["token"] and event.repository else None
    with _board(api, invocation, inputs, event) as board:
        report = _report(invocation, board)
        report = replace(report, run_url=event.run_url)
        code = exit_code(report, differences_are_failure=inputs.flag("fail_on_difference"))
        _tell_runner(report, inputs, environ)
        failures = _tell_github(report, api, inputs, event)
        if board is not None:
            board.done(report)
        if failures:
            annotate([_annotation(error) for error in failures], sys.stdout)
            return code or failures[0].exit_code
    return code


def _report(invocation: Invocation, board: Board | None) -> Report:
    """The run's report; when it could not be begun, a report that says so."""
    from syncline.jobs.observer import Silence

    try:
        return cli.run(invocation, board or Silence())
    except SynclineError as error:
        problem = Problem(error.message, error.exit_code, error.place, error.remedy)
        return Report(invocation.job, problems=(problem,))


def _tell_runner(report: Report, inputs: Inputs, environ: Mapping[str, str]) -> None:
    """The log, the annotations, the job summary and the outputs."""
    print_untrusted(terminal(report, colour=False), sys.stdout)
    annotate(annotations_of(report), sys.stdout)
    if environ.get("GITHUB_STEP_SUMMARY"):
        add_summary(summary(report), Path(environ["GITHUB_STEP_SUMMARY"]))
    outputs = _outputs(report, inputs, environ)
    if environ.get("GITHUB_OUTPUT"):
        set_outputs(outputs, Path(environ["GITHUB_OUTPUT"]))


def _outputs(report: Report, inputs: Inputs, environ: Mapping[str, str]) -> Mapping[str, str]:
    workspace = Path(environ.get("GITHUB_WORKSPACE", "."))
    kept = Path(environ.get("RUNNER_TEMP") or tempfile.gettempdir(), "syncline-report.json")
    kept.write_text(to_json(report), encoding="utf-8")
    if inputs["html"]:
        target = workspace / inputs["html"]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(report), encoding="utf-8")
    state, sentence = status_line(report)
    return {
        "outcome": state,
        "changed": "true" if any(differs(app) for app in report.applications) else "false",
        "applications": json.dumps([app.name for app in report.applications]),
        "summary": sentence,
        "report": str(kept),
        "html": inputs["html"],
    }


def _tell_github(report: Report, api: Api | None, inputs: Inputs, event: Event) -> list[SynclineError]:
    """The comment; what fails there must not hide the outcome, so it is returned."""
    if api is None or event.pull_request is None or report.job is not Job.DIFF or not inputs.flag("comment"):
        return []
    try:
        pages = fit(report, context=inputs["context"])
        upsert(api, event.repository, event.pull_request.number, pages)
    except SynclineError as error:
        if event.tier is Tier.RENDER:
            # A fork's token may not comment: the job summary and the annotations have it all.
            print_untrusted(f"The comment could not be written: {error.message}", sys.stdout)
            return []
        return [error]
    return []


class Board:
    """An observer that keeps the commit's statuses."""

    def __init__(self, statuses: StatusBoard, job: Job) -> None:
        self._statuses = statuses
        self._job = job

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""
        self._statuses.begin(applications, pending_line(self._job)[1], limit=settings.status_limit)

    def event(self, application: str, event: SyncEvent) -> None:
        """A commit status has no room for single events."""

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        state, sentence = app_status_line(Report(self._job, applications=(report,)), report)
        self._statuses.application(report.name, state, sentence)

    def done(self, report: Report) -> None:
        """The run has ended."""
        self._statuses.finish(*status_line(report))


@contextmanager
def _board(api: Api | None, invocation: Invocation, inputs: Inputs, event: Event) -> Iterator[Board | None]:
    """The statuses of the event's commit: pending first, and never left so."""
    if api is None or not event.report_sha or event.tier is Tier.RENDER:
        yield None
        return
    context = f"{inputs['context']}/{invocation.job.value}"
    statuses = StatusBoard(api, event.repository, event.report_sha, context=context, url=event.run_url)
    with statuses:
        statuses.start(pending_line(invocation.job)[1])
        yield Board(statuses, invocation.job)


def _invocation(inputs: Inputs, event: Event, environ: Mapping[str, str], stack: ExitStack) -> Invocation:
    job = _job(inputs)
    base, head = _revisions(inputs, event, job)
    return Invocation(
        job=job,
        root=Path(environ.get("GITHUB_WORKSPACE", ".")),
        base=base,
        head=head,
        applications=inputs.words("applications"),
        path=inputs["path"],
        level=_level(inputs, event),
        permissions=Permissions(
            prune=inputs.flag("prune"),
            approved=frozenset(inputs.lines("approve")),
            adopt=inputs.flag("adopt"),
            heal=inputs.flag("heal"),
        ),
        affected_only=job is Job.SYNC and not inputs.words("applications"),
        selection=selection(inputs.lines("resources"), inputs.lines("labels")),
        dry_run=inputs.flag("dry_run"),
        timeout=cli.seconds(inputs["timeout"]),
        repository=_repository(event, environ),
        actor=event.actor,
        tier=event.tier,
        kubeconfig=_kubeconfig(inputs, event, stack),
        environ={name: value for name, value in environ.items() if not name.startswith(_HIDDEN)},
    )


def _repository(event: Event, environ: Mapping[str, str]) -> str:
    """The repository as its remote names it, so that the action and a shell sync as the same owner."""
    server = environ.get("GITHUB_SERVER_URL") or "https://github.com"
    return f"{server}/{event.repository}" if event.repository else ""


def _job(inputs: Inputs) -> Job:
    try:
        return Job(inputs["command"])
    except ValueError:
        known = ", ".join(job.value for job in Job)
        raise UsageError(
            f"The input command is {inputs['command']!r}.", remedy=f"Write one of {known}."
        ) from None


def _revisions(inputs: Inputs, event: Event, job: Job) -> tuple[str, str]:
    """What is compared or synced.

    A pull request's merge commit against its first parent: what merging will do. Where there is no merge
    commit, the head against where it parted from the base.
    """
    if inputs["base"] or inputs["revision"]:
        return inputs["base"], inputs["revision"] or event.sha
    if job is not Job.DIFF:
        return "", "" if job is Job.ROLLBACK else event.sha
    if event.name == "pull_request" and event.sha and event.sha != event.head_sha:
        return f"{event.sha}^1", event.sha
    if event.base_sha:
        return event.base_sha, event.head_sha
    return (f"{event.sha}^1", event.sha) if event.name == "push" else ("", event.sha)


def _level(inputs: Inputs, event: Event) -> Level:
    asked = inputs["level"]
    if asked != "auto":
        try:
            return Level(asked)
        except ValueError:
            raise UsageError(
                f"The input level is {asked!r}.", remedy="Write auto, offline, live or dry-run."
            ) from None
    if not inputs["kubeconfig"] or event.tier is Tier.RENDER:
        return Level.OFFLINE
    return Level.DRY_RUN if event.tier is Tier.WRITE else Level.LIVE


def _kubeconfig(inputs: Inputs, event: Event, stack: ExitStack) -> str:
    """The kubeconfig as a file that only we can read, gone when the step ends.

    A run that may only render gets none.
    """
    if not inputs["kubeconfig"] or event.tier is Tier.RENDER:
        return ""
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="syncline-kubeconfig-"))
    file = Path(directory, "config")
    file.touch(mode=0o600)
    file.write_text(inputs["kubeconfig"], encoding="utf-8")
    return str(file)


if __name__ == "__main__":
    main()
