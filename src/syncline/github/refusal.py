"""What GitHub's refusals mean for a person.

The law: one sentence and what to do about it; GitHub's own words are quoted on one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.github.limits import Answer

_LONGEST: Final = 300
_PERMISSIONS: Final = {"/comments": "pull-requests: write", "/statuses/": "statuses: write"}
_READS: Final = {"/comments": "pull-requests: read", "/commits/": "statuses: read"}
_FORBIDDEN: Final = 403
_MOVED: Final = "The repository was renamed or moved: use its new name."
_REMEDIES: Final = {
    301: _MOVED,
    302: _MOVED,
    307: _MOVED,
    308: _MOVED,
    401: "Check the input token: it may have expired.",
    404: "Check that the token may see the repository.",
}
_LOST: Final = "Run the job again; https://www.githubstatus.com says whether GitHub has trouble."


class Ambiguous(GitHubError):  # noqa: N818 - says what is known of the request, not whose mistake it is
    """A request that was sent and not answered: it may have been carried out."""


def refusal(method: str, path: str, answer: Answer) -> GitHubError:
    """The error that an answer amounts to."""
    if answer.status == 0:
        return GitHubError(f"GitHub does not answer {method} {path} ({answer.trouble}).", remedy=_LOST)
    if answer.is_lost:
        return GitHubError(f"GitHub keeps answering {method} {path} with {answer.status}.", remedy=_LOST)
    said = _said(answer)
    reason = f": {said}" if said else ""
    return GitHubError(
        f"GitHub refuses {method} {path} with {answer.status}{reason}.",
        remedy=_remedy(method, path, answer),
        status=answer.status,
    )


def ambiguous(method: str, path: str, answer: Answer) -> Ambiguous:
    """Nobody knows whether it was made."""
    how = f"answered {answer.status} to" if answer.status else f"did not answer ({answer.trouble})"
    return Ambiguous(f"GitHub {how} {method} {path}, so it may or may not have been done.", remedy=_LOST)


def nonsense(method: str, path: str) -> GitHubError:
    """A success whose content is not what the API describes."""
    return GitHubError(
        f"What answered {method} {path} is not GitHub's API.",
        remedy="Check GITHUB_API_URL and the proxy between.",
    )


def _said(answer: Answer) -> str:
    errors = answer.body.get("errors") if isinstance(answer.body, dict) else None
    details = [_detail(error) for error in errors] if isinstance(errors, list) else []
    text = " ".join("; ".join(filter(None, [answer.message, *details])).split()).rstrip(".")
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _detail(error: Any) -> str:
    if isinstance(error, dict):
        return str(error.get("message") or " ".join(str(value) for value in error.values()))
    return str(error)


def _remedy(method: str, path: str, answer: Answer) -> str:
    if answer.status == _FORBIDDEN:
        if "locked" in answer.message.lower():
            return "Unlock the conversation of the pull request."
        return _permission(path, _READS if method == "GET" else _PERMISSIONS)
    if "maximum number of statuses" in str(answer.body):
        return "GitHub takes 1,000 statuses of one context on one commit; the next commit is free again."
    return _REMEDIES.get(answer.status, "")


def _permission(path: str, lines: Mapping[str, str]) -> str:
    line = next((line for part, line in lines.items() if part in path), "")
    if not line:
        return "Give the token more permissions."
    return f"Add `{line}` to the job's `permissions:`; a fork's or Dependabot's pull request never gets it."
