"""Argo CD's globs for plain directories.

The law: `*` crosses `/` (gobwas without a separator), braces are alternatives.
"""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression for whole paths. Raises ValueError for an open bracket."""
    text, depth, at = "", 0, 0
    while at < len(pattern):
        sign = pattern[at]
        at += 1
        if sign == "*":
            text += ".*"
        elif sign == "?":
            text += "."
        elif sign == "[":
            end = pattern.index("]", at + 1)
            inside = pattern[at:end]
            text += f"[^{inside[1:]}]" if inside.startswith("!") else f"[{inside}]"
            at = end + 1
        elif sign == "{":
            text, depth = text + "(?:", depth + 1
        elif sign == "}" and depth:
            text, depth = text + ")", depth - 1
        elif sign == "," and depth:
            text += "|"
        elif sign == "\\" and at < len(pattern):
            text, at = text + re.escape(pattern[at]), at + 1
        else:
            text += re.escape(sign)
    if depth:
        raise ValueError("a brace is not closed")
    return re.compile(text, re.DOTALL)
