"""Where the bearer token comes from.

The law: a token is handed to the request and to nobody else: no repr, no message and no exception holds one.
It is asked for anew before it expires, and once after the server rejected it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from syncline.discreet import Discreet
from syncline.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_EARLY = 30.0
"""Seconds before its expiry in which a token is renewed: longer than a request, shorter than any lifetime."""


class TokenSource(Protocol):
    """A token for each request."""

    def token(self) -> str:
        """The token as it is now; empty means none is sent."""
        ...

    def renewed(self, rejected: str) -> str:
        """Another token than the rejected one, or empty when there is no other."""
        ...


class StaticToken(Discreet, frozen=True):
    """A token from the kubeconfig or the environment; empty for identities by certificate."""

    _value: str = ""

    def token(self) -> str:
        """The token."""
        return self._value

    def renewed(self, rejected: str) -> str:
        """Nothing: there is no other."""
        del rejected
        return ""


class FileToken(Struct, frozen=True):
    """A token in a file that someone else keeps fresh, so it is read every time."""

    path: Path

    def token(self) -> str:
        """What the file holds now. Raises ClusterError when it cannot be read."""
        try:
            return self.path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ClusterError(
                f"The token file {self.path} cannot be read: {_words(error)}.",
                remedy="Correct tokenFile in the kubeconfig.",
            ) from None

    def renewed(self, rejected: str) -> str:
        """What the file holds now, when it is another token."""
        current = self.token()
        return "" if current == rejected else current


class Issued(Discreet, frozen=True):
    """A token as an issuer gave it. `expires` is seconds since the epoch, None when it did not say."""

    _SHOWN = ("expires",)

    token: str
    expires: float | None = None


class IssuedToken:
    """A token from a credential plugin or identity provider, which is asked again when it runs out."""

    def __init__(self, issue: Callable[[], Issued], first: Issued, now: Callable[[], float]) -> None:
        self._issue = issue
        self._current = first
        self._now = now
        self._lock = threading.Lock()

    def token(self) -> str:
        """The token, renewed when it is about to expire. Raises ClusterError when the issuer fails."""
        with self._lock:
            expires = self._current.expires
            if expires is not None and expires - self._now() < _EARLY:
                self._current = self._in_use(self._issue())
            return self._current.token

    def _in_use(self, issued: Issued) -> Issued:
        # A new token that has run out already means that the clocks disagree, or that the issuer hands out
        # what is left of an old one. Asking before each request would not help: the server's 401 will tell.
        stale = issued.expires is not None and issued.expires - self._now() < _EARLY
        return replace(issued, expires=None) if stale else issued

    def renewed(self, rejected: str) -> str:
        """Another token; many threads that were rejected at once ask the issuer only once."""
        with self._lock:
            if self._current.token == rejected:
                self._current = self._in_use(self._issue())
            return "" if self._current.token == rejected else self._current.token


def _words(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "it is no file") if isinstance(error, OSError) else "it is not text"
