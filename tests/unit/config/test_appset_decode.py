"""ApplicationSets, from their documents."""

from __future__ import annotations

from typing import Any

import pytest

from unit.config.world import REPO, body, decoded

LIST = {"list": {"elements": [{"name": "a", "path": "a"}]}}
GIT = {"git": {"repoURL": REPO, "revision": "HEAD", "directories": [{"path": "apps/*"}]}}


def complaints(*generators: Any, **spec: Any) -> list[str]:
    _, found = decoded(body(*generators, **spec))
    return [f"{each.severity}: {each.message}" for each in found.found]


def test_every_field_is_read() -> None:
    made, found = decoded(
        body(
            {**LIST, "selector": {"matchLabels": {"name": "a"}}},
            GIT,
            goTemplate=True,
            goTemplateOptions=["missingkey=error"],
            templatePatch="spec: {}",
            syncPolicy={"preserveResourcesOnDeletion": True, "applicationsSync": "create-update"},
            strategy={
                "type": "RollingSync",
                "rollingSync": {
                    "steps": [
                        {"matchExpressions": [{"key": "env", "operator": "In", "values": ["dev"]}]},
                        {
                            "matchExpressions": [{"key": "env", "operator": "In", "values": ["prod"]}],
                            "maxUpdate": "25%",
                        },
                    ]
                },
            },
        )
    )

    assert found.found == []
    assert made is not None
    assert [each.kind for each in made.generators] == ["list", "git"]
    assert made.generators[0].selector == {"matchLabels": {"name": "a"}}
    assert (made.is_go, made.go_options, made.template_patch) == (True, ("missingkey=error",), "spec: {}")
    assert (made.keeps_resources, made.policy) == (True, "create-update")
    assert made.steps is not None
    assert [step.most for step in made.steps] == [None, "25%"]
    assert made.place(("spec", "template")).line > made.origin.line


@pytest.mark.parametrize(
    ("generator", "sentence"),
    [
        ({"lisst": {}}, "spec.generators[0].lisst is not a generator; did you mean list?"),
        (
            {},
            (
                "spec.generators[0] names no generator; write one of clusters, git, list, matrix, merge, "
                "plugin, pullRequest, scmProvider."
            ),
        ),
        (
            {"clusterDecisionResource": {"configMapRef": "x"}},
            (
                "spec.generators[0].clusterDecisionResource reads objects of the "
                "cluster that Argo CD runs in, "
                ""
                ""
                "and Syncline runs in none; list the clusters in syncline.yaml and use the clusters "
                "generator."
            ),
        ),
        (
            {"scmProvider": {"gitlab": {"group": "x"}}},
            "spec.generators[0].scmProvider.gitlab is a host that this version does not ask; only github is.",
        ),
        (
            {"matrix": {"generators": [LIST]}},
            "spec.generators[0].matrix needs exactly two generators, and has 1.",
        ),
        (
            {"merge": {"generators": [LIST, LIST]}},
            "spec.generators[0].merge needs mergeKeys, the names of the parameters that have to agree.",
        ),
        (
            {"merge": {"mergeKeys": ["a"], "generators": [LIST]}},
            "spec.generators[0].merge needs two generators or more, and has 1.",
        ),
        (
            {**LIST, "selector": {"matchExpressions": [{"key": "a", "operator": "Gt"}]}},
            (
                "spec.generators[0].selector.matchExpressions[0] has the operator Gt; it may be In, NotIn, "
                "Exists, DoesNotExist."
            ),
        ),
        (
            {"scmProvider": {"github": {"organization": "x"}, "cloneProtocol": "http"}},
            "spec.generators[0].scmProvider.cloneProtocol must be ssh or https.",
        ),
        (
            {"pullRequest": {"github": {"owner": "x"}, "filters": [{"titleMatch": "("}]}},
            "spec.generators[0].pullRequest.filters[0].titleMatch is no regular expression.",
        ),
        ({"list": {"elements": "a"}}, "spec.generators[0].list.elements must be a list, not a string."),
    ],
)
def test_a_wrong_generator_is_an_error(generator: Any, sentence: str) -> None:
    assert complaints(generator) == [f"error: {sentence}"]


@pytest.mark.parametrize(
    ("generator", "what"),
    [
        ({"pullRequest": {"github": {"organization": "x"}}}, "pullRequest.github.organization"),
        ({"pullRequest": {"filters": [{"repositoryMatch": "x"}]}}, "pullRequest.filters[0].repositoryMatch"),
        ({"pullRequest": {"cloneProtocol": "ssh"}}, "pullRequest.cloneProtocol"),
        ({"scmProvider": {"github": {"labels": ["x"]}}}, "scmProvider.github.labels"),
        ({"scmProvider": {"filters": [{"titleMatch": "x"}]}}, "scmProvider.filters[0].titleMatch"),
        ({"scmProvider": {"continueOnRepoNotFoundError": True}}, "scmProvider.continueOnRepoNotFoundError"),
    ],
)
def test_a_field_of_the_other_generator_has_no_effect_and_is_said(generator: Any, what: str) -> None:
    (said,) = complaints(generator)
    assert said.startswith(f"warning: spec.generators[0].{what} is not a field Argo CD knows and has no ef")


def test_matrix_in_matrix_is_checked_to_the_second_level_and_refused_below() -> None:
    def nested(inside: Any) -> Any:
        return {"matrix": {"generators": [LIST, inside]}}

    assert complaints(nested(nested(LIST))) == []
    (deepest,) = complaints(nested(nested(nested(LIST))))
    assert "stands deeper than 2 levels" in deepest
    (inside,) = complaints(nested({"gti": {}}))
    assert (
        inside == "error: spec.generators[0].matrix.generators[1].gti is not a generator; did you mean git?"
    )


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (
            {"goTemplateOptions": ["missingkey=eror"]},
            (
                "error: spec.goTemplateOptions[0] must be one of missingkey=default, missingkey=invalid, "
                "missingkey=zero, missingkey=error."
            ),
        ),
        (
            {"syncPolicy": {"applicationsSync": "never"}},
            (
                "error: spec.syncPolicy.applicationsSync must be one of create-only, create-update, "
                "create-delete, sync."
            ),
        ),
        ({"strategy": {"type": "Rolling"}}, "error: spec.strategy.type must be AllAtOnce or RollingSync."),
        ({"strategy": {"type": "RollingSync"}}, "error: spec.strategy is RollingSync and has no steps."),
        (
            {"preservedFields": {"annotations": ["a"]}},
            (
                "warning: spec.preservedFields has no effect: Syncline keeps no "
                "Applications in a cluster that "
                ""
                ""
                "somebody could have changed."
            ),
        ),
        (
            {"ignoreApplicationDifferences": [{"jsonPointers": ["/spec"]}]},
            (
                "warning: spec.ignoreApplicationDifferences has no effect: Syncline "
                "keeps no Applications in a "
                ""
                ""
                "cluster that somebody could have changed."
            ),
        ),
        (
            {"strategy": {"deletionOrder": "Reverse"}},
            ("warning: spec.strategy.deletionOrder has no effect without type: RollingSync and its steps."),
        ),
        (
            {"strategy": {"deletionOrder": "Backwards"}},
            "error: spec.strategy.deletionOrder must be AllAtOnce or Reverse.",
        ),
        (
            {"generatorz": []},
            (
                "warning: spec.generatorz is not a field Argo CD knows and has no effect; did you mean "
                "generators?"
            ),
        ),
        (
            {"goTemplateOptions": ["missingkey=error"]},
            "warning: spec.goTemplateOptions has no effect without goTemplate: true.",
        ),
        (
            {"strategy": {"type": "AllAtOnce", "rollingSync": {"steps": []}}},
            "warning: spec.strategy.rollingSync has no effect without type: RollingSync.",
        ),
        (
            {"generators": [{"git": {"directories": [{"path": "a"}], "files": [{"path": "b"}]}}]},
            (
                "warning: spec.generators[0].git.files has no effect beside directories; write a second git "
                "generator."
            ),
        ),
        ({"template": None}, "error: An ApplicationSet needs template."),
    ],
)
def test_what_is_wrong_or_has_no_effect_is_said(spec: dict[str, Any], sentence: str) -> None:
    assert complaints(LIST, **spec) == [sentence]


@pytest.mark.parametrize("most", ["x", "-1", "5.5%", True, [], "%"])
def test_a_max_update_is_a_number_or_a_percentage(most: Any) -> None:
    step = {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}], "maxUpdate": most}
    (sentence,) = complaints(LIST, strategy={"type": "RollingSync", "rollingSync": {"steps": [step]}})
    assert sentence.startswith("error: spec.strategy.rollingSync.steps[0].maxUpdate must be")


def test_a_set_without_a_name_or_of_another_version_is_none() -> None:
    given = body(LIST)
    _, nameless = decoded({**given, "metadata": {}})
    _, other = decoded({**given, "apiVersion": "argoproj.io/v2"})

    assert [each.message for each in nameless.errors] == ["metadata needs a name."]
    assert [each.message for each in other.errors] == ["apiVersion must be argoproj.io/v1alpha1."]
