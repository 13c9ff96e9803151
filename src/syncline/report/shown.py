"""The lines of a change as every form of the report shows them.

The law: an object that stays as it is shows no line, however it differs from what Git says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.plan import Action
from syncline.report.diff_text import diff

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.report.model import ShownChange

_MARK: Final = "‹hidden "
_MASKED: Final = "Secret values are hidden; the same mark means the same value."


def shown_lines(change: ShownChange) -> tuple[str, ...]:
    """The difference with a word about what is missing."""
    if change.action is Action.KEEP:
        return ()
    difference = diff(change.before, change.after)
    return (*difference.lines, *((difference.notice,) if difference.notice else ()))


def remark(change: ShownChange, lines: Iterable[str]) -> str:
    """What a reader has to know to understand the lines; empty where they speak for themselves."""
    if any(_MARK in line for line in lines):
        return _MASKED
    return "No field differs." if change.action is Action.ADOPT and not any(lines) else ""
