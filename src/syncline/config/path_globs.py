"""Globs of paths, by the matchers of Go and Git that Argo CD asks: `path.Match`, doublestar, pathspecs.

The law: each is matched as its own matcher does, for they differ: `path.Match` knows neither `**` nor braces
and its `*` stays in a segment, doublestar knows both, and the `*` of a pathspec crosses `/`.  Argo CD's own
globs are `globs.py`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from syncline.config.globs import Tokens, starred
from syncline.patterns import regex

_BRACES: Final = regex(r"\{([^{}]*)\}")
_MOST_CHOICES: Final = 1000


def path_matches(pattern: str, text: str) -> bool:
    """Go's `path.Match` and `filepath.Match`: `*` and `?` stay within a segment. Never for a broken one."""
    try:
        return _go_path(pattern).fullmatch(text) is not None
    except ValueError:
        return False


def is_path_pattern(pattern: str) -> bool:
    """Whether Go's `path.Match` accepts the pattern."""
    try:
        _go_path(pattern)
    except ValueError:
        return False
    return True


def pathspec_matches(pattern: str, path: str) -> bool:
    """A Git pathspec: a directory covers what is in it, and the `*` of a glob crosses `/`."""
    clean = pattern.strip("/")
    if not any(sign in clean for sign in "*?["):
        return path == clean or path.startswith(f"{clean}/") or not clean
    return _pathspec(clean).fullmatch(path) is not None


def doublestar_matches(pattern: str, path: str) -> bool:
    """Go's doublestar: `**` is any number of segments, also none; `*` stays within one; braces choose."""
    parts = path.split("/")
    return any(_segments(choice.split("/"), parts) for choice in _choices(pattern.strip("/")))


def _segments(pattern: list[str], path: list[str]) -> bool:
    """Whether the segments match: of each `**` the shortest stretch that goes on is as good as any."""
    at = star = here = 0
    after = -1
    while here < len(path):
        if at < len(pattern) and pattern[at] == "**":
            after, star, at = at + 1, here, at + 1
        elif at < len(pattern) and path_matches(pattern[at], path[here]):
            at, here = at + 1, here + 1
        elif after >= 0:
            star += 1
            at, here = after, star
        else:
            return False
    return all(part == "**" for part in pattern[at:])


@lru_cache(maxsize=256)
def _choices(pattern: str) -> tuple[str, ...]:
    """The pattern once for each choice that its braces leave; as it is where they are not closed."""
    todo, done = [pattern], list[str]()
    while todo:
        each = todo.pop()
        braces = _BRACES.search(each)
        if braces is None:
            done.append(each)
        else:
            todo += [each[: braces.start()] + one + each[braces.end() :] for one in braces[1].split(",")]
        if len(todo) + len(done) > _MOST_CHOICES:
            return (pattern,)
    return tuple(done)


@lru_cache(maxsize=1024)
def _go_path(pattern: str) -> re.Pattern[str]:
    return re.compile(starred(_tokens(pattern, "[^/]", "^"), "[^/]"), re.DOTALL)


@lru_cache(maxsize=1024)
def _pathspec(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(starred(_tokens(pattern, ".", "!^"), "."), re.DOTALL)
    except ValueError:
        return re.compile(re.escape(pattern))


def _tokens(pattern: str, one: str, negations: str) -> Tokens:
    tokens: list[str] = []
    at = 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "[":
            inside, at = _brackets(pattern, at, negations)
            tokens.append(inside)
            continue
        if sign == "\\":
            at += 1
            if at == len(pattern):
                raise ValueError("it ends with a backslash")
            tokens.append(re.escape(pattern[at]))
        else:
            tokens.append({"*": "*", "?": one}.get(sign) or re.escape(sign))
        at += 1
    return tuple(tokens)


def _brackets(pattern: str, start: int, negations: str) -> tuple[str, int]:
    """A bracket expression as a regular one, and where the pattern goes on. Raises ValueError when open."""
    at = start + 1
    negated = at < len(pattern) and pattern[at] in negations
    at += negated
    end = pattern.find("]", at + 1)
    if end < 0:
        raise ValueError("a bracket is not closed")
    inside = pattern[at:end].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^").replace("&", "\\&")
    inside = inside.replace("~", "\\~").replace("|", "\\|")
    try:
        re.compile(f"[{inside}]")
    except re.error:
        raise ValueError("a range is upside down") from None
    return f"[{'^' if negated else ''}{inside}]", end + 1
