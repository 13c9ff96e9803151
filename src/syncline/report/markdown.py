"""The report as Markdown: first what matters, then the table, then each application.

The law: every problem, refusal, failure and danger stands above the fold, named with its place and remedy;
nothing that others wrote is Markdown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.errors import ExitCode
from syncline.report.escaping import at_start, code, prose, visible
from syncline.report.markdown_app import app_group, app_pieces, note_line
from syncline.report.markdown_tables import app_table, brief_table, image_table
from syncline.report.model import AppReport, Job, Problem, Report, Severity
from syncline.report.outcome import app_code, worst_first
from syncline.report.pieces import Document, Piece, Rank, batches, bounded
from syncline.report.sentences import failed_sentence, headline, nothing, quiet_counts, revisions, sign
from syncline.report.words import SIGNS, differs, duration, has_body, plural, short, total

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_OPEN_LINES: Final = 60
"""Up to this many lines of differences the applications are unfolded."""

_OPEN_APPS: Final = 3
_OPEN_TREES: Final = 20
_LIST_SIZE: Final = 8_000
_OUTPUT_LINES: Final = 30
_OUTPUT_WIDTH: Final = 300


def document(report: Report) -> Document:
    """The whole report, not yet on pages."""
    if report.brief:
        return Document(_title(report), tuple(_listed(report)), (), _footer(report))
    shown = tuple(app for app in worst_first(report) if has_body(app))
    bodies = [piece for index, app in enumerate(shown) for piece in app_pieces(report, app, index)]
    is_small = len(shown) <= _OPEN_APPS and sum(len(piece.lines) for piece in bodies) <= _OPEN_LINES
    groups = tuple(app_group(report, app, is_open=_is_open(report, app, is_small=is_small)) for app in shown)
    return Document(_title(report), (*_index(report), *bodies, *_lists(report)), groups, _footer(report))


def _is_open(report: Report, app: AppReport, *, is_small: bool) -> bool:
    """A small difference is shown at once; of what was done, only what went wrong."""
    if report.job in {Job.DIFF, Job.DRIFT, Job.RENDER}:
        return is_small
    return app_code(report, app) is not ExitCode.OK and len(report.applications) <= _OPEN_TREES


def _title(report: Report) -> str:
    return f"### {sign(report)} {prose(headline(report))}"


def _listed(report: Report) -> Iterator[Piece]:
    """The list alone: each row says what is wrong with its application."""
    head = _head(report)
    if head:
        yield Piece(head, Rank.HEAD, "headline")
    whole = replace(report, applications=())
    yield from _alerts("CAUTION", _troubles(whole), Rank.TROUBLE, "error")
    yield from _alerts("CAUTION", _notes(whole, Severity.DANGER), Rank.TROUBLE, "risk")
    yield from _alerts("WARNING", _notes(whole, Severity.WARNING), Rank.WARNING, "warning")
    yield from brief_table(report)
    for batch in batches(_plain_notes(whole)):
        yield Piece("\n".join(batch), Rank.LISTED, "note", count=len(batch))


def _index(report: Report) -> Iterator[Piece]:
    head = _head(report)
    if head:
        yield Piece(head, Rank.HEAD, "headline")
    yield from _alerts("CAUTION", _troubles(report), Rank.TROUBLE, "error")
    yield from _alerts("CAUTION", _notes(report, Severity.DANGER), Rank.TROUBLE, "risk")
    yield from _alerts("WARNING", _notes(report, Severity.WARNING), Rank.WARNING, "warning")
    yield from _outputs(report)
    yield from app_table(report)
    yield from image_table(report)
    for batch in batches(_plain_notes(report)):
        yield Piece("\n".join(batch), Rank.LISTED, "note", count=len(batch))


def _head(report: Report) -> str:
    where = revisions(report)
    parts = total(report).parts
    counts = " · ".join(f"**{SIGNS[action]} {count:,}** {word}" for action, count, word in parts)
    line = " · ".join(part for part in (counts, quiet_counts(report), code(where) if where else "") if part)
    return "\n\n".join(part for part in (prose(nothing(report)), line) if part)


def _alerts(kind: str, sentences: Iterable[str], rank: Rank, unit: str) -> Iterator[Piece]:
    for batch in batches(sentences, most=20):
        lines = batch if len(batch) == 1 else tuple(f"- {sentence}" for sentence in batch)
        text = "\n".join((f"> [!{kind}]", *(f"> {line}" for line in lines)))
        yield Piece(text, rank, unit, count=len(batch))


def _troubles(report: Report) -> Iterator[str]:
    if report.interrupted:
        yield "**The run was stopped before its end.** This is what was known by then; run it again."
    for problem in report.problems:
        yield _problem("", problem)
    for app in worst_first(report):
        if app.problem is not None:
            yield _problem(f"**{prose(app.name, 200)}** {failed_sentence(report)}: ", app.problem)
        for refusal in app.refusals:
            yield f"**{prose(app.name, 200)}**: plan refused. {prose(refusal)}"
        for failure in app.failures:
            yield _problem(f"**{prose(app.name, 200)}**: ", failure)


def _problem(lead: str, problem: Problem) -> str:
    first = problem.message.strip().partition("\n")[0]
    where = f" ({code(str(problem.place))})" if problem.place else ""
    remedy = f" **→** {prose(problem.remedy)}" if problem.remedy else ""
    return at_start(f"{lead}{prose(first)}{where}{remedy}")


def _outputs(report: Report) -> Iterator[Piece]:
    """What a program said beyond its first line, as it said it."""
    named = [("", problem) for problem in report.problems]
    for app in report.applications:
        problems = (*((app.problem,) if app.problem else ()), *app.failures)
        named.extend((app.name, problem) for problem in problems)
    for name, problem in named:
        rest = problem.message.strip().partition("\n")[2].strip("\n")
        if rest:
            lines = bounded(visible(rest), lines=_OUTPUT_LINES, width=_OUTPUT_WIDTH)
            yield Piece(f"Output of {code(name)}:" if name else "Output:", Rank.TOLD, "output", lines, "text")


def _notes(report: Report, severity: Severity) -> Iterator[str]:
    for note in report.notes:
        if note.severity is severity:
            yield note_line("", note)
    for app in report.applications:
        for note in app.notes:
            if note.severity is severity:
                yield note_line(f"**{prose(app.name, 200)}**: ", note)


def _plain_notes(report: Report) -> Iterator[str]:
    return (f"- {note_line('', note)}" for note in report.notes if note.severity is Severity.INFO)


def _lists(report: Report) -> Iterator[Piece]:
    same = [app.name for app in report.applications if _is_quiet(report, app)]
    if same and len(same) < len(report.applications):
        yield from _folded(same, "without difference")
    yield from _folded(report.unaffected, "not affected")


def _is_quiet(report: Report, app: AppReport) -> bool:
    return report.job is Job.DIFF and not differs(app) and app_code(report, app) is ExitCode.OK


def _folded(names: Sequence[str], what: str) -> Iterator[Piece]:
    if not names:
        return
    listed = next(batches((code(name, 100) for name in names), most=500, octets=_LIST_SIZE))
    more = f" and {len(names) - len(listed):,} more" if len(names) > len(listed) else ""
    title = f"{plural(len(names), 'application')} {what}"
    yield Piece(
        f"<details><summary>{title}</summary>\n\n{', '.join(listed)}{more}\n\n</details>", Rank.LISTED, "list"
    )


def _footer(report: Report) -> str:
    levels = sorted({app.level.value for app in report.applications if app.problem is None})
    versions = (f"{name} {version}" for name, version in report.versions)
    parts = (
        f"base {short(report.base)}" if report.base else "",
        f"head {short(report.head)}" if report.head else "",
        f"compared {', '.join(levels)}" if levels else "",
        *versions,
        duration(report.seconds) if report.seconds else "",
    )
    text = " · ".join(prose(part, 100) for part in parts if part)
    run = f"[run ↗]({_address(report.run_url)})" if _address(report.run_url) else ""
    joined = " · ".join(part for part in (text, run) if part)
    return f"<sub>{joined}</sub>" if joined else ""


def _address(url: str) -> str:
    is_plain = url.startswith(("https://", "http://")) and not set(url) & set("<>()[]\"'`\\ \n\r\t|")
    return url if is_plain and visible(url) == url else ""
