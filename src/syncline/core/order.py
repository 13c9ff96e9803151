"""Argo CD's order of things.

The law: earlier wave first, then the kind's rank, then the name; an unlisted kind comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.config.metadata import WAVE, integer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.resource import Body, Manifest

_WEIGHT: Final = "helm.sh/hook-weight"

KIND_ORDER: Final = (
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
"""Argo CD ranks by the kind's name alone; the API group does not count."""

_RANKS: Final = {kind: rank for rank, kind in enumerate(KIND_ORDER)}


def rank(kind: str) -> int:
    """The place of a kind in the order of creation."""
    return _RANKS.get(kind, len(KIND_ORDER))


def wave_of(body: Body) -> int:
    """The sync wave: Argo CD's annotation, else Helm's hook weight, else 0; what is no integer does not
    count.
    """
    annotations = (body.get("metadata") or {}).get("annotations") or {}
    found = (integer(str(annotations.get(name, ""))) for name in (WAVE, _WEIGHT))
    return next((wave for wave in found if wave is not None), 0)


def misread_waves(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Every wave that is no integer; Argo CD takes it for 0 without a word."""
    for manifest in manifests:
        text = str(((manifest.body.get("metadata") or {}).get("annotations") or {}).get(WAVE, "0"))
        if integer(text) is None:
            yield (
                f"{manifest.key} ({manifest.origin}) has the sync wave {text!r}, which is no integer; "
                'write one like "-1" or "5".'
            )


def odd_weights(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Helm's weights that are no integers; Helm itself takes them for 0."""
    for manifest in manifests:
        text = str(((manifest.body.get("metadata") or {}).get("annotations") or {}).get(_WEIGHT, "0"))
        if integer(text) is None:
            yield f"{manifest.key} ({manifest.origin}) has the hook weight {text!r}, which counts as 0."
