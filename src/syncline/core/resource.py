"""What a Kubernetes object is called, and what Git wants it to be.

The law: identity is group, kind, namespace and name. The version is not part of it, because one object is
served under several.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct

if TYPE_CHECKING:
    from syncline.errors import Place

Body: TypeAlias = Mapping[str, Any]
"""A Kubernetes object as plain data; read-only by convention everywhere."""


class ResourceKey(Struct, frozen=True, order=True):
    """An object's identity. `group` is empty for the core group, `namespace` for cluster-scoped kinds."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> str:
        """`Kind` or `Kind.group`, the way KEP-3659 and kubectl write it."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.group_kind} {where}{self.name}"


class Manifest(Struct, frozen=True):
    """One desired object and the line a person would edit to change it."""

    key: ResourceKey
    api_version: str
    body: Body
    origin: Place


def group_of(api_version: str) -> str:
    """The API group of `apps/v1`, and the empty core group of `v1`."""
    group, slash, _ = api_version.partition("/")
    return group if slash else ""


def key_of(body: Body) -> ResourceKey:
    """The identity of an object; its namespace is empty where the body names none."""
    metadata = body.get("metadata") or {}
    return ResourceKey(
        group_of(str(body.get("apiVersion", ""))),
        str(body.get("kind", "")),
        str(metadata.get("namespace") or ""),
        str(metadata.get("name") or metadata.get("generateName") or ""),
    )
