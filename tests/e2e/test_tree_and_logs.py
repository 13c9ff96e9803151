"""What grew out of an application, what it says, and what a failed sync tells of it."""

from __future__ import annotations

import base64
import itertools
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from e2e.definitions import define
from e2e.delivery import deployment, only
from plane.between import Between, CutWatch, Refuse
from plane.logs import append
from syncline.cli import main
from syncline.cli.running import surroundings_of
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, UsageError
from syncline.jobs.invocation import Invocation
from syncline.jobs.logs import AskedLogs
from syncline.jobs.logs import logs as read_logs
from syncline.jobs.session import Session
from syncline.report.fit import fit
from syncline.report.json import to_json
from syncline.report.model import Job
from syncline.report.terminal import terminal
from syncline.runtime import Cancellation

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from e2e.delivery import Delivery
    from syncline.core.loglines import LogLine

GROUP = "rollouts.syncline.test"


@pytest.fixture
def rollouts(delivery: Delivery) -> str:
    """A kind that owns workloads, as a controller of one's own would define it; the name of its group."""
    group = f"{delivery.namespace}.{GROUP}"
    define(delivery.plane, group, "Rollout")
    return group


def owned(delivery: Delivery, path: str, owner: Any, body: dict[str, Any]) -> Any:
    """An object that a controller made."""
    reference = {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
    }
    whole = {**body, "metadata": {**body["metadata"], "ownerReferences": [reference]}}
    return delivery.plane.api("POST", f"{path.format(delivery.namespace)}", whole)


def pods(delivery: Delivery) -> list[Any]:
    found: list[Any] = delivery.plane.api("GET", f"/api/v1/namespaces/{delivery.namespace}/pods")["items"]
    return sorted(found, key=lambda pod: str(pod["metadata"]["name"]))


def test_a_tree_shows_what_a_custom_resource_owns_down_to_the_pods(delivery: Delivery, rollouts: str) -> None:
    rollout = f"apiVersion: {rollouts}/v1\nkind: Rollout\nmetadata: {{name: shop}}\nspec: {{}}\n"
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/rollout.yaml": rollout})
    only(delivery.sync())
    path = f"/apis/{rollouts}/v1/namespaces/{{}}/rollouts"
    live = delivery.plane.api("GET", f"{path.format(delivery.namespace)}/shop")
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "main", "image": "x"}]},
    }
    replica_set = {
        "metadata": {"name": "shop-1"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}}, "template": template},
    }
    owned(delivery, "/apis/apps/v1/namespaces/{}/replicasets", live, replica_set)
    owned(delivery, "/api/v1/namespaces/{}/secrets", live, {"metadata": {"name": "shop-key"}})
    # A second kind below the first: owners are walked, not listed.
    owned(
        delivery,
        path,
        live,
        {"apiVersion": f"{rollouts}/v1", "kind": "Rollout", "metadata": {"name": "canary"}},
    )
    delivery.plane.wait_until(lambda: len(pods(delivery)) == 2, "the pods are there")

    tree = only(delivery.run(Job.TREE))

    rows = [(row.depth, row.key.kind) for row in tree.resources]
    assert rows == [(0, "Rollout"), (1, "Secret"), (1, "ReplicaSet"), (2, "Pod"), (2, "Pod"), (1, "Rollout")]
    shallow = only(delivery.run(Job.TREE, depth=1))
    assert {row.depth for row in shallow.resources} == {0, 1}
    assert [row.key.kind for row in shallow.resources].count("Pod") == 0


def test_a_tree_shows_the_claims_that_a_stateful_set_made_and_keeps(delivery: Delivery) -> None:
    spec = "{accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}"
    claims = f"  serviceName: db\n  volumeClaimTemplates: [{{metadata: {{name: data}}, spec: {spec}}}]\n"
    workload = (
        deployment("db", replicas=0)
        .replace("kind: Deployment", "kind: StatefulSet")
        .replace("  progressDeadlineSeconds: 600\n", claims)
    )
    delivery.repo.commit({"apps/web.yaml": delivery.app(), "web/db.yaml": workload})
    only(delivery.sync())
    delivery.patch("apps/v1/statefulsets/db", {"spec": {"replicas": 2}})
    place = f"/api/v1/namespaces/{delivery.namespace}/persistentvolumeclaims"
    stray = {
        "metadata": {"name": "data-dbx-0"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    delivery.plane.api("POST", place, stray)
    delivery.plane.wait_until(lambda: delivery.plane.api.answers(f"{place}/data-db-0"), "a claim is made")

    tree = only(delivery.run(Job.TREE))

    found = [(row.depth, row.key.name, row.health is not None) for row in tree.resources]
    assert (1, "data-db-0", True) in found
    assert all(name != "data-dbx-0" for _, name, _ in found)


def test_a_failed_sync_tells_its_pods_and_their_last_words_without_secrets(delivery: Delivery) -> None:
    password = "correct-horse-battery"
    encoded = base64.b64encode(password.encode()).decode()
    secret = {"metadata": {"name": "db"}, "data": {"password": encoded}}
    delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/secrets", secret)
    delivery.repo.commit(
        {
            "apps/web.yaml": delivery.app(),
            "web/web.yaml": deployment("web", replicas=2, labels={"syncline.test/crash": "true"}),
        }
    )
    delivery.sync(timeout=0.5)
    delivery.plane.wait_until(
        lambda: [pod["status"].get("phase") for pod in pods(delivery)] == ["Running"] * 2, "the pods crash"
    )
    words = f"starting\n::error::forged\n``` **bold** @octocat\nlogin with {password} failed\nlast line"
    for pod in pods(delivery):
        delivery.plane.write_logs(pod, words, previous="the run before")
        name = pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{delivery.namespace}/pods/{name}/log"
        delivery.plane.wait_until(lambda path=path: delivery.plane.api.answers(path), "its log is served")  # type: ignore[misc]

    report = delivery.sync(timeout=0.5)

    app = only(report)
    assert app.outcome in {Outcome.TIMED_OUT, Outcome.UNHEALTHY}
    crashed = [row for row in app.resources if row.key.kind == "Pod"]
    assert len(crashed) == 2
    assert all("3 restarts" in row.message and "CrashLoopBackOff" in row.message for row in crashed)
    quotes = [failure.message for failure in app.failures if "last lines of main" in failure.message]
    assert len(quotes) == 2
    assert all(quote.endswith("last line") and "login with ‹hidden" in quote for quote in quotes)
    shown = [terminal(report, colour=False), "\n".join(fit(report)), to_json(report)]
    assert all(password not in text and encoded not in text for text in shown)
    assert not [line for line in shown[0].splitlines() if line.strip().startswith("::")]
    assert "````text" in shown[1]  # a fence that the log cannot close
    assert said(logs(delivery, "--previous").stdout) == ["the run before"] * 2


COMMAND = (sys.executable, "-c", "from syncline.cli import main; main()")


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def logs(delivery: Delivery, *arguments: str) -> Ended:
    command = ["logs", "web", "-C", str(delivery.repo.root), *arguments]
    done = CliRunner().invoke(main, command, env=delivery.surroundings())
    return Ended(done.exit_code, done.stdout, done.stderr)


def said(text: str) -> list[str]:
    """The lines without the pods' names."""
    return [line.partition(" | ")[2] for line in text.splitlines()]


def serve(delivery: Delivery, pod: Any, text: str, **options: Any) -> Path:
    file = delivery.plane.write_logs(pod, text, **options)
    path = f"/api/v1/namespaces/{delivery.namespace}/pods/{pod['metadata']['name']}/log"
    delivery.plane.wait_until(lambda: delivery.plane.api.answers(path), "its log is served")
    return file


@pytest.fixture
def two_workloads(delivery: Delivery) -> Delivery:
    """web with two pods and jobs with one, all running."""
    files = {"web/web.yaml": deployment("web", replicas=2), "web/jobs.yaml": deployment("jobs")}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **files})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    return delivery


def test_logs_of_many_pods_are_one_by_time_and_can_be_narrowed(two_workloads: Delivery) -> None:
    delivery = two_workloads
    jobs, first, second = pods(delivery)
    secret = {"metadata": {"name": "db"}, "stringData": {"password": "correct-horse-battery"}}
    delivery.plane.api("POST", f"/api/v1/namespaces/{delivery.namespace}/secrets", secret)
    # Each is written a second apart and ends now, so the longest began first.
    serve(delivery, jobs, "j1\nj2\nj3\nj4 correct-horse-battery", previous="before the restart")
    serve(delivery, first, "a1\na2")
    serve(delivery, second, "b1\n\x1b[31m::error::b2\x1b[0m")

    whole = logs(delivery)
    assert whole.returncode == 0, whole.stderr
    lines = said(whole.stdout)
    assert sorted(line[:2] for line in lines) == sorted(["a1", "a2", "b1", "::", "j1", "j2", "j3", "j4"])
    assert lines[:2] == ["j1", "j2"]
    assert next(line for line in lines if line.startswith("j4")).startswith("j4 ‹hidden")
    assert "\x1b" not in whole.stdout
    assert all(line.startswith(("web-", "jobs-")) for line in whole.stdout.splitlines())

    assert said(logs(delivery, "Deployment/jobs", "--tail", "2").stdout)[0] == "j3"
    assert said(logs(delivery, f"Pod/{first['metadata']['name']}").stdout) == ["a1", "a2"]
    assert sorted(said(logs(delivery, "--grep", "^[ab]1$").stdout)) == ["a1", "b1"]
    nobody = logs(delivery, "--container", "sidecar")
    assert nobody.returncode == 2
    assert "web has no container 'sidecar'. Known are: main." in nobody.stderr
    assert logs(delivery, "--grep", "(").returncode == 2
    assert logs(delivery, "Deployment/wbe").returncode == 2
    coloured = logs(delivery, "--colour", "always").stdout
    assert coloured.count("\x1b[") == 2 * len(coloured.splitlines())


def test_followed_logs_tell_of_pods_that_come_and_go_and_end_cleanly(two_workloads: Delivery) -> None:
    delivery = two_workloads
    _, first, second = pods(delivery)
    file = serve(delivery, first, "a1")
    serve(delivery, second, "b1")
    command = [*COMMAND, "logs", "web", "-f", "Deployment/web", "-C", str(delivery.repo.root)]
    with subprocess.Popen(
        command, env=delivery.surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        try:
            assert {said(running.stdout.readline())[0] for _ in range(2)} == {"a1", "b1"}
            append(file, "a2")
            assert said(running.stdout.readline()) == ["a2"]
            path = f"/api/v1/namespaces/{delivery.namespace}/pods/{second['metadata']['name']}"
            delivery.plane.api("DELETE", path)
            names = {pod["metadata"]["name"] for pod in (first, second)}

            def fresh() -> list[Any]:
                return [
                    pod
                    for pod in pods(delivery)
                    if pod["metadata"]["name"].startswith("web-")
                    and pod["metadata"]["name"] not in names
                    and pod["status"].get("phase") == "Running"
                ]

            delivery.plane.wait_until(lambda: bool(fresh()), "another pod has taken its place")
            serve(delivery, fresh()[0], "c1")
            assert said(running.stdout.readline()) == ["c1"]
            running.send_signal(signal.SIGINT)
            assert running.wait(timeout=10) == 130
            assert running.stdout.read() == ""
            assert "Traceback" not in running.stderr.read()
        finally:
            running.kill()


def test_only_what_is_newer_than_asked_for_is_shown(two_workloads: Delivery) -> None:
    delivery = two_workloads
    jobs = pods(delivery)[0]
    # A line for each second of the last two minutes.
    serve(delivery, jobs, "\n".join(f"line {number}" for number in range(120)))

    whole = said(logs(delivery, "Deployment/jobs").stdout)
    newer = said(logs(delivery, "Deployment/jobs", "--since", "1m").stdout)

    assert len(whole) == 120
    assert 0 < len(newer) <= 61
    assert newer == whole[-len(newer) :]
    assert said(logs(delivery, "Deployment/jobs", "--since", "1h").stdout) == whole
    assert logs(delivery, "Deployment/jobs", "--since", "soon").returncode == 2


def reading(delivery: Delivery, asked: AskedLogs, told: list[str]) -> Generator[LogLine, None, None]:
    """The job in this process; it ends when it is closed."""
    invocation = Invocation(Job.STATUS, delivery.repo.root, environ=delivery.surroundings())
    invocation = replace(invocation, applications=("web",))
    with Session(invocation, surroundings_of(invocation, Cancellation())) as session:
        yield from read_logs(session, asked, told.append)


def test_a_followed_log_that_is_cut_goes_on_where_it_broke_off(
    two_workloads: Delivery, hand: Between, tmp_path: Path
) -> None:
    delivery = two_workloads
    jobs = pods(delivery)[0]
    file = serve(delivery, jobs, "\n".join(f"j{number}" for number in range(6)))
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    streams = itertools.count(1)
    # The first is cut in the middle, the second after a line, the third before any.
    cuts = {1: CutWatch(3), 2: CutWatch(2), 3: CutWatch(0)}
    hand.rule = lambda passing: cuts.get(next(streams)) if "follow=true" in passing.path else None
    told: list[str] = []

    lines = reading(delivery, AskedLogs(("Deployment/jobs",), follow=True), told)
    with closing(lines):
        first = [next(lines).text for _ in range(6)]
        append(file, "j6")
        last = next(lines).text

    assert [*first, last] == [f"j{number}" for number in range(7)], "none is lost, and none comes twice"
    asked = [each.request.path for each in hand.carried if "follow=true" in each.request.path]
    assert len(asked) >= 4
    assert "sinceTime=" in asked[1]
    assert told == []


DENIED = Refuse(403, "Forbidden", "pods/log is forbidden")


@pytest.mark.parametrize("options", [(), ("-f",)], ids=["whole", "followed"])
def test_logs_of_which_none_can_be_read_end_with_a_code_and_some_are_named(
    two_workloads: Delivery, hand: Between, tmp_path: Path, options: tuple[str, ...]
) -> None:
    delivery = two_workloads
    jobs, *webs = pods(delivery)
    for pod in pods(delivery):
        serve(delivery, pod, "a line")
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    hand.rule = lambda passing: DENIED if "/log?" in passing.path else None

    none = logs(delivery, *options)

    assert (none.returncode, none.stdout) == (ExitCode.CLUSTER, "")
    for pod in (jobs, *webs):
        assert f"The log of {pod['metadata']['name']}/main could not be read: " in none.stderr
    assert "None of the 3 logs of web could be read." in none.stderr
    assert "pods/log" in none.stderr
    if options:
        return
    name = jobs["metadata"]["name"]
    hand.rule = lambda passing: DENIED if f"/{name}/log?" in passing.path else None
    some = logs(delivery)
    assert some.returncode == 0
    assert said(some.stdout) == ["a line"] * 2
    assert f"The log of {name}/main could not be read: " in some.stderr


@pytest.mark.parametrize("follow", [False, True], ids=["whole", "followed"])
def test_more_containers_than_can_be_read_at_once_are_told(
    two_workloads: Delivery, monkeypatch: pytest.MonkeyPatch, follow: bool
) -> None:
    delivery = two_workloads
    for pod in pods(delivery):
        serve(delivery, pod, "a line")
    monkeypatch.setattr("syncline.jobs.logs.MOST", 2)
    told: list[str] = []
    lines = reading(delivery, AskedLogs(follow=follow), told)

    with closing(lines):
        if not follow:
            with pytest.raises(UsageError, match="web has 3 containers; at most 2 logs are merged") as caught:
                next(lines)
            assert "--container" in caught.value.remedy
            return
        assert [next(lines).text for _ in range(2)] == ["a line"] * 2

    assert told == ["More than 2 containers write; the others are not shown."]
