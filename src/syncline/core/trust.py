"""How far an event may be trusted.

The law: the tier is computed from the event and never from an input; what is unknown may only render.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from msgspec import Struct


class Tier(Enum):
    """What a run may do with a cluster: nothing, read it without its Secrets, or change it."""

    RENDER = "render"
    READ = "read"
    WRITE = "write"


class Facts(Struct, frozen=True):
    """What an event says of itself.

    `ref` is whole (`refs/heads/main`), `default_branch` a bare name. `actor` started the run, `author` opened
    the pull request.
    """

    event: str
    ref: str = ""
    default_branch: str = ""
    ref_protected: bool = False
    is_fork: bool = False
    actor: str = ""
    author: str = ""


_BOT: Final = "dependabot[bot]"
_WRITERS: Final = frozenset({"push", "schedule", "workflow_dispatch"})
_REVIEWS: Final = frozenset({"pull_request", "merge_group"})


def tier_of(facts: Facts) -> tuple[Tier, str]:
    """The tier and the sentence that explains it."""
    if facts.event in _REVIEWS:
        return _review(facts)
    if facts.event in _WRITERS:
        return _branch(facts)
    return Tier.RENDER, f"the event {facts.event or 'without a name'} may render only"


def _review(facts: Facts) -> tuple[Tier, str]:
    if facts.is_fork:
        return Tier.RENDER, "a pull request from a fork may render only"
    if _BOT in {facts.actor, facts.author}:
        return Tier.RENDER, f"a pull request by {_BOT} may render only"
    return Tier.READ, "a change under review may read a cluster, without its Secrets"


def _branch(facts: Facts) -> tuple[Tier, str]:
    if facts.default_branch and facts.ref == f"refs/heads/{facts.default_branch}":
        return Tier.WRITE, "the default branch may write"
    if facts.event == "schedule" and not facts.default_branch:
        # GitHub runs schedules on the default branch only, and their event file names no repository
        # (https://github.com/github/codeql-action/pull/1211).
        return Tier.WRITE, "a schedule runs on the default branch, which may write"
    if facts.ref_protected:
        return Tier.WRITE, "a protected branch or tag may write"
    if facts.actor == _BOT:
        return Tier.RENDER, f"a branch of {_BOT} may render only"
    return Tier.READ, "a branch that is neither the default one nor protected may read only"
