"""Waiting at a server that fails as it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from contract.kube.faults import Answer, Fault, failing, status
from contract.kube.waits import healths, waiter
from syncline.core.health import Health, HealthStatus, assess
from syncline.core.resource import Body, ResourceKey
from syncline.core.verdict import Overdue
from syncline.kube.waiting import Awaited
from syncline.ports import ApiResource

if TYPE_CHECKING:
    from contract.kube.calls import Reach

JOB = ApiResource("batch", "v1", "Job", "jobs", namespaced=True)
KEY = ResourceKey("batch", "Job", "shop", "run")
ONE_JOB = Awaited(healthy={KEY: JOB})


def run(version: str, *conditions: str) -> dict[str, Any]:
    metadata = {"name": "run", "namespace": "shop", "resourceVersion": version}
    found = [{"type": each, "status": "True"} for each in conditions]
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": {"conditions": found}}


def health_of(body: Body) -> Health:
    found = assess(body)
    assert found is not None
    return found


def listing(version: str, *items: Body) -> Answer:
    return Answer(
        body={
            "apiVersion": "batch/v1",
            "kind": "JobList",
            "metadata": {"resourceVersion": version},
            "items": list(items),
        }
    )


def changed(kind: str, body: Body) -> Body:
    return {"type": kind, "object": body}


def bookmark(version: str) -> Body:
    return changed("BOOKMARK", {"kind": "Job", "metadata": {"resourceVersion": version}})


GONE = changed("ERROR", status(410, "Expired", "too old resource version").body)


@pytest.mark.parametrize("expiry", [status(410, "Expired", "too old"), Answer(lines=(GONE,))])
def test_a_forgotten_version_is_listed_again(reach: Reach, expiry: Answer) -> None:
    script = (listing("5", run("4")), expiry, listing("9", run("8", "Complete")))
    with failing(*script, Answer(open_end=True)) as server:
        events = list(waiter(reach(server), ONE_JOB, "shop").events())

    assert healths(events) == [("run", HealthStatus.PROGRESSING), ("run", HealthStatus.HEALTHY)]
    assert ["watch=" in asked.path for asked in server.asked[:3]] == [False, True, False]


def test_a_watch_that_the_server_ends_goes_on_where_it_stopped(reach: Reach) -> None:
    script = (
        listing("5", run("4")),
        Answer(lines=(changed("MODIFIED", run("6")), bookmark("7"))),
        Answer(lines=(changed("MODIFIED", run("8", "Complete")),), open_end=True),
    )
    with failing(*script) as server:
        events = list(waiter(reach(server), ONE_JOB, "shop").events())

    assert healths(events)[-1] == ("run", HealthStatus.HEALTHY)
    assert [
        f"resourceVersion={version}" in asked.path
        for version, asked in zip("57", server.asked[1:], strict=False)
    ] == [
        True,
        True,
    ]


def test_a_connection_that_breaks_is_made_again(reach: Reach) -> None:
    failed = Answer(lines=(changed("MODIFIED", run("8", "Failed")),), open_end=True)
    with failing(listing("5", run("4")), Fault.RESET, failed) as server:
        events = list(waiter(reach(server), ONE_JOB, "shop").events())

    assert healths(events)[-1] == ("run", HealthStatus.DEGRADED)


def test_an_object_that_went_between_list_and_watch_is_told_as_missing(reach: Reach) -> None:
    script = (
        listing("5", run("4")),
        Answer(lines=(changed("DELETED", run("6")), changed("ADDED", run("7", "Complete"))), open_end=True),
    )
    with failing(*script) as server:
        events = list(waiter(reach(server), ONE_JOB, "shop").events())

    assert [found for _, found in healths(events)] == [
        HealthStatus.PROGRESSING,
        HealthStatus.MISSING,
        HealthStatus.HEALTHY,
    ]


def test_a_server_that_never_answers_is_not_waited_for_longer_than_the_deadline(reach: Reach) -> None:
    with failing(Fault.HANG) as server:
        (overdue,) = waiter(reach(server), ONE_JOB, "shop", seconds=0.5).events()

    assert isinstance(overdue, Overdue)
    assert overdue.health.status is HealthStatus.MISSING


KNOWN = Health(HealthStatus.PROGRESSING, "Waiting for the pods.")
SEEN = replace(ONE_JOB, seen={KEY: KNOWN})


def test_what_is_known_when_the_wait_begins_stands_until_the_server_says_otherwise(reach: Reach) -> None:
    with failing(Fault.HANG) as server:
        (overdue,) = waiter(reach(server), SEEN, "shop", seconds=0.5).events()

    assert isinstance(overdue, Overdue)
    assert overdue.health == KNOWN


def test_what_is_doubted_is_not_what_it_comes_to_at_the_deadline(reach: Reach) -> None:
    # It was said before any controller had seen the write, and nobody was heard since.
    ill = Health(HealthStatus.DEGRADED, "The old image cannot be pulled.")
    with failing(Fault.HANG) as server:
        awaited = replace(ONE_JOB, seen={KEY: ill}, doubtful={KEY: ill})
        (overdue,) = waiter(reach(server), awaited, "shop", seconds=0.3).events()

    assert isinstance(overdue, Overdue)
    assert overdue.health == Health(HealthStatus.PROGRESSING, ill.message)


def test_what_is_known_already_is_not_told_again(reach: Reach) -> None:
    known = replace(ONE_JOB, seen={KEY: health_of(run("4"))})
    script = (listing("5", run("4")), Answer(lines=(changed("MODIFIED", run("6", "Complete")),)))
    with failing(*script) as server:
        events = list(waiter(reach(server), known, "shop").events())

    assert healths(events) == [("run", HealthStatus.HEALTHY)]


def test_without_time_the_server_is_not_asked(reach: Reach) -> None:
    with failing(listing("5", run("4"))) as server:
        (overdue,) = waiter(reach(server), SEEN, "shop", seconds=0).events()

    assert isinstance(overdue, Overdue)
    assert overdue.health == KNOWN
    assert not server.asked


def test_a_server_that_refuses_to_list_leaves_the_objects_overdue(reach: Reach) -> None:
    with failing(status(403, "Forbidden", "jobs is forbidden")) as server:
        (overdue,) = waiter(reach(server), ONE_JOB, "shop", seconds=0.5).events()

    assert isinstance(overdue, Overdue)
