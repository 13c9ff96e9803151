"""What `argocd-cm` says of comparing."""

from __future__ import annotations

import textwrap

import pytest

from syncline.config import load
from syncline.config.application import IgnoreDifference
from syncline.config.comparison import Comparison, KnownType, Tracking


def loaded(data: str) -> tuple[Comparison, list[str]]:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n" + textwrap.indent(
        textwrap.dedent(data).strip("\n"), "  "
    )
    configuration = load([("argocd-cm.yaml", text)])
    return configuration.customizations.comparison, [
        f"{c.place}: {c.message}" for c in configuration.complaints
    ]


def test_without_a_word_everything_has_argo_cds_default() -> None:
    assert loaded("timeout.reconciliation: 60s") == (Comparison(), [])


def test_ignored_differences_are_by_kind_or_for_all() -> None:
    found, complaints = loaded(
        """
        resource.customizations.ignoreDifferences.all: |
          managedFieldsManagers: [kube-controller-manager]
        resource.customizations.ignoreDifferences.apps_Deployment: |
          jsonPointers: [/spec/replicas]
          jqPathExpressions: ['.spec.template.spec.containers[] | select(.name == "side")']
        resource.customizations.ignoreDifferences.ConfigMap: "jsonPointers: [/data/a]"
        resource.customizations: |
          "*.example.com/*":
            ignoreDifferences: |
              jsonPointers: [/spec/old]
            ignoreResourceUpdates: |
              jsonPointers: [/status]
        resource.customizations.ignoreResourceUpdates.all: "jsonPointers: [/status]"
        """
    )
    side = '.spec.template.spec.containers[] | select(.name == "side")'

    assert complaints == []
    assert set(found.ignored) == {
        IgnoreDifference("*", "*", managed_fields_managers=("kube-controller-manager",)),
        IgnoreDifference("apps", "Deployment", "", "", ("/spec/replicas",), (side,)),
        IgnoreDifference("", "ConfigMap", json_pointers=("/data/a",)),
        IgnoreDifference("*.example.com", "*", json_pointers=("/spec/old",)),
    }
    assert [(rule.group, rule.kind) for rule in found.noise] == [("*.example.com", "*"), ("*", "*")]


def test_the_key_of_a_kind_wins_over_the_old_map_wherever_it_stands() -> None:
    found, complaints = loaded(
        """
        resource.customizations.ignoreDifferences.apps_Deployment: "jsonPointers: [/spec/new]"
        resource.customizations.knownTypeFields.a.io_A: "[{field: spec.new, type: core/Quantity}]"
        resource.customizations: |
          apps/Deployment: {ignoreDifferences: "jsonPointers: [/spec/old]"}
          apps/DaemonSet: {ignoreDifferences: "jsonPointers: [/spec/kept]"}
          a.io/A: {knownTypeFields: [{field: spec.old, type: core/Quantity}]}
        """
    )

    assert complaints == []
    assert {(rule.kind, rule.json_pointers) for rule in found.ignored} == {
        ("Deployment", ("/spec/new",)),
        ("DaemonSet", ("/spec/kept",)),
    }
    assert found.known_types == {"a.io/A": (KnownType(("spec", "new"), "core/Quantity"),)}


@pytest.mark.parametrize(
    ("given", "seconds", "complaint"),
    [
        ("2s", 2.0, ""),
        ("500ms", 0.5, ""),
        ("1m", 60.0, ""),
        ("0s", 1.0, "must be a time such as 2s, of at most a minute"),
        ("2h", 1.0, "must be a time such as 2s, of at most a minute"),
        ("soon", 1.0, "must be a time such as 2s, of at most a minute"),
    ],
)
def test_how_long_jq_may_take_is_said_where_argo_cd_reads_it(
    given: str, seconds: float, complaint: str
) -> None:
    text = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cmd-params-cm}\ndata:\n"
        f"  server.insecure: 'true'\n  controller.ignore.normalizer.jq.timeout: {given}\n"
    )

    found = load([("params.yaml", text)])

    assert found.customizations.comparison.jq_seconds == seconds
    assert [complaint in each.message for each in found.complaints] == [True] * bool(complaint)


def test_known_types_options_and_tracking_are_read() -> None:
    found, complaints = loaded(
        """
        resource.customizations.knownTypeFields.example.com_Plant: |
          - field: spec.template.spec
            type: core/v1/PodSpec
          - {field: spec.every, type: meta/v1/Duration}
        resource.compareoptions: |
          ignoreAggregatedRoles: true
          ignoreResourceStatusField: crd
          ignoreDifferencesOnResourceUpdates: false
        application.resourceTrackingMethod: annotation+label
        application.instanceLabelKey: example.com/app
        installationID: eu-1
        """
    )

    assert complaints == []
    assert found.known_types == {
        "example.com/Plant": (
            KnownType(("spec", "template", "spec"), "core/v1/PodSpec"),
            KnownType(("spec", "every"), "meta/v1/Duration"),
        )
    }
    assert found.ignore_aggregated_roles
    assert found.tracking == Tracking("annotation+label", "example.com/app", "eu-1")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            'resource.customizations.ignoreDifferences.apps_Deployment: "jsonPointer: [/a]"',
            (
                "ignoreDifferences.apps_Deployment: jsonPointer is not a field Argo CD knows; "
                "did you mean jsonPointers?"
            ),
        ),
        (
            'resource.customizations.ignoreDifferences.all: "jsonPointers: [spec]"',
            (
                "ignoreDifferences.all: 'spec' must be a JSON pointer that begins with a slash, such as "
                "/spec/replicas."
            ),
        ),
        (
            "resource.customizations.ignoreDifferences.all: \"jqPathExpressions: ['.a[']\"",
            "resource.customizations.ignoreDifferences.all: '.a[' is not a jq path expression: ",
        ),
        (
            'resource.customizations.ignoreResourceUpdates.all: "jsonPointers: /status"',
            "resource.customizations.ignoreResourceUpdates.all: jsonPointers must be a list of strings.",
        ),
        (
            'resource.customizations.knownTypeFields.a_B: "- {field: spec, type: apps/v1/Deployment}"',
            (
                "resource.customizations.knownTypeFields.a_B: apps/v1/Deployment must be core/v1/TYPE, "
                "core/Quantity or meta/v1/Duration."
            ),
        ),
        (
            'resource.compareoptions: "ignoreAggregatedRole: true"',
            (
                "resource.compareoptions: ignoreAggregatedRole is not an option Argo CD knows; "
                "did you mean ignoreAggregatedRoles?"
            ),
        ),
        (
            'resource.compareoptions: "ignoreResourceStatusField: sometimes"',
            "resource.compareoptions: ignoreResourceStatusField must be all, crd or none.",
        ),
        (
            "application.resourceTrackingMethod: labels",
            "application.resourceTrackingMethod must be annotation, annotation+label or label.",
        ),
    ],
)
def test_a_key_without_a_meaning_is_an_error_at_its_line_and_spoils_only_itself(
    data: str, sentence: str
) -> None:
    found, complaints = loaded(f"installationID: eu-1\n{data}")

    assert len(complaints) == 1
    assert sentence in complaints[0]
    assert "argocd-cm.yaml:6" in complaints[0]
    assert found.tracking.installation == "eu-1"
