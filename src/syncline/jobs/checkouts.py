"""The commits of a run as directories.

The law: who renders finds every file that the rendering could read, as a checkout of all has it; where nobody
knows what it could read, all is checked out.

A change mostly touches a few of many applications, and writing the files of all the others costs more than
rendering those. A directory that was handed out only ever gains files: somebody may be reading in it. What
both sides of a change have alike lies there once, under two names.
"""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.once import Once
from syncline.render import Checkout
from syncline.render.links import Mirror
from syncline.runtime import all_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from contextlib import AbstractContextManager

    from syncline.config.application import Application
    from syncline.jobs.session import Session
    from syncline.render.listing import Listing

_MOST_TIMES: Final = 8
"""So often files are added to a part before all the others follow."""

_MOST_NAMES: Final = 2_000
"""Git compares every file of the commit with each name that it is given."""


class Checkouts:
    """Whole commits, and parts of commits. What was made is gone when they are closed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._opened: list[AbstractContextManager[Path]] = []
        self._whole: Once[str, Checkout] = Once(self._check_out)
        self._parts: Once[str, _Part] = Once(
            lambda revision: _Part(session, revision, lambda: self._open(session.repository.part(revision)))
        )
        self._expected: dict[str, tuple[Application, ...]] = {}
        self._turn = threading.Lock()
        self._plain: list[Checkout] = []

    def whole(self, revision: str) -> Checkout:
        """Every file of a commit."""
        return self._whole[revision]

    def expect(self, apps: Iterable[Application], revision: str) -> None:
        """These are going to be rendered at this commit, so that their files may come together."""
        self._expected[revision] = (*self._expected.get(revision, ()), *apps)

    def of(self, app: Application, revision: str) -> Checkout:
        """What the application could read of a commit, or more."""
        files = self._session.renderings.recipes.tree(revision)
        is_there = any(each.revision == revision for each in self._whole.made())
        if is_there or not files.is_plain or not self._session.inputs.is_followed(app, revision):
            return self._whole[revision]
        part = self._parts[revision]
        with part.lock:
            missing = self._names([app], revision, files) - part.names
            if missing:
                missing |= self._names(self._expected.pop(revision, ()), revision, files) - part.names
                part.is_closed = part.is_closed or not part.could_take(missing, files)
            if not part.is_closed:
                part.add(missing)
                return Checkout(part.root, revision)
        return self._whole[revision]

    def holds(self, path: str, revision: str) -> bool:
        """Whether there is such a file or directory in a commit."""
        files = self._session.renderings.recipes.tree(revision)
        if not files.is_plain:
            return Path(self._whole[revision].root, path).exists()
        name = path.strip("/").removesuffix("/.").removeprefix("./")
        return name in {"", "."} or files.has(name) or files.has_folder(name)

    def content(self, path: str, revision: str) -> bytes | None:
        """A file of a commit as a checkout has it; None where there is none."""
        if self._session.renderings.recipes.tree(revision).is_plain:
            return self._session.repository.contents(revision, [path]).get(path)
        file = Path(self._whole[revision].root, path)
        return file.read_bytes() if file.is_file() else None

    def contents(self, paths: Sequence[str], revision: str) -> dict[str, bytes]:
        """Many files of a commit as Git has them, from where they lie already if they do."""
        files = self._session.renderings.recipes.tree(revision)
        known = [each.root for each in self._whole.made() if each.revision == revision]
        part = self._parts.find(revision)
        if part is not None and part.names.issuperset(paths):
            known.append(part.root)
        if not (known and files.is_plain):
            return self._session.repository.contents(revision, paths)
        return {path: Path(known[0], path).read_bytes() for path in paths if files.has(path)}

    def _names(self, apps: Iterable[Application], revision: str, files: Listing) -> set[str]:
        inputs = self._session.inputs
        known = [app for app in apps if inputs.is_followed(app, revision)]
        roots = {root for app in known for root in inputs.roots(app, revision)}
        # What says how Git writes them has to be there, too.
        return {path for path, _ in files.below(roots)} | files.attributes

    def _check_out(self, revision: str) -> Checkout:
        repository, tree = self._session.repository, self._session.renderings.recipes.tree
        if not tree(revision).is_plain:
            return Checkout(self._open(repository.worktree(revision)), revision)
        with self._turn:  # what one side has written the other need not
            self._plain.append(self._written(revision))
            return self._plain[-1]

    def _written(self, revision: str) -> Checkout:
        repository, tree = self._session.repository, self._session.renderings.recipes.tree
        for other in self._plain:
            same = tree(revision).same_as(tree(other.revision))
            different = sorted(set(tree(revision)) - same) if same else []
            if same and len(different) <= _MOST_NAMES:
                return Checkout(self._beside(other, revision, same, different), revision)
        return Checkout(self._open(repository.worktree(revision)), revision)

    def _beside(
        self, other: Checkout, revision: str, same: Iterable[str], different: Collection[str]
    ) -> Path:
        """A commit of which another one's checkout has most files."""
        root = self._open(self._session.repository.part(revision))
        Mirror(other.root, root).add_all(other.root / path for path in same)
        if different:
            self._session.repository.fill(root, revision, different)
        return root

    def _open(self, context: AbstractContextManager[Path]) -> Path:
        path = context.__enter__()
        self._opened.append(context)
        return path

    def close(self) -> None:
        """Remove them, all at once: files go as slowly as they come."""
        opened, self._opened = self._opened, []
        ends = (partial(context.__exit__, None, None, None) for context in opened)
        all_of(ends, workers=self._session.workers)


class _Part:
    """Some of the files of a commit."""

    def __init__(self, session: Session, revision: str, make: Callable[[], Path]) -> None:
        self._session = session
        self._revision = revision
        self._make = make
        self._times = 0
        self._root: Path | None = None
        self.lock = threading.Lock()
        self.is_closed = False
        self.names: set[str] = set()

    @property
    def root(self) -> Path:
        """The directory, empty at first."""
        if self._root is None:
            self._root = self._make()
        return self._root

    def could_take(self, names: set[str], files: Listing) -> bool:
        """Whether it is still worth while to do without the others."""
        together = len(self.names) + len(names)
        return self._times < _MOST_TIMES and len(names) <= _MOST_NAMES and 2 * together <= len(files)

    def add(self, names: set[str]) -> None:
        """Write these files, none of which is there."""
        if names:
            self._times += 1
            self._session.repository.fill(self.root, self._revision, sorted(names))
            self.names |= names
