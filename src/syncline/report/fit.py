"""A report cut into pages that GitHub accepts.

The law: every page keeps both limits, its fences and folds are closed, and what is not there is counted;
differences go before warnings, and problems and dangers go last of all.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.report.escaping import code
from syncline.report.markdown import document
from syncline.report.pieces import CLOSING, NO_GROUP, Document, Piece
from syncline.report.record import record_line
from syncline.report.words import plural, short

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from syncline.report.model import Report


class Budget(Struct, frozen=True):
    """The room there is: characters and UTF-8 bytes of a page, and pages.

    GitHub refuses a comment of more than 65,536; whether it counts characters or bytes is reported both ways,
    so both are kept.
    """

    characters: int = 60_000
    octets: int = 64_900
    pages: int = 5


COMMENT: Final = Budget()
_FRAME: Final = 4_000
"""Kept free on each page for marker, title, footer and notices."""

_SEPARATOR: Final = "\n\n"
_LONGEST_CONTEXT: Final = 100


def fit(
    report: Report,
    budget: Budget = COMMENT,
    *,
    context: str = "",
    elsewhere: str = "the job summary and the HTML page",
) -> tuple[str, ...]:
    """The report as Markdown pages, at least one.

    With a `context` each page begins with a hidden marker by which it is found again. `elsewhere` says where
    a reader finds what had to be left out.
    """
    whole = document(report)
    record = record_line(app.review for app in report.applications if app.review) if context else ""
    budget = replace(
        budget, characters=budget.characters - len(record) - 1, octets=budget.octets - len(record) - 1
    )
    pages, dropped = _chosen(whole, budget)
    notice = _notice(dropped, elsewhere)
    total = len(pages)
    texts = []
    begun: frozenset[int] = frozenset()
    for number, page in enumerate(pages, 1):
        mark = marker(report, context, number, total) if context else ""
        mark = f"{mark}\n{record}" if record and number == 1 else mark
        sheet = _Sheet(number, total, mark, begun)
        texts.append(_page(whole, page, sheet, notice))
        begun |= {piece.group for piece in page.pieces}
    return tuple(texts)


def marker(report: Report, context: str, page: int, pages: int) -> str:
    """The hidden first line of a page: whose it is, which page, of which commit and which plan."""
    head = quote(short(report.head)[:_LONGEST_CONTEXT])
    return f"{marker_start(context, page)}of={pages} head={head} plan={plan_of(report)} -->"


def marker_start(context: str, page: int) -> str:
    """What the first line of a page begins with, whatever it shows."""
    if len(context) > _LONGEST_CONTEXT:
        # Long names that begin alike are different names.
        digest = hashlib.sha256(context.encode()).hexdigest()[:8]
        context = f"{context[: _LONGEST_CONTEXT - len(digest) - 1]}~{digest}"
    return f"<!-- syncline:{quote(context, safe='')}:{page} "


def plan_of(report: Report) -> str:
    """The fingerprints of all plans as one, 16 hexadecimal digits; empty where there is no plan."""
    prints = sorted((app.name, app.fingerprint) for app in report.applications if app.fingerprint)
    return hashlib.sha256(repr(prints).encode()).hexdigest()[:16] if prints else ""


class _Page(Struct):
    """What has been put on a page, and how much room it takes with everything around it."""

    pieces: list[Piece] = field(default_factory=list)
    characters: int = _FRAME
    octets: int = _FRAME


class _Sheet(Struct, frozen=True):
    """A page's number, of how many, its marker, and the folds that began on earlier pages."""

    number: int
    total: int
    marker: str
    begun: frozenset[int]


def _chosen(whole: Document, budget: Budget) -> tuple[list[_Page], Counter[str]]:
    """As many pieces as the pages hold, and what had to go, by its unit."""
    pieces = list(whole.pieces)
    order = sorted(range(len(pieces)), key=lambda at: (pieces[at].rank, _size(pieces[at]), at))
    keep = len(order)
    pages = _laid_out(whole, pieces, budget)
    while len(pages) > budget.pages and keep > 1:
        # Each round leaves out a share of what is too much: the least important and, of that, the largest.
        keep = min(keep - 1, max(1, _enough(order[:keep], pieces, budget, len(pages))))
        chosen = set(order[:keep])
        pages = _laid_out(whole, [piece for at, piece in enumerate(pieces) if at in chosen], budget)
    dropped: Counter[str] = Counter()
    for at in order[keep:]:
        if pieces[at].unit:
            dropped[pieces[at].unit] += pieces[at].count
    return pages, dropped


def _enough(order: Sequence[int], pieces: Sequence[Piece], budget: Budget, pages: int) -> int:
    """How many of these would fit if pages could be filled to the brim."""
    room = budget.pages * (budget.octets - _FRAME)
    used = 0
    for count, at in enumerate(order):
        used += min(_size(pieces[at]), budget.octets - _FRAME)
        if used > room:
            return count
    return len(order) * budget.pages // pages


def _laid_out(whole: Document, pieces: Iterable[Piece], budget: Budget) -> list[_Page]:
    pages = [_Page()]
    for piece in pieces:
        fitted = _fitted(piece, budget)
        if pages[-1].pieces and not _has_room(whole, pages[-1], fitted, budget):
            pages.append(_Page())
        _put(whole, pages[-1], fitted)
    return pages


def _fitted(piece: Piece, budget: Budget) -> Piece:
    """A piece that a page of its own can hold."""
    room = min(budget.octets, budget.characters) - 2 * _FRAME
    return piece if _size(piece) <= room else piece.cut(room)


def _has_room(whole: Document, page: _Page, piece: Piece, budget: Budget) -> bool:
    around = _around(whole, page, piece)
    text = piece.text
    fits = page.characters + len(text) + len(around) <= budget.characters
    return fits and page.octets + len(text.encode()) + len(around.encode()) <= budget.octets


def _put(whole: Document, page: _Page, piece: Piece) -> None:
    text = piece.text + _around(whole, page, piece)
    page.characters += len(text)
    page.octets += len(text.encode())
    page.pieces.append(piece)


def _around(whole: Document, page: _Page, piece: Piece) -> str:
    """What comes with a piece: the separator and, for the first of its fold on a page, the fold's tags."""
    if piece.group == NO_GROUP or (page.pieces and page.pieces[-1].group == piece.group):
        return _SEPARATOR
    return _SEPARATOR * 3 + whole.groups[piece.group].opening(again=True) + CLOSING


def _size(piece: Piece) -> int:
    return len(piece.head.encode()) + sum(len(line.encode()) + 1 for line in piece.lines) + 20


def _page(whole: Document, page: _Page, sheet: _Sheet, notice: str) -> str:
    is_first = sheet.number == 1
    title = whole.title if is_first else _later_title(whole, page, sheet)
    parts = [title, *_blocks(whole, page.pieces, sheet)]
    if is_first:
        parts.append(notice)
    parts.append(_foot(whole, sheet))
    body = _SEPARATOR.join(part for part in parts if part)
    return f"{sheet.marker}\n{body}" if sheet.marker else body


def _later_title(whole: Document, page: _Page, sheet: _Sheet) -> str:
    names = dict.fromkeys(whole.groups[p.group].name for p in page.pieces if p.group != NO_GROUP)
    listed = code(", ".join(names)) if names else ""
    return f"#### Page {sheet.number} of {sheet.total}{': ' if listed else ''}{listed}"


def _foot(whole: Document, sheet: _Sheet) -> str:
    if sheet.number > 1:
        return f"<sub>page {sheet.number} of {sheet.total} · totals, risks and errors are on page 1</sub>"
    if sheet.total == 1:
        return whole.footer
    more = f"<sub>page 1 of {sheet.total} · continued in the next {plural(sheet.total - 1, 'comment')}</sub>"
    return _SEPARATOR.join(part for part in (more, whole.footer) if part)


def _blocks(whole: Document, pieces: Sequence[Piece], sheet: _Sheet) -> Iterator[str]:
    """The pieces with the tags of their folds; a fold that began on an earlier page says so."""
    current = NO_GROUP
    for piece in pieces:
        if piece.group != current:
            if current != NO_GROUP:
                yield CLOSING
            current = piece.group
            if current != NO_GROUP:
                yield whole.groups[current].opening(again=current in sheet.begun)
        yield piece.text
    if current != NO_GROUP:
        yield CLOSING


def _notice(dropped: Counter[str], elsewhere: str) -> str:
    if not dropped:
        return ""
    what = ", ".join(plural(count, unit) for unit, count in sorted(dropped.items()))
    return f"> [!NOTE]\n> Left out here for GitHub's size limit: **{what}**. They are in {elsewhere}."
