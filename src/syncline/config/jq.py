"""jq expressions that select fields.

The law: an expression is compiled once and sees the object alone: no environment, no other input, no output
but its answer; what jq says about an input never leaves here, because it can quote it; and only what must end
soon runs in this process.

jq cannot be interrupted: `def f: f; f` never ends, and `"x" * 1e9` takes a gigabyte before it is even run. So
an expression that is more than a path with plain conditions is left to a process of its own, which can be
ended (`jobs/selecting.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Steps: TypeAlias = "list[str | int]"
"""The way to one field, as jq's `path` has it."""

LONGEST: Final = 4096
"""Letters of one expression."""

_ALONE: Final = (
    "def env: {}; def input: empty; def inputs: empty; def debug: .; def debug(message): .; def stderr: .;"
    " def halt: empty; def halt_error: empty; def halt_error(code): empty; def modulemeta: empty;"
    " {} as $ENV | "
)
"""Whoever opens a pull request writes expressions, and what they ignore shows in its comment: with the real
`$ENV` a token could be asked for letter by letter.  These hide jq's own for all that follows.
"""


def wrapped(expression: str) -> str:
    """The program that lists the paths an expression selects."""
    return f"{_ALONE}[path({expression})]"


@lru_cache(maxsize=256)
def program(expression: str) -> Any:
    """The same, compiled. Raises ValueError when it is none."""
    import jq

    return jq.compile(wrapped(expression))


@lru_cache(maxsize=256)
def unreadable(expression: str) -> str:
    """Why jq cannot read an expression; empty where it can."""
    if len(expression) > LONGEST:
        return f"it is longer than {LONGEST:,} letters"
    if not expression.strip():
        return "it is empty"
    try:
        # jq multiplies constants while it compiles, strings among them; for the grammar a sum is the same.
        program(expression.replace("*", "+"))
    except ValueError as error:
        return _reason(str(error).replace(_ALONE, "").splitlines()[0].removeprefix("jq: error: "), expression)
    return ""


def _reason(said: str, expression: str) -> str:
    """What jq said, with the column in the expression itself."""
    before = len(wrapped("")) - len(")]")

    def told(match: re.Match[str]) -> str:
        line, column = int(match[1]), int(match[2]) - (before if match[1] == "1" else 0)
        if line > expression.count("\n") + 1 or (line == 1 and column > len(expression)):
            return ", which ends too early"
        return f" at column {column}" if line == 1 else f" at line {line}, column {column}"

    # What jq expects next is about the program around it.
    return _PLACE.sub(told, _EXPECTED.sub("", said)).rstrip(":. ")


def selected(expression: str, body: Mapping[str, Any]) -> list[Steps]:
    """The fields that a plain expression selects; none where it does not fit the object, as in Argo CD."""
    try:
        return paths_of(program(expression).input_value(body).first(), body)
    except (ValueError, StopIteration):
        return []


def paths_of(found: Any, body: Mapping[str, Any]) -> list[Steps]:
    """What jq listed of this object, slices as their members, without what is no list of paths."""
    listed = found if isinstance(found, list) else []
    return [path for steps in listed if isinstance(steps, list) for path in _without_slices(steps, body)]


def _without_slices(steps: list[Any], value: Any, window: range | None = None) -> Iterator[Steps]:
    """jq's path of `.a[1:3]` ends in `{"start": 1, "end": 3}`, and that of a member counts from there."""
    if not steps:
        ends_here: Iterable[Steps] = [[]] if window is None else ([index] for index in window)
        yield from ends_here
        return
    step, rest = steps[0], steps[1:]
    if isinstance(step, dict):
        ends = (step.get("start"), step.get("end"))
        if isinstance(value, list) and all(end is None or isinstance(end, int) for end in ends):
            within = range(len(value)) if window is None else window
            yield from _without_slices(rest, value, within[slice(*ends)])
        return
    if window is not None:
        if not isinstance(step, int) or not -len(window) <= step < len(window):
            return
        step = window[step]
    if isinstance(step, str | int):
        yield from ([step, *below] for below in _without_slices(rest, _inside(value, step)))


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step)
    is_there = isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value)
    return value[step] if is_there else None


_PLACE: Final = regex(r" at <top-level>, line ([0-9]+), column ([0-9]+)")
_EXPECTED: Final = regex(
    r", expecting .*?(?= at <top-level>)|, unexpected (?:'[;)]'|end of file)(?= at <top-level>)"
)
_TOKEN: Final = regex(
    r"""\s+
    | (?P<everything>\.\.)
    | \.?\["(?:[^"\\]|\\[^(])*"\]\??  |  \.?\[-?[0-9]+\]\??
    | (?P<each>\.?\[\])
    | \.[A-Za-z_][A-Za-z0-9_]*  |  \."(?:[^"\\]|\\[^(])*"  |  \.
    | "(?:[^"\\]|\\[^(])*"  |  -?[0-9]+(?:\.[0-9]+)?
    | == | != | <= | >= | < | > | \? | // | \|(?!=)
    | (?P<comma>,)
    | (?P<call>(?:select|has|startswith|endswith)\()
    | (?P<open>\() | (?P<close>\))
    | (?:and|or|not|null|true|false|type|length)\b
    """,
    re.VERBOSE,
)
_MOST_COMMAS: Final = 3
"""Each may double what comes out."""


@lru_cache(maxsize=256)
def is_plain(expression: str) -> bool:
    """Whether an expression is a path with plain conditions, which lists no more fields than the object has,
    a few times.
    """
    position, commas, everything = 0, 0, 0
    calls: list[bool] = []
    while position < len(expression):
        token = _TOKEN.match(expression, position)
        if token is None:
            return False
        position, kind = token.end(), token.lastgroup
        if kind in {"each", "everything", "comma"} and any(calls):
            return False  # a condition that has many answers passes its object on as often
        commas += kind == "comma"
        everything += kind == "everything"
        if kind in {"call", "open"}:
            calls.append(kind == "call")
        elif kind == "close":
            if not calls:
                return False  # it would close the parenthesis that we put around it
            calls.pop()
    return not calls and commas <= _MOST_COMMAS and everything <= 1 and len(expression) <= LONGEST
