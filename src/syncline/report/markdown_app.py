"""One application's part of the Markdown report.

The law: each object has its own heading, with what happens to it and the line a person would edit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.plan import Action
from syncline.report.escaping import at_start, code, prose, tagged
from syncline.report.markdown_tables import history_table, resource_table
from syncline.report.model import AppReport, Job, Note, Report, Severity, ShownChange, ShownHook
from syncline.report.pieces import Group, Piece, Rank
from syncline.report.sentences import introduction, outcome_word, way_back_sentence
from syncline.report.shown import authors, remark, shown_lines
from syncline.report.words import (
    SIGNS,
    about,
    former_words,
    hook_words,
    object_name,
    place_of,
    sentence,
    sign_of,
    tally,
    visible_changes,
    word_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.resource import ResourceKey

_MOST_AUTHORS: Final = 12
_RANKS: Final[Mapping[Action, Rank]] = {
    Action.CREATE: Rank.ADDED,
    Action.UPDATE: Rank.CHANGED,
    Action.ADOPT: Rank.ADOPTED,
    Action.KEEP: Rank.ADOPTED,
}


def app_group(report: Report, app: AppReport, *, is_open: bool) -> Group:
    """The fold: name, place, counts."""
    word = outcome_word(report, app)
    parts = (
        f"<b>{tagged(app.name)}</b>",
        tagged(place_of(app)),
        tagged(tally([app]).signed),
        "" if report.job is Job.DIFF and word == "differs" else word,
    )
    return Group(app.name, " · ".join(part for part in parts if part), is_open=is_open)


def app_pieces(report: Report, app: AppReport, group: int) -> Iterator[Piece]:
    """What stands in the fold."""
    body = tuple(_body(report, app, group))
    first = min((piece.rank for piece in body), default=Rank.LISTED)
    said = introduction(report, app)
    if said:
        yield Piece(f"<sub>{prose(sentence(said), 2_000)}</sub>", first, "", group=group)
    yield from body


def note_line(lead: str, note: Note) -> str:
    """What a note says, with the object that it is about and where a person would look."""
    named = f"{code(about(note))} " if about(note) else ""
    where = f" ({code(str(note.place))})" if note.place else ""
    return at_start(f"{lead}{named}{prose(note.text)}{where}")


def _body(report: Report, app: AppReport, group: int) -> Iterator[Piece]:
    remarks = [f"- {note_line('', note)}" for note in app.notes if note.severity is Severity.INFO]
    if remarks:
        yield Piece("\n".join(remarks), Rank.LISTED, "note", group=group, count=len(remarks))
    if report.job is not Job.DIFF:
        yield from resource_table(app.resources, group)
    changes = visible_changes(app)
    risks = frozenset(note.key for note in app.notes if note.severity is Severity.DANGER)
    for change in sorted(changes, key=lambda change: (_rank(change, risks) is not Rank.RISKY, change.key)):
        yield _change(change, _rank(change, risks), group)
    for hook in app.hooks:
        yield _hook(hook, group)
    if app.way_back is not None:
        yield Piece(f"**{prose(way_back_sentence(app))}**", Rank.RISKY, "", group=group)
        for change in visible_changes(app.way_back):
            yield _change(change, _rank(change, frozenset()), group)
    yield from history_table(app.history, group)


def _hook(hook: ShownHook, group: int) -> Piece:
    change = hook.change
    lines = shown_lines(change) if change.action is not Action.UNCHANGED else ()
    origin = f" · {code(str(change.origin))}" if change.origin else ""
    kind = prose(change.key.group_kind, 100)
    sign = SIGNS[Action.RUN]
    says = [f"**{sign} {prose(hook_words(hook))}** · {kind} {code(object_name(change.key))}{origin}"]
    if remark(change, lines):
        says.append(f"<sub>{remark(change, lines)}</sub>")
    rank = Rank.CHANGED if lines else Rank.LISTED
    return Piece("\n\n".join(says), rank, "hook", lines, "diff", group=group)


def _rank(change: ShownChange, risks: frozenset[ResourceKey | None]) -> Rank:
    if change.key in risks or (change.former and change.former.key in risks):
        return Rank.RISKY
    return Rank.CHANGED if change.former else _RANKS.get(change.action, Rank.RISKY)


def _change(change: ShownChange, rank: Rank, group: int) -> Piece:
    lines = shown_lines(change)
    says = [_heading(change)]
    says += [prose(sentence(text)) for text in (former_words(change),) if text]
    if change.why:
        says.append(prose(change.why))
    blamed = [f"- {code(path)} {prose(who)}" for path, who in authors(change)]
    if blamed:
        rest = f"\n- and {len(blamed) - _MOST_AUTHORS} more fields" if len(blamed) > _MOST_AUTHORS else ""
        says.append("\n".join(blamed[:_MOST_AUTHORS]) + rest)
    if remark(change, lines):
        says.append(f"<sub>{remark(change, lines)}</sub>")
    return Piece("\n\n".join(says), rank, "difference", lines, "diff", group=group)


def _heading(change: ShownChange) -> str:
    origin = f" · {code(str(change.origin))}" if change.origin else ""
    kind = prose(change.key.group_kind, 100)
    return f"**{sign_of(change)} {word_of(change)}** · {kind} {code(object_name(change.key))}{origin}"
