"""What every renderer is given.

The law: a renderer sees a checkout of one commit, a clean room, and nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.config.tools import ToolSettings
from syncline.config.unmanaged import Unmanaged
from syncline.core.scopes import Scopes
from syncline.errors import Place, RenderError
from syncline.limits import Limits
from syncline.render.links import is_of_git, real, real_in
from syncline.render.workshop import Workshop
from syncline.room import Room
from syncline.wall import Wall, without_git

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from syncline.config.application import Application, Source
    from syncline.config.source_plugin import SourcePlugin
    from syncline.render.remote_targets import Base

_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that nobody runs: what a renderer should still try to fetch, it does not get."""

_OFFLINE: Final = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), _NOWHERE)


LIMITS: Final = Limits(space=4 * 1024**3, file=1024**3)
"""What a renderer may take.  Go sets aside most of a gigabyte of address space before it begins."""


@lru_cache(maxsize=64)
def _real_root(root: Path) -> Path:
    # It is asked for with every file, and a worktree stays where it is.
    return real(root)


class Checkout(Struct, frozen=True):
    """The files of one commit: `root` is a worktree, `revision` the full SHA.

    Of what was fetched it is the version, and `asked_by` the place in this repository that asks for it.  Of
    another repository's files `label` is what is put before their names, `found_by` the reference that led to
    the commit.
    """

    root: Path
    revision: str
    asked_by: Place | None = None
    label: str = ""
    found_by: str = ""


class RenderOptions(Struct, frozen=True):
    """How programs run, and which URLs mean this very repository (empty: every URL does).

    `helm_forced` and `helm_default` are the settings' word on Helm's version, before and after the
    application's own; `kube_version` and `api_versions` what charts see of the destination, unless it says
    otherwise. `tools` are those of the trusted `argocd-cm`, `plugins` those of the trusted settings;
    `for_strangers` says that the change is by somebody who may not write here. What is `hidden` a plugin does
    not find. `trees` fetches the files of other repositories, `pinned` those of this one at another revision
    than the one at hand; that it is one of both, `is_elsewhere` says without a look at them. `bases` fetches
    the directories that a Kustomization names, given this repository's own checkout. Kinds that
    are `unmanaged` are left out.
    """

    room: Room = field(default_factory=Room)
    repositories: frozenset[str] = frozenset()
    scopes: Scopes = field(default_factory=Scopes)
    workshop: Workshop = field(default_factory=Workshop)
    helm_forced: str = ""
    helm_default: str = ""
    kube_version: str = ""
    api_versions: tuple[str, ...] = ()
    trees: Callable[[Source, Application], Checkout] | None = None
    pinned: Callable[[Source, Application], Checkout | None] = lambda source, app: None  # noqa: ARG005
    is_elsewhere: Callable[[Source, Application], bool] = lambda source, app: False  # noqa: ARG005
    bases: Callable[[Base, Checkout], Checkout] | None = None
    tools: ToolSettings = field(default_factory=ToolSettings)
    plugins: tuple[SourcePlugin, ...] = ()
    for_strangers: bool = False
    hidden: tuple[Path, ...] = ()
    unmanaged: Unmanaged = field(default_factory=Unmanaged)


class Sayings:
    """What a renderer has to tell; it makes no order another one. `texts` are warnings, `remarks` what the
    versions of what was fetched came to; `elsewhere` are URLs that a build would have fetched; `programs` are
    those that were started, by their names.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.remarks: list[str] = []
        self.elsewhere: list[str] = []
        self.programs: set[str] = set()


class Order(Struct, frozen=True):
    """One source of one application, to be rendered.

    `checkout` is where the source's files lie; `home` is this repository's own, where that is another. `said`
    is what a renderer has to warn of, `found` the directories that it looked up.
    """

    app: Application
    source: Source
    checkout: Checkout
    options: RenderOptions
    home: Checkout | None = None
    said: Sayings = field(default_factory=Sayings)
    found: dict[tuple[Path, str], Path] = field(default_factory=dict)

    @property
    def ours(self) -> Checkout:
        """This repository's checkout."""
        return self.home or self.checkout

    @property
    def directory(self) -> Path:
        """The source's path in the worktree. Raises RenderError when it is missing or outside."""
        asked = (self.checkout.root, self.source.path)
        if asked not in self.found:
            self.found[asked] = self.inside(self.source.path, "path")
        return self.found[asked]

    @property
    def root(self) -> Path:
        """The worktree's root, symlinks resolved."""
        return _real_root(self.checkout.root)

    @property
    def room(self) -> Room:
        """Where the source's program runs: with the files of its tree and nothing else."""
        return self.room_with()

    def room_with(self, *read: Path, written: Iterable[Path] = ()) -> Room:
        """The same, with other files, too."""
        room = self.options.room
        wall = Wall(read=(*without_git(self.root), *read), written=tuple(written))
        return replace(room, environ={**_OFFLINE, **room.environ}, wall=wall, limits=LIMITS)

    def inside(self, path: str, what: str) -> Path:
        """A path from the repository's root, symlinks resolved, that must exist within it."""
        root = self.root
        target = real_in(root, root / path.strip("/"))
        if not target.is_relative_to(root):
            raise RenderError(
                f"The {what} {path!r} leads out of the repository.",
                place=self.app.origin,
                remedy="Move what it names into the repository.",
            )
        if is_of_git(target, root):
            raise RenderError(
                f"The {what} {path!r} is one of Git's own files.",
                place=self.app.origin,
                remedy="Name a file that is committed.",
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
        root = self.root
        resolved = real_in(root, path)
        return str(resolved.relative_to(root)) if resolved.is_relative_to(root) else path.name

    def place(self, path: Path, line: int = 0) -> Place:
        """A place in the worktree; of what was fetched, the place here that asks for it."""
        return self.checkout.asked_by or Place(self.relative(path), line)

    @property
    def build_environment(self) -> Mapping[str, str]:
        """The variables Argo CD lets parameters refer to ("Build Environment")."""
        revision = self.checkout.revision
        return {
            "ARGOCD_APP_NAME": self.app.instance_name,
            "ARGOCD_APP_NAMESPACE": self.app.destination.namespace,
            "ARGOCD_APP_PROJECT_NAME": self.app.project,
            "ARGOCD_APP_REVISION": revision,
            "ARGOCD_APP_REVISION_SHORT": revision[:7],
            "ARGOCD_APP_REVISION_SHORT_8": revision[:8],
            "ARGOCD_APP_SOURCE_REPO_URL": self.source.repo_url,
            "ARGOCD_APP_SOURCE_PATH": self.source.path,
            "ARGOCD_APP_SOURCE_TARGET_REVISION": self.source.target_revision,
        }


def top_of(order: Order, place: Path) -> Path:
    """The copy of the tree in which `place` stands for the source's directory."""
    depth = len(order.directory.relative_to(order.root).parts)
    return [place, *place.parents][depth]
