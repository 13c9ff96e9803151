"""Files that a step leaves in the workspace.

The law: what was checked out may be anybody's, so nothing is written through its links, and nothing outside
the workspace; what is written belongs to whom the workspace belongs.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from syncline.errors import GitHubError, UsageError


def inside(workspace: Path, name: str, what: str) -> Path:
    """Where the file is to be, its folder's links followed. Raises UsageError when that is elsewhere."""
    root = workspace.resolve()
    wanted = root / name
    try:
        target = wanted.parent.resolve() / wanted.name
    except (OSError, RuntimeError, ValueError):
        target = Path("/")
    if wanted.name in {"", ".."} or target == root or not target.is_relative_to(root):
        raise UsageError(
            f"{what} is {name!r}, which is not in the workspace.", remedy="Write a relative path."
        )
    return target


def write_file(workspace: Path, name: str, text: str) -> None:
    """Write it whole or not at all, in the place of what was there. Raises GitHubError."""
    try:
        target = inside(workspace, name, "The file")
        owner = workspace.stat()
        _make_folder(target.parent, owner)
        _replace(target, text.encode(errors="replace"), owner)
    except OSError as error:
        raise GitHubError(
            f"The file {name} cannot be written to the workspace ({error.strerror or type(error).__name__}).",
            remedy="Choose another path, or check that the workspace is writable.",
        ) from error


def _replace(target: Path, content: bytes, owner: os.stat_result) -> None:
    number, part = tempfile.mkstemp(dir=target.parent, prefix=".syncline-")
    try:
        with open(number, "wb") as file:  # noqa: PTH123 - a file that is open already
            file.write(content)
            os.fchmod(number, 0o644)
            _give(number, owner)
        # The name is replaced: if it is a link, its target stays as it is.
        Path(part).replace(target)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _make_folder(folder: Path, owner: os.stat_result) -> None:
    if not folder.exists():
        _make_folder(folder.parent, owner)
        folder.mkdir()
        _give(folder, owner)


def _give(file: int | Path, owner: os.stat_result) -> None:
    # The runner cleans the workspace up as its own user, not as root.
    if os.geteuid() == 0:
        os.chown(file, owner.st_uid, owner.st_gid)
