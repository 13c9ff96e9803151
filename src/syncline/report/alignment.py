"""Which lines of two texts belong together.

The law: the regions are ascending and disjoint, everything outside them is equal, and they are found in
little more than linear time: `difflib` alone needs minutes for two texts of a hundred thousand lines.

Lines that occur once on either side are the anchors (patience diff); between them `difflib` may look at small
pieces, and a large piece without an anchor counts as replaced.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SMALL: Final = 20_000
"""The product of line counts up to which difflib is asked."""

_DEEPEST: Final = 4
"""How often a piece between anchors is searched for anchors of its own."""


class Region(Struct, frozen=True):
    """Lines `before:before_end` of one text stand where lines `after:after_end` of the other stand."""

    before: int
    before_end: int
    after: int
    after_end: int

    @property
    def before_size(self) -> int:
        """Lines that go."""
        return self.before_end - self.before

    @property
    def after_size(self) -> int:
        """Lines that come."""
        return self.after_end - self.after

    def cut(self, room: int) -> Region:
        """The start of this region, about this many lines, of both sides where there are both."""
        old = min(self.before_size, max(room // 2, room - self.after_size))
        return Region(
            self.before, self.before + old, self.after, self.after + min(self.after_size, room - old)
        )


def regions(old: Sequence[str], new: Sequence[str]) -> Iterator[Region]:
    """Where the texts differ, found one after the other; `refined` makes each as narrow as can be."""
    return _within(old, new, Region(0, len(old), 0, len(new)), depth=0)


def refined(old: Sequence[str], new: Sequence[str], region: Region) -> Iterator[Region]:
    """The lines that differ inside of a region; all of it where looking closer would take too long."""
    before, after = region.before, region.after
    if not 0 < region.before_size * region.after_size <= _SMALL:
        yield region
        return
    matcher = SequenceMatcher(
        None, old[before : region.before_end], new[after : region.after_end], autojunk=False
    )
    for tag, start, end, after_start, after_end in matcher.get_opcodes():
        if tag != "equal":
            yield Region(before + start, before + end, after + after_start, after + after_end)


def _within(old: Sequence[str], new: Sequence[str], region: Region, *, depth: int) -> Iterator[Region]:
    region = _trimmed(old, new, region)
    if not (region.before_size and region.after_size):
        if region.before_size or region.after_size:
            yield region
        return
    anchors = _anchors(old, new, region) if depth < _DEEPEST else []
    if anchors:
        for gap in _gaps(region, anchors):
            yield from _within(old, new, gap, depth=depth + 1)
    else:
        yield region


def _trimmed(old: Sequence[str], new: Sequence[str], region: Region) -> Region:
    start, after = region.before, region.after
    while start < region.before_end and after < region.after_end and old[start] == new[after]:
        start, after = start + 1, after + 1
    end, after_end = region.before_end, region.after_end
    while end > start and after_end > after and old[end - 1] == new[after_end - 1]:
        end, after_end = end - 1, after_end - 1
    return Region(start, end, after, after_end)


def _anchors(old: Sequence[str], new: Sequence[str], region: Region) -> list[tuple[int, int]]:
    """Pairs of lines that are unique on both sides, the longest series that ascends on both."""
    there = _unique(new, region.after, region.after_end)
    pairs = [
        (index, there[line])
        for line, index in _unique(old, region.before, region.before_end).items()
        if line in there
    ]
    return _ascending(pairs)


def _unique(lines: Sequence[str], start: int, end: int) -> dict[str, int]:
    count = Counter(lines[start:end])
    return {line: index for index, line in enumerate(lines[start:end], start) if count[line] == 1}


def _ascending(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for index, (_, after) in enumerate(pairs):
        at = bisect_left(tails, after)
        previous.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [after]
        ends[at : at + 1] = [index]
    chain: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(pairs[index])
        index = previous[index]
    return chain[::-1]


def _gaps(region: Region, anchors: list[tuple[int, int]]) -> Iterator[Region]:
    before, after = region.before, region.after
    for old_index, new_index in anchors:
        yield Region(before, old_index, after, new_index)
        before, after = old_index + 1, new_index + 1
    yield Region(before, region.before_end, after, region.after_end)
