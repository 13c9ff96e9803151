"""The pull request's comment.

The law: one run after the other leaves the same comments: each page is found by its marker and its author,
made once, changed only when its text changed, and removed when there is no such page any more.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from syncline.errors import GitHubError
from syncline.github.client import Ambiguous

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from syncline.github.client import Api

LONGEST: Final = 65_536
"""Characters that GitHub takes in one comment."""

_MARKER: Final = re.compile(r"<!-- syncline:(?P<context>[^: ]*):(?P<page>\d+) ")
_ACTIONS: Final = "github-actions[bot]"
_FORBIDDEN: Final = re.compile(r" with 40[13]: ")


def upsert(api: Api, repository: str, number: int, pages: Sequence[str]) -> None:
    """Make the pull request carry exactly these pages. Raises GitHubError.

    Every page begins with its marker; all have the same context.
    """
    wanted = {_mark(page): page for page in pages}
    for page in pages:
        if len(page) > LONGEST:
            raise GitHubError(f"A comment page has {len(page)} characters, and GitHub takes {LONGEST}.")
    contexts = {context for context, _ in wanted}
    author = _author(api)
    found = _ours(_comments(api, repository, number), contexts, author)
    for mark, text in wanted.items():
        _put(api, repository, number, mark, text, found.get(mark, ()), author)
    for mark, comments in found.items():
        # A page that is no longer there, and whatever an earlier accident doubled.
        for comment in comments[1:] if mark in wanted else comments:
            api.delete(f"/repos/{repository}/issues/comments/{comment['id']}")


def _put(
    api: Api,
    repository: str,
    number: int,
    mark: tuple[str, int],
    text: str,
    present: Sequence[Mapping[str, Any]],
    author: str,
) -> None:
    if present:
        if present[0]["body"] != text:
            api.patch(f"/repos/{repository}/issues/comments/{present[0]['id']}", {"body": text})
        return
    try:
        api.post(f"/repos/{repository}/issues/{number}/comments", {"body": text})
    except Ambiguous:
        # It may have been made all the same; only when it was not is it sent again.
        if not _ours(_comments(api, repository, number), {mark[0]}, author).get(mark):
            api.post(f"/repos/{repository}/issues/{number}/comments", {"body": text})


def _comments(api: Api, repository: str, number: int) -> Iterable[Mapping[str, Any]]:
    return api.pages(f"/repos/{repository}/issues/{number}/comments")


def _mark(page: str) -> tuple[str, int]:
    match = _MARKER.match(page)
    if match is None:
        raise GitHubError("A comment page has no marker in its first line.")
    return match["context"], int(match["page"])


def _ours(
    comments: Iterable[Mapping[str, Any]], contexts: Iterable[str], author: str
) -> dict[tuple[str, int], list[Mapping[str, Any]]]:
    """The comments that carry our marker and were written by us, oldest first."""
    known = set(contexts)
    found: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for comment in comments:
        match = _MARKER.match(comment.get("body") or "")
        if match and match["context"] in known and (comment.get("user") or {}).get("login") == author:
            found.setdefault((match["context"], int(match["page"])), []).append(comment)
    return found


def _author(api: Api) -> str:
    """Who we are. A workflow's own token may not ask, and writes as GitHub's bot."""
    try:
        return str(api.get("/user")["login"])
    except GitHubError as error:
        if _FORBIDDEN.search(error.message):
            return _ACTIONS
        raise
