"""Clusters that cannot be used: one sentence with a remedy, exit code 7, and the other applications go on."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from contract.kube.faults import Answer, Fault, failing, status
from e2e.delivery import Delivery, config_map, only
from pki import make_certificate
from syncline.core.live import Level
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.model import AppReport, Job, Problem
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BUSY = status(429, "TooManyRequests", "too many requests, please try again later")


@dataclass(frozen=True)
class Case:
    """How a server answers, what is said of it, and the sum of the pauses, at most."""

    answer: Answer | Fault
    words: str
    remedy: str
    pauses: float = 20.0


CASES: Mapping[str, Case] = {
    "accepts and never answers": Case(Fault.HANG, "no answer within 0.4 s", "try again later", 0),
    "sends headers and no more": Case(Fault.STALL, "no answer within 0.4 s", "try again later", 0),
    "closes each connection": Case(Fault.RESET, "the connection broke", "try again", 45),
    "answers half": Case(Fault.CUT, "the connection broke", "try again", 45),
    "is broken": Case(
        status(500, "InternalError", "etcdserver: request timed out"),
        "etcdserver: request timed out",
        "See its health".lower(),
    ),
    "is behind a broken proxy": Case(Answer(502, b"<html>"), "502 without a Kubernetes Status", "health"),
    "is overloaded": Case(BUSY, "too many requests", "run it again later"),
    "is overloaded for a minute": Case(
        Answer(429, BUSY.body, {"Retry-After": "60"}), "too many requests", "run it again later", 0
    ),
    "does not know us": Case(
        status(401, "Unauthorized", "Unauthorized"), "does not accept the credentials", "EDGE_TOKEN", 0
    ),
    "is no API server": Case(Answer(200, b"<html>Log in</html>"), "not JSON", "login page", 0),
}


def two_clusters(delivery: Delivery, edge: Mapping[str, Any]) -> None:
    """`web` goes to the plane, `far` to the cluster "edge"."""
    settings = {"clusters": {"main": {"context": "admin"}, "edge": edge}, "defaultCluster": "main"}
    there = "server: 'https://kubernetes.default.svc'"
    delivery.environ["EDGE_TOKEN"] = "the-edge-token"
    delivery.repo.commit(
        {
            "syncline.yaml": json.dumps(settings),
            "apps/far.yaml": delivery.app("far", "far").replace(there, "name: edge"),
            "far/all.yaml": config_map("two"),
            "apps/web.yaml": delivery.app(),
            "web/all.yaml": config_map("one"),
        }
    )


def sync_of_both(delivery: Delivery) -> Problem:
    """What is said of `far`, after seeing that `web` is none the worse for it."""
    report = delivery.sync()

    by_name = {app.name: app for app in report.applications}
    assert by_name["web"].outcome is Outcome.SYNCED
    assert delivery.exists("v1/configmaps/one")
    problem = by_name["far"].problem
    assert problem is not None
    assert exit_code(report) is problem.exit_code is ExitCode.CLUSTER
    assert "\n" not in problem.message
    assert "the-edge-token" not in f"{report}"
    return problem


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_cluster_that_cannot_be_used_is_one_sentence_and_the_other_is_synced(
    delivery: Delivery, haste: list[float], case: Case
) -> None:
    with failing(case.answer) as server:
        two_clusters(delivery, {"server": server.url, "tokenEnv": "EDGE_TOKEN"})
        problem = sync_of_both(delivery)

        assert all(asked.method == "GET" for asked in server.asked)
    assert case.words in problem.message
    assert case.remedy in problem.remedy
    assert sum(haste) <= case.pauses * 2, "once for the application, once to look for removed ones"


def test_a_cluster_that_nobody_listens_for_is_told_at_once(delivery: Delivery, haste: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        two_clusters(
            delivery, {"server": f"http://127.0.0.1:{free.getsockname()[1]}", "tokenEnv": "EDGE_TOKEN"}
        )
    problem = sync_of_both(delivery)

    assert "connection refused" in problem.message
    assert haste == []


def test_a_certificate_of_another_ca_is_not_spoken_to(
    delivery: Delivery, haste: list[float], tmp_path: Path
) -> None:
    theirs = make_certificate(tmp_path / "theirs")
    with failing(Answer(), certificate=(str(theirs.chain), str(theirs.key))) as server:
        url = server.url.replace("http:", "https:")
        two_clusters(delivery, {"server": url, "tokenEnv": "EDGE_TOKEN"})
        problem = sync_of_both(delivery)

        assert server.asked == [], "the token stayed here"
    assert "its certificate was not accepted" in problem.message
    assert "CA" in problem.remedy
    assert haste == []


def test_a_token_that_the_plane_refuses_names_where_it_comes_from(delivery: Delivery) -> None:
    ca = delivery.plane.ca.read_text()
    delivery.repo.commit({"edge.pem": ca})
    two_clusters(
        delivery,
        {"server": delivery.plane.server, "caFile": str(delivery.plane.ca), "tokenEnv": "EDGE_TOKEN"},
    )
    problem = sync_of_both(delivery)

    assert problem.message == 'Cluster "edge" does not accept the credentials (401 Unauthorized).'
    assert problem.remedy == "Put a new token into the environment variable EDGE_TOKEN."


def test_a_token_with_a_line_break_is_told_and_never_shown(delivery: Delivery) -> None:
    two_clusters(delivery, {"server": "http://127.0.0.1:1", "tokenEnv": "EDGE_TOKEN"})
    delivery.environ["EDGE_TOKEN"] = "the-edge-token\nof two lines"
    problem = sync_of_both(delivery)

    assert "line break" in problem.message
    assert "EDGE_TOKEN" in problem.remedy


@pytest.mark.parametrize("destination", ["name: egde", "server: 'https://203.0.113.7:6443'"])
def test_an_unknown_cluster_is_named_with_those_that_are_known(delivery: Delivery, destination: str) -> None:
    two_clusters(delivery, {"server": "http://127.0.0.1:1", "tokenEnv": "EDGE_TOKEN"})
    unknown = delivery.app("far", "far").replace("server: 'https://kubernetes.default.svc'", destination)
    delivery.repo.commit({"apps/far.yaml": unknown})
    problem = sync_of_both(delivery)

    assert "is unknown (known: edge, main)" in problem.message
    assert "syncline.yaml" in problem.remedy


def test_ten_applications_of_one_silent_cluster_do_not_wait_ten_times_for_it(
    delivery: Delivery, haste: list[float]
) -> None:
    with failing(Fault.HANG) as server:
        two_clusters(delivery, {"server": server.url, "tokenEnv": "EDGE_TOKEN"})
        for number in range(9):
            app = delivery.app(f"far{number}", f"far{number}")
            delivery.repo.commit(
                {
                    f"apps/far{number}.yaml": app.replace(
                        "server: 'https://kubernetes.default.svc'", "name: edge"
                    ),
                    f"far{number}/all.yaml": config_map(f"far{number}"),
                }
            )
        report = delivery.sync()

    problems = [app.problem.message for app in report.applications if app.problem]
    assert len(problems) == 10
    assert ["0.4 s" in message for message in problems].count(True) == 1
    assert ["0.3 s" in message for message in problems].count(True) == 9
    assert haste == []


@pytest.mark.parametrize("job", [Job.DRIFT, Job.STATUS])
def test_the_jobs_that_read_say_the_same(delivery: Delivery, haste: list[float], job: Job) -> None:
    with failing(Fault.HANG) as server:
        two_clusters(delivery, {"server": server.url, "tokenEnv": "EDGE_TOKEN"})
        delivery.sync(applications=("web",))
        report = delivery.run(job)

    by_name = {app.name: app for app in report.applications}
    assert by_name["web"].problem is None
    problem = by_name["far"].problem
    assert problem is not None
    assert "no answer within" in problem.message
    assert exit_code(report) is ExitCode.CLUSTER
    assert haste == []


def test_a_diff_of_a_silent_cluster_falls_back_and_says_why(delivery: Delivery, haste: list[float]) -> None:
    with failing(Fault.HANG) as server:
        two_clusters(delivery, {"server": server.url, "tokenEnv": "EDGE_TOKEN"})
        delivery.repo.commit({"far/all.yaml": config_map("two", a="2")})
        app: AppReport = only(delivery.run(Job.DIFF, base="HEAD~1", level=Level.LIVE))

    assert app.level is Level.OFFLINE
    assert "no answer within" in app.level_reason
    assert [change.key.name for change in app.changes] == ["two"]
    assert haste == []
