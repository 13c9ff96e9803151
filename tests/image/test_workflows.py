"""The example workflows, as they are, from the event to the cluster and back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER
from action.site import Site, application, dispatch, pull_request, push, schedule
from container.engine import ROOT, Engine
from e2e.delivery import config_map
from image.act import Act, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from plane.control_plane import ControlPlane

pytestmark = pytest.mark.image

EXAMPLES = ROOT / "examples" / "workflows"


@pytest.fixture
def act(engine: Engine, tmp_path: Path) -> Iterator[Act]:
    """A runner of workflows."""
    folder = tmp_path / "act"
    folder.mkdir()
    with serving(engine, folder) as runner:
        yield runner


@pytest.fixture
def shop(site: Site, namespace: str) -> str:
    """A commit with one application and the example workflows; the application is called as the namespace."""
    policy = "{automated: {prune: true, selfHeal: true}}"
    target = site.repo.root / ".github" / "workflows"
    target.mkdir(parents=True)
    for example in EXAMPLES.glob("*.yml"):
        shutil.copy(example, target)
    return site.repo.commit(
        {
            "apps/shop.yaml": application(namespace, "shop", namespace=namespace, policy=policy),
            "shop/all.yaml": config_map("shop", colour="red"),
        }
    )


def colour(plane: ControlPlane, namespace: str) -> str:
    found: str = plane.api("GET", f"/api/v1/namespaces/{namespace}/configmaps/shop")["data"]["colour"]
    return found


def test_diff_comments_on_the_pull_request(
    site: Site, plane: ControlPlane, namespace: str, act: Act, shop: str
) -> None:
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
    reader = plane.kubeconfig("reader").read_text()

    job = act.run(site, "diff.yml", pull_request(shop, head, head), {"READER_KUBECONFIG": reader})

    assert job.code == 0, job.text
    (comment,) = site.github.comments(NUMBER)
    assert namespace in comment
    assert "blue" in comment
    assert site.newest(head)["syncline/diff"][0] == "success"
    assert plane.token("reader") not in job.text


def test_sync_drift_and_rollback_change_the_cluster_and_tell_the_commit(
    site: Site, plane: ControlPlane, namespace: str, act: Act, shop: str
) -> None:
    secrets = {"KUBECONFIG": plane.kubeconfig("admin").read_text()}
    job = act.run(site, "sync.yml", push("", shop), secrets)
    assert job.code == 0, job.text
    assert colour(plane, namespace) == "red"
    second = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
    job = act.run(site, "sync.yml", push(shop, second), secrets)
    assert job.code == 0, job.text
    assert colour(plane, namespace) == "blue"
    assert site.newest(second)["syncline/sync"][0] == "success"

    plane.api("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/shop", {"data": {"colour": "green"}})
    job = act.run(site, "drift.yml", schedule(second), secrets)
    assert job.code == 0, job.text
    assert colour(plane, namespace) == "blue"
    assert site.newest(second)["syncline/drift"][0] == "success"

    job = act.run(site, "rollback.yml", dispatch(second, applications=namespace, revision=shop), secrets)
    assert job.code == 0, job.text
    assert colour(plane, namespace) == "red"
    assert site.newest(second)["syncline/rollback"][0] == "success"
    assert plane.token("admin") not in job.text
