"""Syncline beside kubectl and beside the bare limit, on one control plane in one run: `make bench`.

It prints a table of medians and ratios.  Nothing passes or fails here: machines differ, ratios less so.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

import urllib3  # noqa: E402 - after the path, like the next

from plane import control_plane, toolchain  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plane.control_plane import ControlPlane

SYNCLINE = Path(sys.executable).with_name("syncline")
THREADS = 16
ROUNDS = 3
UNHEALTHY = 13


@dataclass(frozen=True, slots=True)
class Run:
    """One whole process: wall seconds, processor seconds of its own, and the most memory it held, in MB."""

    wall: float
    cpu: float
    memory: float


def objects(count: int, namespace: str) -> list[dict[str, Any]]:
    """Half ConfigMaps, three tenths headless Services, two tenths Deployments without replicas."""
    return [
        *(_config_map(n, namespace) for n in range(count * 5 // 10)),
        *(_service(n, namespace) for n in range(count * 3 // 10)),
        *(_deployment(n, namespace) for n in range(count * 2 // 10)),
    ]


def _metadata(name: str, namespace: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "labels": {"app": "bench"}}


def _config_map(number: int, namespace: str) -> dict[str, Any]:
    data = {"key": f"value-{number}", "other": "some text", "file.conf": f"line one\nline {number}\n"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(f"c-{number}", namespace),
        "data": data,
    }


def _service(number: int, namespace: str) -> dict[str, Any]:
    spec = {"clusterIP": "None", "selector": {"app": f"d-{number}"}, "ports": [{"name": "http", "port": 80}]}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata(f"s-{number}", namespace),
        "spec": spec,
    }


def _deployment(number: int, namespace: str) -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "registry.example.com/bench:1.0",
        "ports": [{"containerPort": 8080}],
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
    }
    labels = {"app": f"d-{number}"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": template}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(f"d-{number}", namespace),
        "spec": spec,
    }


class Bench:
    """One control plane, one namespace for each measurement."""

    def __init__(self, plane: ControlPlane, kubectl: Path, scratch: Path) -> None:
        self.plane = plane
        self.kubectl = kubectl
        self.scratch = scratch
        self.environ = {**os.environ, "KUBECONFIG": str(plane.kubeconfig("admin"))}

    @contextmanager
    def namespace(self, name: str) -> Iterator[str]:
        """A namespace that is gone again, with all in it, before the next measurement."""
        self.plane.create_namespace(name)
        yield name
        self.plane.delete_namespace(name)
        gone = f"/api/v1/namespaces/{name}"
        self.plane.wait_until(lambda: not self.plane.api.answers(gone), f"{name} is gone", seconds=300)

    def repository(self, count: int, namespace: str) -> Path:
        """A Git repository with one application of so many objects."""
        root = self.scratch / f"repo-{namespace}"
        (root / "app").mkdir(parents=True)
        application = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": namespace},
            "spec": {
                "source": {"repoURL": "https://example.com/bench.git", "path": "app"},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": namespace},
            },
        }
        (root / "application.yaml").write_text(json.dumps(application))
        bodies = objects(count, namespace)
        for kind in ("ConfigMap", "Service", "Deployment"):
            text = "---\n".join(_yaml(body) for body in bodies if body["kind"] == kind)
            (root / "app" / f"{kind.lower()}.yaml").write_text(text)
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "bench"]):
            subprocess.run(
                ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", *words], cwd=root, check=True
            )
        return root

    def process(
        self, *command: str | Path, cwd: Path | None = None, ends: frozenset[int] = frozenset({0})
    ) -> Run:
        """Run a program to its end, which must be one of `ends`."""
        began = time.monotonic()
        with subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as child:
            assert child.stderr is not None
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in ends:
            sys.exit(f"{command[0]} ended with {child.returncode}: {said.decode()[-500:]}")
        return Run(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def bare_apply(self, count: int, namespace: str) -> float:
        """PATCHes from sixteen threads over one pool and nothing else: what the server takes from Python."""
        pool = urllib3.HTTPSConnectionPool(
            "127.0.0.1",
            int(self.plane.server.rpartition(":")[2]),
            maxsize=THREADS,
            block=True,
            ca_certs=str(self.plane.ca),
        )
        headers = {
            "Authorization": f"Bearer {self.plane.token('admin')}",
            "Content-Type": "application/apply-patch+yaml",
        }
        plurals = {"ConfigMap": "configmaps", "Service": "services", "Deployment": "deployments"}

        def send(body: dict[str, Any]) -> None:
            root = "/apis/apps/v1" if body["kind"] == "Deployment" else "/api/v1"
            path = f"{root}/namespaces/{namespace}/{plurals[body['kind']]}/{body['metadata']['name']}"
            answer = pool.request(
                "PATCH",
                f"{path}?fieldManager=bench&force=true",
                body=json.dumps(body).encode(),
                headers=headers,
            )
            if answer.status >= 300:
                sys.exit(f"bare PATCH: {answer.status} {answer.data[:200]!r}")

        bodies = objects(count, namespace)
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as threads:
            for kind in plurals:
                list(threads.map(send, [body for body in bodies if body["kind"] == kind]))
        return time.monotonic() - began


def _yaml(body: Mapping[str, Any]) -> str:
    from syncline.documents import dump

    return dump(body)


def median(measure: Callable[[], Run], rounds: int = ROUNDS) -> Run:
    """The run with the median wall time."""
    return sorted((measure() for _ in range(rounds)), key=lambda run: run.wall)[rounds // 2]


def row(what: str, run: Run | float, compared: str = "") -> None:
    """One line of the table."""
    wall = run if isinstance(run, float) else run.wall
    rest = "" if isinstance(run, float) else f"{run.cpu:7.2f} s {run.memory:6.0f} MB"
    print(f"{what:<52}{wall:8.3f} s {rest:<20} {compared}", flush=True)


def first_syncs(bench: Bench, count: int) -> None:
    """First sync against the bare limit, in turns, each in a fresh namespace."""
    bare: list[float] = []
    ours: list[Run] = []
    for turn in range(ROUNDS):
        with bench.namespace(f"bare-{count}-{turn}") as name:
            bare.append(bench.bare_apply(count, name))
        with bench.namespace(f"first-{count}-{turn}") as name:
            root = bench.repository(count, name)
            # The controllers' own pace (20 requests a second by default) is no matter of ours: nothing is
            # waited for, which the exit code says.
            without = frozenset({UNHEALTHY})
            ours.append(bench.process(SYNCLINE, "sync", "--timeout", "0s", cwd=root, ends=without))
            shutil.rmtree(root)
    limit = statistics.median(bare)
    run = sorted(ours, key=lambda run: run.wall)[ROUNDS // 2]
    row(f"bare PATCHes, {count} objects, {THREADS} threads", limit)
    row(
        f"syncline sync, {count} objects, first",
        run,
        f"{limit / run.wall:.2f} of the bare limit, start to exit",
    )


def comparisons(bench: Bench, count: int, *, peers: bool) -> None:
    """A second sync and a comparison without a change, whole processes, beside kubectl."""
    with bench.namespace(f"again-{count}") as name:
        root = bench.repository(count, name)
        bench.process(SYNCLINE, "sync", "--timeout", "10m", cwd=root)
        again = median(lambda: bench.process(SYNCLINE, "sync", cwd=root))
        drift = median(lambda: bench.process(SYNCLINE, "drift", cwd=root))
        row(f"syncline sync, {count} objects, nothing to do", again)
        row(f"syncline drift, {count} objects, no difference", drift)
        if peers:
            diff = ("diff", "--server-side", "--force-conflicts", "-f", root / "app")
            compared = bench.process(bench.kubectl, *diff, ends=frozenset({0, 1}))
            row(
                f"kubectl diff --server-side, {count} objects",
                compared,
                f"{compared.wall / drift.wall:.1f}× syncline drift",
            )
            applied = bench.process(
                bench.kubectl, "apply", "--server-side", "--force-conflicts", "-f", root / "app"
            )
            row(
                f"kubectl apply --server-side again, {count} objects",
                applied,
                f"{applied.wall / again.wall:.1f}× syncline sync",
            )


def main() -> None:
    """Measure."""
    tools = {**toolchain.provide(toolchain.RENDERERS), **toolchain.provide(toolchain.PLANE)}
    os.environ["PATH"] = toolchain.search_path(tools, os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="syncline-bench-") as scratch,
        control_plane.running(tools, audited=False) as plane,
    ):
        bench = Bench(plane, tools["kubectl"], Path(scratch))
        print(f"{'':<52}{'wall':>10} {'own cpu':>9} {'memory':>9}")
        row("syncline --version", median(lambda: bench.process(SYNCLINE, "--version"), 5))
        for count in (1000, 2000):
            first_syncs(bench, count)
            comparisons(bench, count, peers=True)


if __name__ == "__main__":
    main()
