"""Which kinds live in a namespace.

The law: what a definition says about its own kind wins over what we know of Kubernetes; an unknown kind is
taken to be namespaced, as most are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body

_RBAC: Final = "rbac.authorization.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"

CLUSTER_SCOPED: Final = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        (_ADMISSION, "MutatingAdmissionPolicy"),
        (_ADMISSION, "MutatingAdmissionPolicyBinding"),
        (_ADMISSION, "MutatingWebhookConfiguration"),
        (_ADMISSION, "ValidatingAdmissionPolicy"),
        (_ADMISSION, "ValidatingAdmissionPolicyBinding"),
        (_ADMISSION, "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("gateway.networking.k8s.io", "GatewayClass"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("policy", "PodSecurityPolicy"),
        (_RBAC, "ClusterRole"),
        (_RBAC, "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    }
)
"""Kubernetes' own cluster-scoped kinds (API reference, v1.37) and Gateway API's."""

_CRD: Final = ("apiextensions.k8s.io", "CustomResourceDefinition")


class Scopes(Struct, frozen=True):
    """`known` says of (group, kind) whether it is namespaced: from a cluster, or from definitions in Git."""

    known: Mapping[tuple[str, str], bool] = field(default_factory=dict)

    def namespaced(self, group: str, kind: str) -> bool:
        """Whether objects of this kind live in a namespace."""
        return self.known.get((group, kind), (group, kind) not in CLUSTER_SCOPED)

    def with_definitions(self, bodies: Iterable[Body]) -> Scopes:
        """The same, and what the CustomResourceDefinitions among these bodies say."""
        defined = dict(_definition(body) for body in bodies if _is_definition(body))
        return Scopes({**self.known, **defined}) if defined else self


def _is_definition(body: Body) -> bool:
    return body.get("kind") == _CRD[1] and str(body.get("apiVersion", "")).startswith(_CRD[0])


def _definition(body: Body) -> tuple[tuple[str, str], bool]:
    spec = body.get("spec") or {}
    kind = str((spec.get("names") or {}).get("kind") or "")
    return (str(spec.get("group") or ""), kind), spec.get("scope") != "Cluster"
