"""What grew out of what.

The law: an object stands below the one that controls it or, without a controller, below its first owner; a
claim that names no owner, below the StatefulSet that made it from a template; nothing stands twice.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

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
    grown = [body for body in others if _uid(body) not in own]
    children = _by_owner(grown, claim_makers((*roots.values(), *grown)))
    found = (each for key in sorted(roots) for each in _grown(key, roots[key], 0, children))
    return tuple(Branch(key, depth, judge(body), body) for key, depth, body in found)


Makers: TypeAlias = "Mapping[tuple[str, str], str]"
"""The UID of a StatefulSet, by namespace and what the names of its claims begin with."""


def claim_makers(bodies: Iterable[Body]) -> Makers:
    """The StatefulSets that make claims. A claim that is retained names no owner: only its name, made of the
    template's, the set's and a number, says whose it is.
    """
    found: dict[tuple[str, str], str] = {}
    for body in bodies:
        if body.get("kind") == "StatefulSet":
            metadata = body.get("metadata") or {}
            for template in (body.get("spec") or {}).get("volumeClaimTemplates") or ():
                prefix = f"{(template.get('metadata') or {}).get('name')}-{metadata.get('name')}"
                found[str(metadata.get("namespace") or ""), prefix] = _uid(body)
    return found


def made_by(body: Body, makers: Makers) -> str:
    """The UID of the StatefulSet that made this claim; empty where it is none, or has an owner to ask."""
    metadata = body.get("metadata") or {}
    if body.get("kind") != "PersistentVolumeClaim" or metadata.get("ownerReferences"):
        return ""
    prefix, _, number = str(metadata.get("name") or "").rpartition("-")
    is_numbered = number.isascii() and number.isdigit()
    return makers.get((str(metadata.get("namespace") or ""), prefix), "") if is_numbered else ""


def _grown(
    key: ResourceKey, body: Body, depth: int, children: Mapping[str, list[Body]]
) -> Iterator[tuple[ResourceKey, int, Body]]:
    # It ends: each object has one leading owner, and a root, where every walk begins, is nobody's child.
    yield key, depth, body
    for child in sorted(children.get(_uid(body), ()), key=key_of):
        yield from _grown(key_of(child), child, depth + 1, children)


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")


def _by_owner(bodies: Iterable[Body], makers: Makers) -> Mapping[str, list[Body]]:
    owned: dict[str, list[Body]] = defaultdict(list)
    for body in bodies:
        owners = (body.get("metadata") or {}).get("ownerReferences") or ()
        leading = next((owner for owner in owners if owner.get("controller")), owners[0] if owners else None)
        above = str(leading.get("uid") or "") if leading else made_by(body, makers)
        if above:
            owned[above].append(body)
    return owned
