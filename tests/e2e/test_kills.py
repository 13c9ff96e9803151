"""SIGKILL at the boundaries of a first sync, of a second one and of a deletion.

The law: wherever a run is killed, everything of ours in the cluster is in the inventory, and the same run
again reaches the same end: what Git says, no orphan, and the inventory right.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, config_map, deployment
from e2e.truth import Thing, data_of, inventory, labelled, recorded
from e2e.zygote import Runs, starting_runs
from plane.between import Between, Carried, Drop, Passing, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: %s}\n"
ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n"
LATER = 'annotations: {"argocd.argoproj.io/sync-wave": "1"}'
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {name: web, %s}\n"
    "spec: {selector: {app: web}, ports: [{port: %d}]}\n"
)
SAME = {
    Thing("ConfigMap", "shared"),
    Thing("Secret", "login"),
    Thing("ServiceAccount", "web"),
    Thing("Deployment", "web"),
    Thing("Service", "web"),
}


EVERYWHERE = bool(os.environ.get("EVERY_BOUNDARY"))
"""Whether no boundary is left out, which takes many minutes: `make test-kills`."""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with starting_runs(tmp_path) as found:
        yield found


def kind_of(passing: Passing) -> str:
    """What kind of request it is: boundaries of one kind are sampled, see `boundaries`."""
    target, reads = passing.target, passing.method == "GET"
    if passing.is_watch:
        return "watch"
    if "/leases" in target:
        return "read of the Lease" if reads else "write of the Lease"
    if target.endswith("/syncline-web"):
        return "read of the inventory" if reads else "write of the inventory"
    if passing.is_dry_run:
        return "dry run"
    if not reads:
        return "write of an object"
    return "read of objects" if "/namespaces/" in target or "labelSelector" in passing.path else "discovery"


@dataclass(frozen=True)
class Boundary:
    """The request of this kind and number: as it arrives, or as its answer is about to go back."""

    kind: str
    number: int
    answered: bool = False


def boundaries(carried: Iterable[Carried]) -> list[Boundary]:
    """Where a run is killed: at each write of its own books, at the first, the middle and the last write of
    an object, and at the first request of every other kind.

    And when the first and the last write of an object are answered: they go on beside others, where the
    answer to a write of the books is followed by the next request, which is a boundary itself.
    """
    counts = Counter(kind_of(each.request) for each in carried)
    if EVERYWHERE:
        sides = (False, True)
        return [
            Boundary(kind, at + 1, side) for kind, n in counts.items() for at in range(n) for side in sides
        ]
    found = []
    for kind, count in counts.items():
        numbers = {1}
        if kind == "write of an object":
            numbers = {1, (count + 1) // 2, count}
            found += [Boundary(kind, number, answered=True) for number in sorted({1, count})]
        elif kind.startswith("write"):
            numbers = set(range(1, count + 1))
        found += [Boundary(kind, number) for number in sorted(numbers)]
    return found


class Killer:
    """Kills the run at one boundary. Afterwards nothing more of it is carried."""

    def __init__(self, hand: Between, runs: Runs, boundary: Boundary) -> None:
        self._runs = runs
        self._at = boundary
        self._arrived: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self.killed = False
        hand.start_anew(self.rule)
        hand.answered = self.answered

    def rule(self, passing: Passing) -> Verdict:
        if self.killed:
            return Drop()
        if self._is_due(self._arrived, passing, answered=False):
            return Drop()
        return None

    def answered(self, passing: Passing, code: int) -> None:
        del code
        self._is_due(self._answered, passing, answered=True)

    def _is_due(self, seen: Counter[str], passing: Passing, *, answered: bool) -> bool:
        kind = kind_of(passing)
        seen[kind] += 1
        due = Boundary(kind, seen[kind], answered) == self._at and not self.killed
        if due:
            self.killed = True
            os.kill(self._runs.pid, signal.SIGKILL)
        return due


def version(letter: str) -> dict[str, str | None]:
    port = {"a": 80, "b": 81}[letter]
    other = {"a": "b", "b": "a"}[letter]
    return {
        "web/shared.yaml": config_map("shared", of=letter),
        "web/login.yaml": SECRET % f"value-{letter}",
        "web/account.yaml": ACCOUNT.replace("name: web", f"name: web, labels: {{of: {letter}}}"),
        "web/deployment.yaml": deployment("web", image=f"registry.example.com/web:{letter}"),
        "web/service.yaml": SERVICE % (LATER, port),
        f"web/only-{letter}.yaml": config_map(f"only-{letter}"),
        f"web/only-{other}.yaml": None,
    }


class Lap:
    """One application that comes, changes and goes, again and again: a first sync, a second one and a
    deletion, each to a revision of its own.
    """

    STATIONS = ("a", "b", "gone")

    def __init__(self, delivery: Delivery, hand: Between, runs: Runs, folder: Path) -> None:
        self.delivery, self.hand, self.runs = delivery, hand, runs
        self.environ = {**delivery.surroundings(), "KUBECONFIG": str(hand.kubeconfig(folder / "config"))}
        finalizer = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"
        app = {"apps/web.yaml": delivery.app(metadata=finalizer)}
        first = {name: text for name, text in version("a").items() if text is not None}
        self.shas = {"a": delivery.repo.commit({**app, **first})}
        self.shas["b"] = delivery.repo.commit(version("b"))
        self.shas["gone"] = delivery.repo.commit({"apps/web.yaml": None})

    def sync(self, station: str) -> int:
        return self.runs(self.delivery.repo.root, self.environ, "sync", "--revision", self.shas[station])

    def undisturbed(self, station: str) -> list[Boundary]:
        """Go there; the boundaries on the way."""
        self.hand.start_anew()
        assert self.sync(station) == 0, self.runs.said
        self.hand.wait_quiet()
        self.check_end(station)
        return boundaries(self.hand.carried)

    def killed_and_again(self, station: str, boundary: Boundary) -> None:
        killer = Killer(self.hand, self.runs, boundary)
        code = self.sync(station)
        self.hand.wait_quiet()
        assert code == (-signal.SIGKILL if killer.killed else 0), self.runs.said
        self.check_claims()
        self.hand.start_anew()
        self.delivery.end_lease()
        assert self.sync(station) == 0, (boundary, self.runs.said)
        self.check_end(station)

    def check_claims(self) -> None:
        plane, namespace = self.delivery.plane, self.delivery.namespace
        assert labelled(plane, namespace) <= recorded(plane, namespace), "something of ours is not recorded"

    def check_end(self, station: str) -> None:
        plane, namespace = self.delivery.plane, self.delivery.namespace
        wanted = set() if station == "gone" else SAME | {Thing("ConfigMap", f"only-{station}")}
        assert labelled(plane, namespace) == recorded(plane, namespace) == wanted
        if station == "gone":
            return
        found = inventory(plane, namespace)
        assert found is not None
        assert found.revision == self.shas[station]
        assert data_of(plane, namespace, "shared") == {"of": station}
        web = self.delivery.get("apps/v1/deployments/web")
        assert web["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":{station}")
        assert self.delivery.get("v1/services/web")["spec"]["ports"][0]["port"] == {"a": 80, "b": 81}[station]


def test_a_first_sync_a_second_one_and_a_deletion_killed_anywhere_are_made_good_by_the_next_run(
    delivery: Delivery, hand: Between, runs: Runs, tmp_path: Path
) -> None:
    lap = Lap(delivery, hand, runs, tmp_path)
    where = {station: lap.undisturbed(station) for station in Lap.STATIONS}
    kinds = {station: {boundary.kind for boundary in found} for station, found in where.items()}
    books = {"write of the Lease", "write of the inventory", "write of an object", "discovery"}
    assert all(books <= found for found in kinds.values()), kinds
    assert {"watch", "dry run"} <= kinds["b"]
    for killed in zip_longest(*where.values()):
        for station, boundary in zip(Lap.STATIONS, killed, strict=True):
            if boundary is None:
                lap.undisturbed(station)
            else:
                lap.killed_and_again(station, boundary)
