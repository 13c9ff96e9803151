"""The only code that writes to a cluster.

The law: what is about to be ours is claimed before the first write, and leaves the inventory only when the
server says it is gone; whatever ends the run, the events say what was done and what was not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from syncline import __version__
from syncline.core.applyset import Owner, encode
from syncline.core.health import Assess, Health, HealthStatus, assess, is_ignored
from syncline.core.inventory import (
    Attempt,
    Cause,
    Heal,
    Inventory,
    SyncRecord,
    intend,
    record,
    settle,
)
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import Body, ResourceKey
from syncline.core.schedule import Stage, schedule
from syncline.core.verdict import Assessed, Done, Event, Failed, Halted, SyncResult, fold
from syncline.errors import ApiError, ClusterError, Interrupted
from syncline.kube.handover import take_over_fields
from syncline.kube.waiting import Awaited, Patience, Waiter
from syncline.ports import ApiResource, Clock, Cluster
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_CRD = "CustomResourceDefinition.apiextensions.k8s.io"
_PARENT = ApiResource("", "v1", "ConfigMap", "configmaps", namespaced=True)
_CONFLICT = 409


@dataclass(frozen=True, slots=True)
class Means:
    """With what a plan is carried out.

    `check` raises Interrupted when the run was asked to stop, and ClusterError when another run took over;
    `hold` makes sure of that before the claim. `seconds` is the time all waiting together may take; `by` is
    who is written into the history.
    """

    cluster: Cluster
    clock: Clock
    check: Callable[[], None]
    seconds: float
    workers: int = 16
    by: str = ""
    assess: Assess = assess
    hold: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose plan it is, the parent ConfigMap as it was read (None before the first sync), and what to
    remember: why it is carried out, up to which commit of Git that accounts for what changed, and what was
    healed how often (None leaves it as it is).
    """

    owner: Owner
    parent: Body | None
    history_limit: int = 10
    cascades: bool = False
    cause: Cause = Cause.SYNC
    upto: str = ""
    heals: tuple[Heal, ...] | None = None


def execute(plan: Plan, claim: Claim, means: Means, emit: Callable[[Event], None]) -> SyncResult:
    """Carry the plan out, telling each event as it happens.

    Never raises for what a cluster does: a refusal, a server that is gone and a request to stop all become
    events.
    """
    run = _Execution(plan, claim, means, emit)
    try:
        run.carry_out()
    except Interrupted as error:
        run.halt(f"{error.message} Run it again to finish what is left.", interrupted=True)
    except ClusterError as error:
        run.halt(str(error))
    finally:
        run.settle()
    return fold(run.events)


class _Execution:
    """One run of one plan: the events so far, and the inventory as the server has it."""

    def __init__(self, plan: Plan, claim: Claim, means: Means, emit: Callable[[Event], None]) -> None:
        self.events: list[Event] = []
        self._plan = plan
        self._claim = claim
        self._means = means
        self._tell = emit
        self._patience = Patience(means.clock.monotonic() + means.seconds, means.clock, means.check)
        self._manifests = {manifest.key: manifest for manifest in plan.manifests}
        self._gone = {change.key for change in plan.changes if change.action is Action.FORGET}
        self._parent = claim.parent
        self._saved = plan.inventory
        self._has_home = True

    def carry_out(self) -> None:
        """Claim, then stage after stage; ends early when one fails."""
        self._means.check()
        founding = self._founding()
        if founding:
            self._has_home = self._apply_group(founding)
            if not self._has_home:
                return
        if self._plan.writes:
            self._means.hold()
            self._save(self._begun(intend(self._saved, self._manifests)))
            for change in self._taken_over():
                self._emit(Done(change.key, change.action, self._now()))
        stages = schedule(self._plan)
        for stage in stages:
            if not self._run_stage(stage, skip=(*founding, *self._taken_over()), last=stage is stages[-1]):
                return

    def settle(self) -> None:
        """Forget what is gone and, after success, record the revision; a failure to save is an event too."""
        inventory = settle(self._saved, self._gone)
        if fold(self.events).succeeded:
            inventory = self._recorded(intend(inventory, self._manifests))
        try:
            if self._has_home:
                self._save(inventory)
        except ClusterError as error:
            self.halt(f"The inventory could not be saved: {error}")

    def halt(self, message: str, *, interrupted: bool = False) -> None:
        """End the run with this sentence."""
        self._emit(Halted(message, self._now(), interrupted=interrupted))

    def _founding(self) -> tuple[Change, ...]:
        # The Namespace that the parent lives in is the one object that precedes the claim.
        key = ResourceKey("", "Namespace", "", self._claim.owner.namespace)
        return tuple(c for c in self._plan.changes if c.key == key and c.action is Action.CREATE)

    def _taken_over(self) -> tuple[Change, ...]:
        # Another tool's parent becomes ours by the claim itself.
        return tuple(c for c in self._plan.changes if c.key == self._claim.owner.parent_key)

    def _begun(self, inventory: Inventory) -> Inventory:
        attempt = Attempt(self._plan.revision, self._now(), self._means.by, self._claim.cause)
        heals = inventory.heals if self._claim.heals is None else self._claim.heals
        return replace(inventory, attempt=attempt, heals=heals)

    def _recorded(self, inventory: Inventory) -> Inventory:
        claim = self._claim
        known = replace(inventory, cascades=claim.cascades)
        if claim.heals is not None:
            known = replace(known, heals=claim.heals)
        if claim.cause is Cause.HEAL and not self._plan.writes:
            return replace(known, attempt=None)
        entry = SyncRecord(0, self._plan.revision, self._now(), self._means.by, claim.cause, claim.upto)
        return record(known, entry, limit=claim.history_limit)

    def _run_stage(self, stage: Stage, *, skip: tuple[Change, ...], last: bool) -> bool:
        if not self._prune(stage.prunes):
            return False
        sound = True
        pending: dict[ResourceKey, ApiResource] = {}
        for group in stage.kind_groups:
            self._means.check()
            due = tuple(change for change in group if change not in skip)
            # A failed kind group does not stop the others of its wave; only later waves are withheld (Argo
            # CD).
            sound = self._apply_group(due, pending) and sound
        for change in stage.watched:
            self._see(change.key, change.before or {}, pending)
        sound = self._wait(Awaited(healthy=pending, suspended_is_done=last)) and sound
        if not (sound or last):
            self.halt(f"Wave {stage.wave} did not succeed, so the later waves were not started.")
        return sound

    def _apply_group(
        self, changes: tuple[Change, ...], pending: dict[ResourceKey, ApiResource] | None = None
    ) -> bool:
        later = {} if pending is None else pending
        sound = all(each(lambda change: self._apply(change, later), changes, workers=self._means.workers))
        if sound and changes and changes[0].key.group_kind == _CRD:
            established = {key: later.pop(key) for key in list(later) if key.group_kind == _CRD}
            sound = self._wait(Awaited(healthy=established))
            self._means.cluster.rediscover()
        return sound

    def _apply(self, change: Change, pending: dict[ResourceKey, ApiResource]) -> bool:
        manifest = self._manifests.get(change.key)
        desired = manifest.body if manifest else change.after or {}
        try:
            resource = self._resource(change.key, desired)
            if change.handover:
                take_over_fields(self._means.cluster, resource, change)
            body = self._means.cluster.apply(resource, desired)
        except ApiError as error:
            self._emit(Failed(change.key, change.action, error.message, self._now()))
            return False
        self._emit(Done(change.key, change.action, self._now()))
        self._see(change.key, body, pending)
        return True

    def _prune(self, changes: tuple[Change, ...]) -> bool:
        if not all(each(self._delete, changes, workers=self._means.workers)):
            return False
        leaving = {
            change.key: (self._resource(change.key, change.before or {}), _uid(change.before))
            for change in changes
            if change.key not in self._gone
        }
        return self._wait(Awaited(gone=leaving))

    def _delete(self, change: Change) -> bool:
        try:
            resource = self._resource(change.key, change.before or {})
            remaining = self._means.cluster.delete(resource, change.key, uid=_uid(change.before))
        except ApiError as error:
            self._emit(Failed(change.key, change.action, error.message, self._now()))
            return False
        self._emit(Done(change.key, change.action, self._now()))
        if remaining is None:
            self._gone.add(change.key)
        return True

    def _see(self, key: ResourceKey, body: Body, pending: dict[ResourceKey, ApiResource]) -> None:
        """Assess an object at hand; what is still on its way is left to the watch."""
        health = self._means.assess(body)
        if health is None or is_ignored(body):
            return
        self._emit(Assessed(key, health, self._now()))
        # A Degraded read before or just after the apply may be the old generation's, so it is watched once
        # more.
        if health.status is not HealthStatus.HEALTHY:
            pending[key] = self._resource(key, body)

    def _wait(self, awaited: Awaited) -> bool:
        if not (awaited.healthy or awaited.gone):
            return True
        waiter = Waiter(
            self._means.cluster,
            awaited,
            selector=self._claim.owner.selector,
            patience=self._patience,
            assess=self._means.assess,
        )
        for event in waiter.events():
            self._emit(event)
        self._gone |= waiter.gone
        seen = fold(self.events)
        return not (seen.overdue or _worst(seen, awaited.healthy) >= HealthStatus.MISSING)

    def _resource(self, key: ResourceKey, body: Body) -> ApiResource:
        version = str(body.get("apiVersion") or "").rpartition("/")[2]
        resource = self._means.cluster.resource(key.group, key.kind, version)
        if resource is None:
            raise ApiError(
                f"The cluster does not serve {key.group_kind} in version {version or '?'}.",
                code=404,
                reason="NotFound",
                remedy="Install its CustomResourceDefinition first, or correct the apiVersion.",
            )
        return resource

    def _save(self, inventory: Inventory) -> None:
        if self._parent is not None and inventory == self._saved:
            return
        if self._parent is None and not inventory.keys and not inventory.history:
            return
        body = encode(inventory, self._claim.owner, __version__)
        version = _metadata(self._parent).get("resourceVersion")
        if version:
            # Two runs must not overwrite each other's record: the server refuses the one that read an older
            # parent.
            body = {**body, "metadata": {**body["metadata"], "resourceVersion": version}}
        try:
            self._parent = self._means.cluster.apply(_PARENT, body)
        except ApiError as error:
            if error.code != _CONFLICT:
                raise
            raise ClusterError(
                f"Another run wrote the inventory of {inventory.app} in the meantime.", remedy="Run it again."
            ) from error
        self._saved = inventory

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self._tell(event)

    def _now(self) -> str:
        return self._means.clock.now()


def _worst(result: SyncResult, keys: Iterable[ResourceKey]) -> HealthStatus:
    fine = Health(HealthStatus.HEALTHY)
    return max((result.health.get(key, fine).status for key in keys), default=HealthStatus.HEALTHY)


def _metadata(body: Body | None) -> Body:
    return (body or {}).get("metadata") or {}


def _uid(body: Body | None) -> str:
    return str(_metadata(body).get("uid") or "")
