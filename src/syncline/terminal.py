"""What a person at a terminal sees: progress on standard error, the report on standard output.

The law: standard output holds the report and nothing else, so that it can be piped.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final, TextIO

from syncline.core.plan import Action
from syncline.core.verdict import Assessed, Done, Event, Failed, GaveUp, Halted, Overdue, Retrying, Waiting
from syncline.errors import ExitCode, Interrupted, UsageError
from syncline.exits import likes_colour
from syncline.report.escaping import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from syncline.config.settings import Settings
    from syncline.core.loglines import LogLine
    from syncline.jobs.observer import Observer
    from syncline.report.model import AppReport, Job, Report

_DONE: Final = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.RECREATE: "recreated",
    Action.ADOPT: "adopted",
    Action.PRUNE: "pruned",
    Action.RUN: "ran",
    Action.FORGET: "forgot",
}


def observer(stream: TextIO, *, moving: bool) -> Observer:
    """One line that is written over again on a terminal, else a line for whatever happens in a cluster."""
    return Progress(stream) if moving else Lines(stream)


def text_of(
    report: Report, form: str, *, colour: bool = False, diffs: bool = True, strict: bool = False
) -> str:
    """The report as text, Markdown, an HTML page or JSON; it ends with a new line.

    `diffs` says whether the text shows the differing lines, or only which objects differ; `strict` whether
    the differences of a diff are a failure.
    """
    if form == "markdown":
        from syncline.report.fit import fit

        text = "\n\n".join(fit(report))
    elif form == "html":
        from syncline.report.html import page

        text = page(report)
    elif form == "json":
        from syncline.report.json import to_json

        text = to_json(report, differences_are_failure=strict)
    elif report.job.value == "render":
        from syncline.report.manifests import manifests

        return manifests(report)
    else:
        from syncline.report.terminal import terminal

        text = terminal(report, colour=colour, diffs=diffs)
    return text if text.endswith("\n") else f"{text}\n"


def print_logs(lines: Iterator[LogLine], *, colour: bool) -> ExitCode:
    """Print each line as it comes. Whoever reads may go away early, and stopping is how a log is left."""
    from syncline.report.log_text import log_text

    try:
        for line in lines:
            sys.stdout.write(log_text(line, colour=colour))
            sys.stdout.flush()
    except Interrupted as error:
        return error.exit_code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.OK


def page_file(name: str) -> Path | None:
    """Where the page goes. Raises UsageError now rather than after a sync."""
    if not name:
        return None
    file = Path(name)
    if file.is_dir():
        raise UsageError(f"--html {name!r} is a directory.", remedy="Name a file.")
    if not file.resolve().parent.is_dir():
        raise UsageError(f"--html {name!r} is in a directory that does not exist.", remedy="Make it first.")
    if not os.access(file if file.exists() else file.resolve().parent, os.W_OK):
        raise UsageError(f"--html {name!r} cannot be written.", remedy="Name a file that can.")
    return file


def write_page(file: Path, report: Report) -> None:
    """Write the HTML page. Raises UsageError."""
    from syncline.report.html import page

    try:
        file.write_text(page(report), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--html {str(file)!r} could not be written: {error.strerror}.") from error


def is_colourful(wish: str, stream: TextIO | None = None) -> bool:
    """Whether the report has colours, on standard output or where else it goes."""
    is_terminal = (stream or sys.stdout).isatty()
    return wish == "always" or (wish == "auto" and is_terminal and likes_colour(os.environ))


def may_move(wish: str) -> bool:
    """Whether progress may be one line that is written over again."""
    return wish != "never" and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Lines:
    """What happens in a cluster, a line each, for logs. What only reads needs none: its report is all."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._last: dict[tuple[str, object], str] = {}

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""

    def planned(self, job: Job, report: AppReport) -> None:
        """The plan of a rollback, before it is carried out."""
        with self._lock, suppress(OSError):
            self._stream.write(_plan_text(job, report))
            self._stream.flush()

    def event(self, application: str, event: Event) -> None:
        """Something happened in a cluster; what is still the same is not said again, and of what was not
        touched it goes without saying that it is well.
        """
        about = (application, getattr(event, "key", None))
        if about not in self._last and isinstance(event, Assessed) and not event.health.status:
            return
        said = sentence(application, event)
        with self._lock, suppress(OSError):
            if self._last.get(about) == said:
                return
            self._last[about] = said
            self._stream.write(f"{one_line(said)}\n")
            self._stream.flush()

    def finished(self, report: AppReport) -> None:
        """One application is done."""


class Progress:
    """One line that says what is happening, rewritten in place."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""
        del settings
        self._total = len(applications)
        if self._total:
            self._say("one application" if self._total == 1 else f"{self._total} applications")

    def planned(self, job: Job, report: AppReport) -> None:
        """The plan of a rollback, before it is carried out."""
        self._say("")
        with self._lock, suppress(OSError):
            self._stream.write(_plan_text(job, report))
            self._stream.flush()

    def event(self, application: str, event: Event) -> None:
        """Something happened in a cluster."""
        self._say(sentence(application, event))

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        with self._lock:
            self._done += 1
            left = self._total - self._done
        self._say(report.name if left else "")

    def _say(self, text: str) -> None:
        with self._lock, suppress(OSError):
            count = f"[{self._done}/{self._total}] " if text else ""
            line = one_line(f"{count}{text}", get_terminal_size().columns - 1)
            self._stream.write(f"\r\x1b[2K{line}")
            self._stream.flush()


def _plan_text(job: Job, report: AppReport) -> str:
    from syncline.report.model import Report
    from syncline.report.terminal import terminal

    return f"This is the plan:\n\n{terminal(Report(job, applications=(report,)), colour=False)}\n"


def sentence(application: str, event: Event) -> str:
    """What happened, in a line. What a server said is left to the report, where secrets are hidden."""
    match event:
        case Done():
            said = f"{_DONE[event.action]} {event.key}"
        case Failed():
            said = f"{event.key} failed"
        case Assessed() | Overdue():
            said = f"{event.key} is {event.health.status.label}"
        case Halted():
            said = "ended before its end"
        case Waiting():
            said = event.message
        case Retrying():
            said = f"attempt {event.attempt} did not succeed; tried again"
        case GaveUp():
            said = f"attempt {event.attempt} did not succeed; not tried again"
    return f"{application}: {said}"
