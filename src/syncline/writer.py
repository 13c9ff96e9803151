"""How one object is written: applied, merged, replaced, or deleted.

The law: what is replaced or deleted is the very object that the plan saw (its UID), and what met another
write is read again and decided anew, never overwritten blindly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.config.metadata import HOOK_FINALIZER
from syncline.core.applyset import claimed_by
from syncline.core.managed import MANAGER, migrated
from syncline.core.options import Manner, Method
from syncline.core.predict import predict_apply
from syncline.errors import ApiError, ClusterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from syncline.core.resource import Body, ResourceKey
    from syncline.ports import ApiResource, Cluster

_UNAUTHORIZED: Final = 401
_CONFLICT: Final = 409
_TRIES: Final = 4


class Writer(Struct, frozen=True):
    """Writes to one cluster; `propagation` is how deletion goes on to what an object owns."""

    cluster: Cluster
    propagation: str = "Foreground"

    def resource(self, key: ResourceKey, body: Body) -> ApiResource:
        """How the server serves this object. Raises ApiError (404) when it does not."""
        version = str(body.get("apiVersion") or "").rpartition("/")[2]
        resource = self.cluster.resource(key.group, key.kind, version)
        if resource is None:
            raise ApiError(
                f"The cluster does not serve {key.group_kind} in version {version or '?'}.",
                code=404,
                reason="NotFound",
                remedy="Install its CustomResourceDefinition first, or correct the apiVersion.",
            )
        return resource

    def awaited_resource(self, key: ResourceKey, body: Body) -> ApiResource:
        """The same for a kind that an earlier object of this sync installs: asked anew before giving up."""
        try:
            return self.resource(key, body)
        except ApiError:
            self.cluster.rediscover()
            return self.resource(key, body)

    def write(self, key: ResourceKey, desired: Body, manner: Manner, before: Body | None) -> Body:
        """Make the object be what Git says, in this manner; the object as it is then."""
        resource = self.awaited_resource(key, desired)
        if manner.method is not Method.APPLY:
            return self._put(resource, key, (desired, manner), before)
        if before is not None and migrated(before, manner.migrate) is not before:
            self._on_fresh(
                resource,
                key,
                uid_of(before),
                lambda live: self._take_over(resource, key, live, manner.migrate),
            )
        return self.cluster.apply(resource, desired, manager=manner.manager)

    def delete(self, key: ResourceKey, body: Body) -> Body | None:
        """Delete this very object; None when it is gone, the object when it is going."""
        resource = self.resource(key, body)
        if HOOK_FINALIZER in ((body.get("metadata") or {}).get("finalizers") or ()):
            self._release(resource, key, body)
        return self.cluster.delete(resource, key, uid=uid_of(body), propagation=self.propagation)

    def _put(
        self, resource: ApiResource, key: ResourceKey, asked: tuple[Body, Manner], before: Body | None
    ) -> Body:
        desired, manner = asked
        if before is None:
            try:
                return self.cluster.create(resource, desired, validate=manner.validate)
            except ApiError as error:
                before = self.cluster.get(resource, key.namespace, key.name)
                # Ours alone may be there by now: the answer to an earlier try was lost.
                if error.code != _CONFLICT or not _is_ours(before or {}, desired):
                    raise
        return self._on_fresh(
            resource,
            key,
            uid_of(before),
            lambda live: self.cluster.update(
                resource, replacement(live, desired, manner), validate=manner.validate
            ),
        )

    def _on_fresh(
        self, resource: ApiResource, key: ResourceKey, uid: str, change: Callable[[Body], Body]
    ) -> Body:
        """A change of the object as it is now, tried again where another write came between."""
        tries = 0
        while True:
            live = self.cluster.get(resource, key.namespace, key.name)
            if live is None or uid_of(live) != uid:
                raise ApiError(
                    f"{key} is not the object any more that was planned for.",
                    code=_CONFLICT,
                    reason="Conflict",
                    remedy="Run it again.",
                )
            tries += 1
            try:
                return change(live)
            except ApiError as error:
                if error.code != _CONFLICT or tries == _TRIES:
                    raise

    def _take_over(
        self, resource: ApiResource, key: ResourceKey, live: Body, managers: frozenset[str]
    ) -> Body:
        """Hand the fields of an earlier client-side apply to us, so that this apply can take them away."""
        owned = migrated(live, managers)
        if owned is live:
            return live
        fields = owned["metadata"]["managedFields"]
        version = live["metadata"].get("resourceVersion")
        operations: list[Mapping[str, Any]] = [
            {"op": "replace", "path": "/metadata/managedFields", "value": fields},
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        ]
        return self.cluster.patch(resource, key, operations)

    def _release(self, resource: ApiResource, key: ResourceKey, body: Body) -> None:
        kept = [name for name in body["metadata"]["finalizers"] if name != HOOK_FINALIZER]
        operations: list[Mapping[str, Any]] = [
            {"op": "test", "path": "/metadata/uid", "value": uid_of(body)},
            {"op": "replace", "path": "/metadata/finalizers", "value": kept},
        ]
        self.cluster.patch(resource, key, operations)


def _is_ours(live: Body, desired: Body) -> bool:
    leaving = (live.get("metadata") or {}).get("deletionTimestamp")
    return bool(claimed_by(live)) and claimed_by(live) == claimed_by(desired) and not leaving


def replacement(live: Body, desired: Body, manner: Manner) -> Body:
    """What is put in the place of the live object; it names the UID and the version it replaces."""
    merges = manner.method is Method.MERGE
    body = predict_apply(migrated(live, manner.migrate | {MANAGER}), desired) if merges else desired
    metadata = {name: value for name, value in body["metadata"].items() if name != "managedFields"}
    kept = {name: live["metadata"].get(name) for name in ("uid", "resourceVersion")}
    return {**body, "metadata": {**metadata, **kept}}


def uid_of(body: Body | None) -> str:
    """Which object of that name it is."""
    return str(((body or {}).get("metadata") or {}).get("uid") or "")


def told(error: ClusterError) -> tuple[str, bool]:
    """What to say of a write that failed, and whether every other write would meet the same."""
    if not isinstance(error, ApiError):
        return f"{error} It may be done or not.", True
    return str(error), error.code == _UNAUTHORIZED
