"""Taking down what a drill has built.

The law: nothing is deleted that does not bear its owner's mark, and each deletion names the very object that
was read.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from syncline.core.applyset import PART_OF_LABEL
from syncline.core.hooks import HOOK_OF_LABEL
from syncline.core.resource import key_of
from syncline.errors import ApiError, ClusterError
from syncline.ports import ApiResource
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, ResourceKey
    from syncline.kube.cluster import ApiCluster

NAMESPACE: Final = ApiResource("", "v1", "Namespace", "namespaces", namespaced=False)
_CRD: Final = "CustomResourceDefinition.apiextensions.k8s.io"
_PAUSE: Final = 0.1
_CONFLICT: Final = 409


def demolish(
    cluster: ApiCluster, owned: Mapping[ResourceKey, str], namespaces: Iterable[str], *, seconds: float
) -> tuple[str, ...]:
    """Delete the owned keys (to their owner's id), the namespaces, and last the kinds; what is left after
    so many seconds is named.
    """
    until = time.monotonic() + seconds
    first = [key for key in owned if key.group_kind not in {"Namespace", _CRD}]
    kinds = [key for key in owned if key.group_kind == _CRD]
    fresh = sorted(set(namespaces))
    # What such an object owns goes with the namespace, which is waited for; the garbage collector, which
    # would be waited for otherwise, takes its time where kinds come and go.
    going = [key for key in first if key.namespace in set(fresh)]
    staying = [key for key in first if key.namespace not in set(fresh)]
    left = [
        *_gone(cluster, going, owned, until, propagation="Background"),
        *_gone(cluster, staying, owned, until),
    ]
    each(lambda name: _delete_namespace(cluster, name), fresh, workers=8)
    while any(cluster.get(NAMESPACE, "", name) for name in fresh) and time.monotonic() < until:
        time.sleep(_PAUSE)
    left += [f"Namespace {name}" for name in fresh if cluster.get(NAMESPACE, "", name)]
    return (*left, *_gone(cluster, kinds, owned, until))


def take_away(
    cluster: ApiCluster, places: Iterable[tuple[ApiResource, str, str]], *, seconds: float
) -> tuple[str, ...]:
    """Delete what lies at these places (kind, namespace, name) and wait until it is gone; what is left."""
    until = time.monotonic() + seconds
    waiting = list(places)
    while True:
        found = [(place, cluster.get(*place)) for place in waiting]
        waiting = [place for place, body in found if body is not None]
        if not waiting or time.monotonic() > until:
            return tuple(f"{resource.kind} {namespace}/{name}" for resource, namespace, name in waiting)
        for (resource, _, _), body in found:
            if body is not None and not _metadata(body).get("deletionTimestamp"):
                _ask(cluster, resource, key_of(body), str(_metadata(body).get("uid") or ""))
        time.sleep(_PAUSE)


def _gone(
    cluster: ApiCluster,
    keys: list[ResourceKey],
    owned: Mapping[ResourceKey, str],
    until: float,
    *,
    propagation: str = "Foreground",
) -> list[str]:
    waiting = keys
    while waiting:
        there = each(lambda key: _delete(cluster, key, owned[key], propagation), waiting, workers=8)
        waiting = [key for key, is_there in zip(waiting, there, strict=True) if is_there]
        if time.monotonic() > until:
            break
        if waiting:
            time.sleep(_PAUSE)
    return [str(key) for key in waiting]


def _delete(cluster: ApiCluster, key: ResourceKey, owner: str, propagation: str) -> bool:
    """Ask for it; whether it is still there."""
    resource = cluster.resource(key.group, key.kind)
    body = cluster.get(resource, key.namespace, key.name) if resource else None
    metadata = _metadata(body)
    labels = metadata.get("labels") or {}
    # The mark of a resource, or that of a hook.
    is_ours = owner in {labels.get(PART_OF_LABEL), labels.get(HOOK_OF_LABEL)}
    if resource is None or body is None or not is_ours:
        return False
    if not metadata.get("deletionTimestamp"):
        _ask(cluster, resource, key, str(metadata.get("uid") or ""), propagation)
    return True


def _delete_namespace(cluster: ApiCluster, name: str) -> None:
    from syncline.core.resource import ResourceKey

    body = cluster.get(NAMESPACE, "", name)
    if body is not None and not _metadata(body).get("deletionTimestamp"):
        _ask(
            cluster, NAMESPACE, ResourceKey("", "Namespace", "", name), str(_metadata(body).get("uid") or "")
        )


def _ask(
    cluster: ApiCluster, resource: ApiResource, key: ResourceKey, uid: str, propagation: str = "Foreground"
) -> None:
    try:
        cluster.delete(resource, key, uid=uid, propagation=propagation)
    except ApiError as error:
        if error.code != _CONFLICT:
            raise ClusterError(f"{key} could not be deleted: {error.message}") from error


def _metadata(body: Body | None) -> Body:
    found: Body = (body or {}).get("metadata") or {}
    return found
