"""What is not a difference: fields that belong to the server, and two spellings of the same value.

The law: normalising twice is normalising once, and no field that Git decides is lost.  Bodies are never
changed in place; what needs no change is given back as it is.

Source of the rules: `Normalize` and `remarshal` of Argo CD's diff, and the API conventions of Kubernetes.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final

from syncline.core import duration, quantity
from syncline.core.fields import is_same
from syncline.core.resource import Body, group_of
from syncline.core.schema import Shape, shape_of_body

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_METADATA: Final = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
"""The fields of metadata that only the server writes."""

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
SERVER_ANNOTATIONS: Final = frozenset(
    {LAST_APPLIED, "deployment.kubernetes.io/revision", "deprecated.daemonset.template.generation"}
)
"""Annotations that kubectl, the controllers and the server keep for themselves."""


def normalize_live(body: Body, shape: Shape | None = None) -> Body:
    """An object without what the server keeps for itself: status, managed fields, counters, kubectl's
    record.
    """
    return _canonical_map(_without_server_fields(body), shape or shape_of_body(body))


def normalize_desired(body: Body, shape: Shape | None = None) -> Body:
    """A manifest the way the server will hold it.

    `stringData` is folded into `data`, nulls are dropped, quantities have the server's spelling, and what
    only the server may write is gone.  This is also what should be sent.
    """
    cleaned = _canonical_map(_without_server_fields(body), shape or shape_of_body(body))
    match body.get("kind"):
        case "Secret" if not group_of(str(body.get("apiVersion", ""))):
            return _folded(cleaned)
        case "ConfigMap" if not group_of(str(body.get("apiVersion", ""))):
            return _with_base64(cleaned, "binaryData")
        case "ClusterRole" if cleaned.get("aggregationRule") is not None and not cleaned.get("rules", True):
            return {name: value for name, value in cleaned.items() if name != "rules"}
        case _:
            return cleaned


def _without_server_fields(body: Body) -> Body:
    metadata = body.get("metadata")
    if not isinstance(metadata, dict):
        return {name: value for name, value in body.items() if name != "status"} if "status" in body else body
    kept = _without_server_annotations(_dropped(metadata, SERVER_METADATA))
    rest = _dropped(body, frozenset({"status"}))
    return rest if kept is metadata else {**rest, "metadata": kept}


def _dropped(values: Body, names: frozenset[str]) -> Body:
    if names.isdisjoint(values):
        return values
    return {name: value for name, value in values.items() if name not in names}


def _without_server_annotations(metadata: Body) -> Body:
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict):
        return metadata
    kept = _dropped(annotations, SERVER_ANNOTATIONS)
    if kept is annotations:
        return metadata
    return {**metadata, "annotations": kept} if kept else _dropped(metadata, frozenset({"annotations"}))


def _canonical(value: Any, shape: Shape) -> Any:
    """Nulls dropped and quantities spelled as the server spells them; the value itself where there is
    nothing to do.
    """
    if isinstance(value, dict):
        return _canonical_map(value, shape)
    if isinstance(value, list):
        member = shape.member
        items = [_canonical(item, member) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    if shape.quantity:
        spelled = quantity.canonical(value)
        return value if is_same(spelled, value) else spelled
    return duration.canonical(value) if shape.duration else value


def _canonical_map(value: Body, shape: Shape) -> Body:
    fields, rest = shape.fields, shape.rest or shape
    changed: dict[str, Any] = {}
    for name, inner in value.items():
        if inner is None:
            changed[name] = _null(shape)
        elif isinstance(inner, str):
            place = fields.get(name) or rest
            if place.quantity:
                changed[name] = quantity.canonical(inner)
            elif place.duration:
                changed[name] = duration.canonical(inner)
        else:
            new = _canonical(inner, fields.get(name) or rest)
            if new is not inner:
                changed[name] = new
    if not changed:
        return value
    return {name: new for name, old in value.items() if (new := changed.get(name, old)) is not None}


def _null(shape: Shape) -> str | None:
    # Go reads a null in a map of strings as the empty string.
    return "" if shape.free and not shape.member.quantity else None


def _folded(secret: Body) -> Body:
    extra = secret.get("stringData")
    rest = _dropped(secret, frozenset({"stringData"}))
    if not extra or not isinstance(extra, dict):
        return _with_base64(rest, "data") if extra is None or extra == {} else secret
    data = rest.get("data")
    folded = {name: _encoded(value) for name, value in extra.items()}
    return _with_base64({**rest, "data": {**(data if isinstance(data, dict) else {}), **folded}}, "data")


def _encoded(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def _with_base64(body: Body, field: str) -> Body:
    data = body.get(field)
    if not isinstance(data, dict):
        return body
    tidy = {name: _tidy_base64(value) for name, value in data.items()}
    return body if tidy == data else {**body, field: tidy}


def _tidy_base64(value: Any) -> Any:
    # Go's decoder skips line breaks and the server writes the value back without them.
    if not isinstance(value, str):
        return value
    try:
        return base64.b64encode(
            base64.b64decode(value.replace("\r", "").replace("\n", ""), validate=True)
        ).decode()
    except (binascii.Error, ValueError):
        return value


def metadata_of(body: Body) -> Mapping[str, Any]:
    """An object's metadata; empty where it has none."""
    found = body.get("metadata")
    return found if isinstance(found, dict) else {}
