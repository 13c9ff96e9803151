"""Submodules of this repository, in a directory of one of its commits.

The law: what is written is what the clone has already: nothing is fetched, nobody's configuration changes,
and a submodule whose commit is not here stays an empty directory, as Git itself leaves it.

A workflow decides with `submodules:` of its checkout step what the clone has.
"""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.git.program import Git

_LINK: Final = "160000"
_PATHS: Final = r"^submodule\..*\.path$"
_SECONDS: Final = 600.0
_DEEPEST: Final = 8


class Module(Struct, frozen=True):
    """A commit of another repository: where it lies, and where its repository is in the clone."""

    path: str
    sha: str
    home: Path


def modules(git: Git, sha: str, home: Path) -> Iterator[Module]:
    """The submodules of a commit of the repository at `home` that the clone has."""
    folder = home / "modules"
    if not folder.is_dir():
        return
    listed = git.run("ls-tree", "-r", "-z", "--full-tree", sha).stdout
    entries = [entry.partition("\t") for entry in _text(listed).split("\0") if entry.startswith(_LINK)]
    if not entries:
        return
    said = git.run("config", f"--blob={sha}:.gitmodules", "--null", "--get-regexp", _PATHS).stdout
    pairs = (each.partition("\n") for each in _text(said).split("\0") if each)
    names = {path: key.removeprefix("submodule.").removesuffix(".path") for key, _, path in pairs}
    for facts, _, path in entries:
        name = names.get(path, "")
        # Git refuses such names as well: they would lead to another place than the clone's modules.
        leads_out = name.startswith("/") or ".." in PurePosixPath(name).parts
        if name and not leads_out and (folder / name).is_dir():
            yield Module(path, facts.split()[2], folder / name)


def changed(git: Git, commits: tuple[str, str], home: Path, depth: int = 0) -> Iterator[str]:
    """Every path that differs between two commits, also inside of submodules that the clone has; a rename is
    a removal and an addition. Raises GitError.
    """
    flags = ("-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv")
    parts = _text(git.output("diff-tree", *flags, *commits, "--")).split("\0")
    linked: dict[str, tuple[str, str]] = {}
    for facts, path in zip(parts[::2], parts[1::2], strict=False):
        yield path
        before, after, old, new, _ = facts.removeprefix(":").split(" ")
        if _LINK in {before, after}:
            linked[path] = (old if before == _LINK else "", new if after == _LINK else "")
    if not linked or depth >= _DEEPEST:
        return
    homes = {module.path: module.home for sha in commits for module in modules(git, sha, home)}
    for path, pair in linked.items():
        if path in homes:
            inner = git.at(homes[path])
            yield from (f"{path}/{each}" for each in _inside(inner, pair, homes[path], depth + 1))


def _inside(git: Git, commits: tuple[str, str], home: Path, depth: int) -> Iterator[str]:
    there = [sha for sha in commits if sha and git.run("cat-file", "-e", f"{sha}^{{commit}}").code == 0]
    if len(there) == len(commits):
        yield from changed(git, commits, home, depth)
        return
    for sha in there:
        yield from filter(None, _text(git.output("ls-tree", "-r", "-z", "--name-only", sha)).split("\0"))


def fill(git: Git, sha: str, place: Path, home: Path, depth: int = 0) -> None:
    """Write the files of the submodules, and of theirs, that the clone has into a directory of the commit."""
    for module in modules(git, sha, home) if depth < _DEEPEST else ():
        target, inner = place / module.path, git.at(module.home)
        # Git makes the directory of a submodule; whatever else stands there is the commit's own.
        if _is_empty(target, place) and _written(inner, module, target):
            fill(inner, module.sha, target, module.home, depth + 1)


def _written(git: Git, module: Module, target: Path) -> bool:
    if git.run("cat-file", "-e", f"{module.sha}^{{commit}}").code:
        return False
    with tempfile.TemporaryDirectory(prefix="syncline-index-") as name:
        variables = {"GIT_INDEX_FILE": str(Path(name, "index")), "GIT_WORK_TREE": str(target)}
        for arguments in (("read-tree", module.sha), ("checkout-index", "--all", "--quiet", "--force")):
            if git.elsewhere(variables, f"--git-dir={module.home}", *arguments, seconds=_SECONDS).code:
                return False
    return True


def _is_empty(target: Path, place: Path) -> bool:
    if target.is_symlink() or not target.is_dir() or any(target.iterdir()):
        return False
    return target.resolve().is_relative_to(place.resolve())


def _text(out: bytes) -> str:
    return out.decode("utf-8", "surrogateescape")
