"""What a cluster and an inventory really hold, and whether a report says so.

The law: it is read with the tests' own hand, and judged by the server's answers, never by the product's word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from syncline.core.applyset import decode
from syncline.core.plan import Action
from syncline.core.verdict import Done, Event, Failed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plane.between import Between, Passing
    from plane.control_plane import ControlPlane
    from syncline.core.inventory import Inventory

PATHS = {
    "ConfigMap": "/api/v1/{}/configmaps",
    "Secret": "/api/v1/{}/secrets",
    "Service": "/api/v1/{}/services",
    "ServiceAccount": "/api/v1/{}/serviceaccounts",
    "Deployment": "/apis/apps/v1/{}/deployments",
}


class Thing(NamedTuple):
    """An object as tests name it."""

    kind: str
    name: str


def labelled(plane: ControlPlane, namespace: str) -> set[Thing]:
    """The members that were applied by us, whether or not anybody remembers them."""
    found = set()
    for kind, path in PATHS.items():
        listed = plane.api("GET", f"{path.format(f'namespaces/{namespace}')}?labelSelector={_MEMBER}")
        found |= {Thing(kind, item["metadata"]["name"]) for item in listed["items"]}
    return found


_MEMBER = "applyset.kubernetes.io/part-of"


def inventory(plane: ControlPlane, namespace: str, app: str = "web") -> Inventory | None:
    """What the parent records; None before there is one."""
    path = f"/api/v1/namespaces/{namespace}/configmaps/syncline-{app}"
    return decode(plane.api("GET", path)) if plane.api.answers(path) else None


def recorded(plane: ControlPlane, namespace: str, app: str = "web") -> set[Thing]:
    """The recorded keys."""
    found = inventory(plane, namespace, app)
    return {Thing(key.kind, key.name) for key in found.keys} if found else set()


def assert_told_truly(events: Iterable[Event], hand: Between) -> None:
    """Every write that the server took is told as done, or as perhaps done; nothing else is told as done."""
    told = list(events)
    # The inventory and the Lease are the run's own books, of which no event tells.
    writes = [each for each in hand.writes if "/leases" not in each.request.target]
    taken = {thing_of(each.request): each for each in writes if 200 <= each.code < 300}
    taken = {thing: each for thing, each in taken.items() if not thing.name.startswith("syncline-")}
    done = {Thing(event.key.kind, event.key.name) for event in told if isinstance(event, Done)}
    perhaps = {
        Thing(event.key.kind, event.key.name)
        for event in told
        if isinstance(event, Failed) and "may be done or not" in event.message
    }
    failed = {Thing(event.key.kind, event.key.name) for event in told if isinstance(event, Failed)}
    assert done <= set(taken), f"told as done and never taken by the server: {done - set(taken)}"
    assert set(taken) <= done | perhaps, f"taken by the server and never told: {set(taken) - done - perhaps}"
    assert not done & failed, "told as done and as failed"
    deleted = {event.key.name for event in told if isinstance(event, Done) and event.action is Action.PRUNE}
    assert deleted <= {thing.name for thing, each in taken.items() if each.request.method == "DELETE"}


def thing_of(request: Passing) -> Thing:
    """The object that a request is about."""
    plural, name = request.target.rsplit("/", 2)[1:]
    kinds = {path.rpartition("/")[2]: kind for kind, path in PATHS.items()}
    return Thing(kinds.get(plural, plural), name)


def data_of(plane: ControlPlane, namespace: str, name: str) -> Any:
    """A ConfigMap's data."""
    return plane.api("GET", f"/api/v1/namespaces/{namespace}/configmaps/{name}")["data"]
