"""What each endpoint in use does.

The law: every limit that GitHub enforces and its description does not mention is enforced here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

from ghloop import shapes
from ghloop.store import Comment, Status, Store, Token
from ghloop.wire import Answer, Request, invalid, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LONGEST_COMMENT = 65_536
LONGEST_DESCRIPTION = 140
LONGEST_CONTEXT = 255
MOST_STATUSES = 1_000
LONGEST_PAGE = 100

_SHA = re.compile(r"[0-9a-f]{40}")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Call:
    """A request whose sender is known; `parts` are its path's parameters."""

    request: Request
    parts: Mapping[str, str]
    token: Token
    store: Store

    @property
    def root(self) -> str:
        """The API's address."""
        return self.request.root


def get_user(call: Call) -> Answer:
    """The token's account. An App's token has none."""
    if call.token.user.is_bot:
        return forbidden()
    return Answer(200, shapes.profile(call.token.user, call.root))


def list_comments(call: Call) -> Answer:
    """One page of a pull request's comments; the hidden ones leave gaps."""
    page, links = page_of(call, call.store.comments_of(int(call.parts["issue_number"])))
    shown = [shapes.comment(comment, call.store, call.root) for comment in page if not comment.is_hidden]
    return Answer(200, shown, links)


def create_comment(call: Call) -> Answer:
    """A new comment."""
    number, body = int(call.parts["issue_number"]), call.request.body["body"]
    if number in call.store.locked:
        return refused(403, "Unable to create comment because issue is locked.")
    if trouble := _trouble(body):
        return trouble
    made = call.store.add_comment(number, call.token.user, body)
    shown = shapes.comment(made, call.store, call.root)
    return Answer(201, shown, {"Location": shown["url"]})


def update_comment(call: Call) -> Answer:
    """Another text; whoever may write may change anyone's comment."""
    found = _comment(call)
    if found is None:
        return not_found()
    body = call.request.body["body"]
    if trouble := _trouble(body):
        return trouble
    found.body, found.updated = body, call.store.now()
    return Answer(200, shapes.comment(found, call.store, call.root))


def delete_comment(call: Call) -> Answer:
    """It is gone."""
    found = _comment(call)
    if found is None:
        return not_found()
    del call.store.comments[found.id]
    return Answer(204)


def create_status(call: Call) -> Answer:
    """One more status of a commit."""
    sha, body = call.parts["sha"], call.request.body
    context = body.get("context", "default")
    if not _SHA.fullmatch(sha):
        return refused(422, f"No commit found for SHA: {sha}")
    if trouble := _status_trouble(call.store, sha, context, body.get("description") or ""):
        return trouble
    details = (body.get("description"), body.get("target_url"))
    made = Status(
        call.store.new_id(), sha, body["state"], context, *details, call.token.user, call.store.now()
    )
    call.store.statuses[sha].append(made)
    shown = shapes.status(made, call.store, call.root)
    return Answer(201, shown, {"Location": shown["url"]})


def get_combined_status(call: Call) -> Answer:
    """The newest status of each context, page by page."""
    ref = call.parts["ref"]
    sha = ref if _SHA.fullmatch(ref) else call.store.refs.get(ref.removeprefix("refs/"), "")
    if not sha:
        return not_found()
    page, links = page_of(call, call.store.newest(sha))
    return Answer(200, shapes.combined_status(sha, page, call.store, call.root), links)


HANDLERS: Mapping[str, Callable[[Call], Answer]] = {
    "GET /user": get_user,
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments": list_comments,
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments": create_comment,
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}": update_comment,
    "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}": delete_comment,
    "POST /repos/{owner}/{repo}/statuses/{sha}": create_status,
    "GET /repos/{owner}/{repo}/commits/{ref}/status": get_combined_status,
}


def handle(call: Call, operation: str) -> Answer:
    """Do what the request asks for, as far as its sender may."""
    if not _is_there(call):
        return not_found()
    if call.request.method != "GET" and not call.token.may_write:
        return forbidden()
    return HANDLERS[operation](call)


def forbidden() -> Answer:
    """What an App's token is told that lacks a permission."""
    return refused(403, "Resource not accessible by integration")


def not_found() -> Answer:
    """Also what someone is told who may not see it."""
    return refused(404, "Not Found")


def _is_there(call: Call) -> bool:
    owner, repository = call.parts.get("owner"), call.parts.get("repo")
    if owner is not None and f"{owner}/{repository}".lower() != call.store.repository.lower():
        return False
    number = call.parts.get("issue_number")
    return number is None or int(number) in call.store.pull_requests


def _comment(call: Call) -> Comment | None:
    return call.store.comments.get(int(call.parts["comment_id"]))


def _trouble(body: str) -> Answer | None:
    if not body.strip():
        return invalid("IssueComment", field_name="body", message="Body can't be blank")
    if len(body) > LONGEST_COMMENT:
        message = f"Body is too long (maximum is {LONGEST_COMMENT} characters)"
        return invalid("IssueComment", field_name="body", message=message)
    return None


def _status_trouble(store: Store, sha: str, context: str, description: str) -> Answer | None:
    limits = (("context", context, LONGEST_CONTEXT), ("description", description, LONGEST_DESCRIPTION))
    for name, text, most in limits:
        if len(text) > most:
            message = f"{name.capitalize()} is too long (maximum is {most} characters)"
            return invalid("Status", field_name=name, message=message)
    if any(ord(letter) > 0xFFFF for letter in description):
        return invalid(
            "Status", field_name="description", message="description doesn't accept 4-byte Unicode"
        )
    same = [each for each in store.statuses[sha] if each.context.casefold() == context.casefold()]
    if len(same) >= MOST_STATUSES:
        message = "This SHA and context has reached the maximum number of statuses."
        return invalid("Status", field_name="context", message=message)
    return None


def page_of(call: Call, items: Sequence[_T]) -> tuple[Sequence[_T], dict[str, str]]:
    """One page of a list, as the query asks for it, and the links to the others."""
    query = call.request.query
    size = min(max(int(query.get("per_page", 30)), 1), LONGEST_PAGE)
    page, last = max(int(query.get("page", 1)), 1), max(-(-len(items) // size), 1)
    back = {"prev": page - 1, "first": 1} if page > 1 else {}
    links = back | ({"next": page + 1, "last": last} if page < last else {})
    shown = (f'<{_address(call, number)}>; rel="{name}"' for name, number in links.items())
    header = {"Link": ", ".join(shown)} if links else {}
    return items[(page - 1) * size : page * size], header


def _address(call: Call, page: int) -> str:
    query: dict[str, Any] = {**call.request.query, "page": page}
    return f"{call.root}{call.request.path}?{urlencode(query)}"
