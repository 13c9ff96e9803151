"""What policies, rights and limits refuse: told with a remedy, and nothing is taken for absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from e2e.delivery import Delivery, actions, config_map, only
from e2e.truth import Thing, labelled, recorded
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import Permissions
from syncline.report.outcome import exit_code

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: first}\n"


@pytest.mark.parametrize("secret", [True, False], ids=["with a Secret", "without"])
def test_an_identity_that_may_only_read_writes_nothing_and_is_told_why(
    delivery: Delivery, secret: bool
) -> None:
    files = {"web/all.yaml": config_map("one")} | ({"web/login.yaml": SECRET} if secret else {})
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **files})
    delivery.identity = "reader"

    report = delivery.sync()

    app = only(report)
    said = " ".join([*app.refusals, *(failure.message for failure in app.failures)])
    assert 'User "reader" cannot' in said
    assert "Give this identity the right" in said
    assert exit_code(report) is (ExitCode.REFUSED if secret else ExitCode.SYNC_FAILED)
    assert labelled(delivery.plane, delivery.namespace) == set()


def test_a_secret_that_cannot_be_read_is_never_pruned(delivery: Delivery) -> None:
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one"), "web/login.yaml": SECRET}
    )
    delivery.sync()
    delivery.repo.commit({"web/login.yaml": None})
    delivery.identity = "reader"

    app = only(delivery.sync())

    assert actions(app) == {"Secret login": Action.KEEP}
    assert "cannot be read, so it stays" in app.changes[0].why
    assert delivery.exists("v1/secrets/login")
    assert Thing("Secret", "login") in recorded(delivery.plane, delivery.namespace)


def test_a_claim_on_storage_is_kept_until_somebody_approves_its_deletion(delivery: Delivery) -> None:
    claim = (
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n"
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n"
    )
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one"), "web/data.yaml": claim}
    )
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    delivery.repo.commit({"web/data.yaml": None})

    kept = only(delivery.sync())
    key = str(kept.changes[0].key)
    assert actions(kept) == {"PersistentVolumeClaim data": Action.KEEP}
    assert f"--approve '{key}'" in kept.changes[0].why

    gone = only(delivery.sync(permissions=Permissions(approved=frozenset({key}))))
    assert actions(gone) == {"PersistentVolumeClaim data": Action.PRUNE}
    assert not delivery.exists("v1/persistentvolumeclaims/data")


def test_a_damaged_inventory_of_an_application_that_is_gone_does_not_hide_what_was_synced(
    delivery: Delivery,
) -> None:
    gone = delivery.app("gone", "gone")
    delivery.repo.commit({"apps/gone.yaml": gone, "gone/all.yaml": config_map("two")})
    delivery.sync()
    delivery.patch("v1/configmaps/syncline-gone", {"binaryData": {"inventory": "bm8="}})
    delivery.repo.commit(
        {"apps/gone.yaml": None, "apps/web.yaml": delivery.app(), "web/all.yaml": config_map("one")}
    )

    report = delivery.sync()

    assert only(report).outcome is Outcome.SYNCED
    assert ["damaged" in note.text for note in report.notes].count(True) == 1
    assert delivery.exists("v1/configmaps/two")


def test_a_load_balancer_that_gets_no_address_is_told_at_the_deadline(delivery: Delivery) -> None:
    service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"
    service += "spec: {type: LoadBalancer, ports: [{port: 80}]}\n"
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": service})

    report = delivery.sync(timeout=0.7)

    app = only(report)
    assert app.outcome is Outcome.TIMED_OUT
    assert exit_code(report) is ExitCode.UNHEALTHY
    assert "Service" in app.failures[0].message
    assert "--timeout" in app.failures[0].remedy


def definition(group: str, plural: str, kind: str) -> dict[str, Any]:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": plural[:-1], "kind": kind},
            "versions": [version],
        },
    }


def test_a_definition_that_is_never_established_is_told_and_its_resources_are_not_asked_for_in_vain(
    delivery: Delivery,
) -> None:
    group = f"{delivery.namespace}.example.com"
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    delivery.plane.api.apply(f"{path}/apples.{group}", definition(group, "apples", "Fruit"))
    fruit = {"apiVersion": f"{group}/v1", "kind": "Fruit", "metadata": {"name": "pear"}}
    try:
        delivery.repo.commit(
            {
                "apps/web.yaml": delivery.app(),
                # Its kind is taken: the API server never accepts the names and never serves it.
                "web/pears.yaml": json.dumps(definition(group, "pears", "Fruit")),
                "web/pear.yaml": json.dumps(fruit),
                "web/settings.yaml": config_map("settings"),
            }
        )
        report = delivery.sync(timeout=2.0)

        app = only(report)
        assert app.outcome in {Outcome.UNHEALTHY, Outcome.TIMED_OUT, Outcome.FAILED}
        assert exit_code(report) in {ExitCode.UNHEALTHY, ExitCode.SYNC_FAILED}
        told = [problem for problem in app.failures if f"pears.{group}" in problem.message]
        assert told
        assert str(told[0].place).startswith("web/pears.yaml")
        assert delivery.exists("v1/configmaps/settings")
        assert {"CustomResourceDefinition", "ConfigMap"} <= {
            key.kind for key in recorded(delivery.plane, delivery.namespace)
        }
    finally:
        for plural in ("apples", "pears"):
            if delivery.plane.api.answers(f"{path}/{plural}.{group}"):
                delivery.plane.api("DELETE", f"{path}/{plural}.{group}")
