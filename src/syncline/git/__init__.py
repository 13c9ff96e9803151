"""Git, read through directories with its commits.

The law: nothing here changes the user's work tree, branches or configuration, and nothing the repository
contains (hooks, filters, attributes) is run. The clone's own configuration is trusted as far as Git itself
trusts it, which is by its owner.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from syncline.core.git_refs import refs_of
from syncline.errors import GitError, ToolError
from syncline.git import submodules
from syncline.git.objects import Objects
from syncline.git.program import Git, last_line, without_password
from syncline.git.references import References, references
from syncline.git.worktrees import Worktrees
from syncline.git.writing import committed, push
from syncline.patterns import regex
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncline.core.signatures import SignedCommit
    from syncline.git.signatures import Keyring

__all__ = ["Repository"]

_SHA: Final = regex(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DESCENT: Final = regex(r"([^~^]+)[~^].*")
_FETCH_DEPTH: Final = "Check out with fetch-depth: 0, or fetch the missing commits before."


class Repository:
    """A local clone. Revisions are anything `git rev-parse` understands that does not begin with a dash."""

    def __init__(
        self, root: Path, *, room: Room | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        """`environ` is what a fetch may use to log in: the user's HOME, GIT_* and SSH_* variables."""
        self._git = Git(root, room=room or Room(), environ=environ or {})
        self._known: dict[str, str] = {}
        self.root = self._git.root = self._top(root)
        self._worktrees = Worktrees(self._git)
        self._objects = Objects(self._git)

    def resolve(self, revision: str) -> str:
        """The commit's full SHA; fetched when a shallow clone lacks it. Raises GitError."""
        if revision in self._known:
            return self._known[revision]
        _no_option(revision)
        sha = self._commit(revision) or self._fetched(revision)
        if not sha:
            raise self._unknown(revision)
        self._known[revision] = self._known[sha] = sha
        return sha

    def merge_base(self, one: str, other: str) -> str:
        """The commit where the two parted; a shallow clone is deepened. Raises GitError if there is none."""
        first, second = self.resolve(one), self.resolve(other)
        base = self._merge_base(first, second)
        if self._is_shallow() and not self._is_certain(base, first, second):
            self._deepen(first, second)
            base = self._merge_base(first, second)
        if not base:
            raise GitError(f"{one[:12]} and {other[:12]} have no common commit.", remedy=self._hint())
        return base

    def parents(self, revision: str) -> tuple[str, ...]:
        """The SHAs of the parents, in order; those that a shallow clone lacks are left out."""
        words = self._git.text("rev-list", "--parents", "-n", "1", self.resolve(revision)).split()
        return tuple(words[1:])

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether `older` is reachable from `newer`; False also when it cannot be found."""
        try:
            first, second = self.resolve(older), self.resolve(newer)
        except GitError:
            return False
        return self._git.run("merge-base", "--is-ancestor", first, second).code == 0

    def has_commit(self, sha: str) -> bool:
        """Whether the commit is here."""
        return sha in self._known or bool(self._commit(sha))

    def fetch_missing(self, shas: Iterable[str]) -> None:
        """Fetch the commits that are not here. Raises GitError with one sentence when that is refused."""
        missing = [sha for sha in shas if not self.has_commit(sha)]
        if not missing:
            return
        for sha in missing:
            _no_option(sha)
        if not self._git.fetch("origin", *missing):
            names = ", ".join(sha[:12] for sha in missing)
            raise GitError(
                f"The commit {names} is not in this clone and could not be fetched.", remedy=_FETCH_DEPTH
            )

    def changed_paths(self, base: str, head: str) -> frozenset[str]:
        """Every path that differs, also inside of submodules that the clone has; a rename is a removal and an
        addition.
        """
        return frozenset(submodules.changed(self._git, (self.resolve(base), self.resolve(head)), self._home))

    def files_containing(
        self, revision: str, words: Sequence[str], patterns: Sequence[str], also: Sequence[str] = ()
    ) -> dict[str, bytes]:
        """The files that match a pattern and contain one of the words, and those of `also` that are there."""
        sha = self.resolve(revision)
        paths = self._objects.containing(sha, words, patterns)
        return self._objects.read_all(sha, [*paths, *(path for path in also if path not in paths)])

    def paths(self, revision: str) -> tuple[str, ...]:
        """Every file of a revision, sorted."""
        out = self._git.text("ls-tree", "-r", "-z", "--name-only", self.resolve(revision))
        return tuple(sorted(filter(None, out.split("\0"))))

    def tree(self, revision: str) -> tuple[tuple[str, str], ...]:
        """Every file of a revision with its mode and the digest that Git knows its content by."""
        return tuple(self._objects.tree(self.resolve(revision)).items())

    def contents(self, revision: str, paths: Sequence[str]) -> dict[str, bytes]:
        """Many files at once; those that are not there are left out."""
        return self._objects.read_all(self.resolve(revision), paths)

    def read(self, revision: str, path: str) -> bytes | None:
        """A file's content at a revision, or None when it is not there."""
        return self._objects.read(self.resolve(revision), path)

    def remote_branch(self, name: str) -> str:
        """The commit that a branch of the remote is at, fetched; empty when the remote has no such branch.

        Raises GitError when the remote cannot be asked.
        """
        _no_option(name)
        answer = self._git.run("ls-remote", "--quiet", "origin", f"refs/heads/{name}")
        if answer.code:
            raise GitError(
                f"The branch {name!r} cannot be looked for: {last_line(answer.stderr)}.",
                remedy="Look at the remote origin, and at what the run may log in with.",
            )
        sha = answer.stdout.decode("utf-8", "replace").partition("\t")[0].strip()
        if sha:
            self.fetch_missing((sha,))
        return sha

    def references(self) -> References:
        """Its branches and tags, as this clone has them."""
        return references(self._git)

    def remote_references(self) -> dict[str, str]:
        """Those that the remote has, tags peeled. Raises GitError when it cannot be asked."""
        answer = self._git.run("ls-remote", "--quiet", "origin")
        if answer.code:
            raise GitError(
                f"The remote origin cannot be asked for its branches and tags: {last_line(answer.stderr)}.",
                remedy=_FETCH_DEPTH,
            )
        return refs_of(answer.stdout.decode("utf-8", "replace"))

    def commit_files(self, base: str, files: Mapping[str, bytes], message: str) -> str:
        """A commit upon another with these files; nobody's branch, index or work tree changes."""
        return committed(self._git, self.resolve(base) if base else "", files, message)

    def push(self, sha: str, branch: str) -> None:
        """Make a branch of the remote that commit. Raises GitError when it has moved on."""
        push(self._git, sha, branch)

    def origin_url(self) -> str:
        """The URL of the remote `origin`, without credentials; empty when there is none."""
        return without_password(self._git.setting("remote.origin.url"))

    def actor(self) -> str:
        """Who works here, for the history: the configured name, or nothing."""
        return self._git.setting("user.name")

    def pending(self) -> int:
        """How many files of the working tree are not as HEAD has them."""
        return self._git.pending()

    def default_branch(self) -> str:
        """What `origin/HEAD` points to, else the first of main and master that exists, else HEAD."""
        for candidate in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
            if self._commit(candidate):
                return candidate
        return "HEAD"

    def signed(self, keyring: Keyring, revision: str, *, strict: bool) -> tuple[SignedCommit, ...]:
        """The commit or, where `strict`, all its history, with who signed it. Raises GitError."""
        return keyring.commits(self._git, self.resolve(revision), strict=strict)

    @contextmanager
    def worktree(self, revision: str) -> Iterator[Path]:
        """A directory that holds exactly this commit, with what the clone has of its submodules and of Git
        LFS; gone when the block ends.
        """
        sha = self.resolve(revision)
        with self._worktrees.at(sha) as place:
            if (place / ".gitmodules").is_file():
                submodules.fill(self._git, sha, place, self._home)
            if self.keeps_lfs:
                from syncline.git import lfs

                lfs.restore(place, self._home)
            yield place

    @contextmanager
    def part(self, revision: str) -> Iterator[Path]:
        """A directory for some files of a commit, empty at first; gone when the block ends."""
        with self._worktrees.at(self.resolve(revision), is_empty=True) as place:
            yield place

    def fill(self, place: Path, revision: str, paths: Iterable[str]) -> None:
        """Write files of that commit into such a directory, none of which may be there already."""
        self._worktrees.fill(place, self.resolve(revision), paths)

    @property
    def keeps_lfs(self) -> bool:
        """Whether the clone has contents of Git LFS, which a worktree is given."""
        return (self._home / "lfs").is_dir()

    @cached_property
    def _home(self) -> Path:
        """Where the clone keeps what all of its worktrees share."""
        usual = self.root / ".git"
        if usual.is_dir():
            return usual
        return Path(self.root, self._git.text("rev-parse", "--git-common-dir").removesuffix("\n"))

    def _top(self, root: Path) -> Path:
        try:
            answer = self._git.run("rev-parse", "--show-toplevel", "--verify", "--quiet", "HEAD^{commit}")
        except ToolError as error:
            if not root.is_dir():
                raise GitError(f"There is no directory {str(root)!r}.") from error
            raise
        # A path may hold a line break; the commit, where there is one yet, is the last line.
        top, _, sha = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n").rpartition("\n")
        if answer.code or not _SHA.fullmatch(sha):
            top = f"{top}\n{sha}" if top else sha
        else:
            self._known["HEAD"] = self._known[sha] = sha
        if not top:
            raise _not_usable(root, answer.stderr)
        return Path(top)

    def _commit(self, revision: str) -> str:
        answer = self._git.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        sha = answer.stdout.decode().strip() if answer.code == 0 else ""
        # `^main` is a way to say "not main", and no commit.
        return sha if _SHA.fullmatch(sha) else ""

    def _fetched(self, revision: str) -> str:
        """A commit that only the remote has: one asked for by its SHA, or an ancestor of one that is here."""
        if _SHA.fullmatch(revision):
            self.fetch_missing((revision,))
            return self._commit(revision)
        descent = _DESCENT.fullmatch(revision)
        if descent is None or not self._is_shallow():
            return ""
        tip = self.resolve(descent[1])
        # The parents of a pull request's merge commit are one step away; most of the history is not needed.
        self._git.fetch("--deepen=1", "origin", tip)
        sha = self._commit(revision)
        if not sha:
            self._deepen(tip)
            sha = self._commit(revision)
        return sha

    def _merge_base(self, one: str, other: str) -> str:
        answer = self._git.run("merge-base", one, other)
        return answer.stdout.decode().strip() if answer.code == 0 else ""

    def _is_certain(self, base: str, one: str, other: str) -> bool:
        """Whether no later common commit can hide beyond the edge of a shallow clone."""
        if not base or base in {one, other}:
            return bool(base)
        between = set(self._git.text("rev-list", one, other, "--not", base).split())
        return between.isdisjoint((self._home / "shallow").read_text(encoding="ascii").split())

    def _is_shallow(self) -> bool:
        return (self._home / "shallow").is_file()  # which is where Git itself looks

    def _deepen(self, *shas: str) -> None:
        """Fetch all the history of these commits. By SHA, because no branch of the user's may move."""
        if self._is_shallow() and not self._git.fetch("--unshallow", "origin", *shas):
            raise GitError("This clone is shallow and its history could not be fetched.", remedy=_FETCH_DEPTH)

    def _unknown(self, revision: str) -> GitError:
        name = self.root.name
        if revision == "HEAD":
            text = f"The repository {name} has no commit yet."
            return GitError(text, remedy="Only what is committed counts.")
        return GitError(f"The revision {revision!r} is unknown in {name}.", remedy=self._hint())

    def _hint(self) -> str:
        return _FETCH_DEPTH if self._is_shallow() else "Look at git log, or fetch it first."


def _no_option(revision: str) -> None:
    if not revision or revision.startswith("-") or "\0" in revision or "\n" in revision:
        raise GitError(f"{revision!r} is not a revision.")


def _reason(said: str) -> str:
    line = last_line(said)
    if line.startswith("not a git repository (or any"):
        return ", and no directory above it is one"
    return f" ({line})"


def _not_usable(root: Path, said: str) -> GitError:
    if "dubious ownership" in said:
        return GitError(
            f"{str(root)!r} belongs to another user, and Git reads no such repository unless told to.",
            remedy=f"If you trust it: git config --global --add safe.directory {root.resolve()}.",
        )
    if "must be run in a work tree" in said:
        return GitError(f"{str(root)!r} is a repository without a work tree.", remedy="Clone it first.")
    return GitError(
        f"{str(root)!r} is not a Git repository{_reason(said)}.",
        remedy="Name one with --repository.",
    )
