"""Symbolic links in a checkout.

The law: a link is followed as far as the repository reaches and not a step further, and whoever renders sees
the tree as it is, links included.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.errors import Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def real(path: Path) -> Path:
    """The path without links; also for a path that does not exist, and for links that lead in a circle."""
    return Path(os.path.realpath(path))


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
    return [*met, real(path)]


_MOST_LINKS: Final = 40
"""As many as Linux follows."""


def reached(start: Path, root: Path) -> Iterator[Path]:
    """The start and everything below it, and below whatever a link in it leads to: files, directories, links.

    Git's own files are left out. Raises RenderError for a link that leads out of the repository.
    """
    todo, seen = [start, *trail(start, root)], set[Path]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        yield place
        if place.is_symlink():
            if not real(place).is_relative_to(root):
                raise RenderError(
                    "The symbolic link leads out of the repository.",
                    place=Place(str(place.relative_to(root))),
                    remedy="Replace it by what it leads to.",
                )
            todo += trail(place, root) if place.exists() else []
        elif place.is_dir():
            todo += [path for path in sorted(place.iterdir(), reverse=True) if path.name != ".git"]


def mirror(paths: Iterable[Path], root: Path, copy: Path) -> None:
    """The same paths below `copy`: directories are made, links made anew, files are hard links.

    Whoever changes a file there replaces it: written through, it would change in the checkout.
    """
    made = {root}
    copy.mkdir(parents=True, exist_ok=True)
    for path in paths:
        _mirror(path, root, copy, made)


def _mirror(path: Path, root: Path, copy: Path, made: set[Path]) -> None:
    if path in made:
        return
    made.add(path)
    _mirror(path.parent, root, copy, made)
    if path.parent != real(path.parent):
        _mirror(real(path.parent) / path.name, root, copy, made)
        return
    twin = copy / path.relative_to(root)
    if path.is_symlink():
        target = real(path)
        twin.symlink_to(os.path.relpath(target, path.parent))
        if target.exists() and target.is_relative_to(root):
            _mirror(target, root, copy, made)
    elif path.is_dir():
        twin.mkdir()
    elif path.is_file():
        try:
            twin.hardlink_to(path)
        except OSError:  # the copy lies on another file system
            shutil.copyfile(path, twin)
