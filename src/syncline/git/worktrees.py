"""Commits as directories.

The law: a worktree of ours is gone when its block ends, and one that a killed run left behind is removed by
the next run of the same repository; nobody else's worktree is touched.
"""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.git.program import Git

_PREFIX: Final = "syncline-tree-"
_NAME: Final = "tree"
_GONE: Final = "gone"
_LOCK: Final = "in-use"


class Worktrees:
    """The worktrees of one repository."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._guard = threading.RLock()
        self._swept = False

    @contextmanager
    def at(self, sha: str, *, is_empty: bool = False) -> Iterator[Path]:
        """A directory that holds exactly this commit, or nothing of it yet."""
        parent = Path(tempfile.mkdtemp(prefix=_PREFIX))
        place = parent / _NAME
        # The kernel lets go of the lock when the process dies, however it dies.
        with (parent / _LOCK).open("wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Renderers may run as another user: they need to get in, and not to look around.
            parent.chmod(0o711)
            try:
                with self._guard:
                    self._sweep()
                    how = ("--quiet", "--detach", "--no-checkout")
                    self._git.check_out("worktree", "add", *how, str(place), sha)
                if not is_empty:
                    # Not by `worktree add`, so that both sides of a change are written at once.
                    self._git.check_out("checkout", "--quiet", "--force", "--detach", sha, place=place)
                yield place
            finally:
                self._remove(place)

    def fill(self, place: Path, sha: str, paths: Iterable[str]) -> None:
        """Write files of the commit into an empty worktree of it, none of which may be there already."""
        names = "\0".join(paths).encode("utf-8", "surrogateescape")
        listed = ("--pathspec-from-file=-", "--pathspec-file-nul")
        self._git.check_out("checkout", "--quiet", sha, *listed, place=place, stdin=names)

    def _sweep(self) -> None:
        if self._swept:
            return
        self._swept = True
        said = self._git.run("worktree", "list", "--porcelain").stdout.decode("utf-8", "surrogateescape")
        for line in said.splitlines():
            place = Path(line.removeprefix("worktree "))
            is_ours = place.name == _NAME and place.parent.name.startswith(_PREFIX)
            if line.startswith("worktree ") and is_ours and not _is_in_use(place.parent / _LOCK):
                self._remove(place)

    def _remove(self, place: Path) -> None:
        """The directory and what the repository knows of it; `git worktree prune` would forget others too."""
        # Aside first, so that nobody who waits for git's turn waits for the files.
        with suppress(OSError):
            place.rename(place.with_name(_GONE))
        with self._guard:
            self._git.clean_up("worktree", "remove", "--force", "--force", str(place))
        shutil.rmtree(place.parent, ignore_errors=True)


def _is_in_use(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
