"""Symbolic links in a checkout.

The law: a link is followed as far as the repository reaches and not a step further, and whoever renders sees
the tree as it is, links included.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.errors import Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def real(path: Path) -> Path:
    """The path without links; also for a path that does not exist, and for links that lead in a circle."""
    return Path(os.path.realpath(path))


def real_in(root: Path, path: Path) -> Path:
    """The same below a root that is real itself: only what lies between them is looked at."""
    text, top = str(path), f"{root}{os.sep}"
    if not text.startswith(top) or f"{os.sep}.." in text[len(top) - 1 :]:
        return real(path)
    end = len(top) - 1
    while end > 0:
        end = text.find(os.sep, end + 1)
        mode = _mode(text if end < 0 else text[:end])
        if stat.S_ISLNK(mode):
            return real(path)
        if not mode:
            break  # below what is not there is no link
    return path


def plain(path: Path) -> Path:
    """The path without `..`, as Go's tools shorten it: by its text, whatever is a link."""
    return Path(os.path.normpath(path))


def is_of_git(path: Path, root: Path) -> bool:
    """Whether a path below the root is one of Git's own files, which may tell a login."""
    return ".git" in path.relative_to(root).parts


def trail(path: Path, root: Path) -> list[Path]:
    """The links on the way to a path below the root, and at the end what the path really is."""
    met: list[Path] = []
    rest, here = list(path.relative_to(root).parts), root
    while rest and len(met) < _MOST_LINKS:
        part = rest.pop(0)
        if part == "..":
            here = here.parent
            continue
        here /= part
        if here.is_symlink():
            met.append(here)
            target = here.readlink()
            if target.is_absolute():
                break
            here, rest = here.parent, [*target.parts, *rest]
    return [*met, real_in(root, path)]


_MOST_LINKS: Final = 40
"""As many as Linux follows."""


def reached(start: Path, root: Path, seen: set[Path] | None = None) -> Iterator[Path]:
    """The start and everything below it, and below whatever a link in it leads to: files, directories, links.

    Git's own files are left out, and what was `seen` from another start. Raises RenderError for a link that
    leads out of the repository.
    """
    seen = set() if seen is None else seen
    todo = [] if start in seen else [start, *trail(start, root)]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        yield place
        mode = _mode(place)
        if stat.S_ISLNK(mode):
            if not real(place).is_relative_to(root):
                raise RenderError(
                    "The symbolic link leads out of the repository.",
                    place=Place(str(place.relative_to(root))),
                    remedy="Replace it by what it leads to.",
                )
            todo += trail(place, root) if place.exists() else []
        elif stat.S_ISDIR(mode):
            todo += [place / name for name in sorted(os.listdir(place), reverse=True) if name != ".git"]  # noqa: PTH208 - names are enough


def replaced(file: Path, content: bytes) -> None:
    """Put a file of this content in its place, at once: nobody ever reads a half of it, and of a hard link
    into a checkout the other name keeps what it had.
    """
    number, part = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(number, "wb") as opened:
        opened.write(content)
    Path(part).chmod(0o644)
    Path(part).replace(file)


def mirror(paths: Iterable[Path], root: Path, copy: Path) -> None:
    """The same paths below `copy`: directories are made, links made anew, files are hard links.

    Whoever changes a file there has it `replaced`: written through, it would change in the checkout.
    """
    Mirror(root, copy).add_all(paths)


class Mirror:
    """The same for paths that become known one after the other."""

    def __init__(self, root: Path, copy: Path) -> None:
        copy.mkdir(parents=True, exist_ok=True)
        self._root = root
        self._beginning = str(copy)
        self._length = len(str(root))
        self._made = {root}
        self._straight = {root}
        """Directories whose paths lead over no link."""

    def add_all(self, paths: Iterable[Path]) -> None:
        """Those that are not there yet."""
        for path in paths:
            self._add(path)

    def _add(self, path: Path) -> None:
        if path in self._made:
            return
        self._made.add(path)
        parent = path.parent
        self._add(parent)
        if parent not in self._straight:
            there = real_in(self._root, parent)
            if parent != there:
                self._add(there / path.name)
                return
            self._straight.add(parent)
        self._put(path, f"{self._beginning}{str(path)[self._length :]}")

    def _put(self, path: Path, twin: str) -> None:
        mode = _mode(path)
        if stat.S_ISLNK(mode):
            target = real(path)
            Path(twin).symlink_to(os.path.relpath(target, path.parent))
            if target.exists() and target.is_relative_to(self._root):
                self._add(target)
        elif stat.S_ISDIR(mode):
            os.mkdir(twin)  # noqa: PTH102 - there are many
        elif stat.S_ISREG(mode):
            try:
                os.link(path, twin)
            except OSError:  # the copy lies on another file system
                shutil.copy(path, twin)


def _mode(path: Path | str) -> int:
    """What lies there, links not followed; 0 where nothing does."""
    try:
        return os.lstat(path).st_mode
    except (OSError, ValueError):
        return 0
