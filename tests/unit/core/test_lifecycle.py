from __future__ import annotations

import pytest

from syncline.core.lifecycle import Target, minor_of, verdict, verdict_of_crd
from syncline.core.openapi import node_from_crd
from syncline.core.validation import findings
from syncline.kube.kinds import table

TABLE = table()


@pytest.mark.parametrize(
    ("api", "minor", "text", "refused"),
    [
        ("apps/v1 Deployment", 37, "", False),
        ("policy/v1beta1 PodDisruptionBudget", 20, "", False),
        (
            "policy/v1beta1 PodDisruptionBudget",
            24,
            (
                "policy/v1beta1 PodDisruptionBudget is deprecated since Kubernetes 1.21 "
                "and gone from 1.25 on; write it as policy/v1 PodDisruptionBudget"
            ),
            False,
        ),
        (
            "policy/v1beta1 PodDisruptionBudget",
            25,
            (
                "policy/v1beta1 PodDisruptionBudget is gone since Kubernetes 1.25; "
                "write it as policy/v1 PodDisruptionBudget"
            ),
            True,
        ),
        (
            "policy/v1beta1 PodSecurityPolicy",
            37,
            "policy/v1beta1 PodSecurityPolicy is gone since Kubernetes 1.25",
            True,
        ),
        (
            "extensions/v1beta1 Ingress",
            30,
            (
                "extensions/v1beta1 Ingress is gone since Kubernetes 1.22; "
                "write it as networking.k8s.io/v1 Ingress"
            ),
            True,
        ),
        (
            "networking.k8s.io/v1alpha1 ClusterCIDR",
            30,
            "networking.k8s.io/v1alpha1 ClusterCIDR is gone since Kubernetes 1.29",
            True,
        ),
        (
            "networking.k8s.io/v1 ServiceCIDR",
            30,
            "networking.k8s.io/v1 ServiceCIDR is served from Kubernetes 1.33 on, and not by 1.30",
            True,
        ),
        (
            "v1 Endpoints",
            37,
            "v1 Endpoints is deprecated since Kubernetes 1.33; write it as discovery.k8s.io/v1 EndpointSlice",
            False,
        ),
        (
            "apps/v1 Deploymnt",
            37,
            "Kubernetes has no kind Deploymnt in apps/v1; did you mean Deployment?",
            True,
        ),
        ("apps/v2 Deployment", 37, "apps/v2 has no kind Deployment; write it as apps/v1", True),
        ("example.com/v1 Widget", 37, "", False),
        # A later version than is known here is judged by the newest, and may still be served.
        ("apps/v1 Deployment", 99, "", False),
        # Before the table begins nobody knows what was served.
        ("policy/v1 PodDisruptionBudget", 20, "", False),
    ],
)
def test_an_api_is_served_going_gone_or_unknown(api: str, minor: int, text: str, refused: bool) -> None:
    version, kind = api.split()
    said = verdict(version, kind, Target(minor, "asked for"), TABLE)

    assert (said.text if said else "", said.refused if said else False) == (text, refused)


def test_what_is_recorded_as_removed_is_in_no_schema_from_then_on() -> None:
    later = [
        (api, minor)
        for api, life in TABLE.lives.items()
        if life.removed
        for minor in range(max(life.removed, TABLE.oldest), TABLE.newest + 1)
        if TABLE.served(api[0], api[1], minor)
    ]

    assert len(TABLE.lives) > 60
    assert later == []


def test_what_to_write_instead_is_served_by_the_newest() -> None:
    instead = {life.instead for life in TABLE.lives.values() if life.instead and life.removed > TABLE.oldest}

    gone = {api for api in instead if not TABLE.served(api.split()[0], api.split()[1], TABLE.newest)}

    assert gone <= {
        # A way station of its time, itself gone.
        "flowcontrol.apiserver.k8s.io/v1beta3 FlowSchema",
        "flowcontrol.apiserver.k8s.io/v1beta3 PriorityLevelConfiguration",
    }


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1.37", 37),
        ("v1.37.2", 37),
        ("v1.34.1-eks-abc", 34),
        ("1.30+", 30),
        ("", None),
        ("latest", None),
        ("2.1", None),
    ],
)
def test_a_version_is_read_down_to_a_vendors_own(text: str, minor: int | None) -> None:
    assert minor_of(text) == minor


def test_a_field_is_known_only_in_the_versions_that_have_it() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}}
    body = {**pod, "spec": {"containers": [{"name": "a"}], "schedulingGates": [{"name": "x"}]}}
    said = {
        minor: [str(finding) for finding in findings(body, node)]
        for minor in (25, 26)
        if (node := TABLE.node("v1", "Pod", minor)) is not None
    }

    assert said[25] == [
        "spec.schedulingGates is no field that the schema knows; did you mean readinessGates?"
    ]
    assert said[26] == []


CRD = {
    "spec": {
        "versions": [
            {"name": "v1", "served": True},
            {"name": "v1beta1", "served": True, "deprecated": True},
            {"name": "v1alpha1", "served": False},
            {"name": "v0", "served": True, "deprecated": True, "deprecationWarning": "use v1, please"},
        ]
    }
}


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("v1", None),
        ("v1beta1", "example.com/v1beta1 Widget is deprecated by its definition; write it as v1"),
        (
            "v1alpha1",
            "its definition no longer serves example.com/v1alpha1 Widget; write it as v1",
        ),
        ("v0", "use v1, please"),
        ("v9", "its definition does not define example.com/v9 Widget; write it as v1"),
    ],
)
def test_a_definition_says_which_of_its_versions_stay(version: str, text: str | None) -> None:
    said = verdict_of_crd(CRD, version, f"example.com/{version}", "Widget")

    assert (said.text if said else None) == text


def test_a_definition_without_a_schema_judges_nothing() -> None:
    assert node_from_crd(CRD, "v1", TABLE.type("meta.v1.ObjectMeta", 37)) is None


def test_a_finding_never_tells_a_value() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "hunter2!"},
        "stringData": {"b": 4711},
    }
    node = TABLE.node("v1", "Secret", 37)
    assert node is not None
    said = [str(finding) for finding in findings(secret, node)]

    assert said == [
        "data.a is a string, and must be base64 text",
        "stringData.b is a number, and must be a string; put it in quotes",
    ]
