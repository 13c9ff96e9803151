"""GitHub's REST API, through PyGithub.

The law: a request that could have been carried out is never sent again blindly; every failure is one sentence
of ours, and no sentence holds the token.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from syncline.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import github

T = TypeVar("T")

_PER_PAGE: Final = 100
_RETRIED: Final = frozenset({500, 502, 503, 504})
_LIMITED: Final = frozenset({403, 429})
_ATTEMPTS: Final = 5
_NO_HINT: Final = 60.0
"""Seconds to wait after a secondary limit that names none (GitHub, "Rate limits for the REST API")."""

_PERMISSIONS: Final = {"/comments": "pull-requests: write", "/statuses/": "statuses: write"}


class Ambiguous(GitHubError):
    """A request that was sent and not answered: it may have been carried out."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long limits may be waited out in all, in seconds, and how to wait."""

    seconds: float = 120.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time


class Api:
    """One token's view of GitHub; paths are relative to the API's root."""

    def __init__(self, token: str, url: str, *, patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._left = self._patience.seconds
        self._token = token
        self._github = _connect(token, url)

    def get(self, path: str) -> Any:
        """What is at the path."""
        return self._send("GET", path, repeatable=True)

    def pages(self, path: str) -> Iterator[Any]:
        """Every item of a list, page after page."""
        page = 1
        while True:
            items = self.get(f"{path}{'&' if '?' in path else '?'}per_page={_PER_PAGE}&page={page}")
            yield from items
            if len(items) < _PER_PAGE:
                return
            page += 1

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Make something. Raises Ambiguous when nobody knows whether it was made."""
        return self._send("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change something to be so; sent again after a server error, because it says the same thing twice."""
        return self._send("PATCH", path, body, repeatable=True)

    def delete(self, path: str) -> None:
        """Remove something."""
        self._send("DELETE", path, repeatable=True)

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, repeatable: bool = False
    ) -> Any:
        for attempt in range(1, _ATTEMPTS + 1):
            status, headers, answer = self._once(method, path, body)
            if status < 400:  # noqa: PLR2004 - HTTP's border between success and failure
                return answer
            pause = _pause(status, headers, answer, attempt, self._patience.clock())
            if status in _RETRIED and not repeatable:
                raise Ambiguous(f"GitHub answered {status} to {method} {path}.")
            if pause is None or attempt == _ATTEMPTS:
                raise _refusal(status, method, path, answer)
            self._wait(pause)
        raise AssertionError("the loop returns or raises")

    def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[int, dict[str, Any], Any]:
        import json

        import requests

        try:
            status, headers, text = self._github.requester.requestJson(
                method, path, input=None if body is None else dict(body)
            )
        except requests.RequestException as error:
            if method == "POST":
                raise Ambiguous(f"GitHub did not answer {method} {path} ({type(error).__name__}).") from None
            raise GitHubError(
                f"GitHub cannot be reached ({type(error).__name__}).", remedy="Run the job again."
            ) from None
        try:
            return status, headers, json.loads(text) if text else None
        except ValueError:
            return status, headers, None

    def _wait(self, seconds: float) -> None:
        if seconds > self._left:
            raise GitHubError(
                f"GitHub's rate limit would take {seconds:.0f} seconds to pass.",
                remedy="Run the job again later, or use a GitHub App's token, which has a higher limit.",
            )
        self._left -= seconds
        self._patience.sleep(seconds)


def _connect(token: str, url: str) -> github.Github:
    import github

    logging.getLogger("github").setLevel(logging.CRITICAL)
    # PyGithub's own retries would send a POST again after a 502, and never a PATCH: they are switched off.
    return github.Github(
        auth=github.Auth.Token(token),
        base_url=url,
        retry=None,
        per_page=_PER_PAGE,
        seconds_between_requests=None,
        seconds_between_writes=None,
        timeout=30,
        user_agent="syncline",
    )


def _pause(status: int, headers: Mapping[str, Any], answer: Any, attempt: int, now: float) -> float | None:
    """How long to wait before sending it again; None when that is no use."""
    if status in _RETRIED:
        return float(2 ** (attempt - 1))
    if status not in _LIMITED:
        return None
    if "retry-after" in headers:
        return _number(headers["retry-after"])
    if headers.get("x-ratelimit-remaining") == "0" and "x-ratelimit-reset" in headers:
        return max(0.0, _number(headers["x-ratelimit-reset"]) - now) + 1
    is_secondary = "secondary rate limit" in str(_message(answer)).lower()
    return _NO_HINT if status == 429 or is_secondary else None  # noqa: PLR2004 - Too Many Requests


def _number(text: Any) -> float:
    try:
        return float(text)
    except ValueError:
        return _NO_HINT


def _message(answer: Any) -> str:
    return str(answer.get("message", "")) if isinstance(answer, dict) else ""


def _refusal(status: int, method: str, path: str, answer: Any) -> GitHubError:
    said = _message(answer) or "no reason"
    remedy = {401: "Check the token input.", 404: "Check that the token may see the repository."}.get(
        status, ""
    )
    if status == 403:  # noqa: PLR2004 - Forbidden
        line = next((line for part, line in _PERMISSIONS.items() if part in path), "")
        remedy = f"Give the job the permission {line}." if line else "Give the token more permissions."
    return GitHubError(f"GitHub refuses {method} {path} with {status}: {said}.", remedy=remedy)
