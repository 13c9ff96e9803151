"""The loopback GitHub: whom it knows, what it has seen, what it answers.

The law: every request and every answer is judged by GitHub's own description, a made-up refusal too.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ghloop.endpoints import Call, handle
from ghloop.faults import Fault, Script
from ghloop.forge import QUESTIONS
from ghloop.store import Store, Token, User
from ghloop.wire import Answer, Request, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ghloop.contract import Contract, Operation

VERSIONS = frozenset({"2022-11-28", "2026-03-10"})
ACTIONS = User(41898282, "github-actions[bot]", is_bot=True)
PERSON = User(583231, "octocat")
_GRAPHQL = "/graphql"
_AUTHORIZATION = re.compile(r"(?:token|bearer) (?P<token>\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Who may ask: a workflow's own token, the same on a fork's pull request, and a person's."""

    workflow: str = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
    fork: str = "ghs_6c912E7710c838347Ae178B4a16C7e42F292"
    person: str = "ghp_7710c838347Ae178B4a16C7e42F292c6912E"

    def accounts(self) -> dict[str, Token]:
        """What each of them stands for."""
        return {
            self.workflow: Token(ACTIONS),
            self.fork: Token(ACTIONS, may_write=False),
            self.person: Token(PERSON),
        }


@dataclass(slots=True)
class Seen:
    """What has come in and what was wrong with it."""

    requests: list[tuple[str, str]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def request(self, request: Request) -> None:
        """A request, before anything else happens to it."""
        with self.lock:
            self.requests.append((request.method, request.path))
            self.headers.append(request.headers)

    def wrong(self, *violations: str) -> None:
        """What the description does not allow."""
        with self.lock:
            self.violations.extend(violations)


class Hub:
    """One GitHub. Asked by several threads."""

    def __init__(self, contract: Contract, store: Store) -> None:
        self.contract = contract
        self.store = store
        self.script = Script()
        self.seen = Seen()

    def answer(self, request: Request) -> tuple[Answer, Fault]:
        """What is said, and how it goes wrong on the way."""
        self.seen.request(request)
        fault = self.script.take(request.method, request.path) or Fault(carried_out=True)
        operation = self.contract.find(request.method, request.path)
        true = self._true(request, operation) if fault.carried_out else None
        if fault.meeting:
            fault.meeting.wait()
        told = fault.told(true)
        if operation and not isinstance(told.body, str) and told.status < 500:
            self.seen.wrong(*operation.answer_faults(told))
        return told, fault

    def _true(self, request: Request, operation: Operation | None) -> Answer:
        with self.store.lock:
            token = self._token(request)
            if refusal := self._turned_away(request, token):
                return refusal
            if token and request.path == _GRAPHQL:
                return self._viewer(request, token)
            if token is None or operation is None:
                self.seen.wrong(f"{request.method} {request.path} is not an endpoint in use")
                return refused(404, "Not Found")
            if wrong := list(operation.request_faults(request)):
                self.seen.wrong(*wrong)
                return refused(422, "Invalid request.")
            call = Call(request, operation.parts(request.path) or {}, token, self.store)
            if operation.name in QUESTIONS:
                return QUESTIONS[operation.name](call, self.contract)
            return handle(call, operation.name)

    def _token(self, request: Request) -> Token | None:
        match = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
        return self.store.tokens.get(match["token"]) if match else None

    def _turned_away(self, request: Request, token: Token | None) -> Answer | None:
        if not request.headers.get("user-agent"):
            return refused(403, "Request forbidden by administrative rules. Please send a User-Agent.")
        if request.headers.get("x-github-api-version", "2022-11-28") not in VERSIONS:
            return refused(400, "The version of the API is not supported.")
        if token is None:
            return refused(401, "Bad credentials")
        if not self.store.spend():
            return refused(403, f"API rate limit exceeded for user ID {token.user.id}.")
        return None

    def _viewer(self, request: Request, token: Token) -> Answer:
        query = str((request.body or {}).get("query", ""))
        if re.sub(r"\s|^query", "", query.strip()) != "{viewer{login}}":
            self.seen.wrong(f"GraphQL: only the viewer's login is served, not {query!r}")
            return refused(400, "Problems parsing JSON")
        return Answer(200, {"data": {"viewer": {"login": token.user.login}}})


def hub(repository: str, contract: Contract, clock: Callable[[], float]) -> Hub:
    """A GitHub with one repository that knows a workflow's tokens and a person's."""
    return Hub(contract, Store(repository, clock, tokens=Tokens().accounts()))
