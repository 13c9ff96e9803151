"""What grew out of objects, whatever kind made it grow.

The law: every kind that is served is looked at once for each namespace, and of what belongs to nobody only
the metadata is read; no value of a Secret is. What could not be read is named.

Claims that name no owner belong to the StatefulSet whose template they were made from.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from syncline.core.resource import key_of
from syncline.core.tree import claim_makers, made_by
from syncline.errors import ClusterError
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body
    from syncline.kube.cluster import ApiCluster
    from syncline.ports import ApiResource

MOST_KINDS: Final = 500
"""Kinds that are looked at, built-in ones first."""

MANY_NAMESPACES: Final = 4
"""From so many on, one list for the whole cluster is cheaper than one for each."""

_FEW: Final = 3
_NOISE: Final = frozenset({"Event", "Lease", "PodMetrics", "ComponentStatus"})
"""They belong to nobody, and there are many."""

_METRICS: Final = "metrics.k8s.io"
_UNSEEN: Final = frozenset({"Secret"})
"""Only the metadata of these is read: a tree shows no values."""


class Offspring(Struct, frozen=True):
    """The objects, and the kinds that could not be read (or not to the end) with the reason."""

    bodies: tuple[Body, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)


class Outlines:
    """Who owns what in the namespaces looked at so far; each is read once, whoever asks."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._read: dict[tuple[str, str], dict[str, list[tuple[ApiResource, Body]]]] = {}
        self._unread: dict[tuple[str, str], dict[str, str]] = {}
        self._claims: dict[tuple[str, str], list[tuple[ApiResource, Body]]] = defaultdict(list)

    def offspring(self, cluster: ApiCluster, roots: Iterable[Body]) -> Offspring:
        """All that has one of the roots as an owner, or as an owner's owner."""
        listed = list(roots)
        places = self._places(cluster, listed)
        children: dict[str, list[tuple[ApiResource, Body]]] = defaultdict(list)
        unread: dict[str, str] = {}
        for place in places:
            for uid, found in self._children(cluster, place).items():
                children[uid] += found
            unread |= self._unread[cluster.name, place]
        bodies = self._bodies(cluster, _descendants([_uid(body) for body in listed], children), unread)
        makers = claim_makers((*listed, *bodies))
        free = [pair for place in places for pair in self._claims[cluster.name, place]] if makers else []
        claims = [(kind, body) for kind, body in free if made_by(body, makers)]
        return Offspring((*bodies, *self._bodies(cluster, claims, unread)), unread)

    def _places(self, cluster: ApiCluster, roots: Iterable[Body]) -> list[str]:
        """The namespaces to look at; `*` is all of them, and the empty one what has no namespace."""
        namespaces = {key_of(body).namespace for body in roots}
        inside = sorted(namespaces - {""})
        outside = [""] if "" in namespaces else []
        many = (cluster.name, "*") in self._read or len(inside) >= MANY_NAMESPACES
        return [*outside, *(["*"] if many else inside)]

    def _children(self, cluster: ApiCluster, place: str) -> Mapping[str, list[tuple[ApiResource, Body]]]:
        key = (cluster.name, place)
        if key not in self._read:
            self._unread[key] = {}
            self._read[key] = defaultdict(list)
            kinds = [kind for kind in cluster.kinds() if kind.namespaced == bool(place)]
            kinds = [kind for kind in kinds if kind.kind not in _NOISE and not kind.group.endswith(_METRICS)]
            kinds.sort(key=_custom_last)
            self._unread[key] |= {
                _name(kind): f"more than {MOST_KINDS} kinds are served" for kind in kinds[MOST_KINDS:]
            }
            asked = kinds[:MOST_KINDS]
            answers = each(lambda kind: self._outline(cluster, kind, place), asked, workers=self._workers)
            for kind, items in zip(asked, answers, strict=True):
                for item in items:
                    owners = _owners(item)
                    for owner in owners:
                        self._read[key][owner].append((kind, item))
                    if not owners and kind.kind == "PersistentVolumeClaim":
                        self._claims[key].append((kind, item))
        return self._read[key]

    def _outline(self, cluster: ApiCluster, kind: ApiResource, place: str) -> tuple[Body, ...]:
        try:
            items, is_all = cluster.outline(kind, namespace="" if place == "*" else place)
        except ClusterError as error:
            self._unread[cluster.name, place][_name(kind)] = error.message
            return ()
        if not is_all:
            self._unread[cluster.name, place][_name(kind)] = "there are too many; not all were read"
        return items

    def _bodies(
        self, cluster: ApiCluster, found: Iterable[tuple[ApiResource, Body]], unread: dict[str, str]
    ) -> list[Body]:
        groups: dict[tuple[ApiResource, str], list[Body]] = defaultdict(list)
        for kind, outline in found:
            groups[kind, key_of(outline).namespace].append(outline)

        def read(group: tuple[ApiResource, str]) -> list[Body]:
            kind, namespace = group
            outlines = groups[group]
            if kind.kind in _UNSEEN and not kind.group:
                return outlines
            try:
                return _whole(cluster, kind, namespace, outlines)
            except ClusterError as error:
                unread[_name(kind)] = error.message
                return outlines

        return [body for bodies in each(read, list(groups), workers=self._workers) for body in bodies]


def _custom_last(kind: ApiResource) -> tuple[bool, str, str]:
    return ("." in kind.group and not kind.group.endswith(".k8s.io"), kind.group, kind.kind)


def _whole(cluster: ApiCluster, kind: ApiResource, namespace: str, outlines: list[Body]) -> list[Body]:
    if len(outlines) <= _FEW:
        asked = (cluster.get(kind, namespace, key_of(outline).name) for outline in outlines)
        return [body for body in asked if body is not None]
    wanted = {_uid(outline) for outline in outlines}
    return [body for body in cluster.list(kind, namespace=namespace).items if _uid(body) in wanted]


def _descendants(
    roots: Iterable[str], children: Mapping[str, list[tuple[ApiResource, Body]]]
) -> list[tuple[ApiResource, Body]]:
    """Each object once, although it may have several owners, and although owners may form a circle."""
    found: dict[str, tuple[ApiResource, Body]] = {}
    waiting = [uid for uid in roots if uid]
    while waiting:
        for kind, body in children.get(waiting.pop(), ()):
            uid = _uid(body)
            if uid and uid not in found:
                found[uid] = (kind, body)
                waiting.append(uid)
    return list(found.values())


def _owners(body: Body) -> list[str]:
    owners = (body.get("metadata") or {}).get("ownerReferences") or ()
    return [str(owner["uid"]) for owner in owners if owner.get("uid")]


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")


def _name(kind: ApiResource) -> str:
    return f"{kind.kind}.{kind.group}" if kind.group else kind.kind
