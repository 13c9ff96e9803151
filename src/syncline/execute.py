"""The only code that writes to a cluster, with `writer` for one object, `hook_runner` for hooks and `act` for
resource actions.

The law: what is about to be ours is claimed before the first write, and leaves the inventory only when the
server says it is gone; whatever ends the run, the events say what was done and what was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.core.health import Assess, Health, HealthStatus, assess, is_ignored
from syncline.core.hooks import HOOK_OF_LABEL
from syncline.core.inventory import close, settle, succeed
from syncline.core.plan import Action, Change, Plan
from syncline.core.resource import Body, ResourceKey
from syncline.core.schedule import Stage, Step, rescue, schedule
from syncline.core.verdict import Assessed, Done, Event, Failed, Halted, SyncResult, fold, left_ill
from syncline.errors import ApiError, ClusterError, Interrupted
from syncline.hook_runner import HookRunner
from syncline.kube.waiting import Awaited, Patience, Waiter
from syncline.ledger import Claim, Ledger
from syncline.runtime import each
from syncline.writer import Writer, told, uid_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from syncline.ports import ApiResource, Clock, Cluster

_CRD = "CustomResourceDefinition.apiextensions.k8s.io"
_GRACE = 60.0
"""Seconds that the hooks of SyncFail get, also when the time for everything else is up."""


class Means(Struct, frozen=True):
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


def execute(plan: Plan, claim: Claim, means: Means, emit: Callable[[Event], None]) -> SyncResult:
    """Carry the plan out, telling each event as it happens.

    Never raises for what a cluster does: a refusal, a server that is gone and a request to stop all become
    events. What breaks off by a mistake of ours is raised, and is not recorded as a success.
    """
    run = _Execution(plan, claim, means, emit)
    try:
        run.carry_out()
    except Interrupted as error:
        run.halt(f"{error.message} Run it again to finish what is left.", interrupted=True)
    except ClusterError as error:
        run.halt_for(error)
    except BaseException:
        run.is_whole = False
        raise
    finally:
        run.settle()
    return fold(run.events)


class _Execution:
    """One run of one plan: the events so far, and the inventory as the server has it."""

    def __init__(self, plan: Plan, claim: Claim, means: Means, emit: Callable[[Event], None]) -> None:
        self.events: list[Event] = []
        self.is_whole = True
        self._plan = plan
        self._claim = claim
        self._means = means
        self._tell = emit
        self._patience = Patience(means.clock.monotonic() + means.seconds, means.clock, means.check)
        self._manifests = {manifest.key: manifest for manifest in plan.manifests}
        self._gone = {change.key for change in plan.changes if change.action is Action.FORGET}
        self._writer = Writer(means.cluster, plan.options.propagation)
        self._hooks = HookRunner(plan, claim.owner, self._writer, means.clock, self._emit)
        self._ledger = Ledger(plan, claim, means.cluster, means.by)
        self._has_home = not plan.unrecorded

    def carry_out(self) -> None:
        """Claim, then stage after stage; ends early when one fails, and lets the hooks of SyncFail run."""
        self._means.check()
        founding = self._founding()
        if founding:
            self._has_home = self._apply_group(founding, _Pending())
            if not self._has_home:
                return
        # Another tool's parent becomes ours by the claim itself.
        parents = tuple(c for c in self._plan.changes if c.key == self._claim.owner.parent_key)
        if self._plan.writes or self._plan.runs:
            self._means.hold()
            self._ledger.claim(self._now())
            for change in parents:
                self._emit(Done(change.key, change.action, self._now()))
        stages, skip = schedule(self._plan), (*founding, *parents)
        sound = all(self._run_stage(stage, skip=skip, last=stage is stages[-1]) for stage in stages)
        fail = None if sound else rescue(self._plan)
        if fail is not None:
            until = max(self._patience.until, self._means.clock.monotonic() + _GRACE)
            self._patience = Patience(until, self._means.clock, self._means.check)
            self._run_stage(fail, skip=(), last=True)
        self._hooks.tidy(succeeded=sound)

    def settle(self) -> None:
        """Forget what is gone and, after success, record the revision; a failure to save is an event too."""
        inventory = settle(self._ledger.saved, self._gone | self._hooks.gone)
        result = fold(self.events)
        is_stopped = not self.is_whole or (result.halted is not None and result.halted.interrupted)
        if result.succeeded and not is_stopped and not self._plan.partial:
            inventory = self._ledger.recorded(inventory, self._now())
        elif not self._plan.partial and not is_stopped:
            # Who was stopped will go on with this operation; who failed begins a new one.
            inventory = close(inventory)
        try:
            if self._has_home:
                self._ledger.save(inventory)
        except ClusterError as error:
            self.halt(f"The inventory could not be saved: {error}")

    def halt(self, message: str, *, interrupted: bool = False) -> None:
        """End the run with this sentence."""
        self._emit(Halted(message, self._now(), interrupted=interrupted))

    def halt_for(self, error: ClusterError) -> None:
        """End the run because the cluster does not answer, which a request to stop may be the reason of."""
        try:
            self._means.check()
        except Interrupted as stop:
            self.halt(f"{stop.message} Run it again to finish what is left.", interrupted=True)
        except ClusterError as stop:
            self.halt(str(stop))  # such as another run that has taken over meanwhile
        else:
            self.halt(str(error))

    def _founding(self) -> tuple[Change, ...]:
        # The Namespace that the parent lives in is the one object that precedes the claim.
        key = ResourceKey("", "Namespace", "", self._claim.owner.namespace)
        return tuple(c for c in self._plan.changes if c.key == key and c.action is Action.CREATE)

    def _run_stage(self, stage: Stage, *, skip: tuple[Change, ...], last: bool) -> bool:
        if not self._prune(stage.prunes) or not self._make_room(stage):
            return self._ended(stage, sound=False, last=last)
        sound = True
        pending = _Pending()
        for group in stage.kind_groups:
            self._means.check()
            # A failed kind group does not stop the others of its wave; only later waves are withheld (Argo
            # CD).
            sound = self._apply_group([step for step in group if step not in skip], pending) and sound
        for change in stage.watched:
            self._see(change.key, change.before or {}, pending)
        sound = self._wait(Awaited(pending.healthy, pending.hooks, suspended_is_done=last)) and sound
        return self._ended(stage, sound=self._judge(stage) and sound, last=last)

    def _ended(self, stage: Stage, *, sound: bool, last: bool) -> bool:
        if not (sound or last):
            where = "" if stage.phase.value == "Sync" else f" of {stage.phase.value}"
            self.halt(f"Wave {stage.wave}{where} did not succeed, so what comes after it was not started.")
        return sound

    def _make_room(self, stage: Stage) -> bool:
        due = [run for run in stage.runs if self._hooks.due(run)]
        sound, leaving = self._hooks.clear(due)
        if not leaving:
            return sound
        # A hook that Argo CD or a chart left behind does not carry our label.
        waiting = Awaited(gone={key: (each.resource, each.uid) for key, each in leaving.items()})
        return self._wait(waiting, selector="") and sound

    def _judge(self, stage: Stage) -> bool:
        """Say which hooks failed, and remember those that succeeded."""
        due = [run for run in stage.runs if self._hooks.due(run)]
        seen = fold(self.events)
        failed = {event.key for event in seen.failed}
        late = {event.key for event in seen.overdue}
        for run in due:
            health = seen.health.get(run.key)
            if health and health.status >= HealthStatus.DEGRADED and run.key not in late:
                self._hooks.fail(run, health.message or health.status.label)
                failed.add(run.key)
        good = [run.id for run in due if run.key not in failed | late]
        if good:
            self._ledger.save(succeed(settle(self._ledger.saved, self._hooks.gone), good))
        return len(good) == len(due)

    def _apply_group(self, steps: Sequence[Step], pending: _Pending) -> bool:
        sound = all(each(lambda step: self._take(step, pending), steps, workers=self._means.workers))
        if sound and steps and steps[0].key.group_kind == _CRD:
            established = {
                key: pending.healthy.pop(key) for key in list(pending.healthy) if key.group_kind == _CRD
            }
            sound = self._wait(Awaited(healthy=established))
            self._means.cluster.rediscover()
        return sound

    def _take(self, step: Step, pending: _Pending) -> bool:
        self._means.check()
        if isinstance(step, Change):
            return self._apply(step, pending)
        body = self._hooks.start(step) if self._hooks.due(step) else {}
        if body:
            self._see(step.key, body, pending, hook=True)
        return body is not None

    def _apply(self, change: Change, pending: _Pending) -> bool:
        manifest = self._manifests.get(change.key)
        desired = manifest.body if manifest else change.sent or change.after or {}
        try:
            before = None if self._removed(change) else change.before
            body = self._writer.write(change.key, desired, change.manner, before)
        except ClusterError as error:
            return self._failed(change, error)
        self._emit(Done(change.key, change.action, self._now()))
        self._see(change.key, body, pending)
        return True

    def _removed(self, change: Change) -> bool:
        """Take away what is to be made anew; whether that was asked for. Raises ApiError when it stays."""
        if change.action is not Action.RECREATE:
            return False
        before = change.before or {}
        if self._writer.delete(change.key, before) is not None:
            gone = {change.key: (self._writer.resource(change.key, before), uid_of(before))}
            if not self._wait(Awaited(gone=gone)):
                raise ApiError("the old object is still there", code=409, reason="Conflict")
        return True

    def _prune(self, changes: tuple[Change, ...]) -> bool:
        if not all(each(self._delete, changes, workers=self._means.workers)):
            return False
        leaving = {
            change.key: (self._writer.resource(change.key, change.before or {}), uid_of(change.before))
            for change in changes
            if change.key not in self._gone
        }
        return self._wait(Awaited(gone=leaving))

    def _delete(self, change: Change) -> bool:
        self._means.check()
        try:
            remaining = self._writer.delete(change.key, change.before or {})
        except ClusterError as error:
            return self._failed(change, error)
        self._emit(Done(change.key, change.action, self._now()))
        if remaining is None:
            self._gone.add(change.key)
        return True

    def _failed(self, change: Change, error: ClusterError) -> bool:
        """Tell it; goes on raising what the next object would meet, too."""
        message, meets_all = told(error)
        self._emit(Failed(change.key, change.action, message, self._now()))
        if meets_all:
            raise error
        return False

    def _see(self, key: ResourceKey, body: Body, pending: _Pending, *, hook: bool = False) -> None:
        """Assess an object at hand; what is still on its way is left to the watch."""
        health = self._means.assess(body)
        if health is None or (is_ignored(body) and not hook):
            return
        self._emit(Assessed(key, health, self._now()))
        # A Degraded read before or just after the apply may be the old generation's, so it is watched once
        # more.
        if health.status is not HealthStatus.HEALTHY:
            (pending.hooks if hook else pending.healthy)[key] = self._writer.resource(key, body)

    def _wait(self, awaited: Awaited, selector: str | None = None) -> bool:
        if not (awaited.healthy or awaited.gone or awaited.hooks):
            return True
        owner = self._claim.owner
        waiter = Waiter(
            self._means.cluster,
            replace(
                awaited,
                hook_selector=f"{HOOK_OF_LABEL}={owner.id}",
                seen=fold(self.events).health,
                doubtful=left_ill(self.events),
            ),
            selector=owner.selector if selector is None else selector,
            patience=self._patience,
            assess=self._means.assess,
        )
        for event in waiter.events():
            self._emit(event)
        self._gone |= waiter.gone
        seen = fold(self.events)
        late = {event.key for event in seen.overdue}
        waited = {*awaited.healthy, *awaited.gone}
        return late.isdisjoint(waited) and _worst(seen, awaited.healthy) < HealthStatus.MISSING

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self._tell(event)

    def _now(self) -> str:
        return self._means.clock.now()


class _Pending(Struct):
    """What a stage still waits for."""

    healthy: dict[ResourceKey, ApiResource] = field(default_factory=dict)
    hooks: dict[ResourceKey, ApiResource] = field(default_factory=dict)


def _worst(result: SyncResult, keys: Iterable[ResourceKey]) -> HealthStatus:
    fine = Health(HealthStatus.HEALTHY)
    return max((result.health.get(key, fine).status for key in keys), default=HealthStatus.HEALTHY)
