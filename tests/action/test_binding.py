"""From the comment that a reviewer saw to the push that carries it out, and no further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.runner import NUMBER
from action.site import Site, application, pull_request, push
from action.test_clusters import colour, kubeconfig
from e2e.delivery import config_map
from ghloop import faults
from ghloop.store import User
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane


class Change:
    """A pull request that was reviewed and merged."""

    def __init__(self, site: Site, plane: ControlPlane, namespace: str) -> None:
        self.site, self.plane, self.namespace = site, plane, namespace
        self.admin = kubeconfig(plane)
        app = application(f"shop-{namespace}", "shop", namespace=namespace)
        base = site.repo.commit({"apps/shop.yaml": app, "shop/all.yaml": config_map("shop", colour="red")})
        assert site.step(push("", base), command="sync", kubeconfig=self.admin).code == ExitCode.OK
        site.repo.git("checkout", "--quiet", "-b", "change")
        head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
        self.merge = site.merged(base, head)
        event = pull_request(base, head, self.merge)
        assert site.step(event, command="diff", kubeconfig=self.admin).code == ExitCode.OK
        pull = {"number": NUMBER, "merged_at": "2026-01-01T00:00:00Z", "merge_commit_sha": self.merge}
        site.github.hub.store.forge.brought = {self.merge: [pull]}
        self.base = base

    def sync(self, binding: str) -> tuple[int, str, str]:
        step = self.site.step(
            push(self.base, self.merge), command="sync", kubeconfig=self.admin, binding=binding
        )
        return step.code, colour(self.plane, self.namespace, "shop"), step.out.shown


@pytest.fixture
def change(site: Site, plane: ControlPlane, namespace: str) -> Change:
    return Change(site, plane, namespace)


def test_what_was_reviewed_is_synced_by_the_comment_alone(change: Change) -> None:
    (comment,) = change.site.github.hub.store.comments_of(NUMBER)
    lines = comment.body.splitlines()
    assert lines[1].startswith("<!-- syncline-reviewed:1 ")
    assert lines[1].endswith(" -->")

    code, live, _ = change.sync("exact")

    assert (code, live) == (ExitCode.OK, "blue")


def test_what_was_changed_by_hand_meanwhile_is_refused_and_said(change: Change) -> None:
    path = f"/api/v1/namespaces/{change.namespace}/configmaps/shop"
    change.plane.api("PATCH", path, {"data": {"colour": "green"}})

    code, live, said = change.sync("harmless")

    assert (code, live) == (ExitCode.REFUSED, "green")
    assert "the live state changed since the review: ConfigMap" in said
    code, live, said = change.sync("inform")
    assert (code, live) == (ExitCode.OK, "blue")
    assert "Not as it was reviewed: the live state changed" in said


def test_anothers_comment_and_a_github_that_refuses_are_no_review(change: Change) -> None:
    (comment,) = change.site.github.hub.store.comments_of(NUMBER)
    ours = comment.author
    comment.author = User(77, "mallory")
    code, live, said = change.sync("harmless")
    assert (code, live) == (ExitCode.REFUSED, "red")
    assert "nobody is known to have reviewed it" in said

    comment.author = ours
    change.site.github.fault(faults.not_accessible(), path="/pulls", times=9)
    code, live, said = change.sync("exact")
    assert (code, live) == (ExitCode.REFUSED, "red")
    assert "GitHub could not be asked" in said


def test_a_binding_that_means_nothing_is_refused(site: Site) -> None:
    sha = site.repo.commit({"a": "b"})

    step = site.step(push("", sha), command="sync", binding="strict")

    assert step.code == ExitCode.USAGE
    assert "off, inform, harmless, exact" in step.errors[0].data
