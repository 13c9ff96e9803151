"""Files that a repository keeps elsewhere with Git LFS.

The law: a pointer is never taken for the file it stands for.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from syncline.core.lfs import BEGINNING, LONGEST, is_pointer, pointer
from syncline.errors import GitError
from syncline.git.program import LOGIN, last_line, without_password

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.git.program import Git

_READ: Final = (
    ".j2", ".json", ".jsonnet", ".libsonnet", ".tgz", ".tpl", ".yaml", ".yml",
)  # fmt: skip
"""What renderers read; that an image is missing harms nobody."""
_SECONDS: Final = 600.0
_INSTALLED: Final = (
    "-c", "filter.lfs.smudge=git-lfs smudge -- %f", "-c", "filter.lfs.clean=git-lfs clean -- %f",
    "-c", "filter.lfs.process=git-lfs filter-process", "-c", "filter.lfs.required=true",
)  # fmt: skip
"""Without them git-lfs puts nothing into its place; for it alone they are filters."""


def must_be_whole(tree: Path, url: str) -> None:
    """Raise GitError for a tree with a pointer in the place of a file that renderers read."""
    for path in tree.rglob("*"):
        if path.suffix not in _READ or path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            if is_pointer(file.read(len(BEGINNING))):
                raise GitError(
                    f"The repository {without_password(url)} keeps {path.relative_to(tree)} with Git LFS, "
                    "which is not asked for.",
                    remedy="Set lfs: true for it under remotes: in syncline.yaml.",
                )


def restore(tree: Path, home: Path) -> None:
    """Put files that the clone at `home` has already into the place of their pointers; nothing is fetched."""
    store = home / "lfs" / "objects"
    if not store.is_dir():
        return
    for path in tree.rglob("*"):
        if path.suffix in _READ and path.is_file() and not path.is_symlink():
            content = _content(path, store)
            if content is not None:
                path.write_bytes(content)


def _content(path: Path, store: Path) -> bytes | None:
    with path.open("rb") as file:
        found = pointer(file.read(LONGEST))
    if found is None:
        return None
    kept = store / found.digest[:2] / found.digest[2:4] / found.digest
    if not kept.is_file() or kept.stat().st_size != found.size:
        return None
    content = kept.read_bytes()
    return content if hashlib.sha256(content).hexdigest() == found.digest else None


def check_out(git: Git, url: str, sha: str, variables: Mapping[str, str]) -> None:
    """Put the files in the place of their pointers. Raises GitError."""
    shown = without_password(url)
    if git.run("lfs", "version").code:
        raise GitError(
            f"The repository {shown} is to be read with Git LFS, and git-lfs is not on the PATH.",
            remedy="Install git-lfs.",
        )
    git.output("config", "remote.origin.url", url)
    for arguments in (("lfs", "fetch", "origin", sha), ("lfs", "checkout")):
        answer = git.elsewhere(variables, *LOGIN, *_INSTALLED, *arguments, seconds=_SECONDS)
        if answer.code:
            raise GitError(f"The LFS files of {shown} could not be fetched: {last_line(answer.stderr)}.")
