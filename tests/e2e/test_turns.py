"""Two runs and one application, on a real server."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, config_map, deployment, only
from syncline.config.settings import ClusterAccess
from syncline.core.applyset import Owner
from syncline.core.verdict import Outcome, Waiting
from syncline.errors import ApiError, ClusterError
from syncline.kube.cluster import connect
from syncline.kube.lease import Lease, Terms
from syncline.runtime import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from syncline.kube.cluster import ApiCluster

LEASE = "coordination.k8s.io/v1/leases/syncline-web"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/{}/leases"


def stamp(ago: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def held_by(delivery: Delivery, holder: str, *, seconds: int = 30, ago: float = 0.0) -> None:
    """Another run's Lease, as it would look."""
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": seconds,
        "acquireTime": stamp(ago + 5),
        "renewTime": stamp(ago),
        "leaseTransitions": 0,
    }
    body = {"metadata": {"name": "syncline-web"}, "spec": spec}
    delivery.plane.api("POST", LEASES.format(delivery.namespace), body)


@pytest.fixture
def cluster(delivery: Delivery, tmp_path: Path) -> Iterator[ApiCluster]:
    environ = {"KUBECONFIG": str(delivery.plane.kubeconfig("admin"))}
    with_admin = connect(ClusterAccess("plane"), environ, home=tmp_path)
    yield with_admin
    with_admin.close()


def lease_of(
    delivery: Delivery,
    cluster: ApiCluster,
    holder: str,
    *,
    seconds: float = 1.5,
    tell: Callable[[Waiting], None] = lambda _: None,
) -> Lease:
    owner = Owner("web", delivery.namespace, "syncline-web")
    return Lease(cluster, owner, Terms(holder, seconds, pause=0.05), SystemClock(), tell)


def nothing() -> None:
    return


def test_a_sync_holds_the_lease_while_it_writes_and_gives_it_back(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one")})

    mark = delivery.plane.mark()
    assert only(delivery.sync()).outcome is Outcome.SYNCED

    written = [r for r in delivery.plane.requests_since(mark) if not r.is_read and not r.is_dry_run]
    at = ["lease" if "/leases" in r.uri else "other" for r in written]
    assert (at[0], at[-1], at.count("lease")) == ("lease", "lease", 2)
    assert delivery.get(LEASE)["spec"]["holderIdentity"] == ""


def test_a_run_that_has_nothing_to_write_asks_nobody(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one")})
    delivery.sync()
    delivery.plane.api("DELETE", f"{LEASES.format(delivery.namespace)}/syncline-web")
    held_by(delivery, "alice (somewhere) #1")
    delivery.repo.commit({"README.md": "no object changes"})

    mark = delivery.plane.mark()
    assert only(delivery.sync(timeout=1)).outcome is Outcome.UNCHANGED
    assert [r.uri for r in delivery.plane.requests_since(mark) if "leases" in r.uri] == []


def test_the_loser_says_who_holds_it_since_when_and_writes_nothing(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one")})
    held_by(delivery, "alice (https://github.com/acme/deploy/actions/runs/7) #1")

    (app,) = delivery.sync(timeout=0.5).applications

    assert app.problem is not None
    assert (
        "alice (https://github.com/acme/deploy/actions/runs/7) is writing web since 20" in app.problem.message
    )
    assert "#1" not in app.problem.message
    waiting = [event for _, event in delivery.observer.events if isinstance(event, Waiting)]
    assert len(waiting) == 1, "told once, not at every look"
    assert not delivery.exists("v1/configmaps/one")
    assert not delivery.exists("v1/configmaps/syncline-web")


def test_the_loser_waits_and_makes_its_plan_anew(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one", a="1")})
    delivery.sync()
    delivery.repo.commit({"web/c.yaml": config_map("one", a="2")})
    delivery.plane.api("DELETE", f"{LEASES.format(delivery.namespace)}/syncline-web")
    held_by(delivery, "alice (somewhere) #1")
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps"
    winner: dict[str, dict[str, Any]] = {
        "one": {"data": {"a": "2"}},
        "syncline-web": {"metadata": {"labels": {"by": "alice"}}},
    }

    def win() -> None:
        """The winner writes the same, records it, and lets go."""
        while not any(isinstance(event, Waiting) for _, event in delivery.observer.events):
            time.sleep(0.02)
        for name, body in winner.items():
            delivery.plane.api("PATCH", f"{path}/{name}", body)
        delivery.plane.api("DELETE", f"{LEASES.format(delivery.namespace)}/syncline-web")

    thread = threading.Thread(target=win)
    thread.start()
    mark = delivery.plane.mark()
    app = only(delivery.sync(timeout=20))
    thread.join()

    assert app.outcome is Outcome.UNCHANGED, "the plan that was shown is the one made after the wait"
    assert app.changes == ()
    written = [r for r in delivery.plane.requests_since(mark) if not r.is_read and not r.is_dry_run]
    assert not [r.uri for r in written if r.uri.startswith(f"{path}/one")]


def test_a_dead_holder_is_taken_over_and_a_living_one_is_not(delivery: Delivery, cluster: ApiCluster) -> None:
    held_by(delivery, "dead #1", seconds=1, ago=60)
    mine = lease_of(delivery, cluster, "me #2")
    assert mine.take(nothing, seconds=5) == ""
    assert delivery.get(LEASE)["spec"]["holderIdentity"] == "me #2"

    other = lease_of(delivery, cluster, "other #3")
    with pytest.raises(ClusterError, match="me is writing web since"):
        other.take(nothing, seconds=2.5)
    assert delivery.get(LEASE)["spec"]["leaseTransitions"] == 1
    other.release()
    mine.release()
    assert other.take(nothing, seconds=0) == "", "what was given back is free at once"
    other.release()


def test_a_clock_that_is_wrong_costs_a_wait_and_never_makes_two_writers(
    delivery: Delivery, cluster: ApiCluster
) -> None:
    held_by(delivery, "alive #1", seconds=2, ago=3600)
    over = threading.Event()

    def renew() -> None:
        while not over.wait(0.3):
            # Alive, and its clock is an hour slow.
            delivery.plane.api(
                "PATCH",
                f"{LEASES.format(delivery.namespace)}/syncline-web",
                {"spec": {"renewTime": stamp(3600)}},
            )

    thread = threading.Thread(target=renew)
    thread.start()
    mine = lease_of(delivery, cluster, "me #2", seconds=2)
    with pytest.raises(ClusterError, match="alive is writing web"):
        mine.take(nothing, seconds=2)
    over.set()
    thread.join()
    assert mine.take(nothing, seconds=5) == ""
    mine.release()


def test_whoever_was_taken_over_is_told_before_its_next_write(
    delivery: Delivery, cluster: ApiCluster
) -> None:
    mine = lease_of(delivery, cluster, "me #1", seconds=0.6)
    mine.take(nothing, seconds=1)
    mine.check()
    theirs = {"spec": {"holderIdentity": "thief #2", "acquireTime": stamp()}}
    delivery.plane.api("PATCH", f"{LEASES.format(delivery.namespace)}/syncline-web", theirs)

    def told() -> bool:
        try:
            mine.check()
        except ClusterError as error:
            return "thief took the Lease of web over" in str(error)
        return False

    delivery.plane.wait_until(told, "the loss is noticed", seconds=5)
    mine.release()
    assert delivery.get(LEASE)["spec"]["holderIdentity"] == "thief #2"


def test_a_renewal_whose_answer_was_lost_is_a_renewal(
    delivery: Delivery, cluster: ApiCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, sent = cluster.update, threading.Event()

    def answer_lost(*asked: Any, **how: Any) -> Any:
        real(*asked, **how)
        sent.set()
        raise ApiError("Sent again, it met its own first try.", code=409, reason="Conflict")

    lease = lease_of(delivery, cluster, "alice #1", seconds=0.6)
    lease.take(nothing, seconds=1)
    monkeypatch.setattr(cluster, "update", answer_lost)
    try:
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            lease.check()
            time.sleep(0.02)
        assert sent.is_set()
    finally:
        monkeypatch.undo()
        lease.release()


def test_of_many_runs_that_come_together_one_holds_it_at_a_time(
    delivery: Delivery, cluster: ApiCluster
) -> None:
    inside: list[int] = []
    most: list[int] = []
    lock = threading.Lock()

    def run(number: int) -> None:
        lease = lease_of(delivery, cluster, f"run #{number}", seconds=5)
        lease.take(nothing, seconds=20)
        with lock:
            inside.append(number)
            most.append(len(inside))
        time.sleep(0.02)
        with lock:
            inside.remove(number)
        lease.release()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1] * 12


def test_sigterm_gives_the_lease_back(delivery: Delivery, tmp_path: Path) -> None:
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/all.yaml": stuck})
    environ = {
        "KUBECONFIG": str(delivery.plane.kubeconfig("admin")),
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-c", "from syncline.cli import main; main()", "sync", "-o", "json"]
    with subprocess.Popen(command, cwd=delivery.repo.root, env=environ, stdout=subprocess.PIPE) as child:
        delivery.plane.wait_until(lambda: delivery.exists("apps/v1/deployments/web"), "it is applied")
        assert delivery.get(LEASE)["spec"]["holderIdentity"]
        child.send_signal(signal.SIGTERM)
        child.communicate(timeout=30)

    assert delivery.get(LEASE)["spec"]["holderIdentity"] == ""


def test_an_identity_that_may_not_write_leases_goes_on_with_a_warning_or_is_refused(
    delivery: Delivery,
) -> None:
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{delivery.namespace}"
    rules = [
        {"apiGroups": [""], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get"]},
    ]
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "bound"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "narrow"}
    delivery.plane.api("POST", f"{rbac}/roles", {"metadata": {"name": "narrow"}, "rules": rules})
    binding = {"metadata": {"name": "narrow"}, "roleRef": role, "subjects": [subject]}
    delivery.plane.api("POST", f"{rbac}/rolebindings", binding)
    with_narrow = delivery.plane.as_identity("bound")
    path = f"/api/v1/namespaces/{delivery.namespace}/configmaps"
    delivery.plane.wait_until(lambda: with_narrow.answers(path), "the role is in effect")
    with_narrow.close()
    delivery.identity = "bound"
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/c.yaml": config_map("one", a="1")})

    app = only(delivery.sync())
    assert app.outcome is Outcome.SYNCED
    (note,) = (note for note in app.notes if "Lease" in note.text)
    assert "nothing keeps a second run away" in note.text
    assert "leases of coordination.k8s.io" in note.text

    delivery.repo.commit(
        {"syncline.yaml": "lease: {required: true}\n", "web/c.yaml": config_map("one", a="2")}
    )
    (refused,) = delivery.sync().applications
    assert refused.problem is not None
    assert "may not be written" in refused.problem.message
    assert delivery.get("v1/configmaps/one")["data"] == {"a": "1"}
