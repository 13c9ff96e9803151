"""An application's inventory as the server has it, while a plan is carried out.

The law: it is written only in the place of the very version that was read, so no run overwrites what another
one has recorded; a part of a sync begins and records nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline import __version__
from syncline.core.applyset import Owner, encode
from syncline.core.inventory import (
    Ancestor,
    Attempt,
    Cause,
    Heal,
    Inventory,
    SyncRecord,
    begin,
    close,
    intend,
    record,
)
from syncline.errors import ApiError, ClusterError
from syncline.ports import ApiResource, Cluster

if TYPE_CHECKING:
    from syncline.core.plan import Plan
    from syncline.core.resource import Body

PARENT: Final = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
_CONFLICT: Final = 409


class Claim(Struct, frozen=True):
    """Whose plan it is, the parent ConfigMap as it was read (None before the first sync), and what to
    remember: why it is carried out, up to which commit of Git that accounts for what changed, and what was
    healed how often (None leaves it as it is).
    """

    owner: Owner
    parent: Body | None
    history_limit: int = 10
    cascades: bool = False
    ancestors: tuple[Ancestor, ...] | None = None
    has_children: bool = False
    cause: Cause = Cause.SYNC
    upto: str = ""
    heals: tuple[Heal, ...] | None = None


class Ledger:
    """What is remembered of one application; `saved` is what the server has of it by now."""

    def __init__(self, plan: Plan, claim: Claim, cluster: Cluster, by: str) -> None:
        self.saved = plan.inventory
        self._plan = plan
        self._claim = claim
        self._cluster = cluster
        self._parent = claim.parent
        self._by = by

    def claim(self, at: str) -> None:
        """Save what is about to be ours and that it was begun, before the first write."""
        plan = self._plan
        inventory = intend(self.saved, (manifest.key for manifest in plan.manifests))
        if not plan.partial:
            attempt = Attempt(plan.revision, at, self._by, self._claim.cause)
            inventory = replace(self._healed(inventory), attempt=attempt)
        self.save(begin(inventory, plan.operation, [run.key for run in plan.runs]))

    def recorded(self, inventory: Inventory, at: str) -> Inventory:
        """The inventory after a success."""
        plan, claim = self._plan, self._claim
        inventory = intend(inventory, (manifest.key for manifest in plan.manifests))
        inventory = close(self._healed(inventory), plan.digests)
        hooks = replace(inventory.hooks, parting=plan.parting)
        inventory = replace(
            inventory,
            cascades=claim.cascades,
            ancestors=claim.ancestors,
            # Those of an earlier revision may still be there, kept.
            has_children=inventory.has_children or claim.has_children,
            hooks=hooks,
        )
        if claim.cause is Cause.HEAL and not plan.writes:
            return replace(inventory, attempt=None)
        entry = SyncRecord(0, plan.revision, at, self._by, claim.cause, claim.upto)
        return record(inventory, entry, limit=claim.history_limit)

    def save(self, inventory: Inventory) -> None:
        """Write it, where there is something new. Raises ClusterError."""
        if self._parent is not None and inventory == self.saved:
            return
        if self._parent is None and inventory == Inventory(inventory.app):
            return
        body = encode(inventory, self._claim.owner, __version__)
        version = ((self._parent or {}).get("metadata") or {}).get("resourceVersion")
        if version:
            # The server refuses the one of two runs that read an older parent.
            body = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        try:
            self._parent = self._cluster.apply(PARENT, body)
        except ApiError as error:
            if error.code != _CONFLICT:
                raise
            raise ClusterError(
                f"Another run wrote the inventory of {inventory.app} in the meantime.", remedy="Run it again."
            ) from error
        self.saved = inventory

    def _healed(self, inventory: Inventory) -> Inventory:
        heals = self._claim.heals
        return inventory if heals is None else replace(inventory, heals=heals)
