"""What is found in a repository, and what is passed over."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config import Configuration, load
from syncline.documents import dump
from syncline.errors import Place
from unit.config.samples import minimal
from unit.config.world import body


def app(name: str, namespace: str | None = None, **spec: Any) -> dict[str, Any]:
    metadata = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    return {**minimal(**spec), "metadata": metadata}


def found(**files: str) -> Configuration:
    return load([(name.replace("_", "."), text) for name, text in files.items()])


def test_applications_are_found_in_any_document_of_any_file() -> None:
    config = load(
        [
            ("b/two.yml", f"# head\n---\n{dump(app('b'))}---\nkind: Service\n---\n{dump(app('c'))}"),
            ("a.yaml", dump(app("a"))),
            ("d.json", "\n" + json.dumps(app("d"))),
        ]
    )

    assert [(one.name, str(one.origin)) for one in config.applications] == [
        ("a", "a.yaml:1"), ("b", "b/two.yml:3"), ("c", "b/two.yml:16"), ("d", "d.json:2"),
    ]  # fmt: skip
    assert config.complaints == ()


@pytest.mark.parametrize("kind", ["List", "ApplicationList"])
def test_items_of_a_list_are_found_at_their_own_lines(kind: str) -> None:
    items = [app("a"), app("b", spec={}), {"apiVersion": "v1", "kind": "Pod"}, app("c", project=7)]
    config = load([("all.yaml", dump({"apiVersion": "v1", "kind": kind, "items": items}))])

    assert [(one.name, one.origin.line) for one in config.applications] == [("a", 4), ("b", 14)]
    assert [(one.name, one.place.line) for one in config.broken] == [("c", 27)]
    (error,) = config.broken[0].errors
    assert (error.message, error.place.line) == (
        "spec.project must be a string, not a number; put it in quotes.", 34,
    )  # fmt: skip


def test_one_broken_application_does_not_stop_the_others() -> None:
    config = found(
        a_yaml=dump(app("a", destination={})),
        b_yaml=dump(app("b")),
        c_yaml="kind: Application\nargoproj.io/: [\n",
    )

    assert [one.name for one in config.applications] == ["b"]
    assert [(one.name, one.place) for one in config.broken] == [
        ("a", Place("a.yaml", 1)),
        ("", Place("c.yaml", 2)),
    ]
    assert all(one.errors for one in config.broken)


def test_two_applications_of_one_name_are_both_broken_and_name_each_other() -> None:
    config = load([("a.yaml", dump(app("web"))), ("b.yaml", dump(app("x"))), ("c.yaml", dump(app("web")))])

    assert [one.name for one in config.applications] == ["x"]
    assert {one.place.file: one.errors[0].message for one in config.broken} == {
        "a.yaml": "Application web is also defined at c.yaml:1; rename or remove one of them.",
        "c.yaml": "Application web is also defined at a.yaml:1; rename or remove one of them.",
    }


def test_the_same_name_in_another_namespace_is_another_application() -> None:
    config = load([("a.yaml", dump(app("web", "argocd"))), ("b.yaml", dump(app("web", "team")))])

    assert len(config.applications) == 2
    assert config.complaints == ()


def test_projects_and_sets_are_found_and_other_kinds_passed_over() -> None:
    project = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AppProject", "metadata": {"name": "team"}}
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "web"}}
    made = body({"list": {"elements": []}})
    config = load([("o.yaml", "---\n".join(map(dump, (project, rollout, made))))])

    assert [(name, one.origin) for name, one in config.projects.items()] == [("team", Place("o.yaml", 1))]
    assert [(one.name, one.origin.line) for one in config.sets] == [("apps", 11)]
    assert config.complaints == ()


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("Aplication", "Application"),
        ("application", "Application"),
        ("Applications", "Application"),
        ("ApplicationSets", "ApplicationSet"),
        ("Applicationset", "ApplicationSet"),
        ("AppPorject", "AppProject"),
    ],
)
def test_a_kind_with_a_typo_is_told_at_its_line(kind: str, meant: str) -> None:
    config = found(a_yaml=f"---\n{dump({**app('a'), 'kind': kind})}", b_yaml=dump(app("b")))

    (complaint,) = config.complaints
    assert complaint.severity == "warning"
    assert complaint.message == f"kind {kind} is none of Argo CD's and has no effect; did you mean {meant}?"
    assert str(complaint.place) == "a.yaml:3"
    assert [one.name for one in config.applications] == ["b"]


@pytest.mark.parametrize(
    "kind",
    [
        *("AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "Experiment", "Rollout"),
        *("Workflow", "WorkflowTemplate", "ClusterWorkflowTemplate", "CronWorkflow", "WorkflowEventBinding"),
        *(
            "WorkflowTaskSet",
            "WorkflowTaskResult",
            "WorkflowArtifactGCTask",
            "EventBus",
            "EventSource",
            "Sensor",
        ),
        *("ArgoCD", "ArgoCDExport", "NotificationsConfiguration", "ImageUpdater", "NamespaceManagement"),
    ],
)
def test_other_kinds_of_the_argo_projects_are_no_typos(kind: str) -> None:
    assert found(a_yaml=dump({**app("a"), "kind": kind})).complaints == ()


def test_a_chart_that_makes_projects_and_sets_is_none() -> None:
    kinds = ("AppProject", "ApplicationSet")
    bodies = [
        {"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "metadata": {"name": "{{ .Release.Name }}"}}
        for kind in kinds
    ]
    config = load([("chart/templates/o.yaml", "---\n".join(map(dump, bodies)))])

    assert (config.sets, config.projects, config.complaints, config.broken) == ((), {}, (), ())


def test_a_set_that_cannot_be_read_is_broken_and_a_project_is_complained_about() -> None:
    config = load(
        [
            ("p.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nspec: [\n"),
            ("q.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: [\n"),
            ("s.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nname: {{x}}-y\n"),
            (
                "chart/templates/s.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nname: {{x}}-y\n",
            ),
        ]
    )

    assert [one.place.file for one in config.broken] == ["q.yaml"]
    assert [(one.place.file, one.severity) for one in config.complaints] == [
        ("p.yaml", "error"), ("q.yaml", "error"), ("s.yaml", "warning"),
    ]  # fmt: skip
    assert "put its {{ }} in quotes" in config.complaints[2].message


def test_files_that_are_no_yaml_by_name_are_not_looked_at() -> None:
    assert load([("README.md", dump(app("web"))), ("app.yaml.tmpl", dump(app("web")))]) == Configuration()


def test_templates_inside_helm_values_are_no_template_of_the_application() -> None:
    helm = {"values": "annotation: '{{ .Release.Name }}'\n"}
    config = load([("a.yaml", dump(app("web", source={"repoURL": "x", "path": "y", "helm": helm})))])

    assert [one.name for one in config.applications] == ["web"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_applications_are_found_in_any_encoding(encoding: str) -> None:
    assert len(load([("a.yaml", dump(app("web")).encode(encoding))]).applications) == 1


def test_a_broken_application_in_bytes_is_reported_too() -> None:
    text = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n\tname: web\n"

    for encoding in ("utf-8", "utf-16"):
        (broken,) = load([("a.yaml", text.encode(encoding))]).broken
        assert broken.place == Place("a.yaml", 4)


CUSTOMIZED = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
  labels: {{app.kubernetes.io/name: {label}}}
data:
  url: https://argocd.example.com
  resource.customizations.health.example.com_Thing: |
    return {{status = "Healthy"}}
  resource.exclusions: ""
  resource.wrong: true
"""


@pytest.mark.parametrize(("name", "label"), [("argocd-cm", "x"), ("x", "argocd-cm")])
def test_the_customizations_of_argocd_cm_are_kept_with_their_lines(name: str, label: str) -> None:
    config = load([("cm.yaml", CUSTOMIZED.format(name=name, label=label))])

    assert config.customizations.texts == {
        "resource.customizations.health.example.com_Thing": (
            'return {status = "Healthy"}\n', Place("cm.yaml", 8),
        ),
        "resource.exclusions": ("", Place("cm.yaml", 10)),
    }  # fmt: skip
    assert [(one.severity, one.place.line) for one in config.complaints] == [("error", 11)]


def test_a_config_map_of_another_name_customizes_nothing() -> None:
    text = CUSTOMIZED.format(name="other", label="other") + "# argocd-cm\n"

    assert load([("cm.yaml", text)]) == Configuration()


def test_of_two_values_of_one_customization_the_first_counts_and_that_is_said() -> None:
    one = CUSTOMIZED.format(name="argocd-cm", label="x").replace("  resource.wrong: true\n", "")
    config = load([("b.yaml", one), ("a.yaml", one)])

    assert {place.file for _, place in config.customizations.texts.values()} == {"a.yaml"}
    assert [(warning.severity, warning.place) for warning in config.complaints] == [
        ("warning", Place("b.yaml", 8)), ("warning", Place("b.yaml", 10)),
    ]  # fmt: skip
    assert "a.yaml:8" in config.complaints[0].message


@given(st.permutations(["a", "b", "c", "d"]), st.text(max_size=30))
def test_the_order_in_which_files_come_does_not_matter(names: list[str], noise: str) -> None:
    files = [(f"{name}.yaml", dump(app(name))) for name in names]

    assert load([*files, ("z.yaml", noise)]) == load([("z.yaml", noise), *sorted(files)])


KEYS = """apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data:
  {key}: {value!r}
"""


@pytest.mark.parametrize(
    ("name", "key", "value", "said"),
    [
        (
            "argocd-cm",
            "resource.exclusion",
            "[]",
            "knows and has no effect; did you mean resource.exclusions?",
        ),
        (
            "argocd-cm",
            "resource.trackingMethod",
            "label",
            "did you mean application.resourceTrackingMethod?",
        ),
        ("argocd-cm", "kustomize.buildOption", "--enable-helm", "did you mean kustomize.buildOptions?"),
        ("argocd-cm", "kustomize.enable", "no", "kustomize.enable must be true or false, as a string."),
        ("argocd-cm", "application.sync.impersonation.enabled", "true", "has no effect: Syncline writes as"),
        ("argocd-cm", "application.sync.impersonation.enabled", "false", ""),
        ("argocd-cm", "cluster.inClusterEnabled", "false", "has no effect: https://kubernetes.default.svc"),
        ("argocd-cm", "kustomize.path.v5.8.2", "/opt/kustomize", ""),
        ("argocd-cm", "resource.customLabels", "a,b", ""),
        ("argocd-cm", "ui.bannercontent", "hello", ""),
        (
            "argocd-cm",
            "resource.customizations.ignoreDifferences.Deployment",
            "jsonPointers: [/spec/replicas]",
            "means no object: Deployment is of the group apps; write apps_Deployment.",
        ),
        ("argocd-cmd-params-cm", "controller.diff.server.side", "true", "has no effect: ask for the level"),
        ("argocd-cmd-params-cm", "controller.sync.timeout.seconds", "0", ""),
        ("argocd-cmd-params-cm", "server.insecure", "true", ""),
        ("argocd-cmd-params-cm", "reposerver.max.combined.directory.manifests.size", "20M", ""),
    ],
)
def test_a_key_without_effect_is_told(name: str, key: str, value: str, said: str) -> None:
    found = load([("cm.yaml", KEYS.format(name=name, key=key, value=value))])

    assert [(said in one.message, one.place.line) for one in found.complaints] == [(True, 5)] * bool(said)
    assert bool(found.customizations.unclear) == ("must be" in said or "means no" in said)
