"""The files of a commit, by their names alone.

The law: it says what a checkout of the commit would hold, and nothing has to be checked out to ask it.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LINK: Final = "120000"
_MODULE: Final = "160000"


class Listing:
    """Every file of a commit with its mode and the digest of its content, by Git."""

    def __init__(self, entries: Iterable[tuple[str, str]], *, is_restored: bool = False) -> None:
        """`is_restored` says that a checkout has contents which Git itself only points to."""
        self._is_restored = is_restored
        self._entries = sorted(entries)
        self._paths = [path for path, _ in self._entries]
        self._names = frozenset(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    @cached_property
    def has_links(self) -> bool:
        """Whether a path may lead somewhere else than it says."""
        return any(facts.startswith(_LINK) for _, facts in self._entries)

    @cached_property
    def is_plain(self) -> bool:
        """Whether it is files alone, each with the content that Git has: no links, no other repositories."""
        odd = any(facts.startswith((_LINK, _MODULE)) for _, facts in self._entries)
        return not (odd or self._is_restored or self.has(".gitmodules"))

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The files that say how Git writes others."""
        return frozenset(path for path in self._paths if path.rpartition("/")[2] == ".gitattributes")

    def same_as(self, other: Listing) -> frozenset[str] | None:
        """The files that a checkout of either commit holds alike; None where their names and contents do not
        say it.
        """
        same = frozenset(self._entries).intersection(other._entries)
        names = frozenset(path for path, _ in same)
        is_said = self.is_plain and other.is_plain and names >= self.attributes | other.attributes
        return names if is_said else None

    def has(self, path: str) -> bool:
        """Whether there is a file of that name."""
        return path in self._names

    def has_folder(self, path: str) -> bool:
        """Whether there is a directory of that name; the root's is empty."""
        if not path:
            return True
        at = bisect_left(self._paths, f"{path}/")
        return at < len(self._paths) and self._paths[at].startswith(f"{path}/")

    def below(self, roots: Iterable[str]) -> set[tuple[str, str]]:
        """The files that are one of these, or lie below one; and the submodules in which one lies."""
        return {entry for root in roots for entry in (*self._of(root), *self._around(root))}

    def has_modules(self, roots: Iterable[str]) -> bool:
        """Whether a submodule is among these: of its files the clone decides, and no commit of ours."""
        return bool(self._modules) and any(facts.startswith(_MODULE) for _, facts in self.below(roots))

    def names_below(self, root: str) -> list[str]:
        """The same, of one directory, in their order and without the facts."""
        if not root:
            return self._paths
        beginning = f"{root}/"
        at = end = bisect_left(self._paths, beginning)
        while end < len(self._paths) and self._paths[end].startswith(beginning):
            end += 1
        return self._paths[at:end]

    @cached_property
    def _modules(self) -> tuple[tuple[str, str], ...]:
        return tuple(entry for entry in self._entries if entry[1].startswith(_MODULE))

    def _around(self, root: str) -> Iterator[tuple[str, str]]:
        return (entry for entry in self._modules if root.startswith(f"{entry[0]}/"))

    def _of(self, root: str) -> Iterator[tuple[str, str]]:
        if not root:
            yield from self._entries
            return
        at = bisect_left(self._paths, root)
        if at < len(self._paths) and self._paths[at] == root:
            yield self._entries[at]
        at = bisect_left(self._paths, f"{root}/")
        while at < len(self._paths) and self._paths[at].startswith(f"{root}/"):
            yield self._entries[at]
            at += 1
