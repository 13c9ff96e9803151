"""What `argocd-cm` and annotations say of comparing, on a real control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, actions, config_map, only
from syncline.core.live import Level
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs import selecting
from syncline.jobs.invocation import Permissions
from syncline.report.model import Job, Severity
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plane.control_plane import ControlPlane

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm, namespace: argocd}\ndata:\n"
COMPARE = "argocd.argoproj.io/compare-options"


def annotated(text: str, options: str) -> str:
    return text.replace("metadata:\n", f"metadata:\n  annotations: {{{COMPARE}: '{options}'}}\n", 1)


def commit(delivery: Delivery, *objects: str, settings: str = "", **app: str) -> None:
    files = {"apps/web.yaml": delivery.app(**app), "web/all.yaml": "---\n".join(objects)}
    delivery.repo.commit({**files, **({"argocd-cm.yaml": CM + settings} if settings else {})})


def test_what_all_applications_ignore_is_no_difference(
    delivery: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "SECONDS", 0.3)
    settings = (
        "  resource.customizations.ignoreDifferences.ConfigMap: |\n"
        "    jsonPointers: [/data/pointer]\n"
        "    jqPathExpressions:\n"
        "      - .data.path\n"
        '      - .data | to_entries[] | select(.key | test("^never$"))\n'
        '      - .data[.data | keys[] | select(test("^any-"))]\n'
        "      - 'def f: f; f'\n"
    )
    first = config_map("shared", **{"pointer": "git", "path": "git", "any-1": "git", "ours": "1"})
    commit(delivery, first, settings=settings)
    delivery.sync()
    theirs = {"pointer": "live", "path": "live", "any-1": "live"}
    delivery.patch("v1/configmaps/shared", {"data": theirs})

    app = only(delivery.run(Job.DRIFT))

    assert app.changes == ()
    (note,) = app.notes
    assert note.text == (
        "The jq path expression 'def f: f; f' takes more than a second or 512 MB for one object, so it "
        "ignores nothing; write it as a plain path with select()."
    )
    delivery.patch("v1/configmaps/shared", {"data": {"ours": "2"}})
    (change,) = only(delivery.run(Job.DRIFT)).changes
    assert change.paths == ("data.ours",)


@pytest.mark.parametrize("method", ["label", "annotation+label"])
def test_argo_cds_marks_are_no_difference_and_stay_when_an_object_is_taken_over(
    delivery: Delivery, method: str
) -> None:
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "shared",
            "labels": {"example.com/app": "web"},
            "annotations": {"argocd.argoproj.io/installation-id": "eu-1"},
        },
        "data": {"a": "1"},
    }
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps/shared"
    query = "?fieldManager=argocd-controller&force=true"
    delivery.plane.api("PATCH", f"{path}{query}", body, content_type="application/apply-patch+yaml")
    settings = (
        f"  application.resourceTrackingMethod: {method}\n"
        "  application.instanceLabelKey: example.com/app\n  installationID: eu-1\n"
    )
    commit(delivery, config_map("shared", a="1"), settings=settings)

    app = only(delivery.sync(permissions=Permissions(adopt=True)))
    metadata = delivery.get("v1/configmaps/shared")["metadata"]

    assert actions(app) == {"ConfigMap shared": Action.ADOPT}
    assert [path for path in app.changes[0].paths if "example.com" in path or "installation" in path] == []
    assert metadata["labels"]["example.com/app"] == "web"
    assert metadata["annotations"]["argocd.argoproj.io/installation-id"] == "eu-1"
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize("options", ["", "IgnoreExtraneous"])
def test_an_extraneous_object_is_shown_and_leaves_its_application_in_sync(
    delivery: Delivery, options: str
) -> None:
    policy = {"policy": "{automated: {prune: false}}"}
    extra = config_map("extra", a="1")
    commit(delivery, config_map("kept", a="1"), annotated(extra, options) if options else extra, **policy)
    delivery.sync()
    commit(delivery, config_map("kept", a="2"), **policy)
    delivery.sync()

    report = delivery.run(Job.DRIFT)

    assert actions(only(report)) == {"ConfigMap extra": Action.KEEP}
    assert exit_code(report) is (ExitCode.OK if options else ExitCode.DIFFERENT)


@pytest.fixture
def stamping(plane: ControlPlane, delivery: Delivery) -> Iterator[None]:
    """An admission policy that copies one field to another in the test's namespace."""
    group, name = "/apis/admissionregistration.k8s.io/v1", delivery.namespace
    patch = 'Object{data: {"copy": object.data["a"]}}'
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "reinvocationPolicy": "Never",
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["configmaps"],
                    }
                ],
            },
            "matchConditions": [{"name": "has", "expression": 'has(object.data) && "a" in object.data'}],
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": patch}}],
        },
    }
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {"policyName": name},
    }
    plane.api.apply(f"{group}/mutatingadmissionpolicies/{name}", policy)
    plane.api.apply(f"{group}/mutatingadmissionpolicybindings/{name}", binding)
    probe = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "probe"}, "data": {"a": "1"}}
    path = f"/api/v1/namespaces/{name}/configmaps?dryRun=All"
    plane.wait_until(lambda: "copy" in plane.api("POST", path, probe)["data"], "the policy is in force")
    yield
    plane.api("DELETE", f"{group}/mutatingadmissionpolicybindings/{name}")
    plane.api("DELETE", f"{group}/mutatingadmissionpolicies/{name}")


@pytest.mark.usefixtures("stamping")
def test_what_admission_changes_by_itself_is_shown_only_where_that_is_asked_for(delivery: Delivery) -> None:
    commit(delivery, config_map("stamped", a="1"))
    delivery.sync()
    assert delivery.get("v1/configmaps/stamped")["data"] == {"a": "1", "copy": "1"}

    shown = {}
    for options in ("", "IncludeMutationWebhook=true", "ServerSideDiff=true,IncludeMutationWebhook=true"):
        metadata = f"  annotations: {{{COMPARE}: '{options}'}}\n" if options else ""
        commit(delivery, config_map("stamped", a="2"), metadata=metadata)
        level = Level.LIVE if "Server" in options else Level.DRY_RUN
        app = only(delivery.run(Job.DIFF, level=level, base="HEAD~1"))
        assert app.level is Level.DRY_RUN
        shown[options] = (app.changes[0].paths, [note.text for note in app.notes])

    hidden = (
        "Admission would change more of one object by itself; IncludeMutationWebhook=true in the "
        f"Application's {COMPARE} shows what."
    )
    assert shown == {
        "": (("data.a",), [hidden]),
        "IncludeMutationWebhook=true": (("data.a", "data.copy"), []),
        "ServerSideDiff=true,IncludeMutationWebhook=true": (("data.a", "data.copy"), []),
    }
    delivery.sync()
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED


def test_a_diff_against_a_cluster_judges_by_the_clusters_own_version(delivery: Delivery) -> None:
    endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: old\nsubsets: []\n"
    commit(delivery, config_map("c", a="1"), settings="  resource.exclusions: '[]'\n")
    delivery.repo.commit({"syncline.yaml": "kubeVersion: '1.25'\n"})
    commit(delivery, config_map("c", a="1") + "immutabel: true\n", endpoints)

    told = {
        level: [(note.severity, note.text) for note in app.notes]
        for level in (Level.OFFLINE, Level.LIVE)
        for app in delivery.run(Job.DIFF, level=level, base="HEAD~1").applications
    }
    field = "immutabel is no field that the schema knows; did you mean immutable? (Kubernetes 1."

    assert told[Level.OFFLINE] == [(Severity.DANGER, f"{field}25, kubeVersion of syncline.yaml)")]
    assert told[Level.LIVE] == [
        (Severity.DANGER, f"{field}37, the cluster's)"),
        (
            Severity.WARNING,
            "v1 Endpoints is deprecated since Kubernetes 1.33; write it as discovery.k8s.io/v1 EndpointSlice",
        ),
    ]


def test_what_nobody_manages_is_neither_written_nor_deleted(delivery: Delivery) -> None:
    endpoints = "apiVersion: v1\nkind: Endpoints\nmetadata:\n  name: db\nsubsets: []\n"
    commit(delivery, config_map("c", a="1"), endpoints, settings="  resource.exclusions: '[]'\n")
    delivery.sync()
    assert delivery.exists("v1/endpoints/db")
    commit(delivery, config_map("c", a="2"), endpoints, settings="  timeout.reconciliation: 60s\n")

    app = only(delivery.sync())

    assert actions(app) == {"ConfigMap c": Action.UPDATE, "Endpoints db": Action.KEEP}
    (kept,) = (change for change in app.changes if change.action is Action.KEEP)
    assert "resource.exclusions, as Argo CD is installed with, leaves its kind out" in kept.why
    said = [note.text for note in app.notes]
    assert any("(web/all.yaml:9) is not part of the application" in text for text in said), said
    assert delivery.exists("v1/endpoints/db")


CHART = {
    "web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "web/templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
    "data: {of: '{{ .Capabilities.KubeVersion.Minor }}'}\n",
}


@pytest.mark.usefixtures("tools")
def test_a_chart_that_is_told_another_version_than_the_clusters_is_named(delivery: Delivery) -> None:
    told = {}
    for version in ("", "1.25", "1.37"):
        settings = f"kubeVersion: '{version}'\n" if version else "{}\n"
        delivery.repo.commit({**CHART, "apps/web.yaml": delivery.app(), "syncline.yaml": settings})
        delivery.repo.commit({"web/values.yaml": f"of: '{version}'\n"})
        (app,) = delivery.run(Job.DIFF, level=Level.LIVE, base="HEAD~1").applications
        told[version] = [note.text for note in app.notes if "kubeVersion" in note.text]
    remedy = "set kubeVersion for it under clusters: in syncline.yaml"
    asks = "The chart asks for the version of Kubernetes or its APIs (.Capabilities) and is told those that "
    assert told == {
        "": [f"{asks}helm is built for; the cluster is 1.37: {remedy}, and apiVersions."],
        "1.25": [f"Charts are told Kubernetes 1.25, and the cluster is 1.37; {remedy}."],
        "1.37": [],
    }
