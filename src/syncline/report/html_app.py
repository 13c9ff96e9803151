"""One application's part of the HTML page.

The law: as in the comment, each object has its heading, with what happens to it and the line to edit.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from syncline.core.health.status import Health, HealthStatus
from syncline.core.plan import Action
from syncline.report.diff_text import WIDEST
from syncline.report.html_parts import (
    ACTION_CLASSES,
    app_class,
    dot,
    element,
    esc,
    note_text,
    numbers,
    place_mark,
)
from syncline.report.model import AppReport, Report, ResourceRow, Severity, ShownChange, ShownHook
from syncline.report.sentences import introduction, outcome_word, way_back_sentence
from syncline.report.shown import authors, remark, shown_lines
from syncline.report.words import (
    SIGNS,
    former_words,
    hook_words,
    object_name,
    place_of,
    sentence,
    short,
    sign_of,
    visible_changes,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_OPEN_LINES: Final = 120
_CLASSES: Final[Mapping[str, str]] = {"+": "a", "-": "d", "@": "h", "…": "h"}
_HEALTH: Final[Mapping[HealthStatus, tuple[str, str]]] = {
    HealthStatus.HEALTHY: ("ok", "●"),
    HealthStatus.SUSPENDED: ("info", "◐"),
    HealthStatus.PROGRESSING: ("warn", "◌"),
    HealthStatus.MISSING: ("warn", "○"),
    HealthStatus.DEGRADED: ("bad", "✖"),
    HealthStatus.UNKNOWN: ("warn", "?"),
}
_SYNC: Final[Mapping[str, tuple[str, str]]] = {"Synced": ("ok", "✓"), "OutOfSync": ("warn", "≠")}


def app_section(report: Report, app: AppReport, at: int, *, room: int) -> tuple[str, int]:
    """The section and how many lines of differences it shows, at most `room`."""
    changes = visible_changes(app)
    shown = [shown_lines(change) for change in changes]
    used = 0
    parts = [*_head(report, app), *_notes(app), *_tree(app)]
    for change, lines in zip(changes, shown, strict=True):
        fits = used + len(lines) <= room
        used += len(lines) if fits else 0
        parts.append(
            _change(change, lines if fits else ("… this page is full",), is_open=used <= _OPEN_LINES)
        )
    for hook in app.hooks:
        lines = shown_lines(hook.change) if hook.change.action is not Action.UNCHANGED else ()
        fits = used + len(lines) <= room
        used += len(lines) if fits else 0
        parts.append(_hook(hook, lines if fits else ("… this page is full",), is_open=used <= _OPEN_LINES))
    parts += [*_way_back(app), *_history(app)]
    return f'<section id="app-{at}">{"".join(parts)}</section>', used


def change_line(health: Health | None) -> str:
    """A health as sign and word; empty where there is none."""
    return health_mark(health.status) if health else ""


def health_mark(status: HealthStatus) -> str:
    """A health as sign and word."""
    css, sign = _HEALTH[status]
    return element("span", f"{sign} {status.label}", css)


def sync_mark(word: str) -> str:
    """Whether something is in sync, as sign and word."""
    css, sign = _SYNC.get(word, ("warn", "?" if word else ""))
    return element("span", f"{sign} {esc(word, 40)}", css)


def _head(report: Report, app: AppReport) -> Iterator[str]:
    css = app_class(report, app)
    name = element("h2", f"{dot(css)} {esc(app.name, 200)}")
    place = element("span", esc(place_of(app)), "soft")
    word = element("span", esc(outcome_word(report, app)), f"badge {css}")
    yield f'<div class="head">{name}{place}{numbers(app)}{word}{change_line(app.health)}</div>'
    if app.problem is None and introduction(report, app):
        yield element("p", esc(sentence(introduction(report, app)), 2_000), "meta")


def _notes(app: AppReport) -> Iterator[str]:
    for note in app.notes:
        if note.severity is Severity.INFO:
            yield element("p", note_text(note), "why")


def _tree(app: AppReport) -> Iterator[str]:
    if not app.resources:
        return
    body = "".join(_row(row) for row in app.resources)
    head = "".join(element("th", title) for title in ("Resource", "Sync", "Health", "Message"))
    yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _way_back(app: AppReport) -> Iterator[str]:
    if app.way_back is None:
        return
    yield element("h3", esc(way_back_sentence(app)))
    for change in visible_changes(app.way_back):
        yield _change(change, shown_lines(change)[:_OPEN_LINES], is_open=False)


def _history(app: AppReport) -> Iterator[str]:
    if not app.history:
        return
    head = "".join(element("th", title) for title in ("No.", "Revision", "Why", "When", "Who"))
    rows = "".join(
        f"<tr>{''.join(element('td', esc(cell, 200)) for cell in cells)}</tr>"
        for entry in app.history
        for cells in [(str(entry.id), short(entry.revision), entry.cause, entry.at, entry.by)]
    )
    yield f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(row: ResourceRow) -> str:
    indent = element("span", "   " * min(row.depth, 8) + "└ ", "indent mono") if row.depth else ""
    name = f"{indent}{esc(row.key.group_kind, 200)} {element('code', esc(object_name(row.key)))}"
    cells = "".join(element("td", cell) for cell in (name, sync_mark(row.sync), change_line(row.health)))
    return f'<tr>{cells}<td class="message">{esc(row.message)}</td></tr>'


def _change(change: ShownChange, lines: Sequence[str], *, is_open: bool) -> str:
    css = "warn" if change.former else ACTION_CLASSES.get(change.action, "soft")
    word = element("span", f"{sign_of(change)} {word_of(change)}", f"badge {css}")
    kind = element("b", esc(change.key.group_kind, 200))
    name = element("code", esc(object_name(change.key)))
    summary = f"<summary>{word} {kind} {name}{place_mark(change.origin)}</summary>"
    body = "".join(_body(change, lines))
    start = '<details class="change" open>' if is_open else '<details class="change">'
    return f"{start}{summary}{body}</details>"


def _hook(hook: ShownHook, lines: Sequence[str], *, is_open: bool) -> str:
    word = element("span", f"{SIGNS[Action.RUN]} {esc(hook_words(hook))}", "badge soft")
    kind = element("b", esc(hook.change.key.group_kind, 200))
    name = element("code", esc(object_name(hook.change.key)))
    summary = f"<summary>{word} {kind} {name}{place_mark(hook.change.origin)}</summary>"
    start = '<details class="change" open>' if is_open and lines else '<details class="change">'
    return f"{start}{summary}{''.join(_body(hook.change, lines))}</details>"


def _body(change: ShownChange, lines: Sequence[str]) -> Iterator[str]:
    for text in (sentence(former_words(change)), change.why):
        if text:
            yield element("p", esc(text), "why")
    blamed = [f"<li>{element('code', esc(path))} {esc(who)}</li>" for path, who in authors(change)]
    if blamed:
        yield f'<ul class="why">{"".join(blamed)}</ul>'
    if remark(change, lines):
        yield element("p", remark(change, lines), "why soft")
    if lines:
        yield element("pre", "".join(_lines(lines)))


def _lines(lines: Sequence[str]) -> Iterator[str]:
    """Each line as a block; where as many lines come as go, what differs in them is marked."""
    runs = [(sign, list(run)) for sign, run in groupby(lines, key=lambda line: line[:1])]
    for at, (sign, run) in enumerate(runs):
        neighbour = at + 1 if sign == "-" else at - 1
        beside = runs[neighbour] if 0 <= neighbour < len(runs) else (sign, run)
        paired = {sign, beside[0]} == {"-", "+"} and len(run) == len(beside[1])
        partners = beside[1] if paired else [""] * len(run)
        yield from (_line(sign, line, partner) for line, partner in zip(run, partners, strict=True))


def _line(sign: str, line: str, partner: str) -> str:
    content = _marked(line, partner) if partner else esc(line, 20 * WIDEST, lines=True)
    return f'<span class="{_CLASSES.get(sign, "")}">{content or " "}</span>'.replace(' class=""', "")


def _marked(line: str, partner: str) -> str:
    start = 1
    while start < min(len(line), len(partner)) and line[start] == partner[start]:
        start += 1
    end = 0
    while end < min(len(line), len(partner)) - start and line[-1 - end] == partner[-1 - end]:
        end += 1
    parts = (line[:start], line[start : len(line) - end], line[len(line) - end :])
    before, middle, after = (esc(part, 20 * WIDEST, lines=True) for part in parts)
    return f"{before}<mark>{middle}</mark>{after}" if middle else before + after
