"""The report as lines for a terminal or a log.

The law: no control character comes from what others wrote, so the only escape sequences are ours, and without
`colour` there are none; the words are the same either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.health.status import HealthStatus
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, Place
from syncline.report.brief import HEADS
from syncline.report.brief import Row as BriefRow
from syncline.report.brief import rows as brief_rows
from syncline.report.escaping import one_line, visible
from syncline.report.images import image_rows
from syncline.report.model import (
    AppReport,
    Job,
    Note,
    Problem,
    Report,
    ResourceRow,
    Severity,
    ShownChange,
    ShownHook,
)
from syncline.report.outcome import app_code, exit_code, worst_first
from syncline.report.pieces import bounded
from syncline.report.sentences import (
    failed_sentence,
    headline,
    introduction,
    nothing,
    outcome_word,
    quiet_counts,
    revisions,
    way_back_sentence,
)
from syncline.report.shown import authors, remark, shown_lines
from syncline.report.words import (
    SIGNS,
    about,
    differs,
    duration,
    former_words,
    hook_words,
    object_name,
    place_of,
    short,
    sign_of,
    tally,
    total,
    visible_changes,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_BOLD, _DIM, _RED, _GREEN, _YELLOW, _BLUE, _CYAN = 1, 2, 31, 32, 33, 34, 36
_ACTIONS: Final[Mapping[Action, int]] = {
    Action.CREATE: _GREEN,
    Action.UPDATE: _YELLOW,
    Action.RECREATE: _RED,
    Action.ADOPT: _BLUE,
    Action.PRUNE: _RED,
    Action.KEEP: _DIM,
    Action.BLOCKED: _RED,
    Action.HOLD: _RED,
}
_DIFF: Final[Mapping[str, int]] = {"+": _GREEN, "-": _RED, "@": _CYAN, "…": _DIM}
_HEALTH: Final[Mapping[HealthStatus, tuple[str, int]]] = {
    HealthStatus.HEALTHY: ("●", _GREEN),
    HealthStatus.SUSPENDED: ("◐", _BLUE),
    HealthStatus.PROGRESSING: ("◌", _YELLOW),
    HealthStatus.MISSING: ("○", _YELLOW),
    HealthStatus.DEGRADED: ("✖", _RED),
    HealthStatus.UNKNOWN: ("?", _YELLOW),
}
_SYNC: Final[Mapping[str, tuple[str, int]]] = {"Synced": ("✔", _GREEN), "OutOfSync": ("≠", _YELLOW)}
_SEVERITY: Final[Mapping[Severity, tuple[str, int]]] = {
    Severity.DANGER: ("danger", _RED),
    Severity.WARNING: ("warning", _YELLOW),
    Severity.INFO: ("note", _DIM),
}
_MOST_PATHS: Final = 4
_MOST_SAID: Final = 160
"""Characters of what is wrong in a row of a list; the whole status has all of them."""


def terminal(report: Report, *, colour: bool, diffs: bool = True) -> str:
    """The report as text ending in a newline; `diffs` False leaves the differences' lines out."""
    lines = _Writer(colour=colour, diffs=diffs).report(report)
    return "\n".join(lines) + "\n"


def ending(report: Report, *, colour: bool) -> str:
    """What there is to say of a run as a whole, without the applications' own parts."""
    writer = _Writer(colour=colour, diffs=False)
    return "\n".join((*writer.loud(report), *writer.end(report))) + "\n"


class _Writer:
    """Knows whether to colour and whether to show differences."""

    def __init__(self, *, colour: bool, diffs: bool) -> None:
        self._colour = colour
        self._diffs = diffs

    def report(self, report: Report) -> Iterator[str]:
        yield from self._brief(report) if report.brief else (*self._apps(report), *self._images(report))
        yield from self.loud(report)
        yield from self.end(report)

    def _brief(self, report: Report) -> Iterator[str]:
        """A table, each column as wide as what is in it; the last ends where it ends."""
        table = [tuple(head.upper() for head in HEADS), *map(_brief_cells, brief_rows(report))]
        widths = [*(max(len(cells[at]) for cells in table) for at in range(len(HEADS) - 1)), 0]
        for at, cells in enumerate(table if len(table) > 1 else ()):
            padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
            painted = (
                self._brief_cell(cell, head, is_head=not at) for cell, head in zip(padded, HEADS, strict=True)
            )
            yield "  ".join(painted).rstrip()
        yield ""

    def _brief_cell(self, text: str, head: str, *, is_head: bool) -> str:
        return self._paint(text, _DIM if is_head else _brief_colour(text, head))

    def _apps(self, report: Report) -> Iterator[str]:
        apps = report.applications if report.job is not Job.DIFF else worst_first(report)[::-1]
        told = [tuple(self._app(report, app)) for app in apps if _is_told(report, app)]
        for at, lines in enumerate(told):
            yield from lines
            if len(lines) > 1 or len(told[at + 1] if at + 1 < len(told) else ()) != 1:
                yield ""  # what has one line alone stands in a list

    def _app(self, report: Report, app: AppReport) -> Iterator[str]:
        health = f" {self._health(app.health.status)}" if app.health else ""
        yield " ".join(
            part
            for part in (
                self._paint(one_line(app.name), _BOLD),
                self._paint(one_line(place_of(app)), _DIM),
                tally([app]).signed,
                self._outcome(report, app) + health,
                self._paint(duration(app.seconds), _DIM) if app.seconds else "",
            )
            if part
        )
        if app.problem is not None:
            return
        said = introduction(report, app)
        if said and not (app.outcome is Outcome.UNCHANGED and not app.changes):
            yield self._paint(f"  {one_line(said, 1_000)}", _DIM)
        yield from self._notes(app)
        for row in app.resources:
            if report.job in {Job.STATUS, Job.TREE, Job.ACTIONS} or not _is_well(row):
                yield self._row(row)
        for change in visible_changes(app):
            yield from self._change(change)
        for hook in app.hooks:
            yield from self._hook(hook)
        if app.way_back is not None:
            yield self._paint(f"  {one_line(way_back_sentence(app))}", _BOLD)
            for change in visible_changes(app.way_back):
                yield from self._change(change)
        for entry in app.history:
            words = (f"#{entry.id}", short(entry.revision), entry.cause, entry.at, entry.by)
            yield self._paint(f"    {one_line('  '.join(word for word in words if word))}", _DIM)

    def _outcome(self, report: Report, app: AppReport) -> str:
        code, word = app_code(report, app), outcome_word(report, app)
        return self._paint(word, _YELLOW if word == "OutOfSync" else _code_colour(code))

    def _notes(self, app: AppReport) -> Iterator[str]:
        return (self._note("  ", note) for note in app.notes if note.severity is Severity.INFO)

    def _row(self, row: ResourceRow) -> str:
        # What controllers made is in no repository: it is neither synced nor out of sync.
        sign, colour = _SYNC.get(row.sync, ("?" if row.sync else " ", _YELLOW))
        indent = "  " * row.depth + ("└ " if row.depth else "")
        health = self._health(row.health.status) if row.health else ""
        sync = self._paint(f"{sign} {one_line(row.sync, 20)}", colour)
        name = f"{indent}{one_line(row.key.group_kind, 100)} {one_line(object_name(row.key))}"
        message = self._paint(one_line(row.message), _DIM)
        return "    " + "  ".join(part for part in (sync, name, health, message) if part)

    def _change(self, change: ShownChange) -> Iterator[str]:
        colour = _YELLOW if change.former else _ACTIONS.get(change.action, 0)
        name = self._paint(f"{sign_of(change)} {one_line(str(change.key))}", colour)
        where = self._paint(f" {one_line(str(change.origin))}", _DIM) if change.origin else ""
        is_plain = change.action in {Action.CREATE, Action.UPDATE} and not change.former
        yield f"  {name}{'' if is_plain else f'  {word_of(change)}'}{where}"
        yield from (f"      {one_line(text)}" for text in (former_words(change), change.why) if text)
        for path, who in authors(change):
            yield self._paint(f"      {one_line(path)} {one_line(who)}", _YELLOW)
        yield from self._difference(change)

    def _hook(self, hook: ShownHook) -> Iterator[str]:
        change = hook.change
        name = self._paint(f"{SIGNS[Action.RUN]} {one_line(str(change.key))}", _CYAN)
        where = self._paint(f" {one_line(str(change.origin))}", _DIM) if change.origin else ""
        yield f"  {name}  {one_line(hook_words(hook))}{where}"
        if change.action is not Action.UNCHANGED:
            yield from self._difference(change)

    def _difference(self, change: ShownChange) -> Iterator[str]:
        if not self._diffs:
            paths = change.former.paths if change.former else change.paths
            if paths and (change.former or change.action is Action.UPDATE):
                yield self._paint(f"      {_named(paths)}", _DIM)
            return
        lines = shown_lines(change)
        if remark(change, lines):
            yield self._paint(f"      {remark(change, lines)}", _DIM)
        for line in lines:
            yield "      " + self._paint(line, _DIFF.get(line[:1], 0))

    def _images(self, report: Report) -> Iterator[str]:
        rows = list(image_rows(report))
        if rows:
            yield self._paint("Images", _BOLD)
        for row in rows:
            remark = self._paint(f"  {row.remark}", _YELLOW) if row.remark else ""
            parts = (row.image, row.before, "→" if row.before and row.after else "", row.after)
            yield f"  {' '.join(one_line(part) for part in parts if part)}{remark}  ({one_line(row.where)})"
        if rows:
            yield ""

    def loud(self, report: Report) -> Iterator[str]:
        """Warnings and errors, the worst last."""
        # Each row of a list says what is wrong with its application.
        told = replace(report, applications=()) if report.brief else report
        found = [*self._all_notes(told), *self._problems(told)]
        yield from found
        if found:
            yield ""

    def _all_notes(self, report: Report) -> Iterator[str]:
        yield from (self._note("", note) for note in report.notes)
        for severity in (Severity.WARNING, Severity.DANGER):
            for app in report.applications:
                yield from (
                    self._note(f"{app.name}: ", note) for note in app.notes if note.severity is severity
                )

    def _note(self, lead: str, note: Note) -> str:
        word, colour = _SEVERITY[note.severity]
        named = f"{about(note)}: " if about(note) else ""
        indent = "" if lead.strip() else lead
        text = one_line(f"{lead.strip()} {named}{note.text}")
        return f"{indent}{self._paint(f'{word}:', colour)} {text}{_where(note.place)}"

    def _problems(self, report: Report) -> Iterator[str]:
        for problem in report.problems:
            yield from self._problem("", problem)
        for app in worst_first(report)[::-1]:
            if app.problem is not None:
                yield from self._problem(f"{app.name} {failed_sentence(report)}: ", app.problem)
            for refusal in app.refusals:
                yield f"{self._paint('refused:', _RED)} {one_line(f'{app.name}: {refusal}')}"
            for failure in app.failures:
                yield from self._problem(f"{app.name}: ", failure)

    def _problem(self, lead: str, problem: Problem) -> Iterator[str]:
        first, _, rest = problem.message.strip().partition("\n")
        yield f"{self._paint('error:', _RED)} {one_line(lead + first, 1_000)}{_where(problem.place)}"
        for line in bounded(visible(rest.strip("\n")), lines=30, width=300) if rest.strip() else ():
            yield self._paint(f"  | {line}", _DIM)
        if problem.remedy:
            yield f"  → {one_line(problem.remedy)}"

    def end(self, report: Report) -> Iterator[str]:
        """What the run came to."""
        colour = _code_colour(exit_code(report))
        said = total(report).said
        parts = (
            said,
            quiet_counts(report),
            revisions(report),
            duration(report.seconds) if report.seconds else "",
        )
        yield self._paint(headline(report), colour or _GREEN, _BOLD)
        if nothing(report):
            yield nothing(report)
        rest = " · ".join(one_line(part) for part in parts if part)
        if rest:
            yield self._paint(rest, _DIM)

    def _health(self, status: HealthStatus) -> str:
        sign, colour = _HEALTH[status]
        return self._paint(f"{sign} {status.label}", colour)

    def _paint(self, text: str, *codes: int) -> str:
        wanted = ";".join(str(code) for code in codes if code)
        return f"\x1b[{wanted}m{text}\x1b[0m" if self._colour and wanted and text else text


def _brief_cells(row: BriefRow) -> tuple[str, ...]:
    sync = f"{_SYNC.get(row.sync, ('?', 0))[0]} {row.sync}"
    health = f"{_HEALTH[row.health][0]} {row.health.label}"
    texts = (row.name, row.project, row.place, sync, health, row.revision)
    return (*(one_line(text, 60) for text in texts), one_line(row.message, _MOST_SAID))


def _brief_colour(text: str, head: str) -> int:
    signs = {"Sync": _SYNC.values(), "Health": _HEALTH.values(), "Name": [(text[:1], _BOLD)]}.get(head, ())
    return dict(signs).get(text[:1], _YELLOW if head in {"Sync", "Health"} else 0)


def _is_told(report: Report, app: AppReport) -> bool:
    """Whether an application has more to say than that it is as it should be, which the last lines count."""
    if report.job not in {Job.DIFF, Job.DRIFT} or differs(app) or app.hooks:
        return True
    if any(note.severity is not Severity.INFO or report.job is Job.DIFF for note in app.notes):
        return True
    is_well = app.health is None or app.health.status <= HealthStatus.SUSPENDED
    return report.job is Job.DRIFT and not (is_well and app.outcome in {None, Outcome.UNCHANGED})


def _is_well(row: ResourceRow) -> bool:
    # The changes are listed anyway; of the tree, a sync or a drift names what wants a look.
    return row.health is None or row.health.status is HealthStatus.HEALTHY


def _code_colour(code: ExitCode) -> int:
    return {ExitCode.OK: _GREEN, ExitCode.DIFFERENT: _YELLOW}.get(code, _RED)


def _where(place: Place | None) -> str:
    return f" ({one_line(str(place))})" if place else ""


def _named(paths: tuple[str, ...]) -> str:
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return one_line(", ".join(paths[:_MOST_PATHS]) + more)
