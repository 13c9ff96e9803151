"""Changes that cannot be made in place, where `Force=true` asks for a new object.

The law: nothing is deleted to be made anew unless the manifest or the Application asks for it, and a
protected kind only with an approval that names the object.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.immutable import immutable, sealed, shrunk
from syncline.core.options import Method
from syncline.core.plan import Action, Change, Plan, Policy
from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.core.live import Prediction

_IMMUTABLE: Final = regex(
    r"immutable|cannot be changed|may not (?:be )?change|updates to .* are forbidden", re.IGNORECASE
)
_CHANGING: Final = frozenset({Action.UPDATE, Action.ADOPT})


def with_recreations(plan: Plan, policy: Policy, prediction: Prediction) -> Plan:
    """The plan with RECREATE where an update is impossible and Force is asked for."""
    changes = tuple(_forced(change, policy, prediction) for change in plan.changes)
    return replace(plan, changes=changes)


def _forced(change: Change, policy: Policy, prediction: Prediction) -> Change:
    if not change.manner.force or change.before is None:
        return change
    if change.action is Action.BLOCKED and change.key in prediction.rejected:
        if not _IMMUTABLE.search(prediction.rejected[change.key]):
            return change  # deleting it would not make the new one acceptable
        after = prediction.objects.get(change.key)
        return _recreated(replace(change, after=after), policy)
    if change.action in _CHANGING and _must(change):
        return _recreated(change, policy)
    return change


def _must(change: Change) -> bool:
    # `kubectl replace --force` always deletes first.
    replaced = change.manner.method is Method.REPLACE
    return replaced or any(True for rule in (immutable, sealed, shrunk) for _ in rule(change))


def _recreated(change: Change, policy: Policy) -> Change:
    if change.key.group_kind in policy.protected_kinds and not policy.approves(change.key):
        why = (
            f"Force=true would delete it and make it anew, and {change.key.group_kind} is protected; "
            f"approve with --approve '{change.key}'"
        )
        return replace(change, action=Action.BLOCKED, why=why)
    return replace(change, action=Action.RECREATE, why="Force=true: it cannot be changed in place")
