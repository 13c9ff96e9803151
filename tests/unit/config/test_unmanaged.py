"""`resource.exclusions` and `resource.inclusions` of argocd-cm."""

from __future__ import annotations

import pytest

from syncline.config.load import load
from syncline.config.unmanaged import Unmanaged

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n"
HERE, THERE = "https://kubernetes.default.svc", "https://eu.example.com:6443"


def written(**texts: str) -> Unmanaged:
    data = "".join(f"  resource.{key}: |\n    {text}\n" for key, text in texts.items())
    found = load([("cm.yaml", CM + data)])
    assert not found.complaints
    return found.customizations.unmanaged


INSTALLED = Unmanaged()
NOBODY = written(exclusions="[]")
GLOBS = written(exclusions="[{apiGroups: ['*.cilium.io'], kinds: [Hidden], clusters: ['https://eu.*']}]")
ANY_KIND = written(exclusions="[{apiGroups: [example.com], kinds: ['*']}]")
NO_GROUP = written(exclusions="[{kinds: [Secret]}]")
LISTED = written(inclusions="[{apiGroups: [''], kinds: [ConfigMap]}]", exclusions="[{kinds: [ConfigMap]}]")
ONLY = written(inclusions="[{apiGroups: [apps]}]", exclusions="[]")


@pytest.mark.parametrize(
    ("rules", "kind", "server", "is_managed"),
    [
        (INSTALLED, ("", "Endpoints"), HERE, False),
        (INSTALLED, ("discovery.k8s.io", "EndpointSlice"), HERE, False),
        (INSTALLED, ("certificates.k8s.io", "CertificateSigningRequest"), HERE, False),
        (INSTALLED, ("cert-manager.io", "CertificateRequest"), HERE, False),
        (INSTALLED, ("cert-manager.io", "Certificate"), HERE, True),
        (INSTALLED, ("wgpolicyk8s.io", "PolicyReport"), HERE, False),
        (INSTALLED, ("kyverno.io", "ClusterPolicy"), HERE, True),
        (NOBODY, ("", "Endpoints"), HERE, True),
        (NOBODY, ("", "Event"), HERE, False),
        (NOBODY, ("events.k8s.io", "Event"), HERE, False),
        (NOBODY, ("metrics.k8s.io", "PodMetrics"), HERE, False),
        (NOBODY, ("coordination.k8s.io", "Lease"), HERE, False),
        (GLOBS, ("x.cilium.io", "Hidden"), THERE, False),
        (GLOBS, ("x.cilium.io", "Hidden"), HERE, True),
        (GLOBS, ("x.cilium.io", "hidden"), THERE, True),
        (GLOBS, ("", "Endpoints"), THERE, True),
        (ANY_KIND, ("example.com", "Whatever"), HERE, False),
        (NO_GROUP, ("", "Secret"), HERE, False),
        (NO_GROUP, ("example.com", "Secret"), HERE, False),
        (LISTED, ("", "ConfigMap"), HERE, False),
        (LISTED, ("", "Secret"), HERE, False),
        (ONLY, ("apps", "Deployment"), THERE, True),
        (ONLY, ("", "Service"), THERE, False),
    ],
)
def test_a_kind_is_managed_as_argo_cd_says(
    rules: Unmanaged, kind: tuple[str, str], server: str, *, is_managed: bool
) -> None:
    in_cluster = Unmanaged(rules.excluded, rules.included, rules.excluded_at, rules.included_at, server)
    assert bool(in_cluster.why(*kind)) is not is_managed


def test_the_reason_names_the_line_that_leaves_a_kind_out() -> None:
    assert "cm.yaml:5" in ANY_KIND.why("example.com", "Whatever")
    assert "cm.yaml:5" in ONLY.why("", "Service")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "resource.exclusions must be a list"),
        ("[a]", "resource.exclusions: each entry must be a mapping"),
        ("[{apiGroup: [a]}]", "apiGroup is not a field Argo CD knows; did you mean apiGroups?"),
        ("[{kinds: Secret}]", "resource.exclusions: kinds must be a list of strings."),
        ("[", "resource.exclusions: "),
    ],
)
def test_a_list_that_is_none_is_an_error_at_its_line(text: str, sentence: str) -> None:
    found = load([("cm.yaml", f"{CM}  resource.exclusions: |\n    {text}\n")])
    (complaint,) = found.complaints
    assert sentence in complaint.message
    assert str(complaint.place) == "cm.yaml:5"
    assert found.customizations.unmanaged == Unmanaged()
