from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strategies import manifest, manifests
from syncline.config.application import Application, Destination, IgnoreDifference, SyncPolicy
from syncline.core.resource import Manifest, ResourceKey
from syncline.core.unsupported import hook_refusals, idle_hooks, split_hooks, unsupported
from syncline.errors import Place

KEY = ResourceKey("batch", "Job", "shop", "migrate")
APP = Application("shop", Place("apps/shop.yaml", 1), (), Destination(namespace="shop"))


def annotated(name: str, value: str, key: ResourceKey = KEY) -> Manifest:
    plain = manifest(key)
    metadata: dict[str, Any] = {**plain.body["metadata"], "annotations": {name: value}}
    return replace(plain, body={**plain.body, "metadata": metadata})


def hook(value: str, name: str = "migrate") -> Manifest:
    return annotated("argocd.argoproj.io/hook", value, replace(KEY, name=name))


def options(value: str) -> Manifest:
    return annotated("argocd.argoproj.io/sync-options", value)


def asking(*sync_options: str) -> Application:
    return replace(APP, sync_policy=SyncPolicy(options=sync_options))


@given(manifests(), st.sets(st.sampled_from(["PreSync", "Skip", "Unheard"])))
def test_every_manifest_is_either_a_resource_or_a_hook(found: tuple[Manifest, ...], words: set[str]) -> None:
    hooks = tuple(hook(word, word.lower()) for word in sorted(words))

    resources, split = split_hooks([*found, *hooks])

    assert resources == found
    assert split == hooks


def test_a_hook_that_a_sync_would_have_to_run_refuses_it_and_names_the_line() -> None:
    (sentence,) = hook_refusals([hook("PostSync,PreSync")])

    assert sentence.startswith("Job.batch shop/migrate (app/manifests.yaml:1) is a PostSync and PreSync hook")
    assert "take it out of this application" in sentence
    assert list(idle_hooks([hook("PostSync,PreSync")])) == []


@pytest.mark.parametrize("word", ["Skip", "PreDelete", "PostDelete", "presync", ""])
def test_a_hook_that_no_sync_runs_refuses_nothing_and_is_said(word: str) -> None:
    assert list(hook_refusals([hook(word)])) == []
    assert list(idle_hooks([hook(word)])) == [
        "Job.batch shop/migrate is a hook of no sync phase and is not applied."
    ]


@given(st.lists(st.sampled_from(["PreSync", "Sync", "Skip", "PostDelete", "x", "PreSync,Skip"]), max_size=5))
def test_no_hook_is_passed_over_in_silence(words: list[str]) -> None:
    hooks = [hook(word, f"h{number}") for number, word in enumerate(words)]

    assert len([*hook_refusals(hooks), *idle_hooks(hooks)]) == len(hooks)


@pytest.mark.parametrize(
    "option",
    [
        "CreateNamespace=true",
        "CreateNamespace=false",
        "ServerSideApply=true",
        "ApplyOutOfSyncOnly=true",
        "PrunePropagationPolicy=foreground",
        "SkipDryRunOnMissingResource=true",
        "Validate=true",
    ],
)
def test_an_option_that_is_carried_out_is_not_remarked_upon(option: str) -> None:
    assert list(unsupported(asking(option), [])) == []


@pytest.mark.parametrize(
    "option",
    [
        "Validate=false",
        "PruneLast=true",
        "PrunePropagationPolicy=background",
        "PrunePropagationPolicy=orphan",
        "Replace=true",
        "Force=true",
        "ServerSideApply=false",
        "FailOnSharedResource=true",
        "RespectIgnoreDifferences=true",
        "createNamespace=true",
        "Nonsense",
    ],
)
def test_an_option_without_effect_is_said_for_the_application_and_for_a_resource(option: str) -> None:
    (of_application,) = unsupported(asking("CreateNamespace=true", option), [])
    (of_resource,) = unsupported(APP, [options(f"Prune=false, {option}")])

    assert option in of_application
    assert "CreateNamespace" not in of_application
    assert of_resource == f"Job.batch shop/migrate: the sync options {option} have no effect in this version."


def test_ignored_differences_are_said_to_be_compared_and_applied() -> None:
    app = replace(APP, ignore_differences=(IgnoreDifference("apps", "Deployment"),))

    (sentence,) = unsupported(app, [])
    assert "spec.ignoreDifferences" in sentence


@pytest.mark.parametrize("value", ["", " , ", "Prune=false", "Prune=false,ServerSideApply=true"])
def test_an_annotation_that_asks_for_nothing_in_vain_is_silent(value: str) -> None:
    assert list(unsupported(APP, [options(value)])) == []
