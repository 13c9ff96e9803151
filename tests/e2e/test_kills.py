"""SIGKILL at every boundary of a sync.

The law: wherever a run is killed, everything of ours in the cluster is in the inventory, and the same run
again reaches the same end: what Git says, no orphan, and the inventory right.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from e2e.delivery import Delivery, config_map, deployment
from e2e.truth import Thing, data_of, inventory, labelled, recorded
from e2e.zygote import Runs, starting_runs
from plane.between import Between, Drop, Passing, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with starting_runs(tmp_path) as found:
        yield found


class Killer:
    """Kills the run at one boundary: when the request of that number arrives, or when the answer to the write
    of that number is about to go back. Afterwards nothing more of it is carried.
    """

    def __init__(self, hand: Between, runs: Runs, *, arrival: int = 0, answer: int = 0) -> None:
        self._runs = runs
        self._arrival, self._answer = arrival, answer
        self._writes = 0
        self.killed = False
        hand.start_anew(self.rule)
        hand.answered = self.answered

    def rule(self, passing: Passing) -> Verdict:
        if self.killed:
            return Drop()
        if passing.number == self._arrival:
            self._kill()
            return Drop()
        return None

    def answered(self, passing: Passing, code: int) -> None:
        del code
        self._writes += passing.method != "GET"
        if self._writes == self._answer and passing.method != "GET" and not self.killed:
            self._kill()

    def _kill(self) -> None:
        self.killed = True
        os.kill(self._runs.pid, signal.SIGKILL)


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


class Flip:
    """One application that goes back and forth between two revisions."""

    def __init__(self, delivery: Delivery, hand: Between, runs: Runs, folder: Path) -> None:
        self.delivery, self.hand, self.runs = delivery, hand, runs
        self.environ = {
            **delivery.surroundings(),
            "KUBECONFIG": str(hand.kubeconfig(folder / "config")),
        }
        first = {name: text for name, text in version("a").items() if text is not None}
        self.shas = {"a": delivery.repo.commit({"apps/web.yaml": delivery.app(), **first})}
        self.shas["b"] = delivery.repo.commit(version("b"))
        self.at = "b"

    def sync(self, letter: str) -> int:
        return self.runs(self.delivery.repo.root, self.environ, "sync", "--revision", self.shas[letter])

    def check_claims(self) -> None:
        plane, namespace = self.delivery.plane, self.delivery.namespace
        assert labelled(plane, namespace) <= recorded(plane, namespace), "something of ours is not recorded"

    def check_end(self, letter: str) -> None:
        plane, namespace = self.delivery.plane, self.delivery.namespace
        wanted = SAME | {Thing("ConfigMap", f"only-{letter}")}
        assert labelled(plane, namespace) == wanted
        assert recorded(plane, namespace) == wanted
        found = inventory(plane, namespace)
        assert found is not None
        assert found.revision == self.shas[letter]
        assert data_of(plane, namespace, "shared") == {"of": letter}
        web = self.delivery.get("apps/v1/deployments/web")
        assert web["spec"]["template"]["spec"]["containers"][0]["image"].endswith(f":{letter}")
        assert self.delivery.get("v1/services/web")["spec"]["ports"][0]["port"] == {"a": 80, "b": 81}[letter]

    def killed_and_again(self, **where: int) -> bool:
        """Go to the other revision, killed on the way; then once more. False when it was over before."""
        letter = {"a": "b", "b": "a"}[self.at]
        killer = Killer(self.hand, self.runs, **where)
        code = self.sync(letter)
        self.hand.wait_quiet()
        assert code == (-signal.SIGKILL if killer.killed else 0), self.runs.said
        self.check_claims()
        self.hand.start_anew()
        self.delivery.end_lease()
        assert self.sync(letter) == 0, self.runs.said
        self.check_end(letter)
        self.at = letter
        return killer.killed


@pytest.mark.parametrize("boundary", ["arrival", "answer"])
def test_a_sync_killed_at_any_boundary_is_made_good_by_the_next(
    delivery: Delivery, hand: Between, runs: Runs, tmp_path: Path, boundary: str
) -> None:
    flip = Flip(delivery, hand, runs, tmp_path)
    assert flip.sync("b") == 0, runs.said
    flip.check_end("b")
    number = 1
    while flip.killed_and_again(**{boundary: number}):
        number += 1

    assert number > {"arrival": 20, "answer": 8}[boundary], "there were so many boundaries"
