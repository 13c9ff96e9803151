"""What may be ours in a cluster, and what we synced before.

The law: a key enters before we write the object and leaves only once the server says the object is gone.  A
crash in between leaves us knowing too much, never too little.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import ResourceKey


@dataclass(frozen=True, slots=True)
class SyncRecord:
    """One entry of the history: `at` is RFC 3339 in UTC, `by` the actor, `id` grows by one."""

    id: int
    revision: str
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Operation:
    """A sync with hooks that has begun: what a run after a crash goes on with instead of beginning anew.

    `ran` are the hook runs that succeeded, as phase and key.
    """

    revision: str
    at: str
    ran: frozenset[tuple[str, ResourceKey]] = frozenset()


@dataclass(frozen=True, slots=True)
class Hooks:
    """What is remembered of hooks, apart from the resources: they are never pruned.

    `keys` are the hook objects that may be there; `digests` what each hook said when all ran with success
    (nothing while an operation is open); `parting` that some run when the application is deleted.
    """

    keys: frozenset[ResourceKey] = frozenset()
    operation: Operation | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    parting: bool = False


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
    hooks: Hooks = Hooks()

    @property
    def revision(self) -> str:
        """The revision last synced with success, or nothing."""
        return self.history[-1].revision if self.history else ""


def intend(inventory: Inventory, desired: Iterable[ResourceKey]) -> Inventory:
    """Claim the keys we are about to write."""
    return replace(inventory, keys=inventory.keys.union(desired))


def settle(inventory: Inventory, gone: Iterable[ResourceKey]) -> Inventory:
    """Forget the keys whose objects the server says are gone."""
    left = frozenset(gone)
    hooks = inventory.hooks
    if not hooks.keys.isdisjoint(left):
        hooks = replace(hooks, keys=hooks.keys - left)
    return replace(inventory, keys=inventory.keys - left, hooks=hooks)


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


def begin(inventory: Inventory, operation: Operation | None, runs: Iterable[ResourceKey]) -> Inventory:
    """Claim the hooks we are about to make, and open their operation."""
    if operation is None:
        return inventory
    hooks = inventory.hooks
    keys = hooks.keys.union(runs)
    return replace(inventory, hooks=replace(hooks, keys=keys, operation=operation, digests={}))


def succeed(inventory: Inventory, runs: Iterable[tuple[str, ResourceKey]]) -> Inventory:
    """Remember that these runs succeeded, so that nobody repeats them in this operation."""
    operation = inventory.hooks.operation
    if operation is None:
        return inventory
    operation = replace(operation, ran=operation.ran.union(runs))
    return replace(inventory, hooks=replace(inventory.hooks, operation=operation))


def close(inventory: Inventory, digests: Mapping[str, str] | None = None) -> Inventory:
    """End the operation; after success with what the hooks said."""
    said = inventory.hooks.digests if digests is None else digests
    return replace(inventory, hooks=replace(inventory.hooks, operation=None, digests=said))
