"""Argo CD's build environment in parameters.

The law: `$NAME` and `${NAME}` stand for a variable, `$$` for a dollar sign, an unknown variable for nothing,
and what is no name is read as Go's `os.Expand` reads it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.patterns import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

_REFERENCE = regex(
    r"\$(?:(?P<sign>[*#$@!?0-9-])|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|\{(?P<braced>[^}]+)\}|(?P<broken>\{\}?))"
)


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables replaced."""

    def value(match: re.Match[str]) -> str:
        if match["sign"] == "$" or match["braced"] == "$":
            return "$"
        return environment.get(match["name"] or match["braced"] or "", "")

    return _REFERENCE.sub(value, text)
