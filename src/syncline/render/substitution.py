"""Argo CD's build environment in parameters.

The law: `$NAME` and `${NAME}` stand for a variable, `$$` for a dollar sign, an unknown variable for nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_REFERENCE = re.compile(r"\$(?:\$|(?P<name>\w+)|\{(?P<braced>[^}]*)\})")


def substitute(text: str, environment: Mapping[str, str]) -> str:
    """The text with its variables replaced."""

    def value(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return environment.get(match["name"] or match["braced"] or "", "")

    return _REFERENCE.sub(value, text)
