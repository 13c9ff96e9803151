"""Argo CD's globs for plain directories (gobwas, compiled without a separator).

The law: `*` crosses `/`, braces are alternatives, and no pattern takes longer than the product of its length
and the name's.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Final

_MOST: Final = 1000
"""Alternatives that the braces of one pattern may stand for."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for whole paths. Raises ValueError for one without a meaning."""
    alternatives, rest = _alternatives(pattern, inside=False)
    if rest:
        raise ValueError("a brace is not closed")
    return re.compile("|".join(f"(?:{_regex(each)})" for each in alternatives), re.DOTALL)


Tokens = tuple[str, ...]
"""Regular expressions for one letter each, and `*`."""


def _alternatives(pattern: str, *, inside: bool) -> tuple[list[Tokens], str]:
    """What the pattern stands for up to the brace that closes it, and what follows that brace."""
    done: list[Tokens] = []
    heads: list[Tokens] = [()]
    while pattern:
        sign, pattern = pattern[0], pattern[1:]
        if sign == "{":
            tails, pattern = _alternatives(pattern, inside=True)
            heads = [head + tail for head, tail in product(heads, tails)]
        elif inside and sign == "}":
            return done + heads, pattern
        elif inside and sign == ",":
            done, heads = done + heads, [()]
        else:
            token, pattern = _token(sign, pattern)
            heads = [(*head, token) for head in heads]
        if len(heads) + len(done) > _MOST:
            raise ValueError(f"its braces stand for more than {_MOST} alternatives")
    if inside:
        raise ValueError("a brace is not closed")
    return heads, ""


def _token(sign: str, rest: str) -> tuple[str, str]:
    if sign == "*":
        return "*", rest
    if sign == "?":
        return ".", rest
    if sign == "[":
        return _class(rest)
    if sign == "\\" and rest:
        return re.escape(rest[0]), rest[1:]
    return re.escape(sign), rest


def _class(rest: str) -> tuple[str, str]:
    """`[a-z]`, or the letters of `[abc]`; `!` is not. A range and letters together have no meaning."""
    negated, rest = ("^", rest[1:]) if rest.startswith("!") else ("", rest)
    spread = re.match(r"([^\]])-([^\]])\]", rest, re.DOTALL)
    if spread:
        low, high = spread.groups()
        if low > high:
            raise ValueError(f"the range {low}-{high} runs backwards")
        return f"[{negated}{re.escape(low)}-{re.escape(high)}]", rest[spread.end() :]
    letters = re.match(r"((?:\\.|[^\]\\])+)\]", rest, re.DOTALL)
    if not letters or letters[1][1:2] == "-":
        raise ValueError("a bracket is not closed, empty, or mixes a range with letters")
    plain = re.sub(r"\\(.)", r"\1", letters[1], flags=re.DOTALL)
    return f"[{negated}{re.escape(plain)}]", rest[letters.end() :]


def _regex(tokens: Tokens) -> str:
    """Between two stars the first match is as good as any later one, so it is never tried again."""
    first, *others = _split(tokens)
    if not others:
        return first
    *between, last = others
    return first + "".join(f"(?>.*?{part})" for part in between if part) + f".*{last}"


def _split(tokens: Tokens) -> list[str]:
    parts = [""]
    for token in tokens:
        if token == "*":  # noqa: S105 - a star of the pattern, no password
            parts.append("")
        else:
            parts[-1] += token
    return parts
