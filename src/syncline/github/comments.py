"""The pull request's comment.

The law: one run after the other leaves the same comments: each page is found by its marker and its author,
made once, changed only when its text changed, and removed when there is no such page any more.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct

from syncline.errors import GitHubError
from syncline.github.identity import WORKFLOW, Identity, author_of
from syncline.patterns import regex
from syncline.report.fit import marker_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncline.github.client import Api

LONGEST: Final = 65_536
"""Characters that GitHub takes in one comment."""

_MARKER: Final = regex(r"<!-- syncline:(?P<context>[^:\s]+):(?P<page>\d+) ")


class _Mark(NamedTuple):
    context: str
    page: int


def upsert(api: Api, repository: str, number: int, pages: Sequence[str]) -> None:
    """Make the pull request carry exactly these pages. Raises GitHubError.

    The first line of every page is its marker, `<!-- syncline:CONTEXT:PAGE …-->`, with one context for all. A
    comment by someone else is never touched, whatever it carries.
    """
    wanted = _wanted(pages)
    conversation = _Conversation(api, repository, number, Identity(api))
    found = conversation.ours({mark.context for mark in wanted})
    for mark, text in wanted.items():
        conversation.put(mark, text, found.get(mark, ()))
    for mark, comments in found.items():
        # A page that is no longer there, and whatever an accident or two runs at once have doubled.
        conversation.remove(comments[1:] if mark in wanted else comments)


def first_page(api: Api, repository: str, number: int, context: str) -> str:
    """The first page of our comment of that context; empty where there is none. A workflow's own token wrote
    it, or ours did.
    """
    wanted = marker_start(context, 1)
    identity = Identity(api)
    for comment in api.pages(f"/repos/{repository}/issues/{number}/comments"):
        text = str(comment.get("body") or "")
        if text.startswith(wanted) and (author_of(comment) == WORKFLOW or identity.is_author(comment)):
            return text
    return ""


class _Conversation(Struct, frozen=True):
    api: Api
    repository: str
    number: int
    identity: Identity

    @property
    def _path(self) -> str:
        return f"/repos/{self.repository}/issues/{self.number}/comments"

    def _at(self, comment: Mapping[str, Any]) -> str:
        return f"/repos/{self.repository}/issues/comments/{comment['id']}"

    def ours(self, contexts: Iterable[str]) -> Mapping[_Mark, Sequence[Mapping[str, Any]]]:
        """The comments that carry our marker and were written by us, oldest first."""
        known = frozenset(contexts)
        found: defaultdict[_Mark, list[Mapping[str, Any]]] = defaultdict(list)
        for comment in self.api.pages(self._path):
            mark = _mark(str(comment.get("body") or ""))
            if mark and mark.context in known and self.identity.is_author(comment):
                found[mark].append(comment)
        return found

    def put(self, mark: _Mark, text: str, present: Sequence[Mapping[str, Any]]) -> None:
        """Make the page or change it."""
        if not present:
            made = self.api.post(self._path, {"body": text}, look=lambda: self._made(mark))
            self.identity.learn(made)
        elif _plain(str(present[0]["body"])) != _plain(text):
            self.api.patch(self._at(present[0]), {"body": text})

    def remove(self, comments: Iterable[Mapping[str, Any]]) -> None:
        """Delete these."""
        for comment in comments:
            self.api.delete(self._at(comment))

    def _made(self, mark: _Mark) -> Mapping[str, Any] | None:
        return next(iter(self.ours({mark.context}).get(mark, ())), None)


def _wanted(pages: Sequence[str]) -> Mapping[_Mark, str]:
    wanted: dict[_Mark, str] = {}
    for page in pages:
        if len(page) > LONGEST:
            raise GitHubError(
                f"A page of the comment has {len(page):,} characters, and GitHub takes {LONGEST:,}.",
                remedy="The job summary has the whole report.",
            )
        mark = _mark(page)
        if mark is None or mark in wanted:
            raise ValueError("every page of a comment has a marker of its own")
        wanted[mark] = page
    return wanted


def _mark(text: str) -> _Mark | None:
    match = _MARKER.match(text)
    return _Mark(match["context"], int(match["page"])) if match else None


def _plain(text: str) -> str:
    # Someone who saves a comment in the browser gives it other line ends.
    return text.replace("\r\n", "\n").rstrip()
