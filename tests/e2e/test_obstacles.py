"""Objects that do not go, definitions and servers that do, and clocks that leap while a sync runs."""

from __future__ import annotations

import itertools
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from e2e.definitions import define, undefine
from e2e.delivery import Delivery, Recorder, actions, config_map, deployment, only
from e2e.truth import Thing, inventory, recorded
from e2e.versions import begun, check_end, check_truth, files, made_good
from syncline.core.plan import Action
from syncline.core.verdict import Done, Outcome
from syncline.errors import ExitCode
from syncline.kube.patience import Timing
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    import pytest

    from plane.between import Between, Passing, Verdict
    from syncline.core.verdict import Event
    from syncline.report.model import AppReport


def test_an_objects_finalizer_that_never_goes_is_told_at_the_deadline_and_stays_recorded(
    through: Delivery, hand: Between
) -> None:
    sha = begun(through, hand)
    through.patch("v1/configmaps/c5", {"metadata": {"finalizers": ["syncline.test/hold"]}})

    for _ in range(2):
        hand.start_anew()
        through.observer.events.clear()
        report = through.sync(timeout=0.6)

        app = only(report)
        assert app.outcome is Outcome.TIMED_OUT
        assert exit_code(report) is ExitCode.UNHEALTHY
        assert "Pending deletion" in app.failures[0].message
        assert Thing("ConfigMap", "c5") in recorded(through.plane, through.namespace)
        check_truth(through, hand)

    through.patch("v1/configmaps/c5", {"metadata": {"finalizers": None}})
    made_good(through, hand, sha)


def test_a_wanted_object_that_is_being_deleted_is_not_called_synced(through: Delivery, hand: Between) -> None:
    begun(through, hand)
    through.sync()
    path = "v1/configmaps/c0"
    through.patch(path, {"metadata": {"finalizers": ["syncline.test/hold"]}})
    through.plane.api("DELETE", f"/api/v1/namespaces/{through.namespace}/configmaps/c0")

    report = through.sync(timeout=0.5)

    app = only(report)
    assert app.outcome is Outcome.TIMED_OUT
    assert "Pending deletion" in app.failures[0].message
    through.patch(path, {"metadata": {"finalizers": None}})
    assert only(through.sync()).outcome is Outcome.SYNCED


def test_a_namespace_that_is_being_deleted_is_told_and_nothing_is_written(
    through: Delivery, hand: Between
) -> None:
    namespace, plane = through.namespace, through.plane
    held = {"metadata": {"name": "held", "finalizers": ["syncline.test/hold"]}}
    plane.api("POST", f"/api/v1/namespaces/{namespace}/configmaps", held)
    plane.delete_namespace(namespace)
    through.repo.commit({"apps/web.yaml": through.app(), "web/all.yaml": config_map("one")})

    report = through.sync(timeout=1)

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert "because it is being terminated" in app.failures[0].message
    assert "finalizers" in app.failures[0].message
    assert exit_code(report) is ExitCode.SYNC_FAILED
    check_truth(through, hand)
    through.patch("v1/configmaps/held", {"metadata": {"finalizers": None}})


def test_a_definition_that_is_deleted_while_its_resources_are_applied(
    through: Delivery, hand: Between, haste: list[float]
) -> None:
    del haste
    plane, group = through.plane, f"{through.namespace}.syncline.test"
    define(plane, group, "Thing")
    custom = "apiVersion: %s/v1\nkind: Thing\nmetadata: {name: %s}\nspec: {size: 1}\n"
    all_things = "---\n".join(custom % (group, f"t{number}") for number in range(40))
    through.repo.commit(
        {"apps/web.yaml": through.app(), "web/things.yaml": all_things, "web/c.yaml": config_map("one")}
    )
    applied, undefined = itertools.count(1), threading.Event()

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and "/things/" in passing.target and next(applied) == 20:
            undefine(plane, group, "Thing")
            undefined.set()
        return None

    hand.start_anew(rule)
    report = through.sync(timeout=5)

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert through.exists("v1/configmaps/one"), "the other kinds of the wave are applied"
    said = {failure.message.partition(" could not be ")[0] for failure in app.failures}
    done = {str(event.key) for _, event in through.observer.events if isinstance(event, Done)}
    assert len(said) + len(done) == 41
    assert len(recorded(plane, through.namespace)) == 41, "what may be there stays recorded"

    # The run does not wait for the request that is held up; what is defined too early goes with the old one.
    assert undefined.wait(30)
    hand.start_anew()
    define(plane, group, "Thing")
    app = only(through.sync())
    assert app.outcome is Outcome.SYNCED, app.failures
    undefine(plane, group, "Thing")


class Leaping:
    """A clock whose wall leaps about, and whose other hand goes as it should."""

    leaps = itertools.cycle(["2038-01-19T03:14:07Z", "1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])

    def now(self) -> str:
        return next(self.leaps)

    def monotonic(self) -> float:
        import time

        return time.monotonic()


def test_a_wall_clock_that_leaps_changes_nothing_but_what_is_written_down(
    through: Delivery, hand: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("syncline.runtime.SystemClock", Leaping)
    sha = begun(through, hand)

    assert only(through.sync()).outcome is Outcome.SYNCED

    check_truth(through, hand)
    check_end(through, sha)
    found = inventory(through.plane, through.namespace)
    assert found is not None
    assert [entry.id for entry in found.history] == [1, 2]


class Asleep:
    """A clock that loses an hour once, as when the machine slept, after so many looks."""

    def __init__(self) -> None:
        self.looks = itertools.count()

    def now(self) -> str:
        return "2026-01-02T03:04:05Z"

    def monotonic(self) -> float:
        import time

        return time.monotonic() + (3600 if next(self.looks) > 8 else 0)


def test_an_hour_lost_at_once_ends_the_wait_and_tells_so(
    through: Delivery, hand: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = begun(through, hand)
    stuck = deployment("web", labels={"syncline.test/never-ready": "true"})
    through.repo.commit({"web/web.yaml": stuck})
    monkeypatch.setattr("syncline.runtime.SystemClock", Asleep)

    app = only(through.sync(timeout=600))

    assert app.outcome is Outcome.TIMED_OUT
    check_truth(through, hand)
    monkeypatch.undo()
    assert sha
    through.repo.commit(files("b", without="c5") | {"web/c5.yaml": config_map("c5")})
    assert only(through.sync()).outcome is Outcome.SYNCED


def test_the_api_server_may_restart_in_the_middle(
    delivery: Delivery, second_plane: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that is about to be ready takes requests and leaves them lying.
    monkeypatch.setattr("syncline.jobs.clusters.Timing", partial(Timing, read=3.0))
    away = Delivery(delivery.repo, second_plane, delivery.namespace)
    second_plane.create_namespace(away.namespace)
    group = f"{away.namespace}.syncline.test"
    define(second_plane, group, "Thing")
    kept = f"apiVersion: {group}/v1\nkind: Thing\nmetadata: {{name: kept}}\nspec: {{size: 1}}\n"
    # Without the Deployment: its controllers take their time to find the server again.
    first = {name: text for name, text in files("a").items() if text and name != "web/web.yaml"}
    away.repo.commit({"apps/web.yaml": away.app(), **first, "web/kept.yaml": kept})
    assert only(away.sync()).outcome is Outcome.SYNCED
    second = {name: text for name, text in files("b", without="c5").items() if name != "web/web.yaml"}
    sha = away.repo.commit(second)
    restarted = threading.Event()

    class Restarting(Recorder):
        def event(self, application: str, event: Event) -> None:
            super().event(application, event)
            # After the prunes: the garbage collector, too, takes its time to find the server again.
            updated = isinstance(event, Done) and event.action is Action.UPDATE
            if updated and not restarted.is_set():
                restarted.set()
                second_plane.restart_api_server()

    away.observer = Restarting()
    app: AppReport = only(away.sync())

    assert restarted.is_set()
    assert app.outcome is Outcome.SYNCED, app.failures
    assert actions(app)["ConfigMap c5"] is Action.PRUNE
    found = inventory(second_plane, away.namespace)
    assert found is not None
    assert found.revision == sha
    assert {key.name for key in found.keys if key.kind == "Thing"} == {"kept"}
