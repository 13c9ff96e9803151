"""Repositories elsewhere, as directories.

The law: in one run a repository is asked for its references once and a commit is fetched once, so that every
application sees the same; nothing the repository contains is run.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.git_refs import RevisionError, Target, is_sha, refs_of, target_of
from syncline.errors import GitError
from syncline.fetch import access_for
from syncline.fetch.access import ANONYMOUS
from syncline.git import lfs
from syncline.git.login import logged_in
from syncline.git.program import LOGIN, Git, first_trouble, without_password
from syncline.git.refusal import refused
from syncline.once import Once
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.fetch import Access
    from syncline.process import Completed
    from syncline.room import Room

_SCP: Final = regex(r"(?P<user>[^@/:\s]+@)?(?P<host>[^:/\s]+):(?P<path>[^:\s].*)")
_FETCHED: Final = ("", "refs/", "refs/tags/", "refs/heads/")
"""Where Git looks for a name (gitrevisions), in this order."""

_FETCH_SECONDS: Final = 600.0


class Asked(Struct, frozen=True):
    """A revision of a repository, as a source names it."""

    url: str
    revision: str = ""
    tag_prefix: str = ""
    submodules: bool = True


class Tree(Struct, frozen=True):
    """The files of a commit, and the reference that led to it."""

    root: Path
    sha: str
    name: str = ""


def ssh_url(url: str) -> str:
    """`git@host:path` as a URL; any other as it is."""
    match = _SCP.fullmatch(url) if "://" not in url else None
    return f"ssh://{match['user'] or ''}{match['host']}/{match['path'].lstrip('/')}" if match else url


class Remotes:
    """The repositories that a run asks. `accesses` are those of the trusted settings; with `listed_only` no
    other address is asked, and none with credentials. In `reviews` others are asked without the user's own.
    """

    def __init__(
        self,
        accesses: Sequence[Access],
        room: Room,
        environ: Mapping[str, str],
        *,
        listed_only: bool = False,
        reviews: bool = False,
    ) -> None:
        self._accesses = tuple(accesses)
        self._room = room
        self._environ = environ
        self._listed_only = listed_only
        self._reviews = reviews
        self._guard = threading.RLock()
        self._refs: Once[str, dict[str, str]] = Once(self._list)
        self._clones: Once[str, Git] = Once(self._clone)
        self._trees: Once[tuple[str, str, bool], Path] = Once(self._check_out)
        self._targets: Once[Asked, Target] = Once(self._resolve)

    @cached_property
    def _folder(self) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="syncline-tree-"))
        # Renderers may run as another user: they need to get in, and not to look around.
        folder.chmod(0o711)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    def close(self) -> None:
        """Remove what was fetched."""
        if "_folder" in self.__dict__:
            shutil.rmtree(self._folder, ignore_errors=True)

    def resolve(self, asked: Asked) -> Target:
        """The commit that is asked for, with its whole SHA. Raises GitError."""
        return self._targets[asked]

    def branch(self, url: str, name: str) -> str:
        """The commit that a branch is at; empty when there is none of that name. Raises GitError."""
        return self._refs[url].get(f"refs/heads/{name}", "")

    def fetchable(self, url: str, name: str) -> str:
        """The reference that `git fetch` takes a name for, a tag before a branch; a whole SHA is itself.
        Raises GitError.
        """
        if not name or is_sha(name):
            return name
        known = self._refs[url]
        found = next((full for each in _FETCHED if (full := each + name) in known), "")
        if not found:
            raise GitError(
                f"The ref {name!r} is no branch, tag or whole SHA of {without_password(url)}.",
                remedy="Correct targetRevision.",
            )
        return found

    def tree(self, asked: Asked) -> Tree:
        """The files of that commit. Raises GitError."""
        target = self.resolve(asked)
        return Tree(self._trees[asked.url, target.sha, asked.submodules], target.sha, target.name)

    def paths(self, asked: Asked) -> tuple[str, ...]:
        """Every file of that commit, sorted. Raises GitError."""
        tree = self.tree(asked)
        out = self._clones[asked.url].text("ls-tree", "-r", "-z", "--name-only", tree.sha)
        return tuple(sorted(filter(None, out.split("\0"))))

    def read(self, asked: Asked, path: str) -> bytes | None:
        """A file of that commit, or None. Raises GitError."""
        tree = self.tree(asked)
        answer = self._clones[asked.url].run("cat-file", "blob", f"{tree.sha}:{path}")
        return answer.stdout if answer.code == 0 else None

    def clone(self, asked: Asked, *, whole: bool = False) -> Git:
        """The repository that holds that commit, with all its history where `whole`. Raises GitError."""
        target = self.resolve(asked)
        git = self._clones[asked.url]
        if whole:
            self._fetch(asked.url, git, "--unshallow" if _is_shallow(git) else "--quiet", target.sha)
        return git

    def _resolve(self, asked: Asked) -> Target:
        with self._guard:
            return self._resolved(asked)

    def _resolved(self, asked: Asked) -> Target:
        try:
            # A whole SHA needs no list of what there is.
            refs = {} if is_sha(asked.revision) else self._refs[asked.url]
            target = target_of(asked.revision, refs, asked.tag_prefix)
        except RevisionError as error:
            raise GitError(
                f"The revision {error} ({without_password(asked.url)}).", remedy="Correct targetRevision."
            ) from error
        git = self._clones[asked.url]
        if target.is_short:
            self._fetch(asked.url, git, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        else:
            self._fetch_commit(asked.url, git, target)
        sha = git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{target.sha}^{{commit}}")
        if sha.code:
            raise GitError(
                f"The revision {target.sha!r} is no commit of {without_password(asked.url)}.",
                remedy="Correct targetRevision.",
            )
        return replace(target, sha=sha.stdout.decode().strip(), is_short=False)

    def _list(self, url: str) -> dict[str, str]:
        answer = self._ask(url, self._clones[url], "ls-remote", "--", ssh_url(url))
        return refs_of(answer.stdout.decode("utf-8", "replace"))

    def _clone(self, url: str) -> Git:
        access = self._access(url)
        place = Path(tempfile.mkdtemp(prefix="git-", dir=self._folder))
        git = Git(place, room=self._room, environ=self._environ_for(access))
        if git.run("init", "--quiet", "--bare").code:
            raise GitError(f"No directory could be made for {without_password(url)}.")
        _must_be_allowed(url, access, listed_only=self._listed_only)
        return git

    def _environ_for(self, access: Access) -> Mapping[str, str]:
        # The user's own settings, agent and files hold logins: a change under review that names an address
        # which nobody listed must not use them.
        is_theirs = self._reviews and access is ANONYMOUS
        return {} if self._listed_only or is_theirs else self._environ

    def _access(self, url: str) -> Access:
        return access_for(ssh_url(url), self._accesses)

    def _fetch_commit(self, url: str, git: Git, target: Target) -> None:
        """The commit alone; where the server gives none by its SHA, what its name leads to, or everything."""
        depth = f"--depth={self._access(url).depth or 1}"
        wanted = [(depth, target.sha), *([(depth, target.name)] if target.name else [])]
        for arguments in wanted:
            if self._asked(url, git, "fetch", *_QUIET, *arguments).code == 0 and _has(git, target.sha):
                return
        self._fetch(url, git, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")

    def _fetch(self, url: str, git: Git, *arguments: str) -> None:
        flags = [each for each in arguments if each.startswith("--")]
        self._ask(
            url, git, "fetch", *_QUIET, *flags, "--", ssh_url(url), *(x for x in arguments if x not in flags)
        )

    def _ask(self, url: str, git: Git, *arguments: str) -> Completed:
        answer = self._start(url, git, arguments)
        if answer.code:
            raise refused(url, answer.stderr, self._access(url))
        return answer

    def _asked(self, url: str, git: Git, verb: str, *arguments: str) -> Completed:
        *flags, wanted = arguments
        return self._start(url, git, (verb, *flags, "--", ssh_url(url), wanted))

    def _start(self, url: str, git: Git, arguments: Sequence[str]) -> Completed:
        with logged_in(self._access(url)) as variables:
            return git.elsewhere(variables, *LOGIN, *arguments, seconds=_FETCH_SECONDS)

    def _check_out(self, key: tuple[str, str, bool]) -> Path:
        url, sha, submodules = key
        with self._guard:
            return self._checked_out(url, sha, submodules=submodules)

    def _checked_out(self, url: str, sha: str, *, submodules: bool) -> Path:
        git, access = self._clones[url], self._access(url)
        place = Path(tempfile.mkdtemp(prefix="tree-", dir=self._folder)) / "tree"
        place.parent.chmod(0o711)
        git.check_out("worktree", "add", "--quiet", "--detach", str(place), sha)
        inside = Git(place, room=self._room, environ=self._environ_for(access))
        if submodules and access.submodules and (place / ".gitmodules").is_file():
            self._update_submodules(url, inside)
        if access.lfs:
            with logged_in(access) as variables:
                lfs.check_out(inside, ssh_url(url), sha, variables)
        else:
            lfs.must_be_whole(place, url)
        _forget_git(place, deep=submodules and access.submodules)
        return place

    def _update_submodules(self, url: str, inside: Git) -> None:
        arguments = ("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1", "--checkout")
        # `submodule` learns relative URLs from the remote's own.
        inside.output("config", "remote.origin.url", ssh_url(url))
        answer = self._start(url, inside, arguments)
        if answer.code:
            raise GitError(
                f"The submodules of {without_password(url)} could not be fetched: "
                f"{first_trouble(answer.stderr)}.",
                remedy="Set submodules: false for it under remotes, or make them readable.",
            )


_QUIET: Final = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules")


def _forget_git(place: Path, *, deep: bool) -> None:
    """Take away what says where the clone lies: a path of this machine, which a chart could show and which is
    another one in every run.
    """
    for file in place.rglob(".git") if deep else (place / ".git",):
        if file.is_file():
            file.unlink()


def _has(git: Git, sha: str) -> bool:
    return git.run("cat-file", "-e", f"{sha}^{{commit}}").code == 0


def _is_shallow(git: Git) -> bool:
    return git.text("rev-parse", "--is-shallow-repository").strip() == "true"


def _must_be_allowed(url: str, access: Access, *, listed_only: bool) -> None:
    parts = urlsplit(ssh_url(url))
    shown = without_password(url)
    if parts.scheme not in {"https", "http", "ssh"} or not parts.hostname:
        raise GitError(
            f"The repository {shown!r} is not fetched: only https://, http:// and ssh:// are.",
            remedy="Correct repoURL.",
        )
    if access is ANONYMOUS and listed_only:
        raise GitError(
            f"The repository {shown} is not fetched for a change by somebody who may not write here.",
            remedy="List its URL under remotes: in syncline.yaml of the base to allow that.",
        )
    if access is ANONYMOUS and _is_inside(parts.hostname, parts.port):
        raise GitError(
            f"The repository {shown} lies inside this network, where only listed ones are asked.",
            remedy="List its URL under remotes: in syncline.yaml.",
        )


def _is_inside(host: str, port: int | None) -> bool:
    import ipaddress
    import socket

    try:
        found = socket.getaddrinfo(host, port or 443, proto=socket.IPPROTO_TCP)
    except OSError:
        return False  # git says it in its own words
    return any(not ipaddress.ip_address(each[4][0]).is_global for each in found)
