"""Values of the core, for laws."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from syncline.core.resource import Manifest, ResourceKey
from syncline.errors import Place

names = st.text("abcdefghij", min_size=1, max_size=8)

_KINDS = (
    ("", "v1", "ConfigMap"),
    ("", "v1", "Secret"),
    ("", "v1", "Service"),
    ("apps", "v1", "Deployment"),
    ("batch", "v1", "Job"),
    ("", "v1", "PersistentVolumeClaim"),
)
_CLUSTER_KINDS = (
    ("", "v1", "Namespace"),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole"),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition"),
)

kinds = st.sampled_from(_KINDS + _CLUSTER_KINDS)


@st.composite
def keys(draw: st.DrawFn) -> ResourceKey:
    group, _, kind = draw(kinds)
    namespace = draw(st.sampled_from(["shop", "tools"])) if (group, "v1", kind) in _KINDS else ""
    return ResourceKey(group, kind, namespace, draw(names))


def manifest(key: ResourceKey, *, wave: int | None = None, **content: Any) -> Manifest:
    """A manifest of this identity, with `content` as further top-level fields."""
    metadata: dict[str, Any] = {"name": key.name}
    if key.namespace:
        metadata["namespace"] = key.namespace
    if wave is not None:
        metadata["annotations"] = {"argocd.argoproj.io/sync-wave": str(wave)}
    api_version = f"{key.group}/v1" if key.group else "v1"
    body = {"apiVersion": api_version, "kind": key.kind, "metadata": metadata, **content}
    return Manifest(key, api_version, body, Place("app/manifests.yaml", 1))


@st.composite
def manifests(draw: st.DrawFn) -> tuple[Manifest, ...]:
    chosen = draw(st.sets(keys(), max_size=8))
    data = st.dictionaries(names, names, max_size=3)
    waves = st.none() | st.integers(-2, 3)
    return tuple(manifest(key, wave=draw(waves), data=draw(data)) for key in sorted(chosen))
