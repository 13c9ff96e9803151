"""Who owns which field, from `metadata.managedFields`.

The law: a field is ours only where the server says that the manager `syncline` applied it; what nobody lists
is a default of the server and belongs to nobody.

Source: the `fieldsV1` format of server-side apply.  `f:` is a field, `k:` a list member by its keys, `v:` a
set's member, `i:` a member by position, `.` the map or the member itself.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from syncline.core.fields import Path, Step, StepOf, step_of
from syncline.core.normalize import metadata_of
from syncline.core.schema import ListKeys, Shape, shape_of_body

if TYPE_CHECKING:
    from syncline.core.resource import Body

MANAGER: Final = "syncline"
"""The field manager Syncline applies as."""

Owned: TypeAlias = Mapping[str, Any]
"""A `fieldsV1` tree."""

_NOTHING: Final[Owned] = {}


class FieldOwner(Struct, frozen=True):
    """Somebody who set a field: `operation` is Apply or Update, `time` RFC 3339 in UTC or empty.

    `subresource` is where it was written through, such as `scale`; empty for the object itself.
    """

    manager: str
    operation: str
    time: str
    subresource: str = ""


def owned_by(live: Body, manager: str = MANAGER) -> Owned:
    """What a manager applied; empty where it applied nothing."""
    for entry in entries(live):
        if is_applied_by(entry, manager):
            return _tree(entry)
    return _NOTHING


def entries(live: Body) -> Sequence[Mapping[str, Any]]:
    """The entries of `metadata.managedFields`."""
    found = metadata_of(live).get("managedFields")
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else ()


def is_applied_by(entry: Mapping[str, Any], manager: str) -> bool:
    """Whether an entry is what this manager applied to the object itself (and not to a subresource)."""
    return (
        entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource")
    )


def owners(live: Body, path: Path) -> tuple[FieldOwner, ...]:
    """Who set a field or a part of it, the latest first."""
    shape = shape_of_body(live)
    found = [
        owner_of_entry(entry)
        for entry in entries(live)
        if _tree(entry) and _reaches(_tree(entry), path, shape)
    ]
    return tuple(sorted(found, key=lambda owner: owner.time, reverse=True))


def leftovers(
    live: Body, desired: Body, *, manager: str = MANAGER, shape: Shape | None = None
) -> tuple[Path, ...]:
    """The fields an apply will remove: applied by us before, no longer desired, and owned by nobody else."""
    others = [_tree(entry) for entry in entries(live) if not is_applied_by(entry, manager)]
    return tuple(
        _left((), Place(owned_by(live, manager), live, desired, shape or shape_of_body(desired)), others)
    )


def migrated(live: Body, managers: Collection[str]) -> Body:
    """The object as if all that these managers wrote had been applied by us.

    So an apply takes away what an earlier owner declared and Git no longer does.  The object itself where
    there is nothing to take over.
    """
    listed = entries(live)
    leaving = [
        entry
        for entry in listed
        if entry.get("manager") in managers
        and not (entry.get("subresource") or is_applied_by(entry, MANAGER))
    ]
    if not leaving:
        return live
    ours = [entry for entry in listed if is_applied_by(entry, MANAGER)]
    version = str(live.get("apiVersion") or "")
    # Fields of another version cannot be told apart in this one; the apply claims what Git wants of them.
    trees = [_tree(entry) for entry in (*ours, *leaving) if entry.get("apiVersion") == version]
    mine = {
        "manager": MANAGER,
        "operation": "Apply",
        "apiVersion": version,
        "time": max(str(entry.get("time") or "") for entry in (*ours, *leaving)),
        "fieldsType": "FieldsV1",
        "fieldsV1": functools.reduce(_union, trees, _NOTHING),
    }
    rest = [entry for entry in listed if entry not in leaving and entry not in ours]
    kept = {name: value for name, value in mine.items() if value}
    return {**live, "metadata": {**metadata_of(live), "managedFields": [kept, *rest]}}


def _union(one: Owned, other: Owned) -> Owned:
    return {name: _union(one.get(name, _NOTHING), other.get(name, _NOTHING)) for name in {**one, **other}}


def owned_paths(live: Body, managers: frozenset[str], shape: Shape | None = None) -> tuple[Path, ...]:
    """Every single field that one of these managers owns."""
    trees = [_tree(entry) for entry in entries(live) if entry.get("manager") in managers]
    start = shape or shape_of_body(live)
    return tuple(path for tree in trees for path in _single_fields((), Place(tree, live, live, start)))


def _single_fields(path: Path, place: Place) -> Iterator[Path]:
    for element, below in place.owned.items():
        step, inner = _below(element, below, place)
        if inner is None:
            continue
        rest = [name for name in below if name != "."]
        if rest:
            yield from _single_fields((*path, step), inner)
        else:
            yield (*path, step)


class Place(Struct, frozen=True):
    """One place in an object, seen four ways: what we own of it, what is live, what is desired, and its
    shape.
    """

    owned: Owned
    live: Any
    desired: Any
    shape: Shape


def _left(path: Path, place: Place, others: list[Owned]) -> Iterator[Path]:
    for element, below in place.owned.items():
        step, inner = _below(element, below, place)
        if inner is None or inner.live is None:
            continue
        theirs = [other[element] for other in others if element in other]
        if inner.desired is None and not theirs:
            yield (*path, step)
        elif below:
            yield from _left((*path, step), inner, theirs)


def _below(element: str, below: Owned, place: Place) -> tuple[str, Place | None]:
    """The step that an element of `fieldsV1` stands for, and what is there; nothing for `.` and for
    positions.
    """
    shape = place.shape
    if element.startswith("f:"):
        name = element[2:]
        return name, Place(below, _field(place.live, name), _field(place.desired, name), shape.at(name))
    if not (shape.keys or shape.is_set) or element[:2] not in {"k:", "v:"}:
        return "", None
    name_of = step_of(shape)
    step = name_of(json.loads(element[2:])) or ""
    live, desired = (_member(part, name_of, step) for part in (place.live, place.desired))
    return step, Place(below, live, desired, shape.member)


def _field(container: Any, name: str) -> Any:
    return container.get(name) if isinstance(container, dict) else None


def _member(container: Any, name_of: StepOf, step: str) -> Any:
    members = container if isinstance(container, list) else []
    return next((member for member in members if name_of(member) == step), None)


def any_left(owned: Owned, live: Any, desired: Any, shape: Shape) -> bool:
    """Whether something of ours is no longer desired: the quick question, deaf to what others own as well."""
    if not isinstance(desired, dict) or not isinstance(live, dict):
        return (
            isinstance(desired, list)
            and isinstance(live, list)
            and _any_member_left(owned, live, desired, shape)
        )
    fields, rest = shape.fields, shape.rest or shape
    for element, below in owned.items():
        name = element[2:]
        wanted = desired.get(name)
        if wanted is None:
            if element != "." and live.get(name) is not None:
                return True
        elif below and any_left(below, live.get(name), wanted, fields.get(name) or rest):
            return True
    return False


def _any_member_left(owned: Owned, live: list[Any], desired: list[Any], shape: Shape) -> bool:
    if shape.is_set:
        values = [json.loads(element[2:]) for element in owned if element.startswith("v:")]
        return any(value in live and value not in desired for value in values)
    if not shape.keys:
        return False
    wanted, there, member = by_key(desired, shape.keys), by_key(live, shape.keys), shape.member
    for element, below in owned.items():
        if element[:2] != "k:":
            continue
        key = _key(element, shape.keys)
        if key not in wanted:
            if key in there:
                return True
        elif len(below) > 1 and any_left(below, there.get(key), wanted[key], member):
            return True
    return False


def by_key(members: list[Any], keys: ListKeys) -> Mapping[Any, Any]:
    """The members of a list by what tells them apart (see `key_of_member`)."""
    return {key_of_member(member, keys): member for member in members if isinstance(member, dict)}


def key_of_member(member: Mapping[str, Any], keys: ListKeys) -> Any:
    """The value of a member's only key, or the values of all of them; a key left out counts as its
    default.
    """
    if len(keys) == 1:
        only = member.get(keys[0][0])
        return only if only.__class__ is str else repr(only)
    return tuple([str(member.get(name, default)) for name, default in keys])


@functools.lru_cache(maxsize=4096)
def _key(element: str, keys: ListKeys) -> Any:
    return key_of_member(json.loads(element[2:]), keys)


def owner_of_entry(entry: Mapping[str, Any]) -> FieldOwner:
    """Whose entry of `managedFields` this is."""
    words = (str(entry.get(name) or "") for name in ("manager", "operation", "time", "subresource"))
    return FieldOwner(*words)


def _tree(entry: Mapping[str, Any]) -> Owned:
    found = entry.get("fieldsV1")
    return found if isinstance(found, dict) else _NOTHING


def _reaches(owned: Owned, path: Path, shape: Shape) -> bool:
    """Whether a tree owns the path, something below it, or the list or map above it as a whole."""
    for step in path:
        if not owned:
            return True
        element = next((name for name in owned if _stands_for(name, step, shape)), None)
        if element is None:
            return False
        owned = owned[element]
        shape = shape.at(str(step)) if element.startswith("f:") else shape.member
    return True


def _stands_for(element: str, step: Step, shape: Shape) -> bool:
    match element[:2]:
        case "f:":
            return element[2:] == step
        case "k:" | "v:":
            return step_of(shape)(json.loads(element[2:])) == step
        case "i:":
            return element[2:] == str(step)
        case _:
            return False
