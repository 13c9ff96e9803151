"""The report as one HTML page that needs nothing else: no script, no font, no network.

The law: everything that others wrote is escaped, and the page's own policy forbids whatever could slip
through.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.report.brief import HEADS, rows
from syncline.report.html_app import app_section, change_line, health_mark, sync_mark
from syncline.report.html_parts import (
    app_class,
    dot,
    element,
    esc,
    note_text,
    numbers,
    place_mark,
    state_class,
)
from syncline.report.html_style import STYLE
from syncline.report.images import image_rows
from syncline.report.model import AppReport, Job, Note, Problem, Report, Severity
from syncline.report.outcome import exit_code, worst_first
from syncline.report.pieces import bounded
from syncline.report.sentences import (
    failed_sentence,
    headline,
    nothing,
    outcome_word,
    quiet_counts,
    revisions,
)
from syncline.report.words import (
    SIGNS,
    changed,
    duration,
    has_body,
    place_of,
    plural,
    short,
    tally,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_LINES: Final = 100_000
"""Lines of differences on one page; a browser can still scroll that."""

_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
_POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


_WIDE: Final = frozenset({"Compared", "Time", "Project", "Destination", "Revision"})


def page(report: Report) -> str:
    """The whole page."""
    title = esc(headline(report))
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{title} · Syncline</title><style>{STYLE}</style></head><body>",
            *_header(report),
            *(('<div class="list">',) if report.brief else ('<div class="layout">', _index(report))),
            "<main>",
            *_main(report),
            "</main></div>",
            _footer(report),
            "</body></html>\n",
        )
    )


def _header(report: Report) -> Iterator[str]:
    colour = state_class(exit_code(report))
    if colour == "ok" and report.job is Job.DIFF and changed(report):
        colour = "info"  # differences that were looked for are neither good nor bad, as in the comment
    yield f"<header><h1>{dot(colour)} {esc(headline(report))}</h1>"
    for line in (nothing(report), _where(report)):
        if line:
            yield element("p", esc(line), "meta")
    chips = [
        f'<li class="chip"><b>{SIGNS[action]} {count:,}</b> {word}</li>'
        for action, count, word in total(report).parts
    ]
    if chips:
        yield f'<ul class="chips">{"".join(chips)}</ul>'
    yield "</header>"


def _where(report: Report) -> str:
    return " · ".join(part for part in (quiet_counts(report), revisions(report)) if part)


def _index(report: Report) -> str:
    items = "".join(_index_item(report, app, at) for at, app in enumerate(worst_first(report)))
    return f'<nav aria-label="Applications"><ol>{items}</ol></nav>'


def _index_item(report: Report, app: AppReport, at: int) -> str:
    counts = element("small", tally([app]).signed, "soft")
    name = element("span", esc(app.name, 200), "name")
    return f'<li><a href="{_anchor(app, at)}">{dot(app_class(report, app))}{name}{counts}</a></li>'


def _anchor(app: AppReport, at: int) -> str:
    return f"#app-{at}" if has_body(app) else "#apps"


def _main(report: Report) -> Iterator[str]:
    if report.brief:
        yield from _alerts(replace(report, applications=()))
        yield from _brief_table(report)
        return
    yield from _alerts(report)
    yield from _app_table(report)
    yield from _image_table(report)
    room = _MOST_LINES
    for at, app in enumerate(worst_first(report)):
        if not has_body(app):
            continue
        section, used = app_section(report, app, at, room=room)
        room -= used
        yield section
    if report.unaffected:
        names = ", ".join(element("code", esc(name, 200)) for name in report.unaffected)
        title = f"{plural(len(report.unaffected), 'application')} not affected"
        yield f'<details class="fold"><summary>{title}</summary><p>{names}</p></details>'


def _alerts(report: Report) -> Iterator[str]:
    if report.interrupted:
        yield _alert("bad", "The run was stopped before its end; run it again to finish.")
    yield from (_problem("", problem) for problem in report.problems)
    for app in worst_first(report):
        lead = element("b", esc(app.name, 200))
        if app.problem is not None:
            yield _problem(f"{lead} {failed_sentence(report)}: ", app.problem)
        yield from (_alert("bad", f"{lead}: plan refused. {esc(refusal)}") for refusal in app.refusals)
        yield from (_problem(f"{lead}: ", failure) for failure in app.failures)
    for severity, colour in ((Severity.DANGER, "bad"), (Severity.WARNING, "warn"), (Severity.INFO, "info")):
        yield from (_note(colour, "", note) for note in report.notes if note.severity is severity)
        if severity is not Severity.INFO:
            yield from _app_notes(report, severity, colour)


def _app_notes(report: Report, severity: Severity, colour: str) -> Iterator[str]:
    for app in report.applications:
        lead = element("b", esc(app.name, 200)) + ": "
        yield from (_note(colour, lead, note) for note in app.notes if note.severity is severity)


def _alert(colour: str, content: str, more: str = "") -> str:
    return f'<div class="alert {colour}"><p>{content}</p>{more}</div>'


def _problem(lead: str, problem: Problem) -> str:
    first, _, rest = problem.message.strip().partition("\n")
    said = "\n".join(bounded(rest.strip("\n"), lines=200, width=1_000))
    output = element("pre", esc(said, 100_000, lines=True), "said") if said.strip() else ""
    remedy = element("p", f"→ {esc(problem.remedy)}") if problem.remedy else ""
    return _alert("bad", f"{lead}{esc(first, 2_000)}{place_mark(problem.place)}", remedy + output)


def _note(colour: str, lead: str, note: Note) -> str:
    return _alert(colour, f"{lead}{note_text(note)}")


def _app_table(report: Report) -> Iterator[str]:
    if not report.applications:
        return
    heads = ("Application", "Cluster / namespace", "Changes", "Outcome", "Health", "Compared", "Time")
    rows = [_app_row(report, app, at) for at, app in enumerate(worst_first(report))]
    yield f'<div id="apps">{_table(heads, rows)}</div>'


def _app_row(report: Report, app: AppReport, at: int) -> tuple[str, ...]:
    outcome = element("span", esc(outcome_word(report, app)), app_class(report, app))
    return (
        f'<a href="{_anchor(app, at)}"><b>{esc(app.name, 200)}</b></a>',
        esc(place_of(app)),
        numbers(app),
        outcome,
        change_line(app.health),
        app.level.value if app.problem is None else "",
        duration(app.seconds) if app.seconds else "",
    )


def _brief_table(report: Report) -> Iterator[str]:
    listed = [
        (
            element("b", esc(row.name, 200)),
            esc(row.project, 200),
            esc(row.place),
            sync_mark(row.sync),
            health_mark(row.health),
            element("code", esc(row.revision)) if row.revision else "",
            esc(row.message),
        )
        for row in rows(report)
    ]
    if listed:
        yield _table(HEADS, listed)


def _image_table(report: Report) -> Iterator[str]:
    rows = [
        (
            element("code", esc(row.image)) if row.image else "",
            element("code", esc(row.before)) if row.before else "",
            element("code", esc(row.after)) if row.after else "",
            element("span", row.remark, "warn") if row.remark else "",
            esc(row.where),
        )
        for row in image_rows(report)
    ]
    if rows:
        yield _table(("Image", "Before", "After", "Remark", "In"), rows)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    used = [at for at in range(len(heads)) if any(row[at] for row in rows)]
    head = "".join(element("th", heads[at], _width(heads[at])) for at in used)
    body = "".join(
        element("tr", "".join(element("td", row[at], _width(heads[at])) for at in used)) for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _width(head: str) -> str:
    """What a narrow screen has no room for: the application's own part says it, too."""
    return "message" if head == "Message" else "wide" if head in _WIDE else ""


def _footer(report: Report) -> str:
    parts = (
        f"base {short(report.base)}" if report.base else "",
        f"head {short(report.head)}" if report.head else "",
        *(f"{name} {version}" for name, version in report.versions),
        duration(report.seconds) if report.seconds else "",
    )
    said = " · ".join(esc(part) for part in parts if part)
    is_link = report.run_url.startswith(("https://", "http://"))
    run = f' · <a href="{esc(report.run_url, 2_000)}">run</a>' if is_link else ""
    kind = "Drift check" if report.job is Job.DRIFT else report.job.value.capitalize()
    return f"<footer>Syncline · {kind} · {said}{run}</footer>"
