"""What generators and roles ask GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ghloop.faults import not_accessible
from syncline.config.appset.questions import Branch
from syncline.errors import GitHubError
from syncline.github.forge import GitHubForge

if TYPE_CHECKING:
    from ghloop.server import GitHub
    from syncline.github.client import Api


@pytest.fixture
def forge(api: Api, github: GitHub) -> GitHubForge:
    return GitHubForge(api, github.url)


def test_open_pull_requests_of_several_pages_come_as_values(forge: GitHubForge, github: GitHub) -> None:
    github.hub.store.forge.pulls = [
        {
            "number": number,
            "title": f"Change {number}",
            "head": {"ref": "feature/{{x}}", "sha": "a" * 40},
            "base": {"ref": "main"},
            "user": {"login": "ann"},
        }
        for number in range(1, 151)
    ]

    found = forge.pull_requests("acme", "deploy")

    assert [each.number for each in found] == list(range(1, 151))
    assert (found[0].branch, found[0].target_branch, found[0].head_sha) == ("feature/{{x}}", "main", "a" * 40)
    assert (found[0].author, found[0].title, found[0].labels) == ("ann", "Change 1", ("bug",))


def test_repositories_come_by_name_with_their_topics(forge: GitHubForge, github: GitHub) -> None:
    github.hub.store.forge.repositories = [
        {"name": "web", "id": 2, "topics": ["k8s"], "default_branch": "trunk", "archived": True},
        {"name": "api", "id": 1, "clone_url": "https://h/api.git", "ssh_url": "git@h:api.git", "topics": []},
    ]

    one, other = forge.repositories("acme")

    assert (one.name, one.id, one.url, one.ssh_url) == ("api", 1, "https://h/api.git", "git@h:api.git")
    assert (other.default_branch, other.labels, other.archived) == ("trunk", ("k8s",), True)
    with pytest.raises(GitHubError, match="404"):
        forge.repositories("elsewhere")


def test_branches_come_all_or_the_one_that_is_named(forge: GitHubForge, github: GitHub) -> None:
    github.hub.store.forge.branches = {"deploy": {"main": "1" * 40, "dev/x": "2" * 40}}

    assert forge.branches("acme", "deploy") == (Branch("main", "1" * 40), Branch("dev/x", "2" * 40))
    assert forge.branches("acme", "deploy", "main") == (Branch("main", "1" * 40),)
    with pytest.raises(GitHubError, match="404"):
        forge.branches("acme", "deploy", "gone")


def test_a_path_is_a_file_or_a_directory_or_is_not_there(forge: GitHubForge, github: GitHub) -> None:
    github.hub.store.forge.paths = {"deploy@abc:k8s/all.yaml"}

    assert forge.has_path("acme", "deploy", "abc", "k8s/all.yaml")
    assert forge.has_path("acme", "deploy", "abc", "/k8s/")
    assert not forge.has_path("acme", "deploy", "abc", "k8s/other.yaml")
    assert not forge.has_path("acme", "deploy", "def", "k8s")


@pytest.mark.parametrize(("state", "member"), [("active", True), ("pending", False), (None, False)])
def test_only_an_active_member_is_one(
    forge: GitHubForge, github: GitHub, state: str | None, member: bool
) -> None:
    if state:
        github.hub.store.forge.members = {"acme/platform/ann": state}
    assert forge.is_member("acme/platform", "ann") is member


def test_what_others_chose_stays_in_its_place_of_the_path(forge: GitHubForge, github: GitHub) -> None:
    assert not forge.is_member("acme/pl?at#form", "ann?x=1&y")
    assert github.requests[-1][1] == "/orgs/acme/teams/pl?at#form/memberships/ann?x=1&y"


def test_a_refusal_is_no_absence(forge: GitHubForge, github: GitHub) -> None:
    github.fault(not_accessible(), path="memberships")
    with pytest.raises(GitHubError, match="403"):
        forge.is_member("acme/platform", "ann")
