"""GitHub's REST API, through PyGithub.

The law: a request that could have been carried out is never sent again blindly; every failure is one sentence
of ours, and no sentence holds the token.
"""

from __future__ import annotations

import json
import logging
import threading
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from msgspec import Struct

from syncline.errors import GitHubError
from syncline.github.limits import Answer, Patience, Waiting, pause
from syncline.github.refusal import Ambiguous, ambiguous, nonsense, refusal
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

    import github

__all__ = ["Ambiguous", "Api", "Patience"]

_PER_PAGE: Final = 100
_ATTEMPTS: Final = 5
_LARGEST_SUCCESS: Final = 299
_NOT_FOUND: Final = 404
_TOKEN: Final = regex(r"[\x21-\x7e]+")
_NEXT: Final = regex(r"[?&]page=(?P<page>\d+)[^<>]*>;\s*rel=\"next\"")
_HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_LAST_SECONDS: Final = 5.0
"""A cancelled job is killed 7.5 s after SIGINT (GitHub, "Workflow cancellation reference")."""


class _Call(Struct, frozen=True):
    """A request. `look` finds what an unanswered one may have made; it decides whether it is sent again.

    `may_be_missing` says that "not found" is an answer and no failure.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    look: Callable[[], Any] | None = None
    may_be_missing: bool = False


class Api:
    """One token's view of GitHub; paths are relative to the API's root.

    Requests go out one after the other whatever thread they come from: GitHub asks for it, and PyGithub's
    connection keeps the request it is about to send in itself.
    """

    def __init__(self, token: str, url: str, *, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        self._token = token
        self._url = url.rstrip("/")
        self._waiting = Waiting(patience)
        self._lock = threading.RLock()
        self._github = _connect(token, self._url, patience.timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._github.close()

    @property
    def is_installation(self) -> bool:
        """The token is an App's, as a workflow's own is: it stands for no user."""
        return self._token.startswith("ghs_")

    def hurry(self) -> None:
        """The run is being ended: wait a few seconds more at most."""
        self._waiting.hurry(_LAST_SECONDS)

    def get(self, path: str) -> Mapping[str, Any]:
        """What is at the path: an object."""
        return _object(self._send(_Call("GET", path, look=_again)), "GET", path)

    def find(self, path: str) -> Any:
        """Whatever is at the path, an object or a list; None when nothing is."""
        answer = self._send(_Call("GET", path, look=_again, may_be_missing=True))
        return None if answer.status == _NOT_FOUND else answer.body

    def pages(self, path: str, *, key: str = "") -> Iterator[Any]:
        """Every item of a list, page after page; `key` is where a page that is no list keeps its items."""
        first = f"{path}{'&' if '?' in path else '?'}per_page={_PER_PAGE}"
        for page in count(1):
            answer = self._send(_Call("GET", f"{first}&page={page}", look=_again))
            items = answer.body.get(key) if isinstance(answer.body, dict) else answer.body
            following = _following(str(answer.headers.get("link", "")))
            if not isinstance(items, list) or following not in {0, page + 1}:
                # PyGithub drops the query of what has moved: every page would be the first, for ever.
                raise nonsense("GET", path)
            yield from items
            # A page may be short and yet not the last: GitHub leaves out what it hides.
            if not following:
                return

    def post(
        self, path: str, body: Mapping[str, Any], *, look: Callable[[], Any] | None = None
    ) -> Mapping[str, Any]:
        """Make something.

        When nobody knows whether it was made, `look` is asked for it, and only if that finds None is it sent
        again; without `look`, Ambiguous is raised.
        """
        return _object(self._send(_Call("POST", path, body, look)), "POST", path)

    def patch(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change something to be so; sent again after a server error, for twice is no other than once."""
        return _object(self._send(_Call("PATCH", path, body, _again)), "PATCH", path)

    def delete(self, path: str) -> None:
        """Remove something; that it is gone already is success."""
        self._send(_Call("DELETE", path, look=_again))

    def query(self, text: str) -> Mapping[str, Any]:
        """Ask the GraphQL API, which knows things that the REST API does not. Only for questions."""
        # An Enterprise server has the one API at /api/v3 and the other at /api/graphql.
        url = f"{self._url.removesuffix('/v3')}/graphql"
        return _object(self._send(_Call("POST", url, {"query": text}, _again)), "POST", url)

    def _send(self, call: _Call) -> Answer:
        with self._lock:
            for attempt in range(1, _ATTEMPTS + 1):
                answer = self._timed(call)
                if _is_done(call, answer):
                    return answer
                if not (answer.is_lost or answer.is_limited):
                    break
                if answer.is_lost and call.look is None:
                    raise self._scrubbed(ambiguous(call.method, call.path, answer))
                if attempt == _ATTEMPTS:
                    break
                self._pause(call, answer, attempt)
                found = call.look() if answer.is_lost and call.look else None
                if found is not None:
                    return Answer(answer.status, body=found)
            raise self._scrubbed(refusal(call.method, call.path, answer))

    def _timed(self, call: _Call) -> Answer:
        if call.method != "GET":
            self._waiting.keep_pace()
        began = self._waiting.now()
        answer = self._once(call)
        if answer.is_lost:
            self._waiting.spend(self._waiting.now() - began)
        return answer

    def _once(self, call: _Call) -> Answer:
        import requests

        try:
            status, headers, text = self._github.requester.requestJson(
                call.method,
                call.path,
                headers=dict(_HEADERS),
                input=None if call.body is None else dict(call.body),
            )
        except (requests.RequestException, OSError) as error:
            return Answer(0, trouble=type(error).__name__)
        except (AttributeError, AssertionError, RuntimeError, ValueError):
            # PyGithub's ways to say that an answer, or where it points to, is not GitHub's.
            raise nonsense(call.method, call.path) from None
        try:
            return Answer(status, headers, json.loads(text) if text else None)
        except ValueError:
            return Answer(status, headers)

    def _pause(self, call: _Call, answer: Answer, attempt: int) -> None:
        seconds = pause(answer, attempt=attempt, now=self._waiting.now())
        self._waiting.wait(seconds, why=self._hidden(_why(call, answer)))

    def _scrubbed(self, error: GitHubError) -> GitHubError:
        return type(error)(self._hidden(error.message), remedy=self._hidden(error.remedy))

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "***")


def _following(link: str) -> int:
    """The number of the next page; 0 when there is none."""
    match = _NEXT.search(link)
    return int(match["page"]) if match else 0


def _why(call: _Call, answer: Answer) -> str:
    if answer.is_limited:
        return "GitHub's rate limit is reached"
    return refusal(call.method, call.path, answer).message.rstrip(".")


def _again() -> None:
    """Sending it twice does what sending it once does."""


def _is_done(call: _Call, answer: Answer) -> bool:
    if answer.status == _NOT_FOUND and (call.method == "DELETE" or call.may_be_missing):
        return True
    return 0 < answer.status <= _LARGEST_SUCCESS


def _object(answer: Answer, method: str, path: str) -> Mapping[str, Any]:
    if not isinstance(answer.body, dict):
        raise nonsense(method, path)
    return answer.body


def _connect(token: str, url: str, timeout: float) -> github.Github:
    if not _TOKEN.fullmatch(token):
        raise GitHubError("The token is empty or holds spaces.", remedy="Check the input token.")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise GitHubError(f"GITHUB_API_URL is {url!r}, which is no address.")
    import github

    # Importing PyGithub makes its logger write to stderr, where the runner reads commands.
    logging.getLogger("github").setLevel(logging.CRITICAL)
    return github.Github(
        auth=github.Auth.Token(token),
        base_url=url,
        # PyGithub's own retries would send a POST again after a 502, and never a PATCH; its pace is a second.
        retry=None,
        per_page=_PER_PAGE,
        seconds_between_requests=None,
        seconds_between_writes=None,
        timeout=round(timeout),
        user_agent="syncline",
    )
