"""Requests and answers, as the parts of the loopback hand them to each other.

The law: plain values; none of them knows of sockets, of state, or of the description.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENTATION = "https://docs.github.com/rest"


@dataclass(frozen=True, slots=True)
class Request:
    """What came in. `path` is below the API's root, `root` that root's address; `body` may be None."""

    method: str
    path: str
    root: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out. Text is sent as an HTML page, anything else as JSON, None not at all."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """A refusal as GitHub words it."""
    body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)}
    return Answer(status, body, headers or {})


def invalid(resource: str, *, field_name: str, message: str) -> Answer:
    """A request that is understood and whose content cannot be taken."""
    error = {"resource": resource, "code": "custom", "field": field_name, "message": message}
    body = {"message": "Validation Failed", "errors": [error], "documentation_url": DOCUMENTATION}
    return Answer(422, body | {"status": "422"})
