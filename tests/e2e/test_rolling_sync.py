"""Rolling syncs of ApplicationSets, on a real cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.delivery import config_map, deployment
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from e2e.delivery import Delivery


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

    report = delivery.sync(timeout=1.5)

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
