"""What a Markdown report is made of before it is laid out on pages.

The law: a piece is whole Markdown of its own; any selection of pieces in any order is well formed.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.report.escaping import fence, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NO_GROUP: Final = -1


class Rank(IntEnum):
    """What is left out last to first, where there is no room for everything."""

    HEAD = 0
    TROUBLE = 1
    INDEX = 2
    WARNING = 3
    RISKY = 4
    TOLD = 5
    ADOPTED = 6
    CHANGED = 7
    ADDED = 8
    LISTED = 9


class Piece(Struct, frozen=True):
    """A paragraph, a table, or a heading with a fenced block under it.

    `lines` are the block's, visible already. `unit` says what is missing when `count` of them are left out;
    an empty one is nothing that anybody would miss.
    """

    head: str
    rank: Rank
    unit: str
    lines: tuple[str, ...] = ()
    language: str = ""
    group: int = NO_GROUP
    count: int = 1

    @property
    def text(self) -> str:
        """The Markdown."""
        if not self.lines:
            return self.head
        return (
            f"{self.head}\n{fence(self.lines, self.language)}"
            if self.head
            else fence(self.lines, self.language)
        )

    def cut(self, room: int) -> Piece:
        """The same with as many lines as fit into about this many bytes, and a word about the rest."""
        left = room - len(self.head.encode()) - _NOTICE
        kept: list[str] = []
        for line in self.lines:
            left -= len(line.encode()) + 1
            if left < 0:
                break
            kept.append(line)
        missing = len(self.lines) - len(kept)
        notice = f"… {missing:,} more lines do not fit here"
        return replace(self, lines=(*kept, notice)) if missing else self


_NOTICE: Final = 400
"""Bytes kept free for the fence and the notice."""


class Group(Struct, frozen=True):
    """A foldable part: the pieces of one application. `title` is HTML, `name` the application's."""

    name: str
    title: str
    is_open: bool = False

    def opening(self, *, again: bool) -> str:
        """The tags before the first piece on a page."""
        more = " (continued)" if again else ""
        start = "<details open>" if self.is_open else "<details>"
        return f"{start}<summary>{self.title}{more}</summary>"


CLOSING: Final = "</details>"


class Document(Struct, frozen=True):
    """A report ready for pages. `title` and `footer` are Markdown; a group's pieces stand together."""

    title: str
    pieces: tuple[Piece, ...]
    groups: tuple[Group, ...]
    footer: str


def tables(
    header: Sequence[str], rule: Sequence[str], rows: Iterable[Sequence[str]]
) -> Iterator[tuple[str, int]]:
    """GFM tables of a handy size, each with its number of rows.

    Cells are Markdown already and hold no bare pipe.
    """
    for batch in batches(map(_row, rows)):
        yield "\n".join((_row(header), _row(rule), *batch)), len(batch)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def bounded(text: str, *, lines: int, width: int) -> tuple[str, ...]:
    """The first lines of a text, none too long, and a word about the rest."""
    every = text.split("\n")
    more = (f"… {len(every) - lines:,} more lines",) if len(every) > lines else ()
    return (*(shorten(line, width) for line in every[:lines]), *more)


def batches(texts: Iterable[str], *, most: int = 50, octets: int = 8_000) -> Iterator[tuple[str, ...]]:
    """The texts, as many at a time as make a piece of a handy size."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == most or size > octets):
            yield tuple(batch)
            batch, size = [], 0
        batch.append(text)
        size += len(text.encode())
    if batch:
        yield tuple(batch)
