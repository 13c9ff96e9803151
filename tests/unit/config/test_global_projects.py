"""`globalProjects` of argocd-cm: rules that count in other projects, too."""

from __future__ import annotations

import pytest

from syncline.config.load import load
from syncline.config.project import AppProject, KindRule
from syncline.config.settings import Settings
from syncline.errors import ConfigError
from syncline.jobs.projects import project_of

CM = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n  globalProjects: |\n"
ALL = "- projectName: rules\n"
CHOSEN = (
    "- {projectName: rules, labelSelector: {matchExpressions: [{key: opt, operator: In, values: [a]}]}}\n"
)


def project(name: str, spec: str, labels: str = "{}") -> str:
    return (
        "apiVersion: argoproj.io/v1alpha1\nkind: AppProject\n"
        f"metadata: {{name: {name}, labels: {labels}}}\nspec: {spec}\n"
    )


RULES = project(
    "rules",
    "{sourceRepos: [b], destinations: [{server: '*', namespace: b}], "
    "namespaceResourceBlacklist: [{group: '', kind: Secret}], "
    "clusterResourceWhitelist: [{group: '', kind: Namespace}], "
    "syncWindows: [{kind: deny, schedule: '0 0 * * *', duration: 1h, namespaces: ['*']}]}",
)


def found(name: str, spec: str = "{}", labels: str = "{}", told: str = ALL, rules: str = RULES) -> AppProject:
    text = CM + "".join(f"    {line}\n" for line in told.splitlines())
    loaded = load([("cm.yaml", text), ("rules.yaml", rules), ("team.yaml", project("team", spec, labels))])
    assert not loaded.complaints
    made = project_of(name, loaded, Settings())
    assert made is not None
    return made


def test_the_rules_of_a_global_project_stand_behind_a_projects_own() -> None:
    team = found("team", "{sourceRepos: [a], namespaceResourceBlacklist: [{group: '', kind: Pod}]}")
    assert team.source_repos == ("a", "b")
    assert [each.namespace for each in team.destinations] == ["b"]
    assert team.namespaced_denied == (KindRule("", "Pod"), KindRule("", "Secret"))
    assert team.cluster_allowed == (KindRule("", "Namespace"),)
    assert len(team.windows) == 1
    assert team.place("destinations").file == "rules.yaml"
    assert team.place("sourceRepos").file == "team.yaml"


@pytest.mark.parametrize(
    ("spec", "rules", "allowed"),
    [
        ("{}", "{}", None),
        ("{}", "{namespaceResourceWhitelist: []}", None),
        ("{namespaceResourceWhitelist: []}", "{}", ()),
        ("{}", "{namespaceResourceWhitelist: [{group: a, kind: b}]}", (KindRule("a", "b"),)),
    ],
)
def test_a_list_that_both_leave_out_stays_absent(
    spec: str, rules: str, allowed: tuple[KindRule, ...] | None
) -> None:
    assert found("team", spec, rules=project("rules", rules)).namespaced_allowed == allowed


def test_a_selector_chooses_by_the_labels_of_the_project() -> None:
    assert found("team", labels="{opt: a}", told=CHOSEN).source_repos == ("b",)
    assert found("team", labels="{opt: b}", told=CHOSEN).source_repos == ()
    assert found("team", told=CHOSEN).source_repos == ()


def test_the_built_in_project_has_no_labels_and_is_extended_by_a_selector_that_asks_for_none() -> None:
    assert found("default").source_repos == ("*", "b")
    assert found("default", told=CHOSEN).source_repos == ("*",)
    assert found("rules").source_repos == ("b",)


def test_a_global_project_that_nobody_defines_allows_nothing() -> None:
    with pytest.raises(ConfigError, match="The project gone is not defined"):
        found("team", told="- projectName: gone\n")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{}", "globalProjects must be a list"),
        ("[a]", "globalProjects: an entry must be a mapping."),
        ("[{}]", "globalProjects: an entry needs projectName."),
        ("[{project: a}]", "project is not a field Argo CD knows; did you mean projectName?"),
        ("[{projectName: a, labelSelector: {matchLabels: a}}]", "labelSelector holds matchLabels"),
        ("[{projectName: a, labelSelector: {matchExpressions: [{key: a, operator: Is}]}}]", "operator"),
        ("[", "globalProjects: "),
    ],
)
def test_a_list_that_is_none_is_an_error_at_its_line(text: str, sentence: str) -> None:
    (complaint,) = load([("cm.yaml", f"{CM}    {text}\n")]).complaints
    assert sentence in complaint.message
    assert str(complaint.place) == "cm.yaml:5"
