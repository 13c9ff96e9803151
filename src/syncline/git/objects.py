"""The files of commits, from Git's own store.

The law: a file is what the commit has, byte for byte: no attribute, filter or work tree has a say in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.errors import GitError
from syncline.git.program import last_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.git.program import Git

_LARGEST_KEPT: Final = 16 * 1024


class Objects:
    """What commits, named by their full SHA, hold."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._trees: dict[str, dict[str, str]] = {}
        self._small: dict[str, bytes] = {}
        """What small files hold, by their digest: most are the same on both sides of a change."""

    def tree(self, sha: str) -> Mapping[str, str]:
        """Every file with its mode and the digest that Git knows its content by."""
        if sha not in self._trees:
            out = self._git.text("ls-tree", "-r", "-z", sha)
            pairs = (entry.partition("\t") for entry in filter(None, out.split("\0")))
            self._trees[sha] = {path: facts for facts, _, path in pairs}
        return self._trees[sha]

    def containing(self, sha: str, words: Sequence[str], patterns: Sequence[str]) -> list[str]:
        """The files that match a pattern and contain one of the words."""
        asked = [part for word in words for part in ("-e", word)]
        # Its threads wait for each other when they read objects, and take more than they save.
        flags = ("--threads=1", "-l", "-z", "-F", "--full-name")
        answer = self._git.run("grep", *flags, *asked, sha, "--", *patterns)
        if answer.code > 1:
            raise GitError(f"git grep failed: {last_line(answer.stderr)}.")
        names = (name.decode("utf-8", "surrogateescape") for name in answer.stdout.split(b"\0") if name)
        return [name.removeprefix(f"{sha}:") for name in names]

    def read(self, sha: str, path: str) -> bytes | None:
        """A file's content, or None when it is not there."""
        answer = self._git.run("cat-file", "blob", f"{sha}:{path}")
        return answer.stdout if answer.code == 0 else None

    def read_all(self, sha: str, paths: Sequence[str]) -> dict[str, bytes]:
        """Many files with one program; those that are not there are left out."""
        named = {path: name for path in paths if (name := self._name(sha, path))}
        # The list that the program reads has one name on each line.
        plain = {path: name for path, name in named.items() if "\n" not in name}
        blobs = {path: self._small[name] for path, name in plain.items() if name in self._small}
        blobs |= self._fetched({path: name for path, name in plain.items() if path not in blobs})
        odd = {path: self.read(sha, path) for path in named if path not in plain}
        return {**blobs, **{path: text for path, text in odd.items() if text is not None}}

    def _name(self, sha: str, path: str) -> str:
        """What Git calls a file; empty for one that is known not to be there.

        By its digest Git finds it at once, by its path only through all the directories above it.
        """
        listed = self._trees.get(sha)
        return f"{sha}:{path}" if listed is None else listed.get(path, "").rpartition(" ")[2]

    def _fetched(self, named: Mapping[str, str]) -> dict[str, bytes]:
        if not named:
            return {}
        wanted = "".join(f"{name}\n" for name in named.values()).encode("utf-8", "surrogateescape")
        answer = self._git.run("cat-file", "--batch", "--buffer", stdin=wanted)
        if answer.code:
            raise GitError(f"git cat-file failed: {last_line(answer.stderr)}.")
        rest = memoryview(answer.stdout)
        blobs = {}
        for path, name in named.items():
            header, _, _ = bytes(rest[:8192]).partition(b"\n")
            rest = rest[len(header) + 1 :]
            if header.endswith(b" missing"):
                continue
            _, kind, size = header.rsplit(b" ", 2)
            if kind == b"blob":
                blobs[path] = bytes(rest[: int(size)])
                if ":" not in name and len(blobs[path]) <= _LARGEST_KEPT:
                    self._small[name] = blobs[path]
            rest = rest[int(size) + 1 :]
        return blobs
