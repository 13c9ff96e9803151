"""Carrying out a resource action: the second place that writes to a cluster.

The law: the object is changed in the very version that was shown, and nothing is created over what is there;
whatever ends the run, the events say what was done and what was not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.actions.changes import merge_patch
from syncline.core.health import HealthStatus, is_ignored
from syncline.core.verdict import Assessed, Done, Event, Failed, Halted, SyncResult, fold, left_ill
from syncline.errors import ApiError, ClusterError, Interrupted
from syncline.kube.waiting import Awaited, Patience, Waiter

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.plan import Change, Plan
    from syncline.core.resource import Body, ResourceKey
    from syncline.execute import Means
    from syncline.ports import ApiResource

_NOT_FOUND = 404
_CONFLICT = 409


def act(plan: Plan, means: Means, emit: Callable[[Event], None]) -> SyncResult:
    """Do what the action's plan says, and wait until what it touched is healthy.

    Never raises for what a cluster does: a refusal, a server that is gone and a request to stop are events.
    """
    run = _Run(means, emit)
    try:
        means.check()
        if all(run.write(change) for change in plan.writes):
            run.wait()
    except Interrupted as error:
        run.tell(
            Halted(f"{error.message} Look at the object before you run it again.", run.now, interrupted=True)
        )
    except ClusterError as error:
        run.tell(Halted(str(error), run.now))
    return fold(run.events)


class _Run:
    """The events so far, and what is waited for."""

    def __init__(self, means: Means, emit: Callable[[Event], None]) -> None:
        self.events: list[Event] = []
        self._means = means
        self._emit = emit
        self._pending: dict[ResourceKey, ApiResource] = {}

    @property
    def now(self) -> str:
        return self._means.clock.now()

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self._emit(event)

    def write(self, change: Change) -> bool:
        try:
            resource = self._resource(change)
            body = self._create(resource, change) if change.before is None else self._patch(resource, change)
        except ApiError as error:
            self.tell(Failed(change.key, change.action, _why(error), self.now))
            return False
        self.tell(Done(change.key, change.action, self.now))
        health = self._means.assess(body)
        if health is not None and not is_ignored(body):
            self.tell(Assessed(change.key, health, self.now))
            if health.status is not HealthStatus.HEALTHY:
                self._pending[change.key] = resource
        return True

    def wait(self) -> None:
        """Until all is settled; with no time at all, the first look is the last."""
        if not self._pending or self._means.seconds <= 0:
            return
        patience = Patience(
            self._means.clock.monotonic() + self._means.seconds, self._means.clock, self._means.check
        )
        waiter = Waiter(
            self._means.cluster,
            Awaited(healthy=self._pending, seen=fold(self.events).health, doubtful=left_ill(self.events)),
            selector="",
            patience=patience,
            assess=self._means.assess,
        )
        for event in waiter.events():
            self.tell(event)

    def _patch(self, resource: ApiResource, change: Change) -> Body:
        before, after = change.before or {}, change.after or {}
        patch = merge_patch(before, after)
        version = before["metadata"].get("resourceVersion")
        status = patch.pop("status", None)
        if status is None:
            return self._merge(resource, change.key, patch, version)
        seen = before
        if patch:
            seen = self._merge(resource, change.key, patch, version)
            version = seen["metadata"].get("resourceVersion")
        try:
            return self._merge(resource, change.key, {"status": status}, version, part="status")
        except ApiError as error:
            if error.code != _NOT_FOUND:
                raise
        # A kind without a status of its own keeps it with everything else.
        return self._merge(resource, change.key, {"status": status}, version)

    def _merge(
        self, resource: ApiResource, key: ResourceKey, patch: Body, version: object, *, part: str = ""
    ) -> Body:
        metadata = {**patch.get("metadata", {}), "resourceVersion": version}
        return self._means.cluster.merge(resource, key, {**patch, "metadata": metadata}, part=part)

    def _create(self, resource: ApiResource, change: Change) -> Body:
        key = change.key
        if self._means.cluster.get(resource, key.namespace, key.name) is not None:
            raise ApiError(f"{key} exists already.", code=_CONFLICT, reason="AlreadyExists")
        return self._means.cluster.apply(resource, change.after or {})

    def _resource(self, change: Change) -> ApiResource:
        version = str((change.after or {}).get("apiVersion") or "").rpartition("/")[2]
        resource = self._means.cluster.resource(change.key.group, change.key.kind, version)
        if resource is None:
            raise ApiError(
                f"The cluster does not serve {change.key.group_kind} in version {version or '?'}.",
                code=_NOT_FOUND,
                reason="NotFound",
            )
        return resource


def _why(error: ApiError) -> str:
    if error.code == _CONFLICT and error.reason == "Conflict":
        return "somebody changed it since it was read; look at it and run the action again"
    return error.message
