"""From what an action makes to the changes of a plan.

The law: an action changes the object it was asked of, keeps its identity, and creates only in the
application's own namespaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from syncline.core.fields import compare, is_same
from syncline.core.plan import Action, Change
from syncline.core.resource import Body, key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.core.actions.model import Effect
    from syncline.core.resource import ResourceKey


def changes_of(effect: Effect, body: Body, key: ResourceKey) -> tuple[Change, ...]:
    """The object as it will be, and what will be created beside it."""
    return tuple(_changes(effect, body, key))


def _changes(effect: Effect, body: Body, key: ResourceKey) -> Iterator[Change]:
    if effect.patched is not None:
        fields = compare(body, effect.patched)
        action = Action.UPDATE if merge_patch(body, effect.patched) else Action.UNCHANGED
        yield Change(key, action, body, effect.patched, fields)
    for made in effect.created:
        placed = _placed(made, key.namespace)
        yield Change(key_of(placed), Action.CREATE, None, placed)


def _placed(body: Body, namespace: str) -> Body:
    metadata = body["metadata"]
    return body if metadata.get("namespace") else {**body, "metadata": {**metadata, "namespace": namespace}}


def refusals(changes: tuple[Change, ...], namespaces: frozenset[str]) -> tuple[str, ...]:
    """Why this may not be done."""
    return tuple(_refusals(changes, namespaces))


def _refusals(changes: tuple[Change, ...], namespaces: frozenset[str]) -> Iterator[str]:
    for change in changes:
        after = change.after or {}
        if change.action is Action.CREATE and change.key.namespace not in namespaces:
            where = change.key.namespace or "no namespace"
            yield f"The action would create {change.key} in {where}, which is not the application's."
        elif change.action is Action.CREATE and not change.key.name:
            yield f"The action would create a {change.key.kind} without a name."
        elif change.before is not None and _identity(after) != _identity(change.before):
            yield f"The action would change the identity of {change.key}."


def _identity(body: Body) -> tuple[Any, ...]:
    metadata = body.get("metadata") or {}
    return (key_of(body), body.get("apiVersion"), metadata.get("uid"))


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What turns one into the other (RFC 7386); empty where nothing differs. A list is replaced whole."""
    gone = (name for name, old in before.items() if old is not None and name not in after)
    patch: dict[str, Any] = dict.fromkeys(gone)
    for name, new in after.items():
        old = before.get(name)
        if isinstance(new, Mapping) and isinstance(old, Mapping):
            inner = merge_patch(old, new)
            if inner:
                patch[name] = inner
        elif not is_same(old, new):
            patch[name] = new
    return patch
