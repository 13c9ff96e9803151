"""What waiting adds to the slowest object, and how memory grows: `python tests/bench/engine.py`.

The law: when an object became healthy is told by the server's own watch, not by what is measured.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)  # in the place of this directory, where `bench` would be the module

import urllib3  # noqa: E402 - after the path, like the next

from bench.bench import SYNCLINE, UNHEALTHY, Bench, row  # noqa: E402
from plane import control_plane, toolchain  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Mapping

WAITED = 1000
COUNTS = (1000, 2000, 5000)
ROUNDS = 3


class Healthy:
    """When the last Deployment of a namespace was seen to be done, by a watch of its own."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self.at: dict[str, float] = {}
        port = int(bench.plane.server.rpartition(":")[2])
        self._pool = urllib3.HTTPSConnectionPool("127.0.0.1", port, ca_certs=str(bench.plane.ca))
        self._path = f"/apis/apps/v1/namespaces/{namespace}/deployments?watch=true"
        self._headers = {"Authorization": f"Bearer {bench.plane.token('admin')}"}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        answer = self._pool.request("GET", self._path, headers=self._headers, preload_content=False)
        rest = b""
        with suppress(urllib3.exceptions.HTTPError):  # the plane ends before its watches do
            for chunk in answer.stream(None):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self._see(json.loads(line)["object"])

    def _see(self, body: Mapping[str, Any]) -> None:
        status, name = body.get("status") or {}, body["metadata"]["name"]
        done = status.get("observedGeneration") == body["metadata"].get("generation")
        available = any(
            each["type"] == "Available" and each["status"] == "True"
            for each in status.get("conditions") or ()
        )
        if done and available:
            self.at.setdefault(name, time.monotonic())


def waiting(bench: Bench) -> None:
    """From the moment in which the last object was healthy to the end of the process."""
    added: list[float] = []
    for turn in range(ROUNDS):
        with bench.namespace(f"waits-{turn}") as name:
            root = bench.repository(WAITED, name)
            healthy = Healthy(bench, name)
            run = bench.process(SYNCLINE, "sync", "--timeout", "10m", cwd=root)
            ended = time.monotonic()
            added.append(ended - max(healthy.at.values()))
            count = len(healthy.at)
            shutil.rmtree(root)
        row(f"sync of {WAITED:,}, waited for {count} Deployments", run, f"{added[-1]:.2f} s after the last")
    print(f"waiting adds {sorted(added)[len(added) // 2]:.2f} s to the slowest object (median)")


def memory(bench: Bench) -> None:
    """The most that a process held, by the number of objects."""
    for count in COUNTS:
        with bench.namespace(f"memory-{count}") as name:
            root = bench.repository(count, name)
            unwaited = frozenset({UNHEALTHY})
            first = bench.process(SYNCLINE, "sync", "--timeout", "0s", cwd=root, ends=unwaited)
            row(f"first sync of {count:,}", first, f"{first.memory * 1024 / count:.0f} kB each")
            either = unwaited | {0}
            again = bench.process(SYNCLINE, "sync", "--timeout", "0s", cwd=root, ends=either)
            row(
                f"sync of {count:,} again, nothing to write",
                again,
                f"{again.memory * 1024 / count:.0f} kB each",
            )
            shutil.rmtree(root)


def main() -> None:
    """Measure."""
    os.environ["GOGC"] = "100"  # servers as people run them, and not as tests do
    tools = toolchain.provide((*toolchain.RENDERERS, *toolchain.PLANE, *toolchain.PEERS))
    os.environ["PATH"] = toolchain.search_path(tools, os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="syncline-bench-") as scratch,
        control_plane.running(tools, audited=False) as plane,
    ):
        bench = Bench(plane, tools, Path(scratch))
        print(f"{'':<44}{'wall':>10} {'own cpu':>9} {'memory':>9}")
        memory(bench)
        waiting(bench)


if __name__ == "__main__":
    main()
