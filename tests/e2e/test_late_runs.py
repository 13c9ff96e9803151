"""Runs of a commit that a later one has overtaken: started again, or last in a row without an order."""

from __future__ import annotations

import threading
import time

import pytest

from e2e.delivery import Delivery, config_map, deployment, only
from syncline.core.verdict import Outcome, Waiting
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code


def coloured(delivery: Delivery, colour: str, name: str = "one") -> str:
    return delivery.repo.commit({f"web/{name}.yaml": config_map(name, colour=colour)})


def colour(delivery: Delivery) -> str:
    found: str = delivery.get("v1/configmaps/one")["data"]["colour"]
    return found


@pytest.fixture
def commits(delivery: Delivery) -> tuple[str, str, str]:
    """Three commits; the last is synced."""
    delivery.repo.commit({"apps/web.yaml": delivery.app()})
    first, second, third = (coloured(delivery, each) for each in ("red", "green", "blue"))
    assert only(delivery.sync(affected_only=True, onward=True)).outcome is Outcome.SYNCED
    return first, second, third


def test_an_older_commit_takes_nothing_back_and_says_so(
    delivery: Delivery, commits: tuple[str, str, str]
) -> None:
    first, second, third = commits

    mark = delivery.plane.mark()
    late = delivery.sync(affected_only=True, onward=True, head=second)

    assert (late.applications, late.unaffected, exit_code(late)) == ((), ("web",), ExitCode.OK)
    (note,) = late.notes
    assert note.text.startswith(f"web stays at {third[:7]}, which comes after {second[:7]}:")
    assert all(request.is_read for request in delivery.plane.requests_since(mark))
    # What was chosen is done: a name, a revision, and a branch that was taken back by force.
    assert only(delivery.sync(applications=("web",), head=second)).outcome is Outcome.SYNCED
    assert only(delivery.sync(affected_only=True, head=first)).outcome is Outcome.SYNCED
    assert only(delivery.sync(affected_only=True, onward=True, head=third)).outcome is Outcome.SYNCED
    forced = delivery.sync(affected_only=True, onward=True, head=first, forced_from=third)
    assert (only(forced).outcome, colour(delivery)) == (Outcome.SYNCED, "red")


def test_a_force_push_takes_back_what_it_left_and_not_what_came_after_it(
    delivery: Delivery, commits: tuple[str, str, str]
) -> None:
    first, second, _ = commits

    late = delivery.sync(affected_only=True, onward=True, head=first, forced_from=second)

    assert (late.applications, colour(delivery)) == ((), "blue")


def test_a_commit_of_another_branch_is_news_whatever_its_age(
    delivery: Delivery, commits: tuple[str, str, str]
) -> None:
    delivery.repo.git("checkout", "--quiet", "-b", "other", commits[0])
    head = coloured(delivery, "grey")

    report = delivery.sync(affected_only=True, onward=True, head=head)

    assert (only(report).outcome, colour(delivery)) == (Outcome.SYNCED, "grey")


def test_a_later_commit_that_was_begun_and_failed_is_not_taken_back_either(delivery: Delivery) -> None:
    delivery.repo.commit({"apps/web.yaml": delivery.app()})
    older = coloured(delivery, "red")
    delivery.sync(affected_only=True, onward=True)
    never = deployment("never", labels={"syncline.test/never-ready": "true"})
    newer = delivery.repo.commit({"web/one.yaml": config_map("one", colour="blue"), "web/d.yaml": never})
    failed = delivery.sync(affected_only=True, onward=True, timeout=0.5)
    assert only(failed).outcome is Outcome.TIMED_OUT

    late = delivery.sync(affected_only=True, onward=True, head=older)

    assert (late.applications, colour(delivery)) == ((), "blue")
    assert f"web stays at {newer[:7]}" in late.notes[0].text
    # The next commit, and the failed one started again, make it good.
    again = delivery.sync(affected_only=True, onward=True, head=newer, timeout=0.5)
    assert [app.name for app in again.applications] == ["web"]


def test_a_run_that_waited_while_a_later_commit_was_synced_writes_nothing(
    delivery: Delivery, commits: tuple[str, str, str]
) -> None:
    first, second, third = commits
    maps = f"/api/v1/namespaces/{delivery.namespace}/configmaps"
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{delivery.namespace}/leases/syncline-web"
    names = ("one", "syncline-web")
    winner = {name: delivery.get(f"v1/configmaps/{name}") for name in names}
    assert only(delivery.sync(applications=("web",), head=first)).outcome is Outcome.SYNCED
    held = {"holderIdentity": "alice #1", "leaseDurationSeconds": 30, "renewTime": _now()}
    delivery.plane.api("PATCH", lease, {"spec": held})

    def overtake() -> None:
        """Another run syncs the later commit, records it, and lets go."""
        while not any(isinstance(event, Waiting) for _, event in delivery.observer.events):
            time.sleep(0.02)
        for name in names:
            fields = {field: winner[name].get(field) for field in ("data", "binaryData")}
            delivery.plane.api("PATCH", f"{maps}/{name}", fields)
        delivery.plane.api("PATCH", lease, {"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}})

    thread = threading.Thread(target=overtake)
    thread.start()
    late = only(delivery.sync(affected_only=True, onward=True, head=second, timeout=20))
    thread.join()

    assert (late.outcome, colour(delivery)) == (Outcome.REFUSED, "blue")
    assert late.refusals[0].startswith(f"web stays at {third[:7]}")


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
