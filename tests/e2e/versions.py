"""Two versions of one application, and what must hold however the way from one to the other was disturbed.

The law: nothing leaves the inventory unconfirmed, nothing is pruned because something could not be read, and
the report is what the server did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from e2e.delivery import Delivery, config_map, deployment, only
from e2e.truth import Thing, assert_told_truly, data_of, inventory, labelled, recorded
from syncline.core.verdict import Outcome

if TYPE_CHECKING:
    from plane.between import Between

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: %s}\n"
NAMES = [f"c{number}" for number in range(6)]


def files(letter: str, *, without: str = "") -> dict[str, str | None]:
    """Six ConfigMaps, a Secret and a Deployment in one version; `without` is left out."""
    maps: dict[str, str | None] = {
        f"web/{name}.yaml": None if name == without else config_map(name, of=letter) for name in NAMES
    }
    image = f"registry.example.com/web:{letter}"
    return {**maps, "web/login.yaml": SECRET % letter, "web/web.yaml": deployment("web", image=image)}


def things(*, without: str = "") -> set[Thing]:
    maps = {Thing("ConfigMap", name) for name in NAMES if name != without}
    return maps | {Thing("Secret", "login"), Thing("Deployment", "web")}


def begun(delivery: Delivery, hand: Between) -> str:
    """Version a is synced, version b with one object less is committed."""
    first = {name: text for name, text in files("a").items() if text is not None}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **first})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    sha = delivery.repo.commit(files("b", without="c5"))
    delivery.observer.events.clear()
    hand.start_anew()
    return sha


def check_truth(delivery: Delivery, hand: Between) -> None:
    """What must hold whatever happened."""
    hand.wait_quiet()
    plane, namespace = delivery.plane, delivery.namespace
    assert labelled(plane, namespace) <= recorded(plane, namespace), "something of ours is not recorded"
    assert_told_truly((event for _, event in delivery.observer.events), hand)


def check_end(delivery: Delivery, sha: str) -> None:
    """Version b is there, and the inventory is right."""
    plane, namespace = delivery.plane, delivery.namespace
    assert labelled(plane, namespace) == recorded(plane, namespace) == things(without="c5")
    assert {data_of(plane, namespace, name)["of"] for name in NAMES[:5]} == {"b"}
    found = inventory(plane, namespace)
    assert found is not None
    assert found.revision == sha


def made_good(delivery: Delivery, hand: Between, sha: str) -> None:
    """The next run, undisturbed, ends where the disturbed one should have."""
    hand.start_anew()
    delivery.end_lease()  # what could not be given back runs out by itself, which takes a while
    hand.start_anew()
    delivery.observer.events.clear()
    assert only(delivery.sync()).outcome in {Outcome.SYNCED, Outcome.UNCHANGED}
    check_truth(delivery, hand)
    check_end(delivery, sha)
