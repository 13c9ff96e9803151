"""What a program said when it failed, made fit for a comment.

The law: at most thirty lines, no path of this machine, and no value a schema quoted.
"""

from __future__ import annotations

import re
from typing import Final

from syncline.errors import Place, RenderError
from syncline.patterns import regex
from syncline.render.options import LIMITS

_LINES: Final = 30
_PART: Final = r"[^/\s:'\"]+"
_TEMPORARY: Final = regex(
    # Each as deep as it is ours: below it a repository may have a directory `tree` or `home` of its own.
    r"/(?:[^\s:'\"]*?(?:"
    rf"syncline-charts-{_PART}(?:/chart-{_PART}|/home\b)?"
    rf"|syncline-(?:copy|helm|home)-{_PART}"
    rf"|syncline-tree-{_PART}(?:/(?:git|tree)-{_PART})*(?:/tree\b)?"
    r")/?)+"
)
_QUOTED_VALUE: Final = regex(r"(at '[^']*': )'(?:[^'\\]|\\.)*'")
"""Helm 4 quotes the value that does not match a schema; it may be a password."""


_OUT_OF_MEMORY: Final = regex(r"^(?:runtime|fatal error): (?:out of memory|.*cannot allocate)", re.MULTILINE)


def tool_trouble(tool: str, stderr: str, place: Place, remedy: str = "") -> RenderError:
    """The error for a renderer that ended badly."""
    if _OUT_OF_MEMORY.search(stderr):
        # What Go says then is a page of its own code.
        return RenderError(
            f"{tool} needs more memory than the {LIMITS.space // 1024**3} GiB that a renderer may have.",
            place=place,
            remedy="Look for a loop that collects endlessly, or split the application.",
        )
    text = _QUOTED_VALUE.sub(r"\1the value", _TEMPORARY.sub("", stderr)).partition("\nUsage:")[0]
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not _is_noise(line)]
    said = "\n".join(lines[-_LINES:]).removeprefix("Error: ")
    return RenderError(f"{tool} failed: {said or 'without a message'}", place=place, remedy=remedy)


def _is_noise(line: str) -> bool:
    return line.startswith(("Use --debug flag", "level=", "WARNING:"))
