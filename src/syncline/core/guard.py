"""Reasons to refuse a plan.

The law: a refusal is a sentence with the way to lift it, and a refused plan does nothing at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.config.settings import GuardLimits
from syncline.core.plan import Action, Plan

_NAMED: Final = 3
"""Objects that a refusal names; the others are counted."""


class Allowance(Struct, frozen=True):
    """What the guard lets pass: limits, whether rendering to nothing is meant, and whether the Application is
    gone.

    `retired` means that the Application's file was removed and had carried the resources finalizer: deleting
    all of it is what was reviewed.
    """

    limits: GuardLimits = field(default_factory=GuardLimits)
    allow_empty: bool = False
    retired: bool = False
    approved: frozenset[str] = frozenset()


Rule = Callable[[Plan, Allowance], str]


def guarded(plan: Plan, allowance: Allowance) -> Plan:
    """The plan with every reason not to carry it out."""
    sentences = tuple(filter(None, (rule(plan, allowance) for rule in RULES)))
    return replace(plan, refusals=(*plan.refusals, *sentences))


def _nothing_rendered(plan: Plan, allowance: Allowance) -> str:
    meant = allowance.allow_empty or allowance.retired or plan.partial
    if plan.manifests or meant or not plan.inventory.keys:
        return ""
    return (
        f"{plan.app} renders to no objects at all while {len(plan.inventory.keys)} are recorded as its own; "
        "if that is meant, set syncPolicy.automated.allowEmpty: true."
    )


def _too_many_pruned(plan: Plan, allowance: Allowance) -> str:
    pruned = [change for change in plan.changes if change.action is Action.PRUNE]
    unapproved = [change for change in pruned if str(change.key) not in allowance.approved]
    limit = prune_limit(plan, allowance.limits)
    if allowance.retired or len(unapproved) <= limit:
        return ""
    return (
        f"{len(unapproved)} objects would be pruned and the limit is {limit} "
        f"(guard.maxPrune {allowance.limits.max_prune}, "
        f"guard.maxPrunePercent {allowance.limits.max_prune_percent}); "
        "raise the limit in syncline.yaml, or approve each object by name: "
        f"--approve '{unapproved[0].key}' and so on."
    )


def prune_limit(plan: Plan, limits: GuardLimits) -> int:
    """How many objects may be pruned: the smaller of the count and the percentage, rounded up."""
    present = sum(1 for change in plan.changes if change.before is not None)
    return min(limits.max_prune, math.ceil(present * limits.max_prune_percent / 100))


def _blocked(plan: Plan, _: Allowance) -> str:
    blocked = [change for change in plan.changes if change.action is Action.BLOCKED]
    if not blocked:
        return ""
    first = "; ".join(f"{change.key}: {change.why.rstrip('.')}" for change in blocked[:_NAMED])
    more = f"; and {len(blocked) - _NAMED} more" if len(blocked) > _NAMED else ""
    count = "1 object" if len(blocked) == 1 else f"{len(blocked)} objects"
    return f"{count} cannot be applied: {first}{more}."


def _unconfirmed(plan: Plan, allowance: Allowance) -> str:
    """Deleting an application waits as a whole for what asks for confirmation (Argo CD, "Delete=confirm")."""
    waiting = [change for change in plan.changes if change.action is Action.KEEP and "=confirm" in change.why]
    if not allowance.retired or not waiting:
        return ""
    first = "; ".join(f"{change.key}: {change.why}" for change in waiting[:_NAMED])
    count = "1 object asks" if len(waiting) == 1 else f"{len(waiting)} objects ask"
    return f"{count} for confirmation before {plan.app} is deleted: {first}."


RULES: tuple[Rule, ...] = (_nothing_rendered, _too_many_pruned, _blocked, _unconfirmed)
