"""What rendering costs beside the bare programs and a peer, in one run; part of `make bench`.

It prints a table of ratios, taken in turns on the same machine.  Nothing passes or fails here.

    python tests/bench/rendering.py [one] [mixed] [memory] [peer]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)  # in the place of this folder, where `bench` is a module

from bench import fleet  # noqa: E402 - after the path, like the next
from plane import toolchain  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SYNCLINE = Path(sys.executable).with_name("syncline")
MEMORY = Path("/dev/shm")
MANY = 500
MIXED = 100
PEER = "flux-local"
FLUX = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: %s, namespace: flux-system}
spec:
  interval: 1h
  path: ./%s
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds, and processor seconds of the program and all that it started: on a machine that does
    other work, too, only the second means something.
    """

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def against(self, other: Cost) -> str:
        """How many times this is the other."""
        return f"{self.wall / other.wall:.1f}x wall, {self.cpu / other.cpu:.1f}x processor"


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def cost(command: Sequence[str], cwd: Path, environ: dict[str, str]) -> Cost:
    """What a program takes from start to exit."""
    began, used = time.monotonic(), _used()
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-600:].decode()}")
    return Cost(time.monotonic() - began, _used() - used)


def median(measure: Callable[[], Cost], rounds: int) -> Cost:
    """The one with the middle wall time of so many."""
    return sorted((measure() for _ in range(rounds)), key=lambda each: each.wall)[rounds // 2]


def row(what: str, taken: Cost, compared: str = "") -> None:
    """One line of the table."""
    print(f"{what:<58}{taken.wall:8.2f} s {taken.cpu:8.2f} s   {compared}", flush=True)


class Place:
    """Where repositories are made, and with which programs they are rendered."""

    def __init__(self, scratch: Path) -> None:
        found = toolchain.provide(toolchain.RENDERERS, environ=os.environ)
        self.scratch = scratch
        path = toolchain.search_path(found, os.environ)
        self.environ = {**os.environ, "PATH": path, "TMPDIR": str(scratch)}

    def repository(self, name: str, count: int) -> Path:
        """A fleet with a first commit."""
        root = self.scratch / name
        root.mkdir()
        fleet.commit(root, fleet.files(count), "all")
        return root

    def syncline(self, root: Path, *words: str) -> Cost:
        """One run of ours."""
        return cost([str(SYNCLINE), *words, "-o", "json"], root, self.environ)

    def one_by_one(self, root: Path, count: int) -> Cost:
        """helm and kustomize by themselves, one application after the other, as a script would."""
        total = Cost()
        for number in range(count):
            place = root / f"apps/app-{number:04}"
            kind = fleet.kind_of(number)
            if kind == "kustomize":
                total += cost(["kustomize", "build", "."], place, self.environ)
            elif kind == "helm":
                total += cost(["helm", "dependency", "update", "--skip-refresh", "."], place, self.environ)
                total += cost(["helm", "template", place.name, "."], place, self.environ)
        return total


def one_of_many(place: Place) -> None:
    """A pull request that touches one of many, against rendering them all."""
    root = place.repository("many", MANY)
    fleet.commit(root, fleet.one_change(7), "one")
    one = median(lambda: place.syncline(root, "diff", "--base", "HEAD~1"), 3)
    whole = place.syncline(root, "render")
    row(f"syncline diff, 1 of {MANY} applications touched", one)
    row(f"syncline render, all {MANY}", whole, whole.against(one))
    cache = str(place.scratch / "many-cache")
    place.syncline(root, "diff", "--base", "HEAD~1", "--cache", cache)
    fleet.commit(root, fleet.one_change(10), "another")
    warm = place.syncline(root, "diff", "--base", "HEAD~1", "--cache", cache)
    row("the same with a cache, another application touched", warm, f"all: {whole.against(warm)}")
    fleet.commit(root, fleet.every_change(MANY), "every")
    words = ("diff", "--base", "HEAD~1", "--cache", cache)
    sides = place.syncline(root, *words)
    row(f"syncline diff, all {MANY} touched, both sides", sides, f"one: {sides.against(one)}")
    again = place.syncline(root, *words)
    row("the same, second run with its cache", again, f"first: {sides.against(again)}")


def mixed(place: Place) -> None:
    """Both sides of a change of all, against the programs one after the other, and a second run."""
    root = place.repository("mixed", MIXED)
    fleet.commit(root, fleet.every_change(MIXED), "every")
    cache = place.scratch / "cache"
    words = ("diff", "--base", "HEAD~1")
    sides = [_at(root, "HEAD~1"), _at(root, "HEAD")]
    # In turns: the machine is another one from one minute to the next.
    turns = [
        (place.syncline(root, *words), sum((place.one_by_one(side, MIXED) for side in sides), Cost()))
        for _ in range(5)
    ]
    cold, bare = (
        sorted(each, key=lambda cost: cost.wall)[len(turns) // 2] for each in zip(*turns, strict=True)
    )
    row(f"syncline diff, {MIXED} mixed applications, both sides", cold)
    row("helm and kustomize one after the other, both sides", bare, bare.against(cold))
    first = place.syncline(root, *words, "--cache", str(cache))
    second = median(lambda: place.syncline(root, *words, "--cache", str(cache)), 3)
    row("the same, first run with a cache", first)
    row("the same, second run", second, f"first: {first.against(second)}")


def in_memory(_: Place) -> None:
    """The same with every file of both in memory: what the machine's disk has to do with it."""
    if not os.access(MEMORY, os.W_OK):
        print(f"{MEMORY} is not there to be written to.")
        return
    with tempfile.TemporaryDirectory(prefix="syncline-bench-", dir=MEMORY) as name:
        print("all files in memory:")
        mixed(Place(Path(name)))


def _at(root: Path, revision: str) -> Path:
    copy = root.parent / f"at-{revision.replace('~', '-')}"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", str(copy), revision], cwd=root, check=True)
    return copy


def peer(place: Place) -> None:
    """flux-local beside ours: the same overlays as Flux Kustomizations, built once."""
    program = _installed(place)
    if program is None:
        return
    flux = toolchain.provide(toolchain.RENDERING_PEERS, environ=os.environ)
    environ = {**place.environ, "PATH": toolchain.search_path(flux, place.environ)}
    root = place.scratch / "flux"
    root.mkdir()
    names = [f"app-{number:04}" for number in range(MIXED) if fleet.kind_of(number) == "kustomize"]
    wanted = {path: text for path, text in fleet.files(MIXED).items() if _is_of(path, names)}
    defined = {f"clusters/prod/{name}.yaml": FLUX % (name, f"apps/{name}") for name in names}
    fleet.commit(root, {**wanted, **defined}, "all")
    command = [str(program), "build", "ks", "--path", "clusters/prod"]
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, check=False, timeout=600)
    if done.returncode:
        last = done.stderr.decode().strip().splitlines()[-1:]
        print(f"{PEER} cannot build the tree: {' '.join(last)[:200]}")
        return
    theirs = median(lambda: cost(command, root, environ), 3)
    ours = median(lambda: place.syncline(root, "render"), 3)
    row(f"{PEER} build ks, {len(names)} Kustomizations", theirs)
    row("syncline render, the same as Applications", ours, f"theirs: {theirs.against(ours)}")


def _is_of(path: str, names: Sequence[str]) -> bool:
    return path.startswith("bases/") or any(f"/{name}" in path for name in names)


def _installed(place: Place) -> Path | None:
    """flux-local in an environment of its own, beside the other tools."""
    home = toolchain.cache_root(os.environ) / PEER
    program = home / "bin" / PEER
    if not program.exists():
        newest = (shutil.which(f"python3.{minor}") for minor in (14, 13, 12))
        python = next(filter(None, newest), sys.executable)  # its newest version needs 3.12
        if subprocess.run([python, "-m", "venv", str(home)], check=False).returncode:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", PEER]
        done = subprocess.run(pip, env=place.environ, capture_output=True, check=False)
        if done.returncode:
            shutil.rmtree(home)
            print(f"{PEER} could not be installed: {done.stderr.decode().strip()[-200:]}")
            return None
    return program


def main() -> None:
    """The whole table."""
    with tempfile.TemporaryDirectory(prefix="syncline-bench-") as name:
        place = Place(Path(name))
        facts = {"cores": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}
        print(json.dumps(facts))
        measures = {"one": one_of_many, "mixed": mixed, "memory": in_memory, "peer": peer}
        for what in sys.argv[1:] or measures:
            measures[what](place)


if __name__ == "__main__":
    main()
