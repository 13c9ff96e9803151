"""The event that started the run.

The law: what the event file does not say is not invented, and the tier is computed here and nowhere else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncline.core.trust import Facts, Tier, tier_of
from syncline.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class PullRequest:
    """The pull request of an event; the SHAs are those the event names."""

    number: int
    base_sha: str
    head_sha: str
    is_fork: bool


@dataclass(frozen=True, slots=True)
class Event:
    """What GitHub told us. `sha` is GITHUB_SHA: on a pull request the merge commit."""

    name: str
    repository: str
    sha: str
    ref: str
    actor: str
    api_url: str
    run_url: str
    tier: Tier
    tier_reason: str
    pull_request: PullRequest | None = None
    base_sha: str = ""
    head_sha: str = ""

    @property
    def report_sha(self) -> str:
        """The commit that statuses belong to: the pull request's head, not the merge commit."""
        return self.head_sha or self.sha


def read_event(environ: Mapping[str, str]) -> Event:
    """The event of this run. Raises GitHubError when it cannot be read."""
    payload = _payload(environ.get("GITHUB_EVENT_PATH", ""))
    name, ref = environ.get("GITHUB_EVENT_NAME", ""), environ.get("GITHUB_REF", "")
    pull_request = _pull_request(payload) if "pull_request" in payload else None
    group = _mapping(payload, "merge_group")
    tier, reason = tier_of(
        Facts(
            event=name,
            ref=ref,
            default_branch=str(_mapping(payload, "repository").get("default_branch") or ""),
            ref_protected=environ.get("GITHUB_REF_PROTECTED") == "true",
            is_fork=pull_request is not None and pull_request.is_fork,
            actor=environ.get("GITHUB_ACTOR", ""),
        )
    )
    return Event(
        name=name,
        repository=environ.get("GITHUB_REPOSITORY", ""),
        sha=environ.get("GITHUB_SHA", ""),
        ref=ref,
        actor=environ.get("GITHUB_ACTOR", ""),
        api_url=environ.get("GITHUB_API_URL", "https://api.github.com"),
        run_url=_run_url(environ),
        tier=tier,
        tier_reason=reason,
        pull_request=pull_request,
        base_sha=pull_request.base_sha if pull_request else str(group.get("base_sha") or ""),
        head_sha=pull_request.head_sha if pull_request else str(group.get("head_sha") or ""),
    )


def _payload(path: str) -> Mapping[str, Any]:
    if not path:
        raise GitHubError(
            "GITHUB_EVENT_PATH is not set.",
            remedy="Run this in a workflow, or use the command line: syncline --help.",
        )
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise GitHubError(f"The event file cannot be read ({type(error).__name__}).") from error
    if not isinstance(payload, dict):
        raise GitHubError("The event file does not hold a JSON object.")
    return payload


def _pull_request(payload: Mapping[str, Any]) -> PullRequest:
    pull = _mapping(payload, "pull_request")
    head, base = _mapping(pull, "head"), _mapping(pull, "base")
    try:
        return PullRequest(
            number=int(pull["number"]),
            base_sha=str(base["sha"]),
            head_sha=str(head["sha"]),
            # A deleted fork has no repository any more; it was none of ours all the same.
            is_fork=_mapping(head, "repo").get("full_name") != _mapping(base, "repo").get("full_name"),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GitHubError("The event's pull request names no number or commits.") from error


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _run_url(environ: Mapping[str, str]) -> str:
    server, repository, run = (
        environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
