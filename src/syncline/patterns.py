"""Regular expressions that are compiled when they are first used.

The law: one of them behaves as what `re.compile` returns.  A short run uses a fifth of them, and compiling
all would be a twentieth of it.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, Final, cast

_METHODS: Final = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The same as `re.compile`, later: a mistake in the text is raised when it is first used."""
    return cast("re.Pattern[AnyStr]", Later(text, flags))


class Later:
    """A pattern that becomes one when somebody asks it anything."""

    def __init__(self, text: Any, flags: int) -> None:
        self._source = (text, flags)

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(*self._source)
        # From now on they are found without coming here.
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)
