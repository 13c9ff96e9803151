"""What a person at a terminal sees: progress on standard error, the report on standard output.

The law: standard output holds the report and nothing else, so that it can be piped.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

import click

from syncline.core.verdict import Assessed, Done, Event, Failed, Halted, Overdue
from syncline.jobs.observer import Silence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline.config.settings import Settings
    from syncline.jobs.observer import Observer
    from syncline.report.model import AppReport, Report


def observer(*, progress: bool) -> Observer:
    """Lines of progress for a terminal, silence for a pipe."""
    return Progress() if progress else Silence()


def show(report: Report, form: str, *, colour: bool, diffs: bool) -> None:
    """The report in the form asked for."""
    click.echo(text_of(report, form, colour=colour, diffs=diffs), nl=False, color=colour)


def text_of(report: Report, form: str, *, colour: bool, diffs: bool) -> str:
    """The report as text, Markdown, an HTML page or JSON; it ends with a new line.

    `diffs` says whether the text shows the differing lines, or only which objects differ.
    """
    if form == "markdown":
        from syncline.report.fit import fit

        text = "\n\n".join(fit(report))
    elif form == "html":
        from syncline.report.html import page

        text = page(report)
    elif form == "json":
        from syncline.report.json import to_json

        text = to_json(report)
    else:
        from syncline.report.terminal import terminal

        # After a sync one wants to know what was done and how it is; before it, what would be done.
        text = terminal(report, colour=colour, diffs=diffs)
    return text if text.endswith("\n") else f"{text}\n"


class Progress:
    """One line on standard error that says what is happening, rewritten in place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._total = 0
        self._done = 0

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""
        del settings
        self._total = len(applications)
        self._say(f"{self._total} applications")

    def event(self, application: str, event: Event) -> None:
        """Something happened in a cluster."""
        match event:
            case Done():
                self._say(f"{application}: {event.action.value} {event.key}")
            case Failed():
                self._say(f"{application}: {event.key} failed")
            case Assessed() | Overdue():
                self._say(f"{application}: {event.key} {event.health.status.label} {event.health.message}")
            case Halted():
                self._say(f"{application}: {event.message}")

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        self._done += 1
        self._say(report.name if self._done < self._total else "")

    def _say(self, text: str) -> None:
        with self._lock:
            count = f"[{self._done}/{self._total}] " if text else ""
            line = "".join(sign if sign.isprintable() else " " for sign in f"{count}{text}")[:100]
            sys.stderr.write(f"\r\x1b[2K{line}")
            sys.stderr.flush()
