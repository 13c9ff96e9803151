"""Commits as directories.

The law: a directory of ours is gone when its block ends, and one that a killed run left behind is removed by
the next run on this machine; the clone learns nothing of either, for each has an index of its own.

`git worktree` would write down in the clone what it makes and ask two programs more for it, which takes as
long as writing the files of most changes.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.git.program import Git

_PREFIX: Final = "syncline-tree-"
_NAME: Final = "tree"
_LOCK: Final = "in-use"


class Worktrees:
    """Directories with commits of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._guard = threading.Lock()
        self._swept = False

    @contextmanager
    def at(self, sha: str, *, is_empty: bool = False) -> Iterator[Path]:
        """A directory that holds exactly this commit, or nothing of it yet."""
        with self._guard:
            self._sweep()
        parent = Path(tempfile.mkdtemp(prefix=_PREFIX))
        try:
            # The kernel lets go of the lock when the process dies, however it dies.
            with (parent / _LOCK).open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Renderers may run as another user: they need to get in, and not to look around.
                parent.chmod(0o711)
                place = parent / _NAME  # only now, so that what has none yet is not taken for left behind
                place.mkdir()
                if not is_empty:
                    self._git.check_out("read-tree", "--reset", "-u", sha, place=place)
                yield place
        finally:
            shutil.rmtree(parent, ignore_errors=True)

    def fill(self, place: Path, sha: str, paths: Iterable[str]) -> None:
        """Write files of the commit into such a directory, none of which may be there already."""
        names = "\0".join(paths).encode("utf-8", "surrogateescape")
        listed = ("--pathspec-from-file=-", "--pathspec-file-nul")
        self._git.check_out("checkout", "--quiet", sha, *listed, place=place, stdin=names)

    def _sweep(self) -> None:
        if self._swept:
            return
        self._swept = True
        for parent in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
            if _is_left_behind(parent):
                shutil.rmtree(parent, ignore_errors=True)


def _is_left_behind(parent: Path) -> bool:
    try:
        if parent.lstat().st_uid != os.geteuid() or not (parent / _NAME).is_dir():
            return False
        with (parent / _LOCK).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False  # somebody works there, or it goes right now
    return True
