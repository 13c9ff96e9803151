"""What grew out of what.

The law: an object stands below the one that controls it or, without a controller, below its first owner;
nothing stands twice.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct

from syncline.core.health import assess
from syncline.core.resource import ResourceKey, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.health import Assess, Health
    from syncline.core.resource import Body


class Branch(Struct, frozen=True):
    """One object of the tree. `depth` 0 is the application's own; `body` is the live object."""

    key: ResourceKey
    depth: int
    health: Health | None
    body: Body


def tree(
    roots: Mapping[ResourceKey, Body], others: Iterable[Body], judge: Assess = assess
) -> tuple[Branch, ...]:
    """Every root with its offspring below it, by key."""
    own = {_uid(body) for body in roots.values()}
    children = _by_owner(body for body in others if _uid(body) not in own)
    grown = (found for key in sorted(roots) for found in _grown(key, roots[key], 0, children))
    return tuple(Branch(key, depth, judge(body), body) for key, depth, body in grown)


def _grown(
    key: ResourceKey, body: Body, depth: int, children: Mapping[str, list[Body]]
) -> Iterator[tuple[ResourceKey, int, Body]]:
    # It ends: each object has one leading owner, and a root, where every walk begins, is nobody's child.
    yield key, depth, body
    for child in sorted(children.get(_uid(body), ()), key=key_of):
        yield from _grown(key_of(child), child, depth + 1, children)


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")


def _by_owner(bodies: Iterable[Body]) -> Mapping[str, list[Body]]:
    owned: dict[str, list[Body]] = defaultdict(list)
    for body in bodies:
        owners = (body.get("metadata") or {}).get("ownerReferences") or ()
        leading = next((owner for owner in owners if owner.get("controller")), owners[0] if owners else None)
        if leading and leading.get("uid"):
            owned[str(leading["uid"])].append(body)
    return owned
