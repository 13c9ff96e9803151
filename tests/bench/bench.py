"""Syncline beside kubectl, kapp and the bare limit, on one control plane in one run: `make bench`.

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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)

from bench import bare  # noqa: E402 - after the path, like the next
from plane import control_plane, toolchain  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from plane.control_plane import ControlPlane

SYNCLINE = Path(sys.executable).with_name("syncline")
ROUNDS = 3
TURNS = 5
UNHEALTHY = 13
COUNTS = (1000, 2000)
APPLY = ("apply", "--server-side", "--force-conflicts", "-f")


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

    def __init__(self, plane: ControlPlane, tools: Mapping[str, Path], scratch: Path) -> None:
        self.plane = plane
        self.kubectl = tools["kubectl"]
        self.kapp = tools["kapp"]
        self.scratch = scratch
        # As it is installed: with its byte code.
        self.environ = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "",
            "KUBECONFIG": str(plane.kubeconfig("admin")),
        }

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
        self,
        *command: str | Path,
        cwd: Path | None = None,
        ends: frozenset[int] = frozenset({0}),
        stdin: Path = Path(os.devnull),
    ) -> Run:
        """Run a program to its end, which must be one of `ends`."""
        began = time.monotonic()
        with (
            stdin.open("rb") as given,
            subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=self.environ,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            ) as child,
        ):
            assert child.stderr is not None
            said = child.stderr.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in ends:
            sys.exit(f"{command[0]} ended with {child.returncode}: {said.decode()[-500:]}")
        return Run(time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)

    def bare_apply(self, count: int, namespace: str) -> float:
        """The bare limit, with everything loaded and at hand."""
        bodies = objects(count, namespace)
        # Its own connections for each: who applies has to connect.
        pool = bare.make_pool(self.plane.server, str(self.plane.ca))
        began = time.monotonic()
        bare.apply(pool, self.plane.token("admin"), bodies)
        taken = time.monotonic() - began
        pool.close()
        return taken

    def bare_program(self, count: int, namespace: str) -> Run:
        """The same as a program of its own, from its start to its end."""
        given = self.scratch / "bare.json"
        given.write_text(
            json.dumps({"token": self.plane.token("admin"), "objects": objects(count, namespace)})
        )
        script = (sys.executable, Path(bare.__file__), self.plane.server, self.plane.ca)
        return self.process(*script, stdin=given)

    def bare_lists(self, namespace: str) -> float:
        """Three LISTs, decoded: the least that a comparison can do."""
        pool = bare.make_pool(self.plane.server, str(self.plane.ca))
        began = time.monotonic()
        for kind in bare.PLURALS:
            json.loads(bare.ask(pool, self.plane.token("admin"), "GET", bare.collection(kind, namespace)))
        taken = time.monotonic() - began
        pool.close()
        return taken


def _deploy(name: str) -> tuple[str, ...]:
    return ("deploy", "--app", name, "--namespace", name, "--yes", "--wait=false")


def _yaml(body: Mapping[str, Any]) -> str:
    from syncline.documents import dump

    return dump(body)


def median(measure: Callable[[], Run], rounds: int = ROUNDS) -> Run:
    """The run with the median wall time."""
    return middle([measure() for _ in range(rounds)])


def middle(runs: list[Run]) -> Run:
    """The one with the median wall time."""
    return sorted(runs, key=lambda run: run.wall)[len(runs) // 2]


def row(what: str, run: Run | float, compared: str = "") -> None:
    """One line of the table."""
    wall = run if isinstance(run, float) else run.wall
    rest = "" if isinstance(run, float) else f"{run.cpu:7.2f} s {run.memory:6.0f} MB"
    print(f"{what:<44}{wall:8.3f} s {rest:<20} {compared}", flush=True)


def first_syncs(bench: Bench, count: int) -> None:
    """First sync against the bare limit, in turns, each in a fresh namespace."""
    limits: list[float] = []
    programs: list[Run] = []
    ours: list[Run] = []
    # The controllers' own pace (20 requests a second by default) is no matter of ours: nothing is waited
    # for, which the exit code says.
    unwaited = frozenset({UNHEALTHY})
    for turn in range(TURNS):
        with bench.namespace(f"bare-{count}-{turn}") as name:
            limits.append(bench.bare_apply(count, name))
        with bench.namespace(f"first-{count}-{turn}") as name:
            root = bench.repository(count, name)
            ours.append(bench.process(SYNCLINE, "sync", "--timeout", "0s", cwd=root, ends=unwaited))
            shutil.rmtree(root)
        with bench.namespace(f"program-{count}-{turn}") as name:
            programs.append(bench.bare_program(count, name))
    limit, run = statistics.median(limits), middle(ours)
    row(f"bare PATCHes, {bare.THREADS} threads", limit)
    row("the same as a program of its own", program := middle(programs))
    row("syncline sync, first", run, f"{limit / run.wall:.2f} of the bare limit")
    row("", run.wall, f"{program.wall / run.wall:.2f} of the bare program")


def peers_first(bench: Bench, count: int) -> None:
    """What the first sync costs with others, once each: they take most of a minute."""
    with bench.namespace(f"kubectl-{count}") as name:
        files = bench.repository(count, name) / "app"
        row("kubectl apply --server-side, first", bench.process(bench.kubectl, *APPLY, files))
    with bench.namespace(f"kapp-{count}") as name:
        files = bench.repository(count, name) / "app"
        row("kapp deploy --wait=false, first", bench.process(bench.kapp, *_deploy(name), "-f", files))


def comparisons(bench: Bench, count: int) -> None:
    """A second sync and a comparison without a change, whole processes, beside kubectl and kapp."""
    with bench.namespace(f"again-{count}") as name:
        root = bench.repository(count, name)
        bench.process(SYNCLINE, "sync", "--timeout", "10m", cwd=root)
        again = median(lambda: bench.process(SYNCLINE, "sync", cwd=root))
        drift = median(lambda: bench.process(SYNCLINE, "drift", cwd=root))
        row("three bare LISTs, decoded", statistics.median(bench.bare_lists(name) for _ in range(ROUNDS)))
        row("syncline sync, nothing to do", again)
        row("syncline drift, no difference", drift)
        diff = ("diff", "--server-side", "--force-conflicts", "-f", root / "app")
        compared = bench.process(bench.kubectl, *diff, ends=frozenset({0, 1}))
        row("kubectl diff --server-side", compared, times(compared, drift, "drift"))
        applied = bench.process(bench.kubectl, *APPLY, root / "app")
        row("kubectl apply --server-side, again", applied, times(applied, again, "sync"))
    with bench.namespace(f"kapp-again-{count}") as name:
        files = ("-f", bench.repository(count, name) / "app")
        bench.process(bench.kapp, *_deploy(name), *files)
        compared = median(lambda: bench.process(bench.kapp, *_deploy(name), *files, "--diff-run"))
        row("kapp deploy --diff-run, no difference", compared, times(compared, drift, "drift"))
        applied = median(lambda: bench.process(bench.kapp, *_deploy(name), *files))
        row("kapp deploy, again", applied, times(applied, again, "sync"))


def times(theirs: Run, ours: Run, job: str) -> str:
    """Their time as a multiple of ours."""
    return f"{theirs.wall / ours.wall:.1f}× syncline {job}"


def main() -> None:
    """Measure."""
    asked = (*toolchain.RENDERERS, *toolchain.PLANE, *toolchain.PEERS)
    tools = toolchain.provide(asked)
    os.environ["GOGC"] = "100"  # servers as people run them, and not as tests do
    os.environ["PATH"] = toolchain.search_path(tools, os.environ)
    with (
        tempfile.TemporaryDirectory(prefix="syncline-bench-") as scratch,
        control_plane.running(tools, audited=False) as plane,
    ):
        bench = Bench(plane, tools, Path(scratch))
        print(f"{'':<44}{'wall':>10} {'own cpu':>9} {'memory':>9}")
        row("syncline --version", median(lambda: bench.process(SYNCLINE, "--version"), 5))
        for count in COUNTS:
            print(f"\n{count:,} objects")
            first_syncs(bench, count)
            peers_first(bench, count)
            comparisons(bench, count)


if __name__ == "__main__":
    main()
