"""How far an event may be trusted.

The law: the tier is computed from the event and never from an input; what is unknown may only render.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Tier(Enum):
    """What a run may do with a cluster: nothing, read it without its Secrets, or change it."""

    RENDER = "render"
    READ = "read"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Facts:
    """What an event says of itself. `ref` and `default_branch` are compared as branches."""

    event: str
    ref: str = ""
    default_branch: str = ""
    ref_protected: bool = False
    is_fork: bool = False
    actor: str = ""


_BOTS: Final = frozenset({"dependabot[bot]"})
_WRITERS: Final = frozenset({"push", "schedule", "workflow_dispatch"})
_REVIEWS: Final = frozenset({"pull_request", "merge_group"})


def tier_of(facts: Facts) -> tuple[Tier, str]:
    """The tier and the sentence that explains it."""
    if facts.event in _REVIEWS:
        if facts.is_fork:
            return Tier.RENDER, "a pull request from a fork may render only"
        if facts.actor in _BOTS:
            return Tier.RENDER, f"a pull request by {facts.actor} may render only"
        return Tier.READ, "a change under review may read a cluster, without its Secrets"
    if facts.event in _WRITERS:
        if facts.default_branch and facts.ref == f"refs/heads/{facts.default_branch}":
            return Tier.WRITE, "the default branch may write"
        if facts.ref_protected:
            return Tier.WRITE, "a protected branch may write"
        return Tier.READ, "a branch that is neither the default one nor protected may read only"
    return Tier.RENDER, f"the event {facts.event or 'without a name'} may render only"
