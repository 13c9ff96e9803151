"""Argo CD's parameter overrides in the repository: `.argocd-source.yaml` and `.argocd-source-NAME.yaml`.

The law: they change how a source is rendered, never which source it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.complaint import Complaints
from syncline.config.source import patched_source
from syncline.documents import read
from syncline.errors import DocumentError, RenderError

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.config.application import Application
    from syncline.documents import Document
    from syncline.render.options import Order

FIXED: Final = ("repoURL", "path", "chart", "targetRevision", "ref", "name")
"""What such a file cannot change: the first four are Argo CD's, the others would mean nothing."""


class Overridden(Struct, frozen=True):
    """The order as the files change it, and what they say in vain."""

    order: Order
    warnings: tuple[str, ...] = ()


def names_of(app: Application) -> tuple[str, str]:
    """What the files are called, the later one counts more."""
    return (".argocd-source.yaml", f".argocd-source-{app.instance_name}.yaml")


def overridden(order: Order) -> Overridden:
    """The order with the overrides beside its manifests. Raises RenderError where they have no meaning."""
    if not order.source.path or order.source.chart:
        return Overridden(order)
    raw, warnings = _written(order), list[str]()
    for name in names_of(order.app):
        document = _document(order.directory / name, order)
        if document is None:
            continue
        raw = _merged(raw, {key: value for key, value in document.value.items() if key not in FIXED})
        complaints = Complaints(document)
        order = replace(order, source=replace(order.source, **patched_source(raw, complaints)))
        for complaint in complaints.errors:
            raise RenderError(complaint.message, place=complaint.place, remedy="Correct the override.")
        warnings += [f"{complaint.place}: {complaint.message}" for complaint in complaints.found]
    return Overridden(order, tuple(warnings))


def _written(order: Order) -> Mapping[str, Any]:
    """The source as the Application's file has it."""
    spec = order.app.body.get("spec") or {}
    listed = spec.get("sources") or [spec.get("source") or {}]
    number = next((at for at, each in enumerate(order.app.sources) if each is order.source), 0)
    written: Mapping[str, Any] = listed[number] if number < len(listed) else {}
    return written


def _document(file: Path, order: Order) -> Document | None:
    if not file.is_file():
        return None
    try:
        documents = read(file.read_bytes(), order.relative(file))
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error
    if len(documents) > 1 or any(not isinstance(each.value, dict) for each in documents):
        raise RenderError(
            "Overrides are one mapping, like spec.source.",
            place=order.place(file),
            remedy="Correct the override.",
        )
    return documents[0] if documents else None


def _merged(base: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7386): null removes, maps are merged, anything else is replaced."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(base) if isinstance(base, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
