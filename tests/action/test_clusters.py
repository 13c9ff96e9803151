"""The whole way of an event: from a push to a real cluster and back to the commit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from action.site import Site, application, dispatch, pull_request, push, schedule
from action.test_signals import CODES, cancelled, until
from e2e.delivery import config_map, deployment
from syncline.errors import ExitCode

if TYPE_CHECKING:
    import signal

    from plane.control_plane import ControlPlane
    from plane.identities import Identity

SELF_HEAL = "{automated: {prune: true, selfHeal: true}}"


def kubeconfig(plane: ControlPlane, identity: Identity = "admin") -> str:
    return plane.kubeconfig(identity).read_text()


def colour(plane: ControlPlane, namespace: str, name: str) -> str:
    found: str = plane.api("GET", f"/api/v1/namespaces/{namespace}/configmaps/{name}")["data"]["colour"]
    return found


def test_a_push_syncs_a_schedule_finds_drift_and_a_dispatch_rolls_back(
    site: Site, plane: ControlPlane, namespace: str
) -> None:
    name = f"shop-{namespace}"
    admin = kubeconfig(plane)
    files = {
        "apps/shop.yaml": application(name, "shop", namespace=namespace, policy=SELF_HEAL),
        "shop/all.yaml": config_map("shop", colour="red"),
    }
    first = site.repo.commit(files)
    assert site.step(push("", first), command="sync", kubeconfig=admin).code == ExitCode.OK
    second = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})

    step = site.step(push(first, second), command="sync", kubeconfig=admin)

    assert step.code == ExitCode.OK
    assert colour(plane, namespace, "shop") == "blue"
    said = [(context, state) for context, state, _ in site.github.statuses(second)]
    assert said == [
        ("syncline/sync", "pending"),
        (f"syncline/sync/{name}", "pending"),
        (f"syncline/sync/{name}", "success"),
        ("syncline/sync", "success"),
    ]
    assert step.outputs["changed"] == "true"

    step = site.step(push("", first), command="sync", kubeconfig=admin)
    assert (step.code, colour(plane, namespace, "shop")) == (ExitCode.OK, "blue"), "started again, it is late"
    assert f"{name} stays at {second[:7]}, which comes after {first[:7]}" in step.summary
    assert site.newest(first)["syncline/sync"][0] == "success"

    path = f"/api/v1/namespaces/{namespace}/configmaps/shop"
    plane.api("PATCH", path, {"data": {"colour": "green"}})
    step = site.step(schedule(second), command="drift", kubeconfig=admin)
    assert step.code == ExitCode.OK
    assert colour(plane, namespace, "shop") == "blue"
    assert site.newest(second)["syncline/drift"][0] == "success"

    step = site.step(dispatch(second), command="rollback", applications=name, kubeconfig=admin)
    assert step.code == ExitCode.OK
    assert colour(plane, namespace, "shop") == "red"
    assert site.newest(second)["syncline/rollback"][0] == "success"

    site.step(dispatch(second), command="sync", applications=name, kubeconfig=admin)
    step = site.step(push(second, first, forced=True), command="sync", kubeconfig=admin)
    assert (step.code, colour(plane, namespace, "shop")) == (ExitCode.OK, "red"), "a force push takes back"


def test_a_brief_status_is_a_list_without_objects_in_the_summary_and_the_report(
    site: Site, plane: ControlPlane, namespace: str
) -> None:
    names = [f"{name}-{namespace}" for name in ("cart", "shop")]
    sha = site.repo.commit(
        {f"apps/{name}.yaml": application(name, namespace=namespace) for name in names}
        | {f"{name}/all.yaml": config_map(f"of-{name}") for name in names}
    )
    first, other = names
    admin = kubeconfig(plane)
    site.step(push("", sha), command="sync", applications=first, kubeconfig=admin)

    brief, full = (
        site.step(dispatch(sha), command="status", kubeconfig=admin, brief=brief) for brief in ("true", "")
    )

    assert (brief.code, full.code) == (ExitCode.OK, ExitCode.OK)
    rows = [line for line in brief.summary.splitlines() if line.startswith("|")]
    assert [any(name in row for row in rows) for name in names] == [True, True]
    assert f"of-{first}" not in brief.summary
    assert f"of-{first}" in full.summary
    assert f"of-{other}" not in full.summary, "it was never synced"


def test_drift_that_may_not_be_healed_is_red_and_left(
    site: Site, plane: ControlPlane, namespace: str
) -> None:
    name = f"shop-{namespace}"
    files = {
        "apps/shop.yaml": application(name, "shop", namespace=namespace),
        "shop/all.yaml": config_map("shop", colour="red"),
    }
    sha = site.repo.commit(files)
    site.step(push("", sha), command="sync", kubeconfig=kubeconfig(plane))
    plane.api("PATCH", f"/api/v1/namespaces/{namespace}/configmaps/shop", {"data": {"colour": "green"}})

    step = site.step(schedule(sha), command="drift", kubeconfig=kubeconfig(plane))

    assert step.code == ExitCode.DIFFERENT
    assert colour(plane, namespace, "shop") == "green"
    assert site.newest(sha)["syncline/drift"][0] == "failure"


def test_a_pull_request_of_the_same_repository_reads_the_cluster_and_never_writes(
    site: Site, plane: ControlPlane, namespace: str
) -> None:
    files = {
        "apps/shop.yaml": application("shop", namespace=namespace),
        "shop/all.yaml": config_map("shop", colour="red"),
    }
    base = site.repo.commit(files)
    site.repo.git("checkout", "--quiet", "-b", "change")
    head = site.repo.commit({"shop/all.yaml": config_map("shop", colour="blue")})
    happening = pull_request(base, head, site.merged(base, head))
    mark = plane.mark()

    step = site.step(happening, command="diff", level="dry-run", kubeconfig=kubeconfig(plane))
    forbidden = site.step(happening, command="sync", kubeconfig=kubeconfig(plane))

    assert step.code == ExitCode.OK
    (comment,) = site.github.comments(7)
    assert "live" in comment
    assert forbidden.code == ExitCode.FORBIDDEN
    asked = plane.requests_since(mark)
    assert asked
    assert all(request.is_read for request in asked)


@pytest.mark.parametrize("number", CODES)
def test_a_sync_that_is_cancelled_while_it_waits_says_what_was_not_done(
    site: Site, plane: ControlPlane, namespace: str, number: signal.Signals
) -> None:
    name = f"shop-{namespace}"
    files = {
        "apps/shop.yaml": application(name, "shop", namespace=namespace),
        "shop/all.yaml": deployment("never", labels={"syncline.test/never-ready": "true"}),
    }
    sha = site.repo.commit(files)
    child = site.start(push("", sha), command="sync", kubeconfig=kubeconfig(plane))
    until(lambda: plane.api.answers(f"/apis/apps/v1/namespaces/{namespace}/deployments/never"), child)

    step = cancelled(site, child, number)

    assert step.code == CODES[number]
    assert {state for state, _ in site.newest(sha).values()} == {"error"}
    assert set(site.newest(sha)) == {"syncline/sync", f"syncline/sync/{name}"}
