"""What is in the cluster, read with few requests.

The law: a key that is in neither half of the answer does not exist: the server said so. What could not be
read is `unreadable` with the reason; a server that does not answer is an exception.

One LIST for each kind finds the members by label. What it does not return may still be there without our
label, so it is looked up: single GETs for a few, one unfiltered LIST of the namespace for many.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct

from syncline.core.live import LiveState
from syncline.core.resource import Body, ResourceKey, key_of
from syncline.errors import ApiError
from syncline.kube.status import is_absence
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncline.ports import ApiResource, Cluster

FEW: Final = 5
"""Up to so many objects of a kind and namespace are asked for one by one."""

_FORBIDDEN: Final = 403
_Answer = TypeVar("_Answer")


class _Scope(Struct, frozen=True, order=True):
    """A kind in one namespace; empty means in all, or that the kind has none."""

    resource: ApiResource
    namespace: str = ""


def read_live(
    cluster: Cluster,
    wanted: Mapping[ResourceKey, str],
    known: frozenset[ResourceKey],
    *,
    selector: str,
    workers: int,
) -> LiveState:
    """The live objects of the wanted keys (to apiVersion), of the known ones, and more members by label.

    An empty selector means that there are no members.  Raises ClusterError when the server does not answer.
    """
    reading = _Reading(cluster, workers)
    reading.resolve(wanted, known)
    if selector:
        reading.find_members(selector)
    reading.look_up()
    return LiveState(reading.objects, reading.unreadable)


class _Reading:
    """One reading: what is still missing, what was found, what cannot be read."""

    def __init__(self, cluster: Cluster, workers: int) -> None:
        self.objects: dict[ResourceKey, Body] = {}
        self.unreadable: dict[ResourceKey, str] = {}
        self._cluster = cluster
        self._workers = workers
        self._keys: dict[ApiResource, dict[tuple[str, str], ResourceKey]] = defaultdict(dict)
        self._closed: dict[_Scope, str] = {}

    def resolve(self, wanted: Mapping[ResourceKey, str], known: Iterable[ResourceKey]) -> None:
        """Find out how each key is read; keys of kinds that are not served are absent."""
        versions: dict[tuple[str, str], str] = {}
        for key in sorted({**wanted, **dict.fromkeys(known)}, key=lambda key: (key not in wanted, key)):
            version = wanted[key].rpartition("/")[2] if key in wanted else ""
            version = version or versions.get((key.group, key.kind), "")
            try:
                resource = self._serving(key, version)
            except ApiError as error:
                self.unreadable[key] = error.message
                continue
            if resource is None:
                continue
            versions.setdefault((key.group, key.kind), resource.version)
            if resource.verbs and not resource.verbs >= {"get", "list"}:
                self.unreadable[key] = f"The server lets nobody read {key.group_kind}."
                continue
            self._keys[resource][_place(resource, key)] = key

    def find_members(self, selector: str) -> None:
        """One LIST for each kind; where that is forbidden, one for each namespace of its keys."""
        everywhere = [_Scope(resource) for resource in self._keys]
        closed = self._list(everywhere, selector)
        nearer = [scope for scope in self._scopes() if _Scope(scope.resource) in closed]
        self._closed = self._list([scope for scope in nearer if scope.namespace], selector)
        self._closed |= {scope: closed[scope] for scope in nearer if not scope.namespace}

    def look_up(self) -> None:
        """Ask for every key that is still missing."""
        missing = self._missing()
        few = [key for keys in missing.values() if len(keys) <= FEW for key in keys]
        many = [scope for scope, keys in missing.items() if len(keys) > FEW]
        resources = {key: scope.resource for scope, keys in missing.items() for key in keys}
        self._get([(resources[key], key) for key in few])
        closed = {scope: self._closed[scope] for scope in many if scope in self._closed}
        closed |= self._list([scope for scope in many if scope not in closed], "")
        for scope, reason in closed.items():
            self.unreadable |= dict.fromkeys(missing[scope], reason)

    def _serving(self, key: ResourceKey, version: str) -> ApiResource | None:
        # A version that is not served says nothing about the object, which may be there under another.
        asked = self._cluster.resource(key.group, key.kind, version)
        return asked or self._cluster.resource(key.group, key.kind)

    def _scopes(self) -> list[_Scope]:
        return sorted({_Scope(r, namespace) for r, keys in self._keys.items() for namespace, _ in keys})

    def _missing(self) -> dict[_Scope, list[ResourceKey]]:
        missing: dict[_Scope, list[ResourceKey]] = defaultdict(list)
        for resource, keys in self._keys.items():
            for (namespace, _), key in keys.items():
                if key not in self.objects:
                    missing[_Scope(resource, namespace)].append(key)
        return missing

    def _list(self, scopes: Iterable[_Scope], selector: str) -> dict[_Scope, str]:
        """Take in what the scopes hold; those that may not be listed, and why."""

        def ask(scope: _Scope) -> tuple[_Scope, tuple[Body, ...], str]:
            listing, reason = _allowed(
                lambda: self._cluster.list(scope.resource, namespace=scope.namespace, selector=selector)
            )
            return scope, listing.items if listing else (), reason

        closed: dict[_Scope, str] = {}
        for scope, items, reason in each(ask, list(scopes), workers=self._workers):
            if reason:
                closed[scope] = reason
            self._take(scope.resource, items, members=bool(selector))
        return closed

    def _get(self, keys: Iterable[tuple[ApiResource, ResourceKey]]) -> None:
        def ask(pair: tuple[ApiResource, ResourceKey]) -> tuple[ResourceKey, Body | None, str]:
            resource, key = pair
            body, reason = _allowed(lambda: self._cluster.get(resource, key.namespace, key.name))
            return key, body, reason

        for key, body, reason in each(ask, list(keys), workers=self._workers):
            if reason:
                self.unreadable[key] = reason
            elif body is not None:
                self.objects[key] = body

    def _take(self, resource: ApiResource, items: Iterable[Body], *, members: bool) -> None:
        keys = self._keys[resource]
        for item in items:
            found = key_of(item)
            key = keys.get(_place(resource, found))
            if key is not None:
                self.objects[key] = item
            elif members and _applied_by_us(item):
                self.objects.setdefault(found, item)


def _allowed(ask: Callable[[], _Answer]) -> tuple[_Answer | None, str]:
    """The answer, or why we may not know it. A kind that went away since discovery holds nothing."""
    try:
        return ask(), ""
    except ApiError as error:
        if error.code == _FORBIDDEN:
            return None, str(error)
        if is_absence(error):
            return None, ""
        raise


def _place(resource: ApiResource, key: ResourceKey) -> tuple[str, str]:
    return (key.namespace if resource.namespaced else ""), key.name


def _applied_by_us(body: Body) -> bool:
    """Whether we wrote it: controllers copy labels, ours too, from a Service to its Endpoints."""
    from syncline.kube.rest import FIELD_MANAGER

    fields = (body.get("metadata") or {}).get("managedFields") or ()
    return any(
        entry.get("manager") == FIELD_MANAGER and entry.get("operation") == "Apply" for entry in fields
    )
