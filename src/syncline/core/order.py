"""Argo CD's order of things.

The law: earlier wave first, then the kind's rank, then the name; an unlisted kind comes last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from syncline.core.resource import Body

_WAVE: Final = "argocd.argoproj.io/sync-wave"
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
    for name in (_WAVE, _WEIGHT):
        try:
            return int(str(annotations[name]))
        except (KeyError, ValueError):
            continue
    return 0
