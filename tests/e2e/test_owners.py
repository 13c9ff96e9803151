"""Whose an object is: other tools' objects and ApplySets, on a real server with the real kubectl."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, actions, config_map, deployment, only
from syncline.core.plan import Action
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.jobs.invocation import Permissions
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ADOPT = Permissions(adopt=True)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Kubectl:
    """The real one, in the delivery's namespace."""

    def __init__(self, program: Path, delivery: Delivery) -> None:
        self._program = program
        self._delivery = delivery

    def __call__(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        environ = {
            "KUBECONFIG": str(self._delivery.plane.kubeconfig("admin")),
            "KUBECTL_APPLYSET": "true",
            "HOME": str(self._delivery.repo.root.parent),
            "PATH": "/usr/bin:/bin",
        }
        command = [str(self._program), "-n", self._delivery.namespace, *arguments]
        return subprocess.run(command, input=text, env=environ, capture_output=True, text=True, check=False)

    def apply(self, text: str, *arguments: str) -> str:
        done = self("apply", "-f", "-", *arguments, text=text)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def kubectl(delivery: Delivery, plane_tools: Mapping[str, Path]) -> Kubectl:
    return Kubectl(plane_tools["kubectl"], delivery)


def managers(body: Any) -> set[str]:
    return {entry["manager"] for entry in body["metadata"]["managedFields"] if not entry.get("subresource")}


def applied_as(delivery: Delivery, manager: str, body: Mapping[str, Any]) -> None:
    """A server-side apply by another tool."""
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps/{body['metadata']['name']}"
    content = {"apiVersion": "v1", "kind": "ConfigMap", **body}
    kind = "application/apply-patch+yaml"
    query = f"fieldManager={manager}&force=true"
    delivery.plane.api("PATCH", f"{path}?{query}", content, content_type=kind)


def test_kubectl_refuses_our_applyset_by_name_and_finds_nothing_else_wrong_with_it(
    delivery: Delivery, kubectl: Kubectl
) -> None:
    manifests = config_map("one", a="1") + "---\n" + deployment("web")
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": manifests})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    asked = ("apply", "-f", "-", "--prune", "--applyset=configmaps/syncline-web", "--dry-run=server")

    refused = kubectl(*asked, text=config_map("one", a="1"))

    assert refused.returncode != 0
    assert 'is managed by tooling "syncline" instead of "kubectl"' in refused.stderr

    # With only the tool's name changed kubectl accepts id, labels and kinds, and finds the members.
    tooling = {"metadata": {"annotations": {"applyset.kubernetes.io/tooling": "kubectl/v1.37.0"}}}
    delivery.patch("v1/configmaps/syncline-web", tooling)
    pruning = kubectl(*asked, "--server-side", "--force-conflicts", text=config_map("one", a="1"))
    assert pruning.returncode == 0, pruning.stderr
    assert "deployment.apps/web pruned" in pruning.stdout


def test_kubectls_applyset_is_refused_and_taken_over_as_a_planned_step(
    delivery: Delivery, kubectl: Kubectl
) -> None:
    old = config_map("one", a="1", b="2") + "---\n" + config_map("two") + "---\n" + config_map("three")
    kubectl.apply(old, "--prune", "--applyset=configmaps/syncline-web")
    kept = config_map("one", a="1") + "---\n" + config_map("two")
    settings = "guard: {maxPrunePercent: 50}\n"
    delivery.repo.commit({"syncline.yaml": settings, "apps/web.yaml": delivery.app(), "web/all.yaml": kept})

    (refused,) = delivery.sync().applications
    assert refused.problem is not None
    assert "is managed by kubectl/v1.37" in refused.problem.message
    assert "--adopt" in refused.problem.remedy

    shown = only(delivery.sync(permissions=ADOPT, dry_run=True))
    planned = {
        "ConfigMap syncline-web": Action.ADOPT,
        "ConfigMap one": Action.ADOPT,
        "ConfigMap two": Action.ADOPT,
        "ConfigMap three": Action.PRUNE,
    }
    assert actions(shown) == planned
    (parent,) = (change for change in shown.changes if change.key.name == "syncline-web")
    assert "becomes Syncline's, with its 3 objects" in parent.why
    assert not delivery.exists("coordination.k8s.io/v1/leases/syncline-web")

    done = only(delivery.sync(permissions=ADOPT))
    assert (done.outcome, actions(done)) == (Outcome.SYNCED, planned)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}, "what kubectl wrote and Git lacks is gone"
    assert not delivery.exists("v1/configmaps/three")
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED
    again = kubectl("apply", "-f", "-", "--prune", "--applyset=configmaps/syncline-web", text=old)
    assert 'managed by tooling "syncline"' in again.stderr


def test_what_kubectl_created_is_adopted_in_sight_with_its_fields_so_that_a_removal_removes(
    delivery: Delivery, kubectl: Kubectl
) -> None:
    kubectl.apply(deployment("web", replicas=2) + "---\n" + config_map("one", a="1", b="2"))
    theirs = delivery.get("apps/v1/deployments/web")["spec"]
    both = config_map("one", a="1", b="2")
    delivery.repo.commit(
        {"apps/web.yaml": delivery.app(), "web/d.yaml": deployment("web", replicas=2), "web/c.yaml": both}
    )

    app = only(delivery.sync())

    assert app.outcome is Outcome.SYNCED
    assert actions(app) == {"ConfigMap one": Action.ADOPT, "Deployment web": Action.ADOPT}
    assert all("taken over from kubectl" in change.why for change in app.changes)
    assert all("fields of kubectl-client-side-apply become ours" in change.why for change in app.changes)
    web = delivery.get("apps/v1/deployments/web")
    assert "kubectl-client-side-apply" not in managers(web)
    assert LAST_APPLIED not in web["metadata"]["annotations"]
    assert web["spec"] == theirs, "what the server had filled in is filled in again"
    paths = {path for change in app.changes for path in change.paths}
    assert all(path.startswith("metadata.") for path in paths), paths

    delivery.repo.commit({"web/c.yaml": config_map("one", a="1")})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
    mark = delivery.plane.mark()
    assert only(delivery.sync()).outcome is Outcome.UNCHANGED
    assert all(request.is_read for request in delivery.plane.requests_since(mark))


def test_a_kubectl_apply_over_our_object_does_not_keep_a_field_alive(
    delivery: Delivery, kubectl: Kubectl
) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one", a="1", b="2")})
    delivery.sync()
    kubectl.apply(config_map("one", a="1", b="2"))
    delivery.repo.commit({"web/c.yaml": config_map("one", a="1")})

    app = only(delivery.sync())

    assert app.changes[0].paths == ("data.b",)
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}


@pytest.mark.parametrize(
    ("manager", "metadata", "named"),
    [
        (
            "argocd-controller",
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:{ns}/one"}},
            "Argo CD's Application shop",
        ),
        (
            "kustomize-controller",
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "shop",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            "Flux's Kustomization flux-system/shop",
        ),
        (
            "helm",
            {
                "annotations": {
                    "meta.helm.sh/release-name": "shop",
                    "meta.helm.sh/release-namespace": "{ns}",
                },
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
            },
            "Helm's release {ns}/shop",
        ),
        ("Go-http-client", {"labels": {"app.kubernetes.io/managed-by": "shop-operator"}}, "shop-operator"),
    ],
    ids=["Argo CD", "Flux", "Helm", "an operator"],
)
def test_another_owner_is_named_refused_and_only_with_permission_taken_over_for_good(
    delivery: Delivery, manager: str, metadata: dict[str, dict[str, str]], named: str
) -> None:
    place = {"ns": delivery.namespace}
    marks = {part: {k: v.format(**place) for k, v in each.items()} for part, each in metadata.items()}
    theirs = {"metadata": {"name": "one", **marks}, "data": {"a": "1", "b": "2"}}
    applied_as(delivery, manager, theirs)
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one", a="1")})

    report = delivery.sync()
    refused = only(report)
    assert exit_code(report) is ExitCode.REFUSED
    assert named.format(**place) in refused.refusals[0]
    assert "--adopt" in refused.refusals[0]
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1", "b": "2"}

    taken = only(delivery.sync(permissions=ADOPT))
    assert actions(taken) == {"ConfigMap one": Action.ADOPT}
    assert named.format(**place) in taken.changes[0].why
    if manager == "Go-http-client":
        assert delivery.get("v1/configmaps/one")["data"] == {"a": "1", "b": "2"}, "its fields stay its own"
        return
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
    assert managers(delivery.get("v1/configmaps/one")) == {"syncline"}


def test_a_tool_that_comes_back_to_our_object_is_not_fought(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one", a="1")})
    delivery.sync()
    applied_as(delivery, "argocd-controller", {"metadata": {"name": "one"}, "data": {"a": "theirs"}})

    app = only(delivery.sync())

    assert app.outcome is Outcome.REFUSED
    assert "Argo CD (argocd-controller wrote it at" in app.refusals[0]
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "theirs"}
    assert only(delivery.sync(permissions=ADOPT)).outcome is Outcome.SYNCED
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}


def test_a_copied_inventory_is_named_and_hides_no_other(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one")})
    delivery.sync()
    parent = delivery.get("v1/configmaps/syncline-web")
    metadata = {part: parent["metadata"][part] for part in ("labels", "annotations")}
    copy = {"metadata": {"name": "syncline-copy", **metadata}, "binaryData": parent["binaryData"]}
    delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/configmaps", copy)

    report = delivery.sync()

    assert only(report).outcome is Outcome.UNCHANGED
    (note,) = report.notes
    assert "syncline-copy carries the ApplySet id" in note.text
    assert delivery.exists("v1/configmaps/one")
