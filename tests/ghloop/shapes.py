"""How GitHub shows what it remembers.

The law: every address is this server's own, or a client would be right not to follow it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ghloop.store import Comment, Status, Store, User, combined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_USER_URLS = """
followers following{/other_user} gists{/gist_id} starred{/owner}{/repo}
subscriptions orgs repos events{/privacy} received_events
"""
_REPOSITORY_URLS = """
archive{/ref} assignees{/user} git/blobs{/sha} branches{/branch} collaborators{/collaborator}
comments{/number} commits{/sha} compare/{base}...{head} contents/{+path} contributors deployments downloads
events forks
git/commits{/sha} git/refs{/sha} git/tags{/sha} hooks issues/comments{/number} issues/events{/number}
issues{/number} keys{/key_id} labels{/name} languages merges milestones{/number} notifications pulls{/number}
releases{/id} stargazers statuses/{sha} subscribers subscription tags teams git/trees{/sha}
"""
_NAMES = {
    "orgs": "organizations_url",
    "issues/comments": "issue_comment_url",
    "issues/events": "issue_events_url",
    "git/commits": "git_commits_url",
    "git/refs": "git_refs_url",
    "git/tags": "git_tags_url",
}

Json = dict[str, Any]


def _urls(root: str, templates: str) -> Json:
    named = ((template.split("{")[0].rstrip("/"), template) for template in templates.split())
    return {_NAMES.get(name, f"{name.rpartition('/')[2]}_url"): f"{root}/{path}" for name, path in named}


def user(account: User, root: str) -> Json:
    """An account as it stands beside what it made."""
    url = f"{root}/users/{quote(account.login)}"
    page = f"apps/{account.login.removesuffix('[bot]')}" if account.is_bot else account.login
    return _urls(url, _USER_URLS) | {
        "login": account.login,
        "id": account.id,
        "node_id": f"U_{account.id}",
        "avatar_url": f"{root}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{root}/{page}",
        "type": "Bot" if account.is_bot else "User",
        "site_admin": False,
        "user_view_type": "public",
    }


def profile(account: User, root: str) -> Json:
    """An account as it stands alone."""
    unknown = dict.fromkeys(("name", "company", "blog", "location", "email", "hireable", "bio"))
    counted = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    joined = {"created_at": "2011-01-25T18:44:36Z", "updated_at": "2025-06-01T12:00:00Z"}
    return user(account, root) | unknown | counted | joined


def comment(found: Comment, store: Store, root: str) -> Json:
    """A comment."""
    issue = f"{root}/repos/{store.repository}/issues"
    return {
        "id": found.id,
        "node_id": f"IC_{found.id}",
        "url": f"{issue}/comments/{found.id}",
        "html_url": f"{root}/{store.repository}/pull/{found.number}#issuecomment-{found.id}",
        "issue_url": f"{issue}/{found.number}",
        "body": found.body,
        "user": user(found.author, root) if found.author else None,
        "created_at": _time(found.created),
        "updated_at": _time(found.updated),
        "author_association": "CONTRIBUTOR",
        "performed_via_github_app": None,
    }


def status(found: Status, store: Store, root: str) -> Json:
    """A status as it is shown to who made it."""
    return simple_status(found, store, root) | {"creator": user(found.creator, root)}


def simple_status(found: Status, store: Store, root: str) -> Json:
    """A status in a list."""
    return {
        "url": f"{root}/repos/{store.repository}/statuses/{found.sha}",
        "avatar_url": f"{root}/avatars/{found.creator.id}",
        "id": found.id,
        "node_id": f"SC_{found.id}",
        "state": found.state,
        "description": found.description,
        "target_url": found.target_url,
        "context": found.context,
        "created_at": _time(found.created),
        "updated_at": _time(found.created),
    }


def combined_status(sha: str, page: Sequence[Status], store: Store, root: str) -> Json:
    """All of a commit's contexts; the page is a part of them."""
    everything = store.newest(sha)
    commit = f"{root}/repos/{store.repository}/commits/{sha}"
    return {
        "state": combined(everything),
        "statuses": [simple_status(each, store, root) for each in page],
        "sha": sha,
        "total_count": len(everything),
        "repository": repository(store, root),
        "commit_url": commit,
        "url": f"{commit}/status",
    }


def repository(store: Store, root: str) -> Json:
    """The repository, in short."""
    owner, _, name = store.repository.partition("/")
    url = f"{root}/repos/{store.repository}"
    return _urls(url, _REPOSITORY_URLS) | {
        "id": 1296269,
        "node_id": "R_1296269",
        "name": name,
        "full_name": store.repository,
        "owner": user(User(1, owner), root),
        "private": True,
        "html_url": f"{root}/{store.repository}",
        "description": None,
        "fork": False,
        "url": url,
    }


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
