"""Two masked objects as a unified diff.

The law: taking the `-` lines out of an unshortened diff gives the lines of `after`, taking the `+` lines out
gives those of `before`, up to what lies between hunks; and however big the objects are, the work is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.documents import dump
from syncline.patterns import regex
from syncline.report.alignment import Region, refined, regions
from syncline.report.escaping import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.mask import MaskedBody

CONTEXT: Final = 3
"""Unchanged lines around a change, as `diff -u` has them."""

MOST_LINES: Final = 2_000
"""Lines shown of one object; more is nobody's reading."""

WIDEST: Final = 400
"""Characters shown of one line."""

_LEAD: Final = 60
"""Characters kept from the start of a long line, so that one sees which field it is."""

_KEY_LINE: Final = regex(r"( *)((?:- )*)(?:([\w./$-]+|\"[^\"]*\"|'[^']*'):(?: (.*))?)?")
_LITERAL: Final = regex(r"\|[0-9]?[+-]?")


class Hunk(Struct, frozen=True):
    """Lines with their sign (` `, `-` or `+`) in front. `where` is the field around them, or empty."""

    where: str
    lines: tuple[str, ...]

    @property
    def header(self) -> str:
        """`@@ spec.template.spec @@`."""
        return f"@@ {self.where} @@" if self.where else "@@ @@"


class Diff(Struct, frozen=True):
    """The hunks, and how many changed lines more there are at most that are not in them."""

    hunks: tuple[Hunk, ...] = ()
    hidden: int = 0

    @property
    def lines(self) -> tuple[str, ...]:
        """All lines, headers included where there is more to see than one whole object."""
        is_whole = len(self.hunks) == 1 and len({line[0] for line in self.hunks[0].lines}) == 1
        return tuple(
            line for hunk in self.hunks for line in (*(() if is_whole else (hunk.header,)), *hunk.lines)
        )

    @property
    def notice(self) -> str:
        """What is missing, empty where nothing is."""
        return f"… up to {self.hidden:,} more changed lines" if self.hidden else ""


def diff(before: MaskedBody | None, after: MaskedBody | None, *, most_lines: int = MOST_LINES) -> Diff:
    """What differs between two objects; all of one where the other is None."""
    old, new = _lines(before), _lines(after)
    gathered = _Hunks(old, new, most_lines)
    for region in regions(old, new):
        gathered.add(region)
    return gathered.diff()


def _lines(body: MaskedBody | None) -> list[str]:
    # Not splitlines(): a line ends where YAML ends it, and nowhere else.
    return [] if body is None else dump(body.value).removesuffix("\n").split("\n")


class _Hunks:
    """Collects regions into hunks until enough lines are there, then only counts."""

    def __init__(self, old: list[str], new: list[str], most_lines: int) -> None:
        self._old = old
        self._new = new
        self._room = most_lines
        self._groups: list[list[Region]] = []
        self._hidden = 0
        self._cut: Region | None = None

    def add(self, region: Region) -> None:
        if self._room <= 0:
            self._hidden += region.before_size + region.after_size
            return
        for narrow in refined(self._old, self._new, region):
            self._add(narrow)

    def _add(self, region: Region) -> None:
        size = region.before_size + region.after_size
        if self._room <= 0:
            self._hidden += size
            return
        if size > self._room:
            kept = region.cut(self._room)
            self._hidden += size - kept.before_size - kept.after_size
            region = self._cut = kept
        self._room -= size + CONTEXT
        last = self._groups[-1][-1] if self._groups else None
        if last is not None and region.after - last.after_end <= 2 * CONTEXT:
            self._groups[-1].append(region)
        else:
            self._groups.append([region])

    def diff(self) -> Diff:
        hunks = (
            Hunk(where, tuple(self._shown(group)))
            for where, group in zip(self._wheres(), self._groups, strict=True)
        )
        return Diff(tuple(hunks), self._hidden)

    def _wheres(self) -> Iterator[str]:
        # A field that only goes stands in `before` alone, any other is looked up in `after`.
        firsts = [group[0] for group in self._groups]
        old = outline(self._old, [first.before for first in firsts if not first.after_size])
        new = outline(self._new, [first.after for first in firsts if first.after_size])
        return (visible(next(new if first.after_size else old)) for first in firsts)

    def _shown(self, group: list[Region]) -> Iterator[str]:
        at = max(0, group[0].after - CONTEXT)
        for region in group:
            yield from self._context(at, region.after)
            old = self._old[region.before : region.before_end]
            new = self._new[region.after : region.after_end]
            yield from _changed_lines(old, new)
            at = region.after_end
        # What follows a region that was cut is more of the change and must not look unchanged.
        if group[-1] is not self._cut:
            yield from self._context(at, at + CONTEXT)

    def _context(self, start: int, stop: int) -> Iterator[str]:
        return (" " + clip(line) for line in self._new[start:stop])


def _changed_lines(old: list[str], new: list[str]) -> Iterator[str]:
    paired = len(old) == len(new)
    starts = [_first_difference(*pair) for pair in zip(old, new, strict=True)] if paired else []
    for sign, lines in (("-", old), ("+", new)):
        for index, line in enumerate(lines):
            yield sign + clip(line, around=starts[index] if paired else 0)


def _first_difference(one: str, other: str) -> int:
    if len(one) <= WIDEST and len(other) <= WIDEST:
        return 0
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one.startswith(other[:middle]) else (low, middle - 1)
    return low


def clip(line: str, *, around: int = 0) -> str:
    """A line that can be seen whole, or its start, the part around a position, and how much is missing."""
    if len(line) <= WIDEST:
        return visible(line)
    start = max(_LEAD, around - _LEAD)
    shown = line[start : start + WIDEST - _LEAD]
    gap = "…" if start > _LEAD else ""
    missing = len(line) - _LEAD - len(shown)
    return visible(f"{line[:_LEAD]}{gap}{shown}… ({missing:,} more characters)")


def outline(lines: list[str], wanted: Iterable[int]) -> Iterator[str]:
    """For each of these ascending line numbers the path of the field around it: `spec.containers[main]`."""
    stack: list[tuple[int, str]] = []
    at = 0
    literal: int | None = None
    for number in wanted:
        while at < min(number, len(lines)):
            literal = _enter(stack, lines[at], literal)
            at += 1
        line = lines[number] if number < len(lines) else ""
        level = _level(line) if literal is None or (line and _indent(line) <= literal) else literal + 1
        yield _path(name for depth, name in stack if depth < level)


def _enter(stack: list[tuple[int, str]], line: str, literal: int | None) -> int | None:
    """Take a line into the stack of open fields; the indentation of a text that it opens or continues."""
    if literal is not None and (not line or _indent(line) > literal):
        return literal
    match = _KEY_LINE.match(line)
    if match is None:
        return None
    indent, dashes, key, value = match.groups()
    depth = len(indent)
    for _ in range(len(dashes) // 2):
        name = f"[{value}]" if key == "name" and value else "[]"
        _push(stack, depth + 1, name)
        depth += 2
    if key:
        _push(stack, depth, key)
    return depth if value and _LITERAL.fullmatch(value) else None


def _push(stack: list[tuple[int, str]], depth: int, name: str) -> None:
    while stack and stack[-1][0] >= depth:
        stack.pop()
    stack.append((depth, name))


def _level(line: str) -> int:
    match = _KEY_LINE.match(line)
    indent, dashes = (match[1], match[2]) if match else ("", "")
    return len(indent) + (1 if dashes else 0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _path(names: Iterable[str]) -> str:
    return ".".join(names).replace(".[", "[")
