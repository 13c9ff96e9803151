"""The keys of `argocd-cm` and `argocd-cmd-params-cm`: which Argo CD knows, and which mean nothing here.

The law: a key that looks like one of Argo CD's and is none is told, and so is one that Argo CD would act upon
and Syncline does not, where it asks for something else than the default.  (Argo CD, `argocd-cm.yaml` and
`argocd-cmd-params-cm.yaml` of its operator manual.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.complaint import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config.complaint import Complaints

_PREFIXES: Final = ("application.", "helm.", "jsonnet.", "kustomize.", "resource.")
"""Keys that begin so are about manifests or how they are made; the others are about Argo CD's server."""

_KNOWN: Final = frozenset(
    {
        "application.allowedNodeLabels",
        "application.instanceLabelKey",
        "application.links",
        "application.resourceTrackingMethod",
        "application.sync.impersonation.enabled",
        "application.sync.impersonation.enforced",
        "application.sync.requireOverridePrivilegeForRevisionSync",
        "globalProjects",
        "helm.enable",
        "helm.valuesFileSchemes",
        "installationID",
        "jsonnet.enable",
        "kustomize.buildOptions",
        "kustomize.enable",
        "resource.compareoptions",
        "resource.customLabels",
        "resource.customizations",
        "resource.excludeEventLabelKeys",
        "resource.exclusions",
        "resource.ignoreResourceUpdatesEnabled",
        "resource.includeEventLabelKeys",
        "resource.inclusions",
        "resource.links",
        "resource.respectRBAC",
        "resource.sensitive.mask.annotations",
    }
)
_BEGINNINGS: Final = (
    "kustomize.buildOptions.",
    "kustomize.path.",
    "kustomize.version.",
    "resource.customizations.",
)
_MEANT: Final = {
    "resource.trackingMethod": "application.resourceTrackingMethod",
    "resource.compareOptions": "resource.compareoptions",
}
_SWITCHES: Final = frozenset({"helm.enable", "jsonnet.enable", "kustomize.enable"})

_WITHOUT_EFFECT: Final[Mapping[str, tuple[str, str]]] = {
    "application.sync.impersonation.enabled": (
        "false",
        "Syncline writes as the identity of its kubeconfig; give that one no more rights than it needs",
    ),
    "application.sync.requireOverridePrivilegeForRevisionSync": (
        "false",
        "who may sync may sync any revision",
    ),
    "cluster.inClusterEnabled": (
        "true",
        "https://kubernetes.default.svc means the default cluster of syncline.yaml; forbid it in projects",
    ),
    "server.rbac.rollback.enforce.enable": ("false", "who may sync may roll back"),
}
"""What Argo CD would act upon: the value that asks for nothing, and why another one has no effect."""

_PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "application.namespaces": (
        "",
        "every Application file counts; sourceNamespaces of projects restrict them",
    ),
    "controller.diff.server.side": (
        "false",
        "ask for the level dry-run, or annotate Applications with compare-options: ServerSideDiff=true",
    ),
    "controller.sync.timeout.seconds": ("0", "sync.timeout of syncline.yaml says how long a sync may take"),
    "reposerver.allow.oob.symlinks": ("false", "links that lead out of the repository are never followed"),
    "reposerver.enable.git.submodule": ("true", "submodules under remotes of syncline.yaml says it"),
}


def complain(data: Any, complaints: Complaints) -> None:
    """Note what is wrong with the keys of `argocd-cm`."""
    for key, value in _entries(data):
        if key in _SWITCHES and value.strip().lower() not in {"", "true", "false"}:
            complaints.error(("data", key), f"{key} must be true or false, as a string.")
        if key.startswith(_PREFIXES) and key not in _KNOWN and not key.startswith(_BEGINNINGS):
            meant = f"; did you mean {_MEANT[key]}?" if key in _MEANT else did_you_mean(key, _KNOWN)
            complaints.warn(("data", key), f"{key} is not a key Argo CD knows and has no effect{meant}")
    _without_effect(data, _WITHOUT_EFFECT, complaints)


def complain_of_parameters(data: Any, complaints: Complaints) -> None:
    """The same of `argocd-cmd-params-cm`, whose other keys are about Argo CD's own processes."""
    _without_effect(data, _PARAMETERS, complaints)


def _without_effect(data: Any, table: Mapping[str, tuple[str, str]], complaints: Complaints) -> None:
    for key, value in _entries(data):
        if key in table and value.strip() not in {"", table[key][0]}:
            complaints.warn(("data", key), f"{key} has no effect: {table[key][1]}.")


def _entries(data: Any) -> Iterator[tuple[str, str]]:
    for key, value in data.items() if isinstance(data, dict) else ():
        if isinstance(value, str):
            yield key, value
