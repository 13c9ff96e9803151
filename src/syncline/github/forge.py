"""What generators, projects and recoveries ask GitHub: pull requests, repositories, branches, paths, teams,
statuses.

The law: only questions are asked; "not found" is an answer where absence is one, and an error where the thing
was named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from syncline.config.appset.questions import Branch, HostedRepository, PullRequest
from syncline.github.comments import first_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.github.client import Api


class GitHubForge:
    """One token's view of it."""

    def __init__(self, api: Api, url: str) -> None:
        self._api = api
        self._url = url.rstrip("/")

    @property
    def url(self) -> str:
        """The API's root."""
        return self._url

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def pull_requests(self, owner: str, repo: str) -> tuple[PullRequest, ...]:
        """The open ones, oldest first."""
        found = self._api.pages(
            f"/repos/{_part(owner)}/{_part(repo)}/pulls?state=open&sort=created&direction=asc"
        )
        return tuple(_pull_request(each) for each in found)

    def repositories(self, organization: str) -> tuple[HostedRepository, ...]:
        """Those of an organisation that the token sees, by name."""
        found = [_repository(each) for each in self._api.pages(f"/orgs/{_part(organization)}/repos")]
        return tuple(sorted(found, key=lambda each: each.name))

    def branches(self, owner: str, repo: str, only: str = "") -> tuple[Branch, ...]:
        """All branches, or the one named."""
        root = f"/repos/{_part(owner)}/{_part(repo)}/branches"
        found: Iterator[Any] = (
            iter([self._api.get(f"{root}/{_part(only)}")]) if only else self._api.pages(root)
        )
        return tuple(Branch(str(each["name"]), str(each["commit"]["sha"])) for each in found)

    def has_path(self, owner: str, repo: str, sha: str, path: str) -> bool:
        """Whether a file or directory is there at a commit."""
        where = f"/repos/{_part(owner)}/{_part(repo)}/contents/{quote(path.strip('/'))}?ref={_part(sha)}"
        return self._api.find(where) is not None

    def reviewed(self, owner: str, repo: str, sha: str, context: str) -> tuple[str, ...]:
        """Our comments about the merged pull requests that brought a commit, the first page of each."""
        root = f"/repos/{_part(owner)}/{_part(repo)}"
        pulls = [
            each for each in self._api.pages(f"{root}/commits/{_part(sha)}/pulls") if each.get("merged_at")
        ]
        # What brought this very commit counts, and where none did, all that it is part of.
        brought = [each for each in pulls if each.get("merge_commit_sha") == sha] or pulls
        numbers = sorted(int(each["number"]) for each in brought)
        found = (first_page(self._api, f"{owner}/{repo}", number, context) for number in numbers)
        return tuple(text for text in found if text)

    def statuses(self, owner: str, repo: str, sha: str) -> Mapping[str, tuple[str, str]]:
        """The newest state of each context of a commit, with its description."""
        path = f"/repos/{_part(owner)}/{_part(repo)}/commits/{_part(sha)}/status"
        found = self._api.pages(path, key="statuses")
        return {
            str(each["context"]): (str(each["state"]), str(each.get("description") or "")) for each in found
        }

    def is_member(self, team: str, login: str) -> bool:
        """Whether somebody is an active member of `organisation/team`."""
        organization, _, slug = team.partition("/")
        path = f"/orgs/{_part(organization)}/teams/{_part(slug)}/memberships/{_part(login)}"
        found = self._api.find(path)
        return isinstance(found, dict) and found.get("state") == "active"


def _part(text: str) -> str:
    """A part of a path: what others wrote must not leave its place."""
    return quote(text, safe="")


def _pull_request(body: Mapping[str, Any]) -> PullRequest:
    return PullRequest(
        number=int(body["number"]),
        title=str(body.get("title") or ""),
        branch=str(body["head"]["ref"]),
        target_branch=str(body["base"]["ref"]),
        head_sha=str(body["head"]["sha"]),
        author=str((body.get("user") or {}).get("login") or ""),
        labels=tuple(str(each.get("name") or "") for each in body.get("labels") or ()),
    )


def _repository(body: Mapping[str, Any]) -> HostedRepository:
    return HostedRepository(
        organization=str(body["owner"]["login"]),
        name=str(body["name"]),
        id=int(body["id"]),
        url=str(body.get("clone_url") or ""),
        ssh_url=str(body.get("ssh_url") or ""),
        default_branch=str(body.get("default_branch") or "main"),
        labels=tuple(map(str, body.get("topics") or ())),
        archived=bool(body.get("archived")),
    )
