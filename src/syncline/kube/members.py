"""The members of an ApplySet that another tool made.

The law: its parent says which kinds to look at and its label says which objects; what may not be read is an
error here, because a member that nobody knows of would be orphaned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.applyset import NAMESPACES_ANNOTATION, Owner, group_kinds_of
from syncline.core.normalize import metadata_of
from syncline.core.resource import Body, ResourceKey, key_of
from syncline.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.ports import ApiResource, Cluster

_FORBIDDEN = 403


def members_of(parent: Body, owner: Owner, cluster: Cluster) -> frozenset[ResourceKey]:
    """The objects that carry the parent's label and belong to no other object."""
    places = str((metadata_of(parent).get("annotations") or {}).get(NAMESPACES_ANNOTATION) or "")
    namespaces = (owner.namespace, *(name for name in places.split(",") if name))
    found: set[ResourceKey] = set()
    for group, kind in group_kinds_of(parent):
        resource = cluster.resource(group, kind)
        if resource is not None:
            listed = _labelled(resource, owner.selector, namespaces, cluster)
            found |= {key_of(item) for item in listed if not metadata_of(item).get("ownerReferences")}
    return frozenset(found)


def _labelled(
    resource: ApiResource, selector: str, namespaces: tuple[str, ...], cluster: Cluster
) -> Iterator[Body]:
    try:
        yield from cluster.list(resource, selector=selector).items
    except ApiError as error:
        if error.code != _FORBIDDEN or not resource.namespaced:
            raise
        for namespace in namespaces:
            yield from cluster.list(resource, namespace=namespace, selector=selector).items
