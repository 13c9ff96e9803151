"""What may be ours in a cluster, and what we synced before.

The law: a key enters before we write the object and leaves only once the server says the object is gone.  A
crash in between leaves us knowing too much, never too little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.resource import ResourceKey


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One entry of the history: `at` is RFC 3339 in UTC, `by` the actor, `id` grows by one."""

    id: int
    revision: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The keys that may be ours and the revisions that were synced, oldest first.

    `cascades` remembers whether the Application carried the resources finalizer, for the day its file is
    gone.
    """

    app: str
    keys: frozenset[ResourceKey] = frozenset()
    history: tuple[SyncRecord, ...] = ()
    cascades: bool = False

    @property
    def revision(self) -> str:
        """The revision last synced with success, or nothing."""
        return self.history[-1].revision if self.history else ""


def intend(inventory: Inventory, desired: Iterable[ResourceKey]) -> Inventory:
    """Claim the keys we are about to write."""
    return replace(inventory, keys=inventory.keys.union(desired))


def settle(inventory: Inventory, gone: Iterable[ResourceKey]) -> Inventory:
    """Forget the keys whose objects the server says are gone."""
    return replace(inventory, keys=inventory.keys.difference(gone))


def orphans(inventory: Inventory, desired: Iterable[ResourceKey]) -> tuple[ResourceKey, ...]:
    """The prune candidates, in a stable order."""
    return tuple(sorted(inventory.keys.difference(desired)))


def record(inventory: Inventory, revision: str, *, at: str, by: str, limit: int) -> Inventory:
    """Append a successful sync, keeping the newest `limit`; syncing the recorded revision again appends
    nothing.
    """
    if inventory.revision == revision:
        return inventory
    number = inventory.history[-1].id + 1 if inventory.history else 1
    history = (*inventory.history, SyncRecord(number, revision, at, by))
    return replace(inventory, history=history[-limit:] if limit else ())
