"""Fields that another manager owns and that become ours with the object.

The law: what we take over we own as if we had applied it, so that a later removal in Git removes it; what
somebody set by hand, and what controllers write, stays theirs.

Source: "Migration between client-side and server-side apply" in Kubernetes' documentation.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from syncline.core.fields import ABSENT, Path, value_at
from syncline.core.managed import Owned, entries, leftovers
from syncline.core.normalize import LAST_APPLIED, metadata_of
from syncline.core.ownership import TOOL_MANAGERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from syncline.core.resource import Body
    from syncline.core.schema import Shape

CLIENT_SIDE: Final = frozenset(
    {"kubectl-client-side-apply", "kubectl-create", "kubectl-replace", "before-first-apply"}
)
"""Managers of whole objects that were written without server-side apply."""

_WHOLE: Final = TOOL_MANAGERS | {"kubectl", "kubectl-last-applied"}
"""Managers whose fields come over when the object is adopted from them, however they applied it."""

_RECORD: Final = ("f:metadata", "f:annotations", f"f:{LAST_APPLIED}")


def outgoing(live: Body, *, adopted: bool) -> tuple[str, ...]:
    """The managers whose fields become ours, by name: those of the client side, and where the object is
    adopted those of every tool that applied it as a whole.
    """
    named = CLIENT_SIDE | _WHOLE if adopted else CLIENT_SIDE
    return handing_over(live, named)


def handing_over(live: Body, managers: Collection[str]) -> tuple[str, ...]:
    """Those of the managers that have fields of the object to hand over."""
    found = [str(entry.get("manager")) for entry in entries(live) if not entry.get("subresource")]
    return tuple(dict.fromkeys(manager for manager in found if manager in managers))


def without_record(live: Body) -> Body:
    """The object with kubectl's own record owned by nobody: that it goes is no difference to anyone."""
    fields = [_without(entry) for entry in entries(live)]
    return {**live, "metadata": {**metadata_of(live), "managedFields": fields}}


def removed_with(before: Body, live: Body, desired: Body, shape: Shape | None = None) -> tuple[Path, ...]:
    """The fields that an apply removes only because they were handed over, as far as the object tells.

    kubectl's record tells what was once written from what the server filled in by itself; without it nothing
    is said here, and the server's dry run is asked instead.
    """
    try:
        applied = json.loads((metadata_of(before).get("annotations") or {}).get(LAST_APPLIED) or "null")
    except (ValueError, TypeError):
        return ()
    if not isinstance(applied, dict):
        return ()
    left = leftovers(live, desired, shape=shape)
    return tuple(path for path in left if value_at(applied, path, shape) is not ABSENT)


def _without(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    tree = entry.get("fieldsV1")
    pruned = _cut(tree, _RECORD) if isinstance(tree, dict) else tree
    return entry if pruned is tree else {**entry, "fieldsV1": pruned}


def _cut(tree: Owned, path: Iterable[str]) -> Owned:
    first, *rest = path
    if first not in tree:
        return tree
    if not rest:
        return {name: inner for name, inner in tree.items() if name != first}
    return {**tree, first: _cut(tree[first], rest)}
