"""Whether commits are signed by somebody whom a project trusts.

The law: what cannot be checked is not trusted; a signature counts when its key was given to us and the
project lists it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.config.globs import glob_matches
from syncline.core.project import normal_url

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.project import SignaturePolicy

_SSH: Final = "SHA256:"
_TROUBLE: Final = {
    "N": "is not signed",
    "B": "has a signature that does not fit it",
    "X": "has a signature that has expired",
    "Y": "is signed with a key that has expired",
    "R": "is signed with a key that was revoked",
}


class SignedCommit(Struct, frozen=True):
    """A commit, in git's letters (`%G?`): the keys are an id and fingerprints, of SSH `SHA256:...`."""

    sha: str
    status: str
    keys: tuple[str, ...] = ()

    @property
    def is_valid(self) -> bool:
        """Whether it is signed with a key that was given to us."""
        if self.is_ssh:
            return self.status == "G"  # U is a key of which nobody said whose it is
        return self.status in {"G", "U"}

    @property
    def is_ssh(self) -> bool:
        """Whether the signature is one of SSH."""
        return any(key.startswith(_SSH) for key in self.keys)


def objection(commit: SignedCommit, keys: Iterable[str]) -> str:
    """Why the commit is not trusted, as the rest of a sentence; empty when it is."""
    if not commit.is_valid:
        key = f"the key {commit.keys[0]}, which is" if commit.keys else "a key that is"
        return _TROUBLE.get(commit.status, f"is signed with {key} not under signing")
    if any(_is_same(key, wanted) for key in commit.keys for wanted in keys):
        return ""
    return f"is signed with the key {commit.keys[0]}, which the project does not list"


def _is_same(key: str, wanted: str) -> bool:
    if key.startswith(_SSH) or wanted.startswith(_SSH):
        return key == wanted
    return len(wanted) >= _SHORTEST_ID and key.upper().endswith(wanted.upper().removeprefix("0X"))


_SHORTEST_ID: Final = 16
"""Digits of an OpenPGP key's long id; shorter ones are forged in seconds."""


def policy_for(url: str, policies: Iterable[SignaturePolicy]) -> SignaturePolicy | None:
    """The first policy for a repository."""
    for policy in policies:
        for pattern in policy.repos:
            if pattern == "*" or glob_matches(normal_url(pattern), normal_url(url), separator="/"):
                return policy
    return None
