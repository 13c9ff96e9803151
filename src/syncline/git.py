"""Git, read through worktrees.

The law: nothing here changes the user's work tree, branches or configuration, and nothing the repository
contains (hooks, filters, attributes) is run.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.errors import GitError, ToolError
from syncline.process import Completed, Room, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SHA: Final = re.compile(r"[0-9a-f]{40}")
_GUARDS: Final = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "protocol.ext.allow=never",
    "advice.detachedHead=false",
    "gc.auto=0",
)
_FETCH_DEPTH: Final = "Check out with fetch-depth: 0, or fetch the missing commits before."
_PASSED_ON: Final = (
    "GIT_",
    "SSH_",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)


class Repository:
    """A local clone. Revisions are anything `git rev-parse` understands that does not begin with a dash."""

    def __init__(
        self, root: Path, *, room: Room | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        """`environ` is what a fetch may use to log in: the user's HOME, GIT_* and SSH_* variables."""
        given = environ or {}
        passed = {
            name: value for name, value in given.items() if name.startswith(_PASSED_ON) or name == "HOME"
        }
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"}
        self._room = replace(room or Room(), environ={**passed, **quiet})
        self._adding = threading.Lock()
        self._known: dict[str, str] = {}
        self.root = self._top(root)

    def resolve(self, revision: str) -> str:
        """The commit's full SHA; fetched when a shallow clone lacks it. Raises GitError."""
        if revision in self._known:
            return self._known[revision]
        _no_option(revision)
        sha = self._commit(revision)
        if not sha and _SHA.fullmatch(revision):
            self.fetch_missing((revision,))
            sha = self._commit(revision)
        if not sha and "^" in revision and _SHA.match(revision):
            self._deepen()
            sha = self._commit(revision)
        if not sha:
            raise GitError(f"The revision {revision!r} is unknown in {self.root.name}.", remedy=self._hint())
        self._known[revision] = sha
        return sha

    def merge_base(self, one: str, other: str) -> str:
        """The commit where the two parted; a shallow clone is deepened. Raises GitError if there is none."""
        first, second = self.resolve(one), self.resolve(other)
        base = self._merge_base(first, second)
        if not base and self._is_shallow():
            self._deepen()
            base = self._merge_base(first, second)
        if not base:
            raise GitError(f"{one[:12]} and {other[:12]} have no common commit.", remedy=self._hint())
        return base

    def parents(self, revision: str) -> tuple[str, ...]:
        """The SHAs of the parents, in order; those that a shallow clone lacks are left out."""
        words = self._text("rev-list", "--parents", "-n", "1", self.resolve(revision)).split()
        return tuple(words[1:])

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`; False also when it cannot be found."""
        try:
            first, second = self.resolve(older), self.resolve(newer)
        except GitError:
            return False
        return self._run("merge-base", "--is-ancestor", first, second).code == 0

    def has_commit(self, sha: str) -> bool:
        """Whether the commit is here."""
        return bool(self._commit(sha))

    def fetch_missing(self, shas: Iterable[str]) -> None:
        """Fetch the commits that are not here. Raises GitError with one sentence when that is refused."""
        missing = [sha for sha in shas if not self.has_commit(sha)]
        if not missing:
            return
        for sha in missing:
            _no_option(sha)
        answer = self._run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin", *missing)
        if answer.code:
            names = ", ".join(sha[:12] for sha in missing)
            raise GitError(
                f"The commit {names} is not in this clone and could not be fetched.", remedy=_FETCH_DEPTH
            )

    def changed_paths(self, base: str, head: str) -> frozenset[str]:
        """Every path that differs; a rename is a removal and an addition."""
        flags = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv")
        out = self._bytes("diff", *flags, self.resolve(base), self.resolve(head), "--")
        return frozenset(path.decode("utf-8", "surrogateescape") for path in out.split(b"\0") if path)

    def files_containing(
        self, revision: str, words: Sequence[str], patterns: Sequence[str], also: Sequence[str] = ()
    ) -> dict[str, bytes]:
        """The files that match a pattern and contain one of the words, and those of `also` that are there."""
        sha = self.resolve(revision)
        asked = [part for word in words for part in ("-e", word)]
        answer = self._run("grep", "-l", "-z", "-F", *asked, sha, "--", *patterns)
        if answer.code > 1:
            raise GitError(f"git grep failed: {_last_line(answer.stderr)}")
        names = [name.decode("utf-8", "surrogateescape") for name in answer.stdout.split(b"\0") if name]
        paths = [name.removeprefix(f"{sha}:") for name in names]
        return self._blobs(sha, [*paths, *(path for path in also if path not in paths)])

    def read(self, revision: str, path: str) -> bytes | None:
        """A file's content at a revision, or None when it is not there."""
        answer = self._run("cat-file", "blob", f"{self.resolve(revision)}:{path}")
        return answer.stdout if answer.code == 0 else None

    def origin_url(self) -> str:
        """The URL of the remote `origin`, without credentials; empty when there is none."""
        answer = self._run("config", "--get", "remote.origin.url")
        return re.sub(r"(?<=://)[^/@]*@", "", answer.stdout.decode().strip()) if answer.code == 0 else ""

    def actor(self) -> str:
        """Who works here, for the history: the configured name, or nothing."""
        answer = self._run("config", "--get", "user.name")
        return answer.stdout.decode("utf-8", "replace").strip() if answer.code == 0 else ""

    def default_branch(self) -> str:
        """What `origin/HEAD` points to, else the first of main and master that exists, else HEAD."""
        for candidate in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
            if self._commit(candidate):
                return candidate
        return "HEAD"

    @contextmanager
    def worktree(self, revision: str) -> Iterator[Path]:
        """A directory that holds exactly this commit; gone when the block ends."""
        sha = self.resolve(revision)
        parent = Path(tempfile.mkdtemp(prefix="syncline-tree-"))
        # Renderers may run as another user: they need to get in, and not to look around.
        parent.chmod(0o711)
        place = parent / "tree"
        try:
            with self._adding:
                self._text("worktree", "add", "--quiet", "--detach", str(place), sha)
            yield place
        finally:
            shutil.rmtree(parent, ignore_errors=True)
            with self._adding:
                self._run("worktree", "prune")

    def _top(self, root: Path) -> Path:
        self.root = root
        try:
            answer = self._run("rev-parse", "--show-toplevel")
        except ToolError as error:
            if not root.is_dir():
                raise GitError(f"There is no directory {str(root)!r}.") from error
            raise
        if answer.code:
            raise GitError(
                f"{str(root)!r} is not a Git repository ({_last_line(answer.stderr)}).",
                remedy="Name one with --repository.",
            )
        return Path(answer.stdout.decode("utf-8", "surrogateescape").rstrip("\n"))

    def _commit(self, revision: str) -> str:
        answer = self._run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return answer.stdout.decode().strip() if answer.code == 0 else ""

    def _merge_base(self, one: str, other: str) -> str:
        answer = self._run("merge-base", one, other)
        return answer.stdout.decode().strip() if answer.code == 0 else ""

    def _is_shallow(self) -> bool:
        return self._text("rev-parse", "--is-shallow-repository").strip() == "true"

    def _deepen(self) -> None:
        if self._is_shallow() and self._run("fetch", "--quiet", "--no-tags", "--unshallow", "origin").code:
            raise GitError("This clone is shallow and its history could not be fetched.", remedy=_FETCH_DEPTH)

    def _blobs(self, sha: str, paths: Sequence[str]) -> dict[str, bytes]:
        """Many files with one program; those that are not there are left out."""
        wanted = "".join(f"{sha}:{path}\n" for path in paths).encode("utf-8", "surrogateescape")
        rest = memoryview(self._run("cat-file", "--batch", stdin=wanted).stdout)
        blobs = {}
        for path in paths:
            header, _, _ = bytes(rest[:8192]).partition(b"\n")
            rest = rest[len(header) + 1 :]
            if header.endswith(b" missing"):
                continue
            size = int(header.rpartition(b" ")[2])
            blobs[path] = bytes(rest[:size])
            rest = rest[size + 1 :]
        return blobs

    def _hint(self) -> str:
        return _FETCH_DEPTH if self._is_shallow() else "Look at git log, or fetch it first."

    def _text(self, *arguments: str) -> str:
        return self._bytes(*arguments).decode("utf-8", "surrogateescape")

    def _bytes(self, *arguments: str) -> bytes:
        answer = self._run(*arguments)
        if answer.code:
            raise GitError(f"git {arguments[0]} failed: {_last_line(answer.stderr)}")
        return answer.stdout

    def _run(self, *arguments: str, stdin: bytes = b"") -> Completed:
        guards = [part for guard in _GUARDS for part in ("-c", guard)]
        # CI checks out as another user than the one the container runs as; this directory was named by the
        # caller.
        trust = ("-c", f"safe.directory={self.root.resolve()}")
        return run(["git", *guards, *trust, *arguments], cwd=self.root, room=self._room, stdin=stdin)


def _no_option(revision: str) -> None:
    if not revision or revision.startswith("-") or "\0" in revision or "\n" in revision:
        raise GitError(f"{revision!r} is not a revision.")


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("fatal: ") if lines else "no message"
