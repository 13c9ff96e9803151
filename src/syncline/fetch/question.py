"""What is asked of other people's servers, and what they say.

The law: no message ever holds a credential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from syncline.discreet import Discreet
from syncline.errors import RenderError
from syncline.fetch.access import ANONYMOUS, Access

if TYPE_CHECKING:
    from collections.abc import Mapping


class FetchError(RenderError):
    """Something could not be fetched."""


class Answer(Struct, frozen=True):
    """What a server said; `url` is who said it, after redirects."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


class Question(Discreet, frozen=True):
    """What is asked of a server, and what may come of it: `limit` bytes, called `what` in messages.

    `login` sends the access's name and password; `authorization` is sent instead where it is given.
    """

    _SHOWN = ("url", "what")

    url: str
    what: str
    limit: int
    access: Access = ANONYMOUS
    login: bool = True
    authorization: str = ""
    accept: str = "*/*"


def without_login(url: str) -> str:
    """The URL without a name and password: they are neither used nor shown."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def denied(what: str, status: int, access: Access) -> FetchError:
    """The error for a server that lets nobody in, or not us."""
    message, remedy = access.denial(what, f" ({status})")
    return FetchError(message, remedy=remedy)
