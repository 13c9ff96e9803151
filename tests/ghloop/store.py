"""What the loopback GitHub remembers.

The law: what was made stays, in the order in which it was made, until it is deleted.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PENDING, SUCCESS = "pending", "success"


@dataclass(frozen=True, slots=True)
class User:
    """An account; a bot is the account of an App."""

    id: int
    login: str
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """Whose it is and whether it may write. An App's stands for no user."""

    user: User
    may_write: bool = True


@dataclass(slots=True)
class Comment:
    """A comment; without an author when the account is gone, hidden when it is held for spam."""

    id: int
    number: int
    author: User | None
    body: str
    created: datetime
    updated: datetime
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """One status of a commit."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created: datetime


@dataclass(slots=True)
class Forge:
    """What there is to ask about: each entry is what differs from GitHub's own example of it.

    `branches` are by repository, name and commit; `paths` are `repository@ref:path`; `members` are states by
    `organisation/team/login`, `brought` the pull requests by the commit that they brought.
    """

    pulls: list[dict[str, Any]] = field(default_factory=list)
    repositories: list[dict[str, Any]] = field(default_factory=list)
    branches: dict[str, dict[str, str]] = field(default_factory=dict)
    paths: set[str] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    brought: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


@dataclass(slots=True)
class Budget:
    """The primary rate limit: requests left until `reset`, which is in seconds since the epoch."""

    limit: int
    left: int
    reset: float


@dataclass(slots=True)
class Store:
    """One repository. Whoever reads or writes it holds `lock`; `clock` is in seconds since the epoch."""

    repository: str
    clock: Callable[[], float]
    tokens: dict[str, Token] = field(default_factory=dict)
    pull_requests: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)
    forge: Forge = field(default_factory=Forge)
    refs: dict[str, str] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    statuses: defaultdict[str, list[Status]] = field(default_factory=lambda: defaultdict(list))
    budget: Budget = field(default_factory=lambda: Budget(5_000, 5_000, 0))
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: count(1001))

    def new_id(self) -> int:
        """A number that nothing else has."""
        return next(self._ids)

    def now(self) -> datetime:
        """The time of what is made now; GitHub keeps whole seconds."""
        return datetime.fromtimestamp(int(self.clock()), UTC)

    def spend(self) -> bool:
        """Count one request; whether there was one left."""
        if self.clock() >= self.budget.reset:
            self.budget = Budget(self.budget.limit, self.budget.limit, int(self.clock()) + 3600)
        if self.budget.left == 0:
            return False
        self.budget.left -= 1
        return True

    def add_comment(self, number: int, author: User | None, body: str, *, is_hidden: bool = False) -> Comment:
        """Make a comment."""
        comment = Comment(self.new_id(), number, author, body, self.now(), self.now(), is_hidden)
        self.comments[comment.id] = comment
        return comment

    def comments_of(self, number: int) -> Sequence[Comment]:
        """The comments of a pull request, oldest first."""
        return [comment for comment in self.comments.values() if comment.number == number]

    def newest(self, sha: str) -> Sequence[Status]:
        """The status that counts for each context, which is the same in capitals."""
        return list({status.context.casefold(): status for status in self.statuses[sha]}.values())


def combined(statuses: Sequence[Status]) -> str:
    """What all of them together amount to (GitHub, "Get the combined status for a specific reference")."""
    states = {status.state for status in statuses}
    if states & {"error", "failure"}:
        return "failure"
    return SUCCESS if states == {SUCCESS} else PENDING
