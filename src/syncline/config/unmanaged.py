"""`resource.exclusions` and `resource.inclusions` of `argocd-cm`: the kinds that Argo CD does not look at.

The law: an exclusion wins over an inclusion; without the key the list counts that Argo CD is installed with,
and some kinds are nobody's to manage.  (Argo CD, "Resource Exclusion/Inclusion".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.config.complaint import Complaint, did_you_mean
from syncline.config.globs import glob_matches
from syncline.documents import read
from syncline.errors import NOWHERE, DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

EXCLUSIONS: Final = "resource.exclusions"
INCLUSIONS: Final = "resource.inclusions"


class KindPattern(Struct, frozen=True):
    """Globs of groups and of clusters (API servers), and kinds, of which `*` is any; an empty list is any."""

    groups: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()

    def covers(self, group: str, kind: str, server: str) -> bool:
        """Whether a kind in a cluster is one of these."""
        return (
            _any(self.groups, group)
            and (not self.kinds or kind in self.kinds or "*" in self.kinds)
            and _any(self.clusters, server)
        )


def _any(patterns: Iterable[str], text: str) -> bool:
    listed = tuple(patterns)
    return not listed or any(glob_matches(pattern, text) for pattern in listed)


_NEVER: Final = (
    KindPattern(("events.k8s.io", "metrics.k8s.io")),
    KindPattern(("",), ("Event",)),
    KindPattern(("coordination.k8s.io",), ("Lease",)),
)
"""What Argo CD never looks at, whatever the settings say."""

_REVIEWS: Final = (
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "SubjectAccessReview",
    "TokenReview",
)
_POLICY_REPORTS: Final = (
    "AdmissionReport",
    "BackgroundScanReport",
    "ClusterAdmissionReport",
    "ClusterBackgroundScanReport",
    "ClusterEphemeralReport",
    "ClusterPolicyReport",
    "EphemeralReport",
    "PolicyReport",
    "UpdateRequest",
)
_INSTALLED: Final = (
    KindPattern(("", "discovery.k8s.io"), ("Endpoints", "EndpointSlice")),
    KindPattern(("authentication.k8s.io", "authorization.k8s.io"), _REVIEWS),
    KindPattern(("certificates.k8s.io",), ("CertificateSigningRequest",)),
    KindPattern(("cert-manager.io",), ("CertificateRequest",)),
    KindPattern(("cilium.io",), ("CiliumIdentity", "CiliumEndpoint", "CiliumEndpointSlice")),
    KindPattern(("kyverno.io", "reports.kyverno.io", "wgpolicyk8s.io"), _POLICY_REPORTS),
)
"""`resource.exclusions` as Argo CD is installed with, since 3.0."""


class Unmanaged(Struct, frozen=True):
    """What is not looked at; `server` is the cluster that is meant, by the URL of its API."""

    excluded: tuple[KindPattern, ...] = _INSTALLED
    included: tuple[KindPattern, ...] = ()
    excluded_at: Place = NOWHERE
    included_at: Place = NOWHERE
    server: str = ""

    def why(self, group: str, kind: str) -> str:
        """Why a kind is not looked at, as a clause; empty when it is."""
        if any(each.covers(group, kind, self.server) for each in _NEVER):
            return "Argo CD never manages its kind"
        if any(each.covers(group, kind, self.server) for each in self.excluded):
            if self.excluded_at == NOWHERE:
                return (
                    f"{EXCLUSIONS}, as Argo CD is installed with, leaves its kind out; "
                    "a list of your own in argocd-cm (or an empty one) takes its place"
                )
            return f"{EXCLUSIONS} leaves its kind out ({self.excluded_at})"
        if self.included and not any(each.covers(group, kind, self.server) for each in self.included):
            return f"{INCLUSIONS} does not list its kind ({self.included_at})"
        return ""


def decode(texts: Mapping[str, tuple[str, Place]]) -> tuple[Unmanaged, tuple[Complaint, ...]]:
    """What these keys leave out, and what is wrong with them."""
    found: dict[str, Any] = {}
    complaints: list[Complaint] = []
    for key, name in ((EXCLUSIONS, "excluded"), (INCLUSIONS, "included")):
        if key in texts:
            text, place = texts[key]
            try:
                found |= {name: _patterns(key, text, place), f"{name}_at": place}
            except DocumentError as trouble:
                complaints.append(Complaint(f"{key}: {trouble.message} {trouble.remedy}".strip(), place))
            except ValueError as trouble:
                complaints.append(Complaint(str(trouble), place))
    return Unmanaged(**found), tuple(complaints)


_FIELDS: Final = {"apiGroups": "groups", "kinds": "kinds", "clusters": "clusters"}


def _patterns(key: str, text: str, place: Place) -> tuple[KindPattern, ...]:
    documents = read(text, place.file)
    listed = documents[0].value if documents else None
    if not isinstance(listed, list | None) or len(documents) > 1:
        raise ValueError(f"{key} must be a list of apiGroups, kinds and clusters.")
    return tuple(_pattern(key, each) for each in listed or ())


def _pattern(key: str, entry: Any) -> KindPattern:
    if not isinstance(entry, dict):
        raise ValueError(  # noqa: TRY004 - a finding about a text
            f"{key}: each entry must be a mapping of apiGroups, kinds and clusters."
        )
    for name, value in entry.items():
        if name not in _FIELDS:
            raise ValueError(f"{key}: {name} is not a field Argo CD knows{did_you_mean(name, _FIELDS)}")
        if not isinstance(value, list | None) or not all(isinstance(each, str) for each in value or ()):
            raise ValueError(f"{key}: {name} must be a list of strings.")
    return KindPattern(**{_FIELDS[name]: tuple(value or ()) for name, value in entry.items()})
