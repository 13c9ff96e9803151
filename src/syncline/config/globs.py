"""Argo CD's own globs: gobwas, for names and files without a separator, for repositories with one.

The law: without a separator `*` crosses everything; with one, `*` and `?` stop at it and `**` does not;
braces are alternatives; and no star is tried again once what follows it was found, so no pattern is slow.
Where Argo CD asks the matchers of Go or Git, `path_globs.py` does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Final

_MOST: Final = 1000
"""Alternatives that the braces of one pattern may stand for."""


@lru_cache(maxsize=1024)
def compiled(pattern: str, separator: str = "") -> re.Pattern[str]:
    """The pattern as a regular expression for whole texts. Raises ValueError for one without a meaning."""
    alternatives, rest = _alternatives(pattern, separator, inside=False)
    if rest:
        raise ValueError("a brace is not closed")
    one = f"[^{re.escape(separator)}]" if separator else "."
    return re.compile("|".join(f"(?:{starred(each, one)})" for each in alternatives), re.DOTALL)


def glob_matches(pattern: str, text: str, *, separator: str = "") -> bool:
    """Whether the glob matches the whole text; a pattern without a meaning matches itself alone."""
    try:
        return compiled(pattern, separator).fullmatch(text) is not None
    except ValueError:
        return pattern == text


Tokens = tuple[str, ...]
"""Regular expressions for one letter each, `*` and `**`."""


def _alternatives(pattern: str, separator: str, *, inside: bool) -> tuple[list[Tokens], str]:
    """What the pattern stands for up to the brace that closes it, and what follows that brace."""
    done: list[Tokens] = []
    heads: list[Tokens] = [()]
    while pattern:
        sign, pattern = pattern[0], pattern[1:]
        if sign == "{":
            tails, pattern = _alternatives(pattern, separator, inside=True)
            heads = [head + tail for head, tail in product(heads, tails)]
        elif inside and sign == "}":
            return done + heads, pattern
        elif inside and sign == ",":
            done, heads = done + heads, [()]
        else:
            tokens, pattern = _tokens(sign, pattern, separator)
            heads = [(*head, token) for head, token in product(heads, tokens)]
        if len(heads) + len(done) > _MOST:
            raise ValueError(f"its braces stand for more than {_MOST} alternatives")
    if inside:
        raise ValueError("a brace is not closed")
    return heads, ""


def _tokens(sign: str, rest: str, separator: str) -> tuple[Tokens, str]:
    """What the sign and perhaps its followers stand for, any of them, and the rest of the pattern."""
    if sign == "*":
        many = rest.startswith("*")
        return ("**" if many else "*",), rest[many:]
    if sign == "?":
        return (f"[^{re.escape(separator)}]" if separator else ".",), rest
    if sign == "[":
        letters, rest = _class(rest)
        if separator and re.match(letters, separator):
            # Apart, so that a token is the separator or never is: `starred` rests on it.
            return (f"(?!{re.escape(separator)}){letters}", re.escape(separator)), rest
        return (letters,), rest
    if sign == "\\" and rest:
        return (re.escape(rest[0]),), rest[1:]
    return (re.escape(sign),), rest


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


def starred(tokens: Tokens, one: str) -> str:
    """The tokens as one regular expression: `**` is anything, and `*` any number of `one`.

    What follows a star is taken where it is found first, for good: a later place would leave the next star no
    more to choose from, as long as each token is the separator or never is.  Go's own matcher does the same.
    """
    first, *others = _split(tokens, "**")
    if not others:
        return _block(first, one, ends=True)
    *between, last = others
    middle = "".join(f"(?>.*?{_block(each, one, ends=False)})" for each in between if each)
    return f"{_block(first, one, ends=False)}{middle}.*{_block(last, one, ends=True)}"


def _block(tokens: Tokens, one: str, *, ends: bool) -> str:
    first, *others = ("".join(part) for part in _split(tokens, "*"))
    end = f"{one}*{others.pop()}" if ends and others else ""
    return first + "".join(f"(?>{one}*?{part})" for part in others if part) + end


def _split(tokens: Tokens, star: str) -> list[Tokens]:
    parts: list[Tokens] = [()]
    for token in tokens:
        if token == star:
            parts.append(())
        else:
            parts[-1] += (token,)
    return parts
