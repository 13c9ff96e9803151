"""Which API group a kind of Kubernetes' own belongs to.

The law: a rule about a kind without its group means no object at all, and says so where it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from syncline.config.decoding import Node

_OF_GROUPS: Final = {
    "admissionregistration.k8s.io": "MutatingWebhookConfiguration ValidatingAdmissionPolicy "
    "ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration",
    "apiextensions.k8s.io": "CustomResourceDefinition",
    "apiregistration.k8s.io": "APIService",
    "apps": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
    "autoscaling": "HorizontalPodAutoscaler",
    "batch": "CronJob Job",
    "certificates.k8s.io": "CertificateSigningRequest",
    "coordination.k8s.io": "Lease",
    "discovery.k8s.io": "EndpointSlice",
    "networking.k8s.io": "Ingress IngressClass NetworkPolicy",
    "policy": "PodDisruptionBudget",
    "rbac.authorization.k8s.io": "ClusterRole ClusterRoleBinding Role RoleBinding",
    "scheduling.k8s.io": "PriorityClass",
    "storage.k8s.io": "CSIDriver StorageClass VolumeAttachment",
}
_GROUPS: Final = {kind: group for group, kinds in _OF_GROUPS.items() for kind in kinds.split()}


def missing_group(kind: str, group: str = "") -> str:
    """The group that a kind is of, where none is written; empty where that is right."""
    return "" if group else _GROUPS.get(kind, "")


def must_have_group(node: Node, kind: str) -> None:
    """Note an error about a kind written as `Deployment` instead of `Deployment.apps`."""
    if home := missing_group(kind):
        node.error(f"means no object: {kind} is of the group {home}; write {kind}.{home}.")
