"""How the lists of custom resources are keyed.

The law: a definition among the manifests wins over the one in the cluster, because it is applied first, and
that one over any other file of the repository; without any, a list of a custom resource is one value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.definitions import defined_by
from syncline.core.schema import Shape, shape_from_crd, shape_of
from syncline.errors import ClusterError
from syncline.ports import ApiResource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from syncline.core.resource import Body, Manifest
    from syncline.ports import Cluster

_DEFINITIONS: Final = ApiResource(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)
Kind = tuple[str, str]
"""A kind and its apiVersion."""


def custom_shapes(
    manifests: Iterable[Manifest], cluster: Cluster, elsewhere: Callable[[str, str], Body | None]
) -> Mapping[Kind, Shape]:
    """The shapes of the custom kinds among the manifests, as far as their definitions can be had; `elsewhere`
    finds one by group and kind where the cluster has none.
    """
    listed = tuple(manifests)
    defined = {defined_by(m.body): m.body for m in listed if m.key.kind == _DEFINITIONS.kind}
    shapes: dict[Kind, Shape] = {}
    for manifest in listed:
        kind = (manifest.key.kind, manifest.api_version)
        if kind in shapes or shape_of(manifest.api_version, manifest.key.kind).name != "custom":
            continue
        group, version = manifest.key.group, manifest.api_version.rpartition("/")[2]
        name = group, manifest.key.kind
        definition = defined.get(name) or definition_in(cluster, *name) or elsewhere(*name)
        if definition is not None:
            shapes[kind] = shape_from_crd(definition, version)
    return shapes


def definition_in(cluster: Cluster, group: str, kind: str) -> Body | None:
    """A cluster's definition of a custom kind; None where it has none or will not say."""
    try:
        served = cluster.resource(group, kind)
        return cluster.get(_DEFINITIONS, "", f"{served.plural}.{group}") if served else None
    except ClusterError:
        # Whoever may not read definitions gets the careful comparison: a list is one value.
        return None
