"""The lines of a change as every form of the report shows them.

The law: an object that stays as it is shows no line, however it differs from what Git says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.plan import Action

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.report.model import Author, ShownChange

_MARK: Final = "‹hidden "
_MASKED: Final = "Secret values are hidden; the same mark means the same value."


def shown_lines(change: ShownChange) -> tuple[str, ...]:
    """The difference with a word about what is missing."""
    if change.action is Action.KEEP:
        return ()
    from syncline.report.diff_text import diff  # where something differs

    difference = diff(change.former.body if change.former else change.before, change.after)
    return (*difference.lines, *((difference.notice,) if difference.notice else ()))


def authors(change: ShownChange) -> tuple[tuple[str, str], ...]:
    """Each drifted field and who changed it, in one form for every page."""
    return tuple((author.path, _author(author)) for author in change.authors)


def _author(author: Author) -> str:
    ways = (author.operation, f"of {author.subresource}" if author.subresource else "")
    how = f" ({' '.join(way for way in ways if way)})" if any(ways) else ""
    when = f" at {author.time}" if author.time else ""
    if author.is_guess:
        return f"removed; {author.manager}{how} wrote the object last{when}"
    return f"by {author.manager}{how}{when}"


def remark(change: ShownChange, lines: Iterable[str]) -> str:
    """What a reader has to know to understand the lines; empty where they speak for themselves."""
    if any(_MARK in line for line in lines):
        return _MASKED
    is_same = (change.action is Action.ADOPT or change.former is not None) and not any(lines)
    return "No field differs." if is_same else ""
