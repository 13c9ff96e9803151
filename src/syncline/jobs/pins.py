"""Sources of this repository that name another revision than the commit that a run is about.

The law: `HEAD`, no revision, and the name of the branch that the run is about mean the commit at hand; any
other branch, tag, range of versions or SHA means its own commit, as in Argo CD, and never the one at hand.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from syncline.core.git_refs import RevisionError, Target, is_sha, target_of
from syncline.errors import GitError
from syncline.once import Once
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.git import Repository
    from syncline.git.references import References

_BRANCH: Final = "refs/heads/"
_TAG: Final = "refs/tags/"
_QUEUE: Final = regex(r"gh-readonly-queue/(?P<branch>.+)/pr-[0-9]+-[0-9a-f]+")
_REMEDY: Final = "Check out with fetch-depth: 0, for all branches and tags, or correct targetRevision."


class Pins:
    """The other revisions of a repository. `base` is what a diff was asked to compare with; `is_named` says
    whether anybody knows what the repository is called: until then every source is taken for the commit at
    hand.
    """

    def __init__(
        self, repository: Repository, environ: Mapping[str, str], *, base: str, is_named: bool
    ) -> None:
        self._repository = repository
        self._environ = environ
        self._base = base
        self._is_named = is_named
        self._targets: Once[tuple[str, str], Target | None] = Once(self._resolve)

    def commit(self, revision: str, tag_prefix: str = "") -> Target | None:
        """The commit that is meant; None for the one at hand. Raises GitError."""
        if not self._is_named or revision in {"", "HEAD"}:
            return None
        return self._targets[revision, tag_prefix]

    def _resolve(self, asked: tuple[str, str]) -> Target | None:
        revision, tag_prefix = asked
        if revision.removeprefix(_BRANCH) in self._branches:
            return None
        try:
            target = target_of(revision, {} if is_sha(revision) else self._here.commits, tag_prefix)
        except RevisionError:
            target = self._there(revision, tag_prefix)
        return Target(self._repository.resolve(target.sha), target.name)

    def _there(self, revision: str, tag_prefix: str) -> Target:
        """What only the remote has."""
        try:
            return target_of(revision, self._repository.remote_references(), tag_prefix)
        except RevisionError as error:
            raise GitError(f"The revision {error}, in this repository.", remedy=_REMEDY) from error
        except GitError as error:
            raise GitError(
                f"The revision {revision!r} of this repository is not in this clone. {error.message}",
                remedy=_REMEDY,
            ) from error

    @cached_property
    def _here(self) -> References:
        return self._repository.references()

    @cached_property
    def _branches(self) -> frozenset[str]:
        """The branches that the commit at hand stands for: in a workflow the one that the event is about, and
        for a person the one that is checked out and the one that it is compared with.
        """
        ref = self._environ.get("GITHUB_REF", "")
        if not ref:
            known = self._here
            return frozenset({known.current, known.default, self._base.removeprefix("origin/")} - {""})
        name = ref.removeprefix(_BRANCH).removeprefix(_TAG)
        queue = _QUEUE.fullmatch(name)
        sides = {self._environ.get(variable, "") for variable in ("GITHUB_BASE_REF", "GITHUB_HEAD_REF")}
        return frozenset({queue["branch"] if queue else name, *sides} - {""})
