"""How the lists of custom resources are keyed.

The law: a definition in Git wins over the one in the cluster, because it is applied first; without any, a
list of a custom resource is one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.schema import Shape, shape_from_crd, shape_of
from syncline.errors import ClusterError
from syncline.ports import ApiResource

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, Manifest
    from syncline.ports import Cluster

_DEFINITIONS: Final = ApiResource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
Kind = tuple[str, str]
"""A kind and its apiVersion."""


def custom_shapes(manifests: Iterable[Manifest], cluster: Cluster) -> Mapping[Kind, Shape]:
    """The shapes of the custom kinds among the manifests, as far as their definitions can be had."""
    listed = tuple(manifests)
    defined = {_defines(m.body): m.body for m in listed if m.key.kind == _DEFINITIONS.kind}
    shapes: dict[Kind, Shape] = {}
    for manifest in listed:
        kind = (manifest.key.kind, manifest.api_version)
        if kind in shapes or shape_of(manifest.api_version, manifest.key.kind).name != "custom":
            continue
        group, version = manifest.key.group, manifest.api_version.rpartition("/")[2]
        definition = defined.get((group, manifest.key.kind)) or _definition(group, manifest.key.kind, cluster)
        if definition is not None:
            shapes[kind] = shape_from_crd(definition, version)
    return shapes


def _defines(definition: Body) -> tuple[str, str]:
    spec = definition.get("spec") or {}
    return str(spec.get("group") or ""), str((spec.get("names") or {}).get("kind") or "")


def _definition(group: str, kind: str, cluster: Cluster) -> Body | None:
    try:
        served = cluster.resource(group, kind)
        return cluster.get(_DEFINITIONS, "", f"{served.plural}.{group}") if served else None
    except ClusterError:
        # Whoever may not read definitions gets the careful comparison: a list is one value.
        return None
