"""What may be asked of a GitHub beside comments and statuses: pull requests, repositories, branches, paths,
teams.

The law: every answer is GitHub's own example of it, and only what a test says is different.
"""

from __future__ import annotations

import base64
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from ghloop.endpoints import Call, not_found, page_of
from ghloop.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ghloop.contract import Contract


def list_pulls(call: Call, contract: Contract) -> Answer:
    """The open pull requests."""
    (example,) = contract.example("pull-request-simple-items")
    page, links = page_of(call, call.store.forge.pulls)
    # The example's teams lack what the description demands of them.
    nobody: dict[str, Any] = {"requested_teams": [], "requested_reviewers": []}
    return Answer(200, [_over(example, nobody, each) for each in page], links)


def list_pulls_of(call: Call, contract: Contract) -> Answer:
    """The pull requests that brought a commit."""
    (example,) = contract.example("pull-request-simple-items")
    found = call.store.forge.brought.get(call.parts["commit_sha"], [])
    page, links = page_of(call, found)
    nobody: dict[str, Any] = {"requested_teams": [], "requested_reviewers": []}
    return Answer(200, [_over(example, nobody, each) for each in page], links)


def list_repositories(call: Call, contract: Contract) -> Answer:
    """An organisation's repositories."""
    (example,) = contract.example("minimal-repository-items")
    organization = call.parts["org"]
    if organization != call.store.repository.partition("/")[0]:
        return not_found()
    page, links = page_of(call, call.store.forge.repositories)
    own = {"owner": {"login": organization}}
    return Answer(200, [_over(example, own, each) for each in page], links)


def list_branches(call: Call, contract: Contract) -> Answer:
    """A repository's branches."""
    whole = contract.example("short-branch-with-protection-items")[0]
    # The example's protection lacks what the description demands of it, and need not be there.
    example = {name: value for name, value in whole.items() if name != "protection"}
    found = [
        {"name": name, "commit": {"sha": sha}}
        for name, sha in call.store.forge.branches.get(call.parts["repo"], {}).items()
    ]
    page, links = page_of(call, found)
    return Answer(200, [_over(example, each) for each in page], links)


def get_branch(call: Call, contract: Contract) -> Answer:
    """One branch."""
    name = call.parts["branch"]
    sha = call.store.forge.branches.get(call.parts["repo"], {}).get(name)
    if sha is None:
        return not_found()
    return Answer(200, _over(contract.example("branch-get"), {"name": name, "commit": {"sha": sha}}))


def get_contents(call: Call, contract: Contract) -> Answer:
    """A file, or the list of what is in a directory."""
    where = f"{call.parts['repo']}@{call.request.query.get('ref', '')}:{call.parts['path']}"
    if where in call.store.forge.paths:
        text = base64.b64encode(b"text").decode()
        return Answer(
            200, _over(contract.example("content-file-response-if-content-is-a-file"), {"content": text})
        )
    if any(path.startswith(f"{where}/") for path in call.store.forge.paths):
        return Answer(200, contract.example("content-file-response-if-content-is-a-directory"))
    return not_found()


def get_membership(call: Call, contract: Contract) -> Answer:
    """Somebody's place in a team."""
    parts = call.parts
    state = call.store.forge.members.get(f"{parts['org']}/{parts['team_slug']}/{parts['username']}")
    if state is None:
        return Answer(404)  # the description says that it is empty
    example = contract.example("team-membership-response-if-user-is-a-team-maintainer")
    return Answer(200, _over(example, {"state": state}))


def _over(example: Any, *different: Mapping[str, Any]) -> Any:
    made = deepcopy(example)
    for each in different:
        for name, value in each.items():
            inside = made.get(name)
            made[name] = (
                _over(inside, value) if isinstance(inside, dict) and isinstance(value, dict) else value
            )
    return made


QUESTIONS: Mapping[str, Callable[[Call, Contract], Answer]] = {
    "GET /repos/{owner}/{repo}/pulls": list_pulls,
    "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls": list_pulls_of,
    "GET /repos/{owner}/{repo}/branches": list_branches,
    "GET /repos/{owner}/{repo}/branches/{branch}": get_branch,
    "GET /repos/{owner}/{repo}/contents/{path}": get_contents,
    "GET /orgs/{org}/repos": list_repositories,
    "GET /orgs/{org}/teams/{team_slug}/memberships/{username}": get_membership,
}
