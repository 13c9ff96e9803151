"""Text that others wrote, made safe to stand in ours.

The law: a name, path, message or manifest can never leave its place: it cannot close a fence, start a link,
mention a person, move the cursor or hide a character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNSEEN: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # format characters: direction, joiners, tags
    "\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800"  # letters that leave no ink
    "\ud800-\udfff"  # halves of surrogate pairs, which UTF-8 cannot carry
)
_HIDDEN: Final = regex(f"[{_UNSEEN}]")
_NEWLINES: Final = regex(r"\s*[\r\n]\s*")
_MARKDOWN: Final = regex(r"[\\`*_\[\]<>|~$&]")
_MENTION: Final = regex(r"@(?=\w)|#(?=\d)|(?<=\bGH)-(?=\d)", re.IGNORECASE)
_OPENING: Final = regex(r"^([0-9]{0,9})([#+=.)-])")
_ADDRESS: Final = regex(r":(?=//)|(?<=\bwww)\.", re.IGNORECASE)
_BACKTICKS: Final = regex(r"`+")
_CELL_CODE: Final = regex(r"[^A-Za-z0-9 /-]")

ZERO_WIDTH_SPACE: Final = "&#8203;"
"""Keeps GitHub from seeing a mention; Dependabot and Renovate write it in the same place."""


def visible(text: str) -> str:
    """The text with every character that cannot be seen written as its code point; tab and newline stay."""
    if text.isascii() and text.isprintable():
        return text  # most names and paths, and there are thousands
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text)


def one_line(text: str, most: int = 600) -> str:
    """The text visible, on one line and of at most so many characters."""
    stripped = text.strip()
    return shorten(visible(stripped if stripped.isprintable() else _NEWLINES.sub(" ", stripped)), most)


def shorten(text: str, most: int) -> str:
    """At most this many characters, the last an ellipsis where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def prose(text: str, most: int = 600) -> str:
    """A sentence inside Markdown, table cells included. Never put it at the start of a line."""
    escaped = _MARKDOWN.sub(
        lambda match: "&amp;" if match[0] == "&" else f"\\{match[0]}", one_line(text, most)
    )
    silent = _MENTION.sub(lambda match: match[0] + ZERO_WIDTH_SPACE, escaped)
    return _ADDRESS.sub(lambda match: f"&#{ord(match[0])};", silent)


def at_start(line: str) -> str:
    """Markdown text so that it may begin a line: no heading, list, rule or underline comes of it."""
    return _OPENING.sub(lambda match: f"{match[1]}\\{match[2]}", line)


def code(text: str, most: int = 200) -> str:
    """A code span, where GitHub sees neither mentions nor links. Right in table cells too."""
    line = one_line(text, most)
    if not line:
        return "<code></code>"
    if "|" in line or "\\" in line:
        # A table splits at a pipe even in a code span, and the rules for backslashes collide.
        return f"<code>{_CELL_CODE.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def tagged(text: str, most: int = 200) -> str:
    """Text for places where HTML is read and Markdown is not, such as `<summary>`."""
    import html  # with a table of two thousand names

    return _MENTION.sub(lambda match: match[0] + ZERO_WIDTH_SPACE, html.escape(one_line(text, most)))


def fence(lines: Iterable[str], language: str = "") -> str:
    """A fenced block around lines that are visible already; nothing inside can close it."""
    body = "\n".join(lines)
    marks = "`" * max(3, _longest_run(body) + 1)
    return f"{marks}{language}\n{body}\n{marks}"


def _longest_run(text: str) -> int:
    return max(map(len, _BACKTICKS.findall(text)), default=0)
