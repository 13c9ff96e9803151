"""What may be ours in a cluster, and what we synced before.

The law: a key enters before we write the object and leaves only once the server says the object is gone.  A
crash in between leaves us knowing too much, never too little; and what was begun is known to be unfinished
until it has succeeded.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import ResourceKey


class Cause(Enum):
    """Why a revision was synced."""

    SYNC = "sync"
    ROLLBACK = "rollback"
    HEAL = "heal"


class SyncRecord(Struct, frozen=True):
    """One entry of the history: `at` is RFC 3339 in UTC, `by` the actor, `id` grows by one.

    `upto` is the commit up to which Git's changes were accounted for: after a rollback it is later than
    `revision`, because what came between was taken back on purpose.  Empty means `revision` itself.
    """

    id: int
    revision: str
    at: str
    by: str
    cause: Cause = Cause.SYNC
    upto: str = ""


class Attempt(Struct, frozen=True):
    """A sync that was begun and has not succeeded (yet): it failed, was stopped, or its process died."""

    revision: str
    at: str
    by: str
    cause: Cause = Cause.SYNC


class Heal(Struct, frozen=True):
    """A field that was healed: `times` in a row, last `at`, and who had changed it then."""

    key: ResourceKey
    path: str
    times: int
    at: str
    manager: str = ""


class Operation(Struct, frozen=True):
    """A sync with hooks that has begun: what a run after a crash goes on with instead of beginning anew.

    `ran` are the hook runs that succeeded, as phase and key.
    """

    revision: str
    at: str
    ran: frozenset[tuple[str, ResourceKey]] = frozenset()


class Hooks(Struct, frozen=True):
    """What is remembered of hooks, apart from the resources: they are never pruned.

    `keys` are the hook objects that may be there; `digests` what each hook said when all ran with success
    (nothing while an operation is open); `parting` that some run when the application is deleted.
    """

    keys: frozenset[ResourceKey] = frozenset()
    operation: Operation | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    parting: bool = False


class Ancestor(Struct, frozen=True):
    """Who had an application when it was last synced: the Application that rendered it or, with `is_set`, the
    ApplicationSet that made it; `cascades` says whether it carried the resources finalizer itself.
    """

    name: str
    is_set: bool = False
    cascades: bool = False


class Inventory(Struct, frozen=True):
    """The keys that may be ours and the revisions that were synced, oldest first.

    `cascades` remembers whether the Application carried the resources finalizer, and `ancestors` who had it,
    the nearest first, for the day it is gone (None in a record that an older version wrote). `has_children`
    says that it rendered Applications once, so that those it renders no longer are looked for.
    """

    app: str
    keys: frozenset[ResourceKey] = frozenset()
    history: tuple[SyncRecord, ...] = ()
    cascades: bool = False
    attempt: Attempt | None = None
    heals: tuple[Heal, ...] = ()
    hooks: Hooks = Hooks()
    ancestors: tuple[Ancestor, ...] | None = None
    has_children: bool = False

    @property
    def revision(self) -> str:
        """The revision last synced with success, or nothing."""
        return self.history[-1].revision if self.history else ""

    @property
    def accounted(self) -> str:
        """The commit since which a change to the application is news."""
        return (self.history[-1].upto or self.history[-1].revision) if self.history else ""

    @property
    def held_back(self) -> SyncRecord | None:
        """The rollback that keeps the application at an older revision than Git's."""
        last = next((entry for entry in reversed(self.history) if entry.cause is not Cause.HEAL), None)
        return last if last is not None and last.cause is Cause.ROLLBACK and last.upto else None


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


def record(inventory: Inventory, entry: SyncRecord, *, limit: int) -> Inventory:
    """Append a success (its id is given here) and close the attempt, keeping the newest `limit`.

    Syncing the recorded revision again appends nothing.  Heals are kept apart, so that a nightly heal does
    not push out the revisions to go back to; the last entry is kept in any case, because it says where the
    application stands.
    """
    done = replace(inventory, attempt=None)
    if entry.cause is Cause.SYNC and (inventory.revision, inventory.accounted) == (entry.revision,) * 2:
        return done
    number = inventory.history[-1].id + 1 if inventory.history else 1
    upto = inventory.accounted if entry.cause is Cause.HEAL else entry.upto
    upto = "" if upto == entry.revision else upto
    history = (*inventory.history, replace(entry, id=number, upto=upto))
    return replace(done, history=_newest(history, max(limit, 1)))


def _newest(history: tuple[SyncRecord, ...], limit: int) -> tuple[SyncRecord, ...]:
    heals = [entry for entry in history if entry.cause is Cause.HEAL][-limit:]
    others = [entry for entry in history if entry.cause is not Cause.HEAL][-limit:]
    return tuple(sorted((*heals, *others), key=lambda entry: entry.id))


def earlier(inventory: Inventory) -> str:
    """The revision that a rollback without a name goes to; nothing where there is none.

    After a sync that did not succeed that is the last success, after a rollback that did not, the same again.
    Otherwise it is the one below the current
    one: a rollback takes back what it went over, so rolling back twice goes back two.
    """
    stack, attempt = _stack(inventory.history), inventory.attempt
    if attempt is not None and attempt.cause is Cause.ROLLBACK:
        return attempt.revision
    if attempt is not None and attempt.revision != inventory.revision:
        return stack[-1] if stack else ""
    return stack[-2] if len(stack) > 1 else ""


def _stack(history: Iterable[SyncRecord]) -> list[str]:
    stack: list[str] = []
    for entry in history:
        if entry.cause is Cause.ROLLBACK and entry.revision in stack:
            while stack[-1] != entry.revision:
                stack.pop()
        elif not stack or stack[-1] != entry.revision:
            stack.append(entry.revision)
    return stack


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
