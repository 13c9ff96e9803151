"""Applications whose files are gone are found wherever they may have been, also where nothing is left."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from contract.kube.faults import failing, status
from e2e.delivery import Delivery, config_map
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from syncline.report.model import Report

FINALIZER = "  finalizers: [resources-finalizer.argocd.argoproj.io]\n"
DEFAULT = "server: 'https://kubernetes.default.svc'"
HERE = {"context": "admin"}


def settings(clusters: dict[str, dict[str, str]], **rest: str) -> str:
    return json.dumps({"clusters": clusters, **rest})


def delivered(delivery: Delivery, destination: str = DEFAULT, **files: str) -> None:
    """The only application of the repository is synced, and its file is taken away."""
    app = delivery.app(metadata=FINALIZER).replace(DEFAULT, destination)
    delivery.repo.commit({"apps/web.yaml": app, "web/all.yaml": config_map("one"), **files})
    assert [found.outcome for found in delivery.sync().applications] == [Outcome.SYNCED]
    assert delivery.exists("v1/configmaps/one")


def words(report: Report) -> str:
    return "\n".join(note.text for note in report.notes)


@pytest.mark.parametrize(
    ("destination", "clusters"),
    [
        pytest.param(DEFAULT, None, id="the default cluster where none is configured"),
        pytest.param("name: away", {"away": HERE}, id="a configured cluster"),
        pytest.param("name: away", {"away": HERE, "alias": HERE}, id="a cluster of two names"),
        pytest.param(DEFAULT, {"away": HERE}, id="the default cluster beside another"),
    ],
)
def test_the_only_application_of_a_cluster_is_found_when_its_file_is_gone(
    delivery: Delivery, destination: str, clusters: dict[str, dict[str, str]] | None
) -> None:
    delivered(delivery, destination, **({"syncline.yaml": settings(clusters)} if clusters else {}))
    delivery.repo.commit({"apps/web.yaml": None})

    report = delivery.sync(affected_only=True)

    assert [(app.name, app.outcome) for app in report.applications] == [("web", Outcome.SYNCED)]
    assert exit_code(report) is ExitCode.OK
    assert not delivery.exists("v1/configmaps/one")
    assert delivery.sync().applications == ()


def test_an_identity_that_sees_its_namespace_alone_finds_it_there(delivery: Delivery) -> None:
    delivery.plane.bind(delivery.namespace)
    delivery.identity = "bound"
    delivered(delivery)
    delivery.repo.commit({"apps/web.yaml": None})

    report = delivery.sync()

    assert [app.name for app in report.applications] == ["web"]
    assert not delivery.exists("v1/configmaps/one")
    blind = delivery.sync()
    assert "not looked for in the default cluster" not in words(blind)
    delivery.repo.commit({"readme.txt": "nothing that defines anything"})
    assert "not looked for in the default cluster" in words(delivery.sync())


def test_a_cluster_that_nobody_can_ask_is_told_and_the_others_are_asked(delivery: Delivery) -> None:
    with failing(status(401, "Unauthorized", "Unauthorized")) as server:
        edge = {"server": server.url, "tokenEnv": "EDGE_TOKEN"}
        delivery.environ["EDGE_TOKEN"] = "the-edge-token"
        delivered(delivery, "name: away", **{"syncline.yaml": settings({"away": HERE, "edge": edge})})
        delivery.repo.commit({"apps/web.yaml": None})

        report = delivery.sync()

    assert [app.name for app in report.applications] == ["web"]
    assert "not looked for in the cluster edge: " in words(report)
    assert exit_code(report) is ExitCode.OK
    assert not delivery.exists("v1/configmaps/one")


def test_a_cluster_that_goes_from_the_settings_with_its_application_is_told(delivery: Delivery) -> None:
    both = settings({"away": HERE, "edge": {"context": "edge"}})
    delivered(delivery, "name: away", **{"syncline.yaml": both})
    kept = settings({"edge": {"context": "edge"}})
    delivery.repo.commit({"apps/web.yaml": None, "syncline.yaml": kept})

    report = delivery.sync(affected_only=True)

    assert report.applications == ()
    assert "The Application web is gone from Git, and so is its cluster away" in words(report)
    assert delivery.exists("v1/configmaps/one")


@pytest.mark.parametrize("way", ["another branch", "an older commit"])
def test_a_commit_that_does_not_come_after_what_was_synced_removes_nothing(
    delivery: Delivery, way: str
) -> None:
    old = delivery.repo.commit({"readme.txt": "no application yet"})
    delivered(delivery)
    if way == "another branch":
        delivery.repo.git("checkout", "--quiet", "-b", "other", old)
        old = delivery.repo.commit({"readme.txt": "goes its own way"})

    report = delivery.sync(head=old)

    assert report.applications == ()
    assert "The Application web is not in this commit and was left alone" in words(report)
    assert delivery.exists("v1/configmaps/one")
