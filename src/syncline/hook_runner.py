"""What is done to the objects of hooks.

The law: a hook's object is made at most once for each phase of an operation, whatever process comes to it;
it is never anybody else's object that is deleted for it; and its policy, not a crash, decides how long it
stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.applyset import claimed_by
from syncline.core.hooks import DeletePolicy, HookRun, hook_of, is_hook, run_mark
from syncline.core.plan import Action
from syncline.core.verdict import Done, Event, Failed
from syncline.errors import ApiError, ClusterError
from syncline.writer import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from syncline.core.applyset import Owner
    from syncline.core.plan import Plan
    from syncline.core.resource import Body, ResourceKey
    from syncline.ports import ApiResource, Clock
    from syncline.writer import Writer

_BEFORE: Final = DeletePolicy.BEFORE_HOOK_CREATION


class Leaving(Struct, frozen=True):
    """An object on its way out, to be waited for before its successor is made."""

    resource: ApiResource
    uid: str


class HookRunner:
    """The hooks of one plan; `gone` are the hook objects that the server says are no more."""

    def __init__(
        self, plan: Plan, owner: Owner, writer: Writer, clock: Clock, emit: Callable[[Event], None]
    ) -> None:
        self.gone: set[ResourceKey] = set()
        self._plan = plan
        self._owner = owner
        self._writer = writer
        self._clock = clock
        self._emit = emit
        self._made: dict[ResourceKey, HookRun] = {}
        self._begun: dict[ResourceKey, Body] = {}
        self._ran = plan.operation.ran if plan.operation else frozenset()

    def due(self, run: HookRun) -> bool:
        """Whether this run has not succeeded yet in this operation."""
        return run.id not in self._ran

    def clear(self, runs: Iterable[HookRun]) -> tuple[bool, dict[ResourceKey, Leaving]]:
        """Make room for these hooks: whether nothing was in the way, and the objects that are leaving."""
        leaving: dict[ResourceKey, Leaving] = {}
        sound = True
        for run in runs:
            try:
                leaving |= self._make_room(run)
            except ApiError as error:
                self._failed(run.key, error.message)
                sound = False
        return sound, leaving

    def start(self, run: HookRun) -> Body | None:
        """Make the hook's object, unless this very run was begun already; None when that failed."""
        self._made[run.key] = run
        begun = self._begun.pop(run.key, None)
        if begun is not None:
            return begun
        try:
            manner = self._plan.options.manner(run.body, None)
            body = self._writer.write(run.key, run.body, manner, None)
        except ClusterError as error:
            message, meets_all = told(error)
            self._failed(run.key, message)
            if meets_all:
                raise
            return None
        self.gone.discard(run.key)
        self._emit(Done(run.key, Action.RUN, self._clock.now()))
        return body

    def fail(self, run: HookRun, message: str) -> None:
        """Say that a hook ended badly."""
        self._failed(run.key, f"the {run.phase.value} hook failed: {message}")

    def tidy(self, *, succeeded: bool) -> None:
        """Delete what the policies say, now that the sync has ended, and the objects of former hooks.

        Nothing is waited for: what is still going stays recorded and is looked at again by the next sync.
        """
        due = DeletePolicy.HOOK_SUCCEEDED if succeeded else DeletePolicy.HOOK_FAILED
        for run in self._runs():
            if due in run.policies:
                self._discard(run.key, self._live(run))
        for change in self._plan.debris if succeeded else ():
            self._discard(change.key, change.before)

    def _runs(self) -> Iterable[HookRun]:
        # Also those that an earlier process of this operation made.
        earlier = {run.key: run for run in self._plan.runs if not self.due(run)}
        return {**earlier, **self._made}.values()

    def _make_room(self, run: HookRun) -> dict[ResourceKey, Leaving]:
        live = self._live(run)
        found: dict[ResourceKey, Body] = {run.key: live} if live else {}
        if live is not None and run_mark(live) == run.mark:
            self._begun[run.key] = live
            return {}
        if live is not None and not self._is_ours(live):
            raise ApiError(
                f"{run.key} is there already and is no hook of {self._plan.app}.",
                code=409,
                reason="AlreadyExists",
            )
        if _BEFORE not in run.policies:
            return {}
        found |= self._predecessors(run)
        return {key: leaving for key, body in found.items() if (leaving := self._remove(key, body))}

    def _predecessors(self, run: HookRun) -> dict[ResourceKey, Body]:
        """What earlier syncs made of a hook with generateName: their names differ from this one's."""
        generated = (run.body.get("metadata") or {}).get("generateName")
        if not generated:
            return {}
        return {
            change.key: change.before
            for change in self._plan.hooks
            if change.before is not None
            and change.key != run.key
            and (change.key.kind, change.key.namespace) == (run.key.kind, run.key.namespace)
            and (change.before.get("metadata") or {}).get("generateName") == generated
            and not run_mark(change.before).startswith(run.mark.rpartition("/")[0])
        }

    def _is_ours(self, live: Body) -> bool:
        if claimed_by(live):
            return claimed_by(live) == self._owner.id
        return hook_of(live) in {"", self._owner.id} and (is_hook(live) or bool(hook_of(live)))

    def _remove(self, key: ResourceKey, body: Body) -> Leaving | None:
        remaining = self._writer.delete(key, body)
        if remaining is None:
            self.gone.add(key)
            return None
        metadata = body.get("metadata") or {}
        return Leaving(self._writer.resource(key, body), str(metadata.get("uid") or ""))

    def _discard(self, key: ResourceKey, body: Body | None) -> None:
        try:
            if body is None:
                self.gone.add(key)
            elif self._is_ours(body):
                self._remove(key, body)
        except ApiError as error:
            self._failed(key, f"it could not be cleaned up: {error.message}", action=Action.PRUNE)

    def _live(self, run: HookRun) -> Body | None:
        resource = self._writer.cluster.resource(run.key.group, run.key.kind, _version(run.body))
        if resource is None:
            return None
        return self._writer.cluster.get(resource, run.key.namespace, run.key.name)

    def _failed(self, key: ResourceKey, message: str, action: Action = Action.RUN) -> None:
        self._emit(Failed(key, action, message, self._clock.now()))


def _version(body: Body) -> str:
    return str(body.get("apiVersion") or "").rpartition("/")[2]
