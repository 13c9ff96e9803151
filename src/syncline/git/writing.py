"""Commits that are made without a work tree.

The law: a commit adds to what the remote's branch is at, or the push is refused; no branch, index or file of
the user's changes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.errors import GitError
from syncline.git.program import first_trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.git.program import Git

_SECONDS: Final = 600.0
_NAMES: Final = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "syncline"), ("EMAIL", "syncline@users.noreply.github.com"))
}


def committed(git: Git, base: str, files: Mapping[str, bytes], message: str) -> str:
    """The SHA of a new commit upon `base` (empty: the first of its branch) with these files. Raises
    GitError.
    """
    with tempfile.TemporaryDirectory(prefix="syncline-index-", ignore_cleanup_errors=True) as name:
        variables = {**_NAMES, "GIT_INDEX_FILE": str(Path(name) / "index")}

        def run(*arguments: str, stdin: bytes = b"") -> str:
            answer = git.elsewhere(variables, *arguments, seconds=_SECONDS, stdin=stdin)
            if answer.code:
                raise GitError(f"git {arguments[0]} failed: {first_trouble(answer.stderr)}.")
            return answer.stdout.decode("utf-8", "replace").strip()

        if base:
            run("read-tree", base)
        entries = [
            f"100644 {run('hash-object', '-w', '--no-filters', '--stdin', stdin=content)}\t{path}\0"
            for path, content in sorted(files.items())
        ]
        run("update-index", "-z", "--index-info", stdin="".join(entries).encode())
        parents = ("-p", base) if base else ()
        return run("commit-tree", run("write-tree"), *parents, "-F", "-", stdin=message.encode())


def push(git: Git, sha: str, branch: str) -> None:
    """Make the remote's branch that commit. Raises GitError when it has moved on, or refuses us."""
    answer = git.elsewhere(
        {}, "push", "--quiet", "--no-verify", "origin", f"{sha}:refs/heads/{branch}", seconds=_SECONDS
    )
    if answer.code:
        why = "somebody else has pushed meanwhile" if "rejected" in answer.stderr else ""
        raise GitError(
            f"The branch {branch!r} could not be pushed: {why or first_trouble(answer.stderr)}.",
            remedy="Run it again." if why else "Look at what the run may write (contents: write).",
        )
