"""The event that started the run.

The law: what the event file does not say is not invented, and the tier is computed here and nowhere else.
"""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.core.trust import Facts, Tier, tier_of
from syncline.errors import GitHubError
from syncline.github.writer import Writer, writer_of
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping

_REPOSITORY: Final = regex(r"[\w.-]+/[\w.-]+")
_REVIEWED: Final = frozenset({"pull_request", "pull_request_target"})
_NO_COMMIT: Final = "0" * 40
"""How a push says that a branch did not exist, or does not any more."""


class PullRequest(Struct, frozen=True):
    """The pull request of an event; the SHAs are those the event names. `author` is a login."""

    number: int
    base_sha: str
    head_sha: str
    is_fork: bool
    head_ref: str = ""
    author: str = ""


class Event(Struct, frozen=True):
    """What GitHub told us. `sha` is GITHUB_SHA: on a pull request the merge commit.

    `base_sha` and `head_sha` are those of a pull request or a merge group, `before` is what a push found,
    `forced_from` what a forced one left; each is empty where the event has none. `writer` is the step itself,
    as far as the runner says who it is.
    """

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
    before: str = ""
    forced_from: str = ""
    writer: Writer | None = None

    @property
    def report_sha(self) -> str:
        """The commit that statuses belong to: the pull request's head, not the merge commit."""
        return self.head_sha or self.sha


def read_event(environ: Mapping[str, str]) -> Event:
    """The event of this run. Raises GitHubError when it cannot be read."""
    payload = _payload(environ.get("GITHUB_EVENT_PATH", ""))
    name = _name(environ)
    pull_request = _pull_request(payload, name)
    under_review = pull_request or _merge_group(payload)
    tier, reason = tier_of(_facts(name, payload, pull_request, environ))
    return Event(
        name=name,
        repository=_repository(environ),
        sha=environ.get("GITHUB_SHA", ""),
        ref=environ.get("GITHUB_REF", ""),
        actor=environ.get("GITHUB_ACTOR", ""),
        api_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
        run_url=_run_url(environ),
        tier=tier,
        tier_reason=reason,
        pull_request=pull_request,
        base_sha=under_review.base_sha if under_review else "",
        head_sha=under_review.head_sha if under_review else "",
        before=_commit(payload, "before"),
        forced_from=_commit(payload, "before") if payload.get("forced") is True else "",
        writer=writer_of(environ, _run_url(environ), secrets.token_hex(4)),
    )


def _payload(path: str) -> Mapping[str, Any]:
    if not path:
        raise GitHubError(
            "GITHUB_EVENT_PATH is not set.",
            remedy="Run this in a workflow, or use the command line: syncline --help.",
        )
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise GitHubError(
            f"The event file {path} cannot be read ({type(error).__name__}).",
            remedy="It is the runner that writes it: start the job again.",
        ) from error
    if not isinstance(payload, dict):
        raise GitHubError(f"The event file {path} does not hold a JSON object.")
    return payload


def _name(environ: Mapping[str, str]) -> str:
    name = environ.get("GITHUB_EVENT_NAME", "")
    if not name:
        raise GitHubError("GITHUB_EVENT_NAME is not set.", remedy="Run this in a workflow.")
    return name


def _repository(environ: Mapping[str, str]) -> str:
    repository = environ.get("GITHUB_REPOSITORY", "")
    if repository and not _REPOSITORY.fullmatch(repository):
        raise GitHubError(f"GITHUB_REPOSITORY is {repository!r}.", remedy="It has the form owner/name.")
    return repository


def _facts(
    name: str, payload: Mapping[str, Any], pull_request: PullRequest | None, environ: Mapping[str, str]
) -> Facts:
    return Facts(
        event=name,
        ref=environ.get("GITHUB_REF", ""),
        default_branch=_default_branch(payload),
        ref_protected=environ.get("GITHUB_REF_PROTECTED") == "true",
        is_fork=pull_request is not None and pull_request.is_fork,
        actor=environ.get("GITHUB_ACTOR", ""),
        author=pull_request.author if pull_request else "",
    )


def _pull_request(payload: Mapping[str, Any], name: str) -> PullRequest | None:
    if "pull_request" not in payload and name not in _REVIEWED:
        return None
    pull = _mapping(payload, "pull_request")
    head, base = _mapping(pull, "head"), _mapping(pull, "base")
    try:
        return PullRequest(
            number=int(pull["number"]),
            base_sha=str(base["sha"]),
            head_sha=str(head["sha"]),
            is_fork=_is_fork(head, base),
            head_ref=str(head.get("ref") or ""),
            author=str(_mapping(pull, "user").get("login") or ""),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GitHubError(
            "The event's pull request names no number or commits.", remedy="Start the job again."
        ) from error


def _is_fork(head: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    # A deleted fork has no repository any more; what cannot be shown to be ours is not ours.
    ours = _mapping(base, "repo").get("full_name")
    return not ours or _mapping(head, "repo").get("full_name") != ours


class _MergeGroup(Struct, frozen=True):
    base_sha: str
    head_sha: str


def _merge_group(payload: Mapping[str, Any]) -> _MergeGroup | None:
    group = _mapping(payload, "merge_group")
    return _MergeGroup(_commit(group, "base_sha"), _commit(group, "head_sha")) if group else None


def _default_branch(payload: Mapping[str, Any]) -> str:
    return str(_mapping(payload, "repository").get("default_branch") or "")


def _commit(payload: Mapping[str, Any], name: str) -> str:
    found = payload.get(name)
    return found if isinstance(found, str) and found != _NO_COMMIT else ""


def _mapping(value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def _run_url(environ: Mapping[str, str]) -> str:
    server, repository, run = (
        environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    )
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else ""
