"""What is shown at the lines of the files it is about.

The law: errors come first, and where GitHub would drop annotations without a word the last one says how many.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from syncline.errors import Place
from syncline.report.escaping import one_line, shorten, visible
from syncline.report.model import Note, Problem, Report, Severity
from syncline.report.sentences import failed_sentence

MOST: Final = 10
"""GitHub takes ten errors and ten warnings of one step."""

_LONGEST_MESSAGE: Final = 4_000
_LONGEST_TITLE: Final = 200


class Annotation(NamedTuple):
    """`level` is error or warning; `file` is empty and `line` 0 where no place is known.

    The texts are not yet escaped for the command that carries them.
    """

    level: str
    file: str
    line: int
    title: str
    message: str


def annotations(report: Report) -> tuple[Annotation, ...]:
    """At most ten errors and ten warnings."""
    errors = tuple(dict.fromkeys(_errors(report)))
    warnings = tuple(dict.fromkeys(_warnings(report)))
    return (*_at_most(errors), *_at_most(warnings))


def _errors(report: Report) -> Iterator[Annotation]:
    for problem in report.problems:
        yield _error("Syncline", problem)
    for app in report.applications:
        if app.problem is not None:
            yield _error(f"{app.name} {failed_sentence(report)}", app.problem)
        for refusal in app.refusals:
            yield _annotation("error", None, f"{app.name}: plan refused", refusal)
        for failure in app.failures:
            yield _error(app.name, failure)


def _warnings(report: Report) -> Iterator[Annotation]:
    yield from (_warning("Syncline", note) for note in _loud(report.notes, Severity.DANGER))
    for app in report.applications:
        yield from (_warning(app.name, note) for note in _loud(app.notes, Severity.DANGER))
    yield from (_warning("Syncline", note) for note in _loud(report.notes, Severity.WARNING))
    for app in report.applications:
        yield from (_warning(app.name, note) for note in _loud(app.notes, Severity.WARNING))


def _loud(notes: Iterable[Note], severity: Severity) -> Iterator[Note]:
    return (note for note in notes if note.severity is severity)


def _error(title: str, problem: Problem) -> Annotation:
    text = "\n".join(part for part in (problem.message.strip(), problem.remedy) if part)
    return _annotation("error", problem.place, title, text)


def _warning(app: str, note: Note) -> Annotation:
    title = f"{app}: {note.key}" if note.key else app
    return _annotation("warning", note.place, title, note.text)


def _annotation(level: str, place: Place | None, title: str, message: str) -> Annotation:
    if place is not None and place.outside:
        # It lies in another repository, of which GitHub shows no lines here.
        place, message = None, f"{place}: {message}"
    file, line = (one_line(place.file), place.line) if place else ("", 0)
    said = shorten(visible(message), _LONGEST_MESSAGE)
    return Annotation(level, file, line, one_line(title, _LONGEST_TITLE), said)


def _at_most(found: Sequence[Annotation]) -> Sequence[Annotation]:
    if len(found) <= MOST:
        return found
    rest = len(found) - MOST + 1
    more = Annotation(found[0].level, "", 0, "Syncline", f"{rest:,} more are in the job summary.")
    return (*found[: MOST - 1], more)
