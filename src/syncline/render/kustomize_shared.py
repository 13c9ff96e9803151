"""One copy of a tree for many builds.

The law: a build finds there what it would find in a copy of its own: each file as the tree has it, but for
its own Kustomization.

A copy for each is five directories and a link for each file of a base, made and removed.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from syncline.render.kustomize_file import rewrite, with_origins
from syncline.render.links import Mirror
from syncline.render.workshop import Workshop  # noqa: TC001 - msgspec asks for the type

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


class Sharing(Struct, frozen=True):
    """The order to begin one; equal for all builds of a tree in one workshop."""

    root: Path
    workshop: Workshop

    def make(self) -> Shared:
        """Do it."""
        return Shared(self.root, self.workshop.place())


class Shared:
    """The copy: `top` stands for the root of the tree."""

    def __init__(self, root: Path, top: Path) -> None:
        self.top = top
        self._root = root
        self._mirror = Mirror(root, top)
        self._guard = threading.Lock()
        self._plain: set[Path] = set()
        self._changed: set[Path] = set()
        self._is_whole = True

    def take(self, file: Path, value: Mapping[str, Any], read: Collection[Path]) -> bool:
        """Have all that a build reads in it, and its Kustomization ask for origins; False where a file would
        have to be there in two forms.
        """
        others = {path for path in read if path != file}
        with self._guard:
            if not self._is_whole or file in self._plain or not self._changed.isdisjoint(others):
                return False
            self._is_whole = False  # until all of it is there: who comes after a failure trusts nothing here
            self._mirror.add_all(read)
            if file not in self._changed:
                rewrite(self.top / file.relative_to(self._root), with_origins(value))
                self._changed.add(file)
            self._plain |= others
            self._is_whole = True
        return True
