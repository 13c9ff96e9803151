"""Real Git repositories for tests, as odd as people make them."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncline.git import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

AUTHOR = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "protocol.file.allow=always")


@dataclass
class Tree:
    """Where the commits of a test's own repository are made."""

    root: Path

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *AUTHOR, *arguments], cwd=self.root, check=True, capture_output=True)
        return done.stdout.decode("utf-8", "surrogateescape").strip()

    def commit(self, files: Mapping[Any, str | bytes | None]) -> str:
        """Write the files (None removes one), commit, and give the SHA."""
        for name, text in files.items():
            path = self.root / os.fsdecode(name)
            if text is None:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.save()

    def save(self) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        return self._head()

    def _head(self) -> str:
        """The commit that was just made; tests make thousands, so git is not started for each."""
        folder = self.root / ".git"
        with suppress(OSError):
            _, is_named, name = (folder / "HEAD").read_text().strip().partition("ref: ")
            if is_named:
                return (folder / name).read_text().strip()
        return self.git("rev-parse", "HEAD")


@dataclass
class Repo(Tree):
    """A repository of the test's own."""

    @classmethod
    def make(cls, root: Path, *options: str) -> Repo:
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", *options, str(root)], check=True)
        return cls(root)

    def merge(self, branch: str) -> str:
        self.git("merge", "--quiet", "--no-ff", "-m", "merge", branch)
        return self.git("rev-parse", "HEAD")

    def clone(self, to: Path, *options: str) -> Repo:
        command = ["git", *AUTHOR, "clone", "--quiet", *options, self.root.as_uri(), str(to)]
        subprocess.run(command, check=True, capture_output=True)
        return Repo(to)

    def open(self, **environ: str) -> Repository:
        return Repository(self.root, environ={"HOME": os.environ["HOME"], **environ})

    def state(self) -> tuple[str, ...]:
        """What a user would miss if it changed: branches, work tree, configuration, other worktrees."""
        refs = self.git("for-each-ref", "--format=%(refname) %(objectname)")
        config = (Path(self.git("rev-parse", "--absolute-git-dir")) / "config").read_text()
        return (refs, config, self.git("status", "--porcelain"), self.git("worktree", "list", "--porcelain"))


def trap(directory: Path, name: str = "trap") -> tuple[Path, Path]:
    """A program that must not run, and the file that tells if it did."""
    mark, program = directory / f"{name}-ran", directory / name
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\ncat\n")
    program.chmod(0o755)
    return program, mark
