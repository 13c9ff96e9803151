"""Rolling syncs of ApplicationSets, on a real cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import config_map, deployment
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.model import Job
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from e2e.delivery import Delivery


ENVS = ("dev", "stage", "prod")
REVERSE = "    deletionOrder: Reverse\n"


def rolling(delivery: Delivery, *, more: str = "") -> str:
    return f"""\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: fleet}}
spec:
  generators:
  - list: {{elements: [{{env: prod, app: a-prod}}, {{env: dev, app: z-dev}}, {{env: stage, app: m-stage}}]}}
  strategy:
    type: RollingSync
    rollingSync:
      steps:
      - matchExpressions: [{{key: env, operator: In, values: [dev]}}]
      - matchExpressions: [{{key: env, operator: In, values: [stage]}}]
      - matchExpressions: [{{key: env, operator: In, values: [prod]}}]
{more}  template:
    metadata: {{name: '{{{{app}}}}', labels: {{env: '{{{{env}}}}'}}}}
    spec:
      source: {{repoURL: '{delivery.repo.url}', path: 'envs/{{{{env}}}}'}}
      destination: {{server: 'https://kubernetes.default.svc', namespace: '{delivery.namespace}'}}
"""


def test_a_rolling_sync_goes_step_after_step_and_each_waits_for_health(delivery: Delivery) -> None:
    stuck = deployment("stage", labels={"syncline.test/never-ready": "true"})
    files = {f"envs/{env}/all.yaml": config_map(env) for env in ("dev", "stage", "prod")}
    delivery.repo.commit({"set.yaml": rolling(delivery), **files, "envs/stage/d.yaml": stuck})

    report = delivery.sync(timeout=0.6)

    assert [(app.name, app.outcome) for app in report.applications] == [
        ("z-dev", Outcome.SYNCED),
        ("m-stage", Outcome.TIMED_OUT),
        ("a-prod", Outcome.REFUSED),
    ]
    assert report.applications[2].refusals == (
        (
            "a-prod was not synced: step 2 in the rolling sync of ApplicationSet fleet (set.yaml:13) is not "
            "healthy yet: m-stage."
        ),
    )
    assert not delivery.exists("v1/configmaps/prod")

    delivery.repo.commit({"envs/stage/d.yaml": deployment("stage")})
    healed = delivery.sync(affected_only=True)
    assert [(app.name, app.outcome) for app in healed.applications] == [
        ("m-stage", Outcome.SYNCED),
        ("a-prod", Outcome.SYNCED),
    ]
    assert delivery.exists("v1/configmaps/prod")


def test_an_application_that_a_set_no_longer_makes_is_removed_with_its_objects(delivery: Delivery) -> None:
    files = {f"envs/{env}/all.yaml": config_map(env) for env in ("dev", "stage", "prod")}
    delivery.repo.commit({"set.yaml": rolling(delivery), **files})
    delivery.sync()
    fewer = rolling(delivery).replace("{env: prod, app: a-prod}, ", "")
    broken = fewer.replace("- list: {elements: [", "- list: {elements: [7, ")

    delivery.repo.commit({"set.yaml": broken})
    failed = delivery.sync()
    assert exit_code(failed) is ExitCode.CONFIG
    assert delivery.exists("v1/configmaps/prod"), "a set that fails removes nothing"

    delivery.repo.commit({"set.yaml": fewer})
    delivery.sync()
    assert not delivery.exists("v1/configmaps/prod")
    assert delivery.exists("v1/configmaps/dev")


@pytest.mark.parametrize("way", ["the set is gone", "the set makes nothing more"])
def test_with_the_reverse_order_the_last_step_goes_first_and_the_others_wait_for_it(
    delivery: Delivery, way: str
) -> None:
    files = {f"envs/{env}/all.yaml": config_map(env) for env in ENVS}
    delivery.repo.commit({"set.yaml": rolling(delivery, more=REVERSE), **files})
    delivery.sync()
    delivery.patch("v1/configmaps/stage", {"metadata": {"finalizers": ["example.com/hold"]}})
    lists = "- list: {elements: []}\n  strategy"
    empty = re.sub(r"- list: .*\n  strategy", lists, rolling(delivery, more=REVERSE))
    delivery.repo.commit({"set.yaml": None if way == "the set is gone" else empty})

    stuck = delivery.sync(timeout=1.0)

    assert [(app.name, app.outcome) for app in stuck.applications] == [
        ("a-prod", Outcome.SYNCED),
        ("m-stage", Outcome.TIMED_OUT),
        ("z-dev", Outcome.REFUSED),
    ]
    assert stuck.applications[2].refusals == (
        (
            "z-dev was not deleted: deletionOrder is Reverse, and step 2 of ApplicationSet fleet "
            "(set.yaml:11) is not gone yet: m-stage."
        ),
    )
    assert delivery.exists("v1/configmaps/dev")
    delivery.patch("v1/configmaps/stage", {"metadata": {"finalizers": []}})
    assert [app.name for app in delivery.sync().applications] == ["m-stage", "z-dev"]
    assert not delivery.exists("v1/configmaps/dev")


@pytest.mark.parametrize(
    ("policy", "set_is_gone", "stays"),
    [
        pytest.param("applicationsSync: create-delete", False, "", id="create-delete"),
        pytest.param("applicationsSync: create-only", False, "create-only", id="create-only"),
        pytest.param("applicationsSync: create-update", False, "create-update", id="create-update"),
        pytest.param("applicationsSync: create-only", True, "", id="create-only, and the set is gone"),
        pytest.param("preserveResourcesOnDeletion: true", True, "finalizer", id="preserved, set gone"),
    ],
)
def test_the_policy_of_a_set_decides_about_what_it_no_longer_makes(
    delivery: Delivery, policy: str, stays: str, *, set_is_gone: bool
) -> None:
    files = {f"envs/{env}/all.yaml": config_map(env) for env in ENVS}
    text = rolling(delivery).replace("  strategy:", f"  syncPolicy: {{{policy}}}\n  strategy:")
    base = delivery.repo.commit({"set.yaml": text, **files})
    delivery.sync()
    fewer = text.replace("{env: prod, app: a-prod}, ", "")
    head = delivery.repo.commit({"set.yaml": None if set_is_gone else fewer})

    shown = {app.name: app for app in delivery.run(Job.DIFF, base=base, head=head).applications}["a-prod"]
    report = delivery.sync(affected_only=True)

    assert [change.action for change in shown.changes] == [Action.KEEP if stays else Action.PRUNE]
    (said,) = [note.text for note in shown.notes]
    assert (stays or "deleted with it") in said
    assert delivery.exists("v1/configmaps/prod") is bool(stays)
    if stays.startswith("create"):
        why = f"the ApplicationSet fleet leaves what it no longer makes ({stays})"
        assert f"The Application a-prod is gone from Git; its 1 object stays: {why}." in [
            note.text for note in report.notes
        ]
