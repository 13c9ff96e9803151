"""The smallest parts of the HTML page.

The law: `esc` is the only way for a foreign text onto the page.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from syncline.core.plan import Action
from syncline.errors import ExitCode, Place
from syncline.report.escaping import one_line, visible
from syncline.report.model import AppReport, Job, Note, Report
from syncline.report.outcome import app_code
from syncline.report.words import SIGNS, about, differs, tally

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTION_CLASSES: Final[Mapping[Action, str]] = {
    Action.CREATE: "ok",
    Action.UPDATE: "warn",
    Action.RECREATE: "bad",
    Action.ADOPT: "info",
    Action.PRUNE: "bad",
    Action.KEEP: "soft",
    Action.BLOCKED: "bad",
    Action.HOLD: "bad",
}
_STATE_SIGNS: Final[Mapping[str, str]] = {"ok": "✓", "warn": "≠", "bad": "✕", "info": "≠"}


def esc(text: str, most: int = 600, *, lines: bool = False) -> str:
    """A text that is only text, for content and for quoted attributes; with `lines` it keeps its newlines."""
    return html.escape(visible(text[:most]) if lines else one_line(text, most))


def element(tag: str, content: str, css: str = "") -> str:
    """An element around content that is HTML already."""
    return f'<{tag} class="{css}">{content}</{tag}>' if css else f"<{tag}>{content}</{tag}>"


def state_class(code: ExitCode) -> str:
    """How a result is coloured."""
    return {ExitCode.OK: "ok", ExitCode.DIFFERENT: "warn"}.get(code, "bad")


def app_class(report: Report, app: AppReport) -> str:
    """The same for an application; a difference that was looked for is neither good nor bad."""
    css = state_class(app_code(report, app))
    if css == "ok" and differs(app):
        return {Job.DIFF: "info", Job.STATUS: "warn", Job.TREE: "warn"}.get(report.job, css)
    return css


def dot(css: str) -> str:
    """The sign of a state."""
    return f'<span class="{css}" aria-hidden="true">{_STATE_SIGNS[css]}</span>'


def numbers(app: AppReport) -> str:
    """The counts of an application, each in its colour."""
    return " ".join(
        element("span", f"{SIGNS[action]}{count:,}", f"{ACTION_CLASSES[action]} mono")
        for action, count, _ in tally([app]).parts
    )


def place_mark(place: Place | None) -> str:
    """Where a person would look."""
    return f' <code class="soft">{esc(str(place))}</code>' if place else ""


def note_text(note: Note) -> str:
    """What a note says, with the object that it is about and where a person would look."""
    key = element("code", esc(about(note))) + " " if about(note) else ""
    return f"{key}{esc(note.text)}{place_mark(note.place)}"
