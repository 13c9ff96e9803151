"""Objects as an API server holds them after an apply, for tests.

The law: `fieldsV1` is written here from the format's description and shares no code with what reads it.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from syncline.core.schema import Shape, shape_of_body


def owned_fields(desired: dict[str, Any], shape: Shape | None = None) -> dict[str, Any]:
    """The `fieldsV1` of an apply of this body: leaves, keyed members with their own `.`, members of sets."""
    tree = _map(desired, shape or shape_of_body(desired))
    for name in ("f:apiVersion", "f:kind"):
        tree.pop(name, None)
    for name in ("f:name", "f:namespace", "f:managedFields"):
        tree.get("f:metadata", {}).pop(name, None)
    return tree


def _map(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    return {f"f:{name}": _fields(inner, shape.at(name)) for name, inner in value.items()}


def _fields(value: Any, shape: Shape) -> dict[str, Any]:
    if isinstance(value, dict) and not shape.atomic:
        return _map(value, shape)
    if isinstance(value, list) and shape.keys:
        return {f"k:{_key(member, shape)}": {".": {}, **_map(member, shape.member)} for member in value}
    if isinstance(value, list) and shape.is_set:
        return {f"v:{json.dumps(member)}": {} for member in value}
    return {}


def _key(member: dict[str, Any], shape: Shape) -> str:
    key = {name: member.get(name, default) for name, default in shape.keys}
    return json.dumps(key, sort_keys=True, separators=(",", ":"))


def applied(
    live: dict[str, Any], desired: dict[str, Any], *, manager: str = "syncline", shape: Shape | None = None
) -> dict[str, Any]:
    """`live` with its managed fields as they are after `manager` applied `desired`."""
    found = copy.deepcopy(live)
    entries = found.setdefault("metadata", {}).setdefault("managedFields", [])
    entries[:] = [entry for entry in entries if entry["manager"] != manager]
    entries.append(entry(desired, manager=manager, shape=shape))
    return found


def entry(
    fields_of: dict[str, Any], *, manager: str, operation: str = "Apply", shape: Shape | None = None
) -> dict[str, Any]:
    """One entry of `managedFields`."""
    return {
        "manager": manager,
        "operation": operation,
        "apiVersion": fields_of["apiVersion"],
        "time": "2026-01-02T03:04:05Z",
        "fieldsType": "FieldsV1",
        "fieldsV1": owned_fields(fields_of, shape),
    }
