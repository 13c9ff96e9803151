"""Which script is responsible for a kind.

The law: the repository's own word comes before bundled ones, and an exact name before a glob; globs are tried
in sorted order, so that the answer is always the same.
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from syncline.config.globs import compiled
from syncline.core.lua.script import Script

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config.customizations import Actions, Customization, Lua

_GLOB: Final = frozenset("*?[{")
Kinds: TypeAlias = "Mapping[str, Customization]"


class Customized(Struct, frozen=True):
    """The scripts of `argocd-cm` and those of bundled directories."""

    own: Kinds = field(default_factory=dict)
    bundled: Kinds = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.own or self.bundled)

    def health(self, group: str, kind: str) -> Script | None:
        """The health script of a kind."""
        name = f"{group}/{kind}" if group else kind
        for found in self._candidates(name):
            if found.health is not None:
                return script(found.health, open_libs=found.open_libs)
        return None

    def actions(self, group: str, kind: str) -> tuple[Actions, ...]:
        """The scripts for a kind's actions, the strongest first; Argo CD takes the exact name only.

        Those behind the first count only where it merges them.
        """
        name = f"{group}/{kind}" if group else kind
        found: list[Actions] = []
        for kinds in (self.own, self.bundled):
            actions = kinds[name].actions if name in kinds else None
            if actions is not None and all(each.merge for each in found):
                found.append(actions)
        return tuple(found)

    def _candidates(self, name: str) -> Iterator[Customization]:
        for kinds, crosses in ((self.own, True), (self.bundled, False)):
            if name in kinds:
                yield kinds[name]
            for pattern in sorted(kinds):
                if _GLOB & set(pattern) and _matches(pattern, name, crosses=crosses):
                    yield kinds[pattern]


def script(lua: Lua, *, open_libs: bool = False) -> Script:
    """A script, called after the place it stands at."""
    return Script(str(lua.place), lua.text, open_libs)


def _matches(pattern: str, name: str, *, crosses: bool) -> bool:
    if crosses:
        return compiled(pattern).fullmatch(name) is not None
    parts, names = pattern.split("/"), name.split("/")
    return len(parts) == len(names) and all(map(fnmatch.fnmatchcase, names, parts))
