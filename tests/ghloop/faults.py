"""What can go wrong between a client and GitHub.

The law: a fault says whether the request was carried out before it went wrong, which no client can see.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from ghloop.endpoints import forbidden
from ghloop.wire import Answer, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

UNICORN = "<!DOCTYPE html><html><title>Unicorn! &middot; GitHub</title><body>We had issues.</body></html>"
ENDLESS = 1_000_000


class Wire(Enum):
    """How an answer travels."""

    WHOLE = "whole"
    CUT = "cut in the middle"
    RESET = "the connection is reset instead"
    SILENT = "nothing comes until the client or the server gives up"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    `carried_out`: the request was. `answer` is said instead of the true one, `change` makes it another.
    """

    answer: Answer | None = None
    carried_out: bool = False
    wire: Wire = Wire.WHOLE
    change: Callable[[Answer], Answer] | None = None
    meeting: threading.Barrier | None = None

    def told(self, true: Answer | None) -> Answer:
        """What is said; `true` is what GitHub has to say, if it was asked."""
        answer = self.answer or true or Answer(502, UNICORN)
        return self.change(answer) if self.change else answer


def page(status: int, text: str = UNICORN, *, carried_out: bool = False) -> Fault:
    """A page of HTML, as the servers before GitHub's make them."""
    return Fault(Answer(status, text), carried_out)


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Fault:
    """A refusal in GitHub's own form."""
    return Fault(refused(status, message, headers))


def not_accessible() -> Fault:
    """The token lacks a permission."""
    return Fault(forbidden())


def secondary_limit(status: int = 403, *, retry_after: int | None = None) -> Fault:
    """Too much at once (GitHub, "Rate limits for the REST API"); it does not always say for how long."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return refusal(status, "You have exceeded a secondary rate limit. Please wait a few minutes.", headers)


def moved(location: str, status: int = 301) -> Fault:
    """The repository has another name."""
    body = {"message": "Moved Permanently", "url": location, "documentation_url": location}
    return Fault(Answer(status, body, {"Location": location}))


def reset(*, carried_out: bool = False) -> Fault:
    """The connection breaks before the answer."""
    return Fault(carried_out=carried_out, wire=Wire.RESET)


def silence(*, carried_out: bool = False) -> Fault:
    """No answer."""
    return Fault(carried_out=carried_out, wire=Wire.SILENT)


def cut() -> Fault:
    """The true answer, and the connection ends in the middle of it."""
    return Fault(carried_out=True, wire=Wire.CUT)


def changed(change: Callable[[Answer], Answer]) -> Fault:
    """The true answer, made untrue."""
    return Fault(carried_out=True, change=change)


def with_header(name: str, value: str) -> Fault:
    """The true answer with another header."""
    return changed(lambda answer: replace(answer, headers={**answer.headers, name: value}))


def meeting(clients: int) -> Fault:
    """The true answer, once so many have asked: what each of them saw was the same."""
    return Fault(carried_out=True, meeting=threading.Barrier(clients, timeout=30))


@dataclass(slots=True)
class _Planned:
    fault: Fault
    method: str
    path: re.Pattern[str]
    left: int


@dataclass(slots=True)
class Script:
    """The faults to come, each for the requests it is meant for, in the order they were planned."""

    planned: list[_Planned] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, fault: Fault, *, method: str, path: str, times: int) -> None:
        """So often, whenever the method and a part of the path are these; empty is any."""
        with self.lock:
            self.planned.append(_Planned(fault, method, re.compile(path), times))

    def take(self, method: str, path: str) -> Fault | None:
        """The fault of this request."""
        with self.lock:
            for each in self.planned:
                if each.left and each.method in {"", method} and each.path.search(path):
                    each.left -= 1
                    return each.fault
        return None
