"""What every renderer is given.

The law: a renderer sees a checkout of one commit, a clean room, and nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.core.scopes import Scopes
from syncline.errors import Place, RenderError
from syncline.process import Room
from syncline.render.links import real

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.config.application import Application, Source

_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that nobody runs: what a renderer should still try to fetch, it does not get."""

_OFFLINE: Final = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)


@lru_cache(maxsize=64)
def _real_root(root: Path) -> Path:
    # It is asked for with every file, and a worktree stays where it is.
    return real(root)


class Checkout(Struct, frozen=True):
    """The files of one commit: `root` is a worktree, `revision` the full SHA."""

    root: Path
    revision: str


class RenderOptions(Struct, frozen=True):
    """How programs run, and which URLs mean this very repository (empty: every URL does)."""

    room: Room = field(default_factory=Room)
    repositories: frozenset[str] = frozenset()
    scopes: Scopes = field(default_factory=Scopes)


class Order(Struct, frozen=True):
    """One source of one application, to be rendered."""

    app: Application
    source: Source
    checkout: Checkout
    options: RenderOptions

    @property
    def directory(self) -> Path:
        """The source's path in the worktree. Raises RenderError when it is missing or outside."""
        return self.inside(self.source.path, "path")

    @property
    def root(self) -> Path:
        """The worktree's root, symlinks resolved."""
        return _real_root(self.checkout.root)

    @property
    def room(self) -> Room:
        """Where the source's program runs."""
        room = self.options.room
        return replace(room, environ={**_OFFLINE, **room.environ})

    def inside(self, path: str, what: str) -> Path:
        """A path from the repository's root, symlinks resolved, that must exist within it."""
        root = self.root
        target = real(root / path.strip("/"))
        if not target.is_relative_to(root):
            raise RenderError(
                f"The {what} {path!r} leads out of the repository.",
                place=self.app.origin,
                remedy="Move what it names into the repository.",
            )
        if not target.exists():
            raise RenderError(
                f"The {what} {path!r} does not exist at {self.checkout.revision[:7]}.",
                place=self.app.origin,
                remedy="Correct the Application, or add it.",
            )
        return target

    def relative(self, path: Path) -> str:
        """A path in the worktree as people write it: from the repository's root."""
        resolved, root = real(path), self.root
        return str(resolved.relative_to(root)) if resolved.is_relative_to(root) else path.name

    def place(self, path: Path, line: int = 0) -> Place:
        """A place in the worktree."""
        return Place(self.relative(path), line)

    @property
    def build_environment(self) -> Mapping[str, str]:
        """The variables Argo CD lets parameters refer to ("Build Environment")."""
        revision = self.checkout.revision
        return {
            "ARGOCD_APP_NAME": self.app.name,
            "ARGOCD_APP_NAMESPACE": self.app.destination.namespace,
            "ARGOCD_APP_PROJECT_NAME": self.app.project,
            "ARGOCD_APP_REVISION": revision,
            "ARGOCD_APP_REVISION_SHORT": revision[:7],
            "ARGOCD_APP_REVISION_SHORT_8": revision[:8],
            "ARGOCD_APP_SOURCE_REPO_URL": self.source.repo_url,
            "ARGOCD_APP_SOURCE_PATH": self.source.path,
            "ARGOCD_APP_SOURCE_TARGET_REVISION": self.source.target_revision,
        }
