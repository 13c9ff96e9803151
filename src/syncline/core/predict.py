"""What an apply would do, without asking the server.

The law: once the predicted object is live and its fields are ours, it is in sync.  What the server fills in
by itself is no difference; whatever cannot be known to be a default is one, so that no change of Git is ever
missed.

Source: `merge.Updater` of structured-merge-diff v6, which is server-side apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core import duration, quantity
from syncline.core.definitions import as_map
from syncline.core.fields import ABSENT, ORDERED, Path, in_order, is_same, shape_at, value_at, without
from syncline.core.managed import any_left, by_key, entries, key_of_member, leftovers, owned_by, owned_paths
from syncline.core.normalize import normalize_desired
from syncline.core.schema import Shape, shape_of_body

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncline.core.resource import Body


def in_sync(live: Body, desired: Body, shape: Shape | None = None) -> bool:
    """Whether an apply of `desired` would change nothing that can be seen.

    Every desired field has its value already, and no field that we applied before has gone from `desired`.
    `shape` is for custom resources, from their definition (`shape_from_crd`).
    """
    shape = shape or shape_of_body(desired)
    if _covers(live, desired, shape) and not any_left(owned_by(live), live, desired, shape):
        return True
    wanted = normalize_desired(desired, shape)
    return _covers(live, wanted, shape) and not leftovers(live, wanted, shape=shape)


def predict_apply(live: Body | None, desired: Body, shape: Shape | None = None) -> Body:
    """The object after a forced server-side apply of `desired`, as far as that can be known without the
    server.
    """
    shape = shape or shape_of_body(desired)
    wanted = normalize_desired(desired, shape)
    if live is None:
        return wanted
    merged: Body = _merged(live, wanted, shape)
    for path in leftovers(live, wanted, shape=shape):
        merged = _pruned(merged, path, shape)
    return merged


def predict_removal(body: Body, paths: Iterable[Path], shape: Shape | None = None) -> Body:
    """The body after an apply that removes these fields, too."""
    for path in paths:
        body = _pruned(body, path, shape or shape_of_body(body))
    return body


def predict_replace(live: Body, desired: Body, shape: Shape | None = None) -> Body:
    """The object after it was replaced as a whole: what anybody set and Git does not declare is gone.

    What nobody owns is a default of the server, which it fills in again.
    """
    shape = shape or shape_of_body(desired)
    managers = frozenset(str(entry.get("manager")) for entry in entries(live) if not entry.get("subresource"))
    wanted = normalize_desired(desired, shape)
    body: Body = live
    for path in owned_paths(live, managers, shape):
        if value_at(wanted, path, shape) is ABSENT and path[0] != "status":
            body = _pruned(body, path, shape)
    merged: Body = _merged(body, wanted, shape)
    return merged


def _pruned(body: Body, path: Path, shape: Shape) -> Body:
    """The body without a field, nor the map or list that it leaves empty where the server forgets that."""
    rest, parent = without(body, path, shape), path[:-1]
    left = value_at(rest, parent, shape)
    return without(rest, parent, shape) if _forgotten(left, shape_at(parent, shape)) else rest


def _covers(live: Any, desired: Any, shape: Shape) -> bool:
    """Whether a map or a list already holds everything desired.  The hot path: it stops at the first
    difference.
    """
    if desired.__class__ is list:
        return _covers_list(live, desired, shape)
    if live.__class__ is not dict or shape.atomic:
        return _same_whole(live, desired, shape)
    fields, rest = shape.fields, shape.rest or shape
    for name, wanted in desired.items():
        have = live.get(name)
        if have is wanted and wanted is not None:
            continue
        if wanted.__class__ is str:
            if have != wanted and not _same_scalar(have, wanted, fields.get(name) or rest):
                return False
        elif wanted.__class__ is dict or wanted.__class__ is list:
            if not _covers_inner(name, have, wanted, fields.get(name) or rest):
                return False
        elif not _same_scalar(have, wanted, fields.get(name) or rest):
            return False
    return True


def _covers_inner(name: str, live: Any, desired: Any, shape: Shape) -> bool:
    if live is None:
        return _forgotten(desired, shape)
    if name in ORDERED and shape.keys and not _keeps_order(live, desired, shape):
        return False
    return _covers(live, desired, shape)


def _covers_list(live: Any, desired: list[Any], shape: Shape) -> bool:
    if live.__class__ is not list or not (shape.keys or shape.is_set):
        return _same_whole(live, desired, shape)
    if shape.is_set:
        return all(wanted in live for wanted in desired)
    there = by_key(live, shape.keys)
    if len(there) != len(live):
        return _same_whole(live, desired, shape)
    member = shape.member
    for wanted in desired:
        have = there.get(key_of_member(wanted, shape.keys)) if wanted.__class__ is dict else None
        if have is None or not _covers(have, wanted, member):
            return False
    return True


def _keeps_order(live: Any, desired: Any, shape: Shape) -> bool:
    return live.__class__ is not list or in_order(
        list(by_key(live, shape.keys)), list(by_key(desired, shape.keys))
    )


def _same_scalar(live: Any, desired: Any, shape: Shape) -> bool:
    if live is None or desired is None:
        return live is not desired and _forgotten(desired, shape)
    if live == desired and isinstance(live, bool) is isinstance(desired, bool):
        return True
    if shape.duration:
        return duration.same_duration(live, desired)
    return shape.quantity and quantity.same_quantity(live, desired)


def _forgotten(value: Any, shape: Shape) -> bool:
    """Whether the server does not keep a value: an empty one, in a field that Go writes with `omitempty`."""
    if value or value is None:
        return False
    return shape.free if isinstance(value, dict) else not shape.keeps_empty


def _same_whole(live: Any, desired: Any, shape: Shape) -> bool:
    """Whether two values that are replaced as a whole are the same once the server has filled in its
    defaults.
    """
    if live == desired:
        return is_same(live, desired)
    return is_same(_settled(live, shape), _settled(desired, shape))


def _settled(value: Any, shape: Shape) -> Any:
    """A value as the server would hold it: empty fields forgotten, defaults filled in, quantities
    spelled its way.
    """
    if isinstance(value, list):
        members = [_settled(member, shape.member) for member in value]
        return sorted(members, key=repr) if shape.is_set else members
    if not isinstance(value, dict):
        value = duration.canonical(value) if shape.duration else value
        return quantity.canonical(value) if shape.quantity else value
    settled = {name: _settled(inner, shape.at(name)) for name, inner in value.items() if inner is not None}
    kept = {name: inner for name, inner in settled.items() if not _forgotten(inner, shape.at(name))}
    missing = {name: inner for name, inner in shape.fields.items() if inner.default and name not in kept}
    filled = {**kept, **{name: _settled(inner.default[0], inner) for name, inner in missing.items()}}
    return _COMPUTED.get(shape.name, dict)(filled)


def _limit_defaults(item: dict[str, Any]) -> dict[str, Any]:
    """`SetDefaults_LimitRangeItem`: the default limit is the maximum, the default request the limit or
    the minimum.
    """
    if item.get("type") != "Container":
        return item
    most, least, given, asked = (
        as_map(item.get(name)) for name in ("max", "min", "default", "defaultRequest")
    )
    limits = {**most, **given}
    requests = {**least, **limits, **asked}
    computed = {"default": limits, "defaultRequest": requests}
    return {**item, **{name: amounts for name, amounts in computed.items() if amounts}}


def _subject_defaults(subject: dict[str, Any]) -> dict[str, Any]:
    """`SetDefaults_Subject`: users and groups belong to the API group of RBAC, service accounts to none."""
    is_person = subject.get("kind") in {"User", "Group"}
    return {"apiGroup": "rbac.authorization.k8s.io", **subject} if is_person else subject


_COMPUTED: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "core.v1.LimitRangeItem": _limit_defaults,
    "rbac.v1.Subject": _subject_defaults,
}
"""Defaults that depend on other fields, by type."""


def _merged(live: Any, desired: Any, shape: Shape) -> Any:
    if isinstance(desired, dict) and isinstance(live, dict) and not shape.atomic:
        return _merged_map(live, desired, shape)
    if isinstance(desired, list) and isinstance(live, list):
        return _merged_list(live, desired, shape)
    if isinstance(desired, dict | list):
        return live if _same_whole(live, desired, shape) else _fresh(desired, shape)
    return live if _same_scalar(live, desired, shape) else desired


def _fresh(desired: Any, shape: Shape) -> Any:
    """A part that is new: without the empty values that the server will forget."""
    if shape.atomic:
        return _settled(desired, shape)
    if isinstance(desired, list):
        return [_fresh(member, shape.member) for member in desired]
    if not isinstance(desired, dict):
        return desired
    kept = {name: inner for name, inner in desired.items() if not _forgotten(inner, shape.at(name))}
    return {name: _fresh(inner, shape.at(name)) for name, inner in kept.items()}


def _merged_map(live: dict[str, Any], desired: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """The live map itself where nothing changes, so that a comparison need not look inside."""
    changed: dict[str, Any] = {}
    for name, wanted in desired.items():
        have, inner = live.get(name), shape.at(name)
        if not _forgotten(wanted, inner) or (have is not None and _adds(wanted, inner)):
            new = _merged(have, wanted, inner)
            if new is not have or name not in live:
                changed[name] = new
        elif not is_same(have, wanted) and name in live:
            changed[name] = ABSENT
    if not changed:
        return live
    return {name: value for name, value in {**live, **changed}.items() if value is not ABSENT}


def _adds(desired: Any, shape: Shape) -> bool:
    """Whether applying this value adds to what is there, instead of replacing it."""
    return not shape.atomic if isinstance(desired, dict) else bool(shape.keys) or shape.is_set


def _merged_list(live: list[Any], desired: list[Any], shape: Shape) -> list[Any]:
    if shape.is_set:
        return [*live, *(value for value in desired if value not in live)]
    there, wanted = by_key(live, shape.keys), by_key(desired, shape.keys)
    if not shape.keys or len(there) != len(live) or len(wanted) != len(desired):
        return (
            live
            if _same_whole(live, desired, shape)
            else [_kept(live, value, shape.member) for value in desired]
        )
    merged = {key: _merged(there.get(key), value, shape.member) for key, value in wanted.items()}
    members = [merged.get(key, there.get(key)) for key in _interleaved(list(there), list(wanted))]
    same = len(members) == len(live) and all(new is old for new, old in zip(members, live, strict=True))
    return live if same else members


def _kept(live: list[Any], desired: Any, shape: Shape) -> Any:
    """The live member that already is what is desired, with the defaults it has; else the desired one
    with defaults.
    """
    return next((member for member in live if _same_whole(member, desired, shape)), _settled(desired, shape))


def _interleaved(live: list[Any], desired: list[Any]) -> list[Any]:
    """The desired keys in their order, and the others behind the one they follow now."""
    order = list(desired)
    for index, key in enumerate(live):
        if key not in order:
            order.insert(order.index(live[index - 1]) + 1 if index else 0, key)
    return order
