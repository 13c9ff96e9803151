"""What the server would make of it: said, refused, not allowed to ask, or not yet known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from contract.kube.objects import apply, config_map, custom, deployment, secret
from syncline.core.resource import key_of
from syncline.kube.dryrun import DryRun, dry_run

if TYPE_CHECKING:
    from contract.kube.conftest import ConnectAs
    from plane.control_plane import ControlPlane
    from syncline.kube.cluster import ApiCluster
    from syncline.ports import Cluster


def ask(cluster: Cluster, *bodies: dict[str, Any]) -> DryRun:
    return dry_run(cluster, [(key_of(body), body["apiVersion"], body) for body in bodies], workers=8)


def test_each_object_is_in_the_part_it_belongs_to(
    connect_as: ConnectAs, plane: ControlPlane, namespace: str
) -> None:
    cluster = connect_as("admin")
    good = [config_map(namespace, f"c{number}") for number in range(10)]
    bad, worse = deployment(namespace, "bad"), deployment(namespace, "worse")
    bad["spec"]["replicas"] = -1
    worse["spec"]["replicsa"] = 1
    nowhere = config_map("no-such-namespace", "a")
    unknown = custom("no.such/v1", "Thing", namespace, "a")
    mark = plane.mark()

    answer = ask(cluster, *good, bad, worse, nowhere, unknown)

    assert sorted(answer.objects) == sorted(map(key_of, good))
    assert set(answer.rejected) == {key_of(bad), key_of(worse)}
    assert "spec.replicas" in answer.rejected[key_of(bad)]
    assert "replicsa" in answer.rejected[key_of(worse)]
    assert answer.unknowable == {
        key_of(nowhere): 'namespaces "no-such-namespace" not found.',
        key_of(unknown): "The cluster does not serve Thing.no.such in no.such/v1 yet.",
    }
    assert answer.forbidden == {}
    writes = [asked for asked in plane.requests_since(mark) if not asked.is_read]
    assert len(writes) == len(good) + 3
    assert all(asked.is_dry_run for asked in writes)


def test_who_may_not_apply_is_told_so_and_nothing_counts_as_rejected(
    cluster: ApiCluster, connect_as: ConnectAs, namespace: str
) -> None:
    bodies = [config_map(namespace, "a"), secret(namespace, "s", password="hunter2")]
    apply(cluster, *bodies)

    answer = ask(connect_as("reader"), *bodies)

    assert sorted(answer.forbidden) == sorted(map(key_of, bodies))
    assert (answer.objects, answer.rejected, answer.unknowable) == ({}, {}, {})
    assert all('User "reader" cannot patch resource' in reason for reason in answer.forbidden.values())


def test_a_quota_that_says_forbidden_is_a_rejection(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "spec": {"hard": {"count/secrets": "0"}}}
    apply(cluster, quota | {"metadata": {"name": "none", "namespace": namespace}})
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/none"
    plane.wait_until(lambda: "hard" in plane.api("GET", path).get("status", {}), "the quota is counted")

    answer = ask(cluster, secret(namespace, "s", password="hunter2"), config_map(namespace, "a"))

    [(key, reason)] = answer.rejected.items()
    assert key.kind == "Secret"
    assert "exceeded quota" in reason
    assert "hunter2" not in reason
    assert [found.kind for found in answer.objects] == ["ConfigMap"]


def test_a_webhook_that_is_down_leaves_it_unknown(
    cluster: ApiCluster, plane: ControlPlane, namespace: str
) -> None:
    path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/contract-down"
    hook = {
        "name": "down.syncline.test",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["secrets"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    plane.api.apply(path, body | {"metadata": {"name": "contract-down"}, "webhooks": [hook]})
    wanted = secret(namespace, "s", password="hunter2")
    try:
        plane.wait_until(lambda: bool(ask(cluster, wanted).unknowable), "the webhook is asked")
        assert ask(cluster, wanted).rejected == {}
    finally:
        plane.api("DELETE", path)
