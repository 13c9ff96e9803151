from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.hooks import SYNC_PHASES, Phase, is_hook, odd_policies, odd_words, phases_of
from syncline.core.resource import Manifest, key_of
from syncline.errors import Place

ARGO, HELM = "argocd.argoproj.io/hook", "helm.sh/hook"
PRE, SYNC, POST, FAIL = Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC, Phase.SYNC_FAIL
PRE_DELETE, POST_DELETE = Phase.PRE_DELETE, Phase.POST_DELETE


def annotated(argo: Any = None, helm: Any = None) -> dict[str, Any]:
    both = {ARGO: argo, HELM: helm}
    return {"metadata": {"annotations": {name: value for name, value in both.items() if value is not None}}}


@pytest.mark.parametrize(
    ("annotation", "phases"),
    [
        ("PreSync", {PRE}),
        ("Sync", {SYNC}),
        ("PostSync", {POST}),
        ("SyncFail", {FAIL}),
        ("PreDelete", {PRE_DELETE}),
        ("PostDelete", {POST_DELETE}),
        ("PreSync,PostSync", {PRE, POST}),
        (" PreSync , PostSync ", {PRE, POST}),
        ("PostSync,PreDelete", {POST, PRE_DELETE}),
        ("Skip", set()),
        ("Skip,PreSync", {PRE}),
        ("presync", set()),
        ("PreSync,Unheard", {PRE}),
        ("", set()),
        (",", set()),
    ],
)
def test_argo_cds_annotation_names_the_phases_case_and_all(annotation: str, phases: set[Phase]) -> None:
    assert is_hook(annotated(annotation))
    assert phases_of(annotated(annotation)) == phases


@pytest.mark.parametrize(
    ("annotation", "phases"),
    [
        ("pre-install", {PRE}),
        ("pre-upgrade", {PRE}),
        ("pre-install,pre-upgrade", {PRE}),
        ("post-install", {POST}),
        ("post-upgrade, post-install", {POST}),
        ("pre-install,post-install", {PRE, POST}),
        ("pre-delete", {PRE_DELETE}),
        ("post-delete", {POST_DELETE}),
        ("test", set()),
        ("test-success", set()),
        ("test-failure", set()),
        ("pre-rollback", set()),
        ("post-rollback", set()),
        ("crd-install,pre-install", {PRE}),
        ("unheard", set()),
    ],
)
def test_helms_annotation_is_understood_as_argo_cd_understands_it(
    annotation: str, phases: set[Phase]
) -> None:
    assert is_hook(annotated(helm=annotation))
    assert phases_of(annotated(helm=annotation)) == phases


@pytest.mark.parametrize(
    ("argo", "helm", "phases"),
    [
        ("PostSync", "pre-install", {POST}),
        ("presync", "pre-install", {PRE}),
        ("PostSync", "crd-install", {POST}),
        ("Skip", "pre-install", set()),
        ("Skip", "test", set()),
    ],
)
def test_helms_word_counts_only_where_argo_cds_is_none(argo: str, helm: str, phases: set[Phase]) -> None:
    assert is_hook(annotated(argo, helm))
    assert phases_of(annotated(argo, helm)) == phases


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"metadata": {}},
        {"metadata": {"annotations": None}},
        {"metadata": {"annotations": {}}},
        {"metadata": {"annotations": {"helm.sh/hook-weight": "5"}}},
        {"metadata": {"annotations": {"argocd.argoproj.io/hook-delete-policy": "HookSucceeded"}}},
        {"metadata": {"labels": {ARGO: "PreSync"}}},
        annotated(helm="crd-install"),
    ],
)
def test_an_object_without_a_hook_annotation_and_a_helm_definition_are_resources(
    body: dict[str, Any],
) -> None:
    assert not is_hook(body)


def test_a_sync_runs_four_of_the_phases() -> None:
    assert {PRE, SYNC, POST, FAIL} == SYNC_PHASES


words = st.sampled_from(
    ["PreSync", "Sync", "Skip", "PreDelete", "pre-install", "crd-install", "test", "x", ""]
)
annotation = st.none() | st.lists(words, max_size=3).map(",".join)


@given(annotation, annotation)
def test_only_a_hook_has_phases(argo: str | None, helm: str | None) -> None:
    body = annotated(argo, helm)

    assert is_hook(body) or not phases_of(body)
    assert is_hook(body) is (argo is not None or (helm is not None and helm != "crd-install"))


@pytest.mark.parametrize(
    ("policy", "sentences"),
    [
        ("hook-succeeded, before-hook-creation", []),
        ("hook-success", ["which does not count; did you mean hook-succeeded?"]),
        (
            "HookSucceeded,hook-failed",
            ["'HookSucceeded', which does not count; did you mean hook-succeeded?"],
        ),
    ],
)
def test_a_delete_policy_that_helm_does_not_know_is_told(policy: str, sentences: list[str]) -> None:
    annotations = {HELM: "pre-install", "helm.sh/hook-delete-policy": policy}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": annotations}}

    found = list(odd_policies([Manifest(key_of(body), "v1", body, Place("a.yaml", 3))]))

    assert [each in text for each, text in zip(sentences, found, strict=True)] == [True] * len(sentences)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "sync-option",
            "Prune=false",
            "is none of Argo CD's and has no effect; did you mean sync-opt",
        ),
        ("ignore-healthcheck", "True", 'has no effect: only "true" has.'),
        ("ignore-healthcheck", "true", ""),
        ("hook-delete-policy", "HookSucceeded", "has no effect: it is no hook."),
        ("application-set-refresh", "true", ""),
        ("nothing-alike-at-all", "true", ""),
    ],
)
def test_an_annotation_without_effect_is_told(name: str, value: str, said: str) -> None:
    notes = {f"argocd.argoproj.io/{name}": value, "example.com/a": "b"}
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": notes}}
    asked = Manifest(key_of(body), "v1", body, Place("a.yaml", 1))

    found = list(odd_words([asked]))

    assert [said in each and f"argocd.argoproj.io/{name} " in each for each in found] == [True] * bool(said)
