"""A server, a network and other people that misbehave while a sync runs.

The law: nothing leaves the inventory unconfirmed, nothing is pruned because something could not be read, and
the report is what the server did.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, Recorder, actions, config_map, deployment, only
from e2e.truth import Thing, assert_told_truly, data_of, inventory, labelled, recorded, thing_of
from plane.between import (
    Between,
    CutWatch,
    Drop,
    Hang,
    Lose,
    Passing,
    Refuse,
    Rewrite,
    Rule,
    Verdict,
    carry,
)
from syncline.core.plan import Action
from syncline.core.verdict import Done, Outcome
from syncline.errors import ExitCode
from syncline.kube.patience import Timing
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from syncline.core.verdict import Event
    from syncline.report.model import AppReport

SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: %s}\n"
NAMES = [f"c{number}" for number in range(6)]


@pytest.fixture
def through(delivery: Delivery, hand: Between, tmp_path: Path) -> Delivery:
    """A delivery whose runs go through the hand."""
    delivery.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "between.json"))
    return delivery


def files(letter: str, *, without: str = "") -> dict[str, str | None]:
    """Six ConfigMaps, a Secret and a Deployment in one version; `without` is left out."""
    maps: dict[str, str | None] = {
        f"web/{name}.yaml": None if name == without else config_map(name, of=letter) for name in NAMES
    }
    image = f"registry.example.com/web:{letter}"
    return {**maps, "web/login.yaml": SECRET % letter, "web/web.yaml": deployment("web", image=image)}


def things(*, without: str = "") -> set[Thing]:
    maps = {Thing("ConfigMap", name) for name in NAMES if name != without}
    return maps | {Thing("Secret", "login"), Thing("Deployment", "web")}


def begun(delivery: Delivery, hand: Between) -> str:
    """Version a is synced, version b with one object less is committed."""
    first = {name: text for name, text in files("a").items() if text is not None}
    delivery.repo.commit({"apps/web.yaml": delivery.app(), **first})
    assert only(delivery.sync()).outcome is Outcome.SYNCED
    sha = delivery.repo.commit(files("b", without="c5"))
    delivery.observer.events.clear()
    hand.start_anew()
    return sha


def check_truth(delivery: Delivery, hand: Between) -> None:
    """What must hold whatever happened."""
    hand.wait_quiet()
    plane, namespace = delivery.plane, delivery.namespace
    assert labelled(plane, namespace) <= recorded(plane, namespace), "something of ours is not recorded"
    assert_told_truly((event for _, event in delivery.observer.events), hand)


def check_end(delivery: Delivery, sha: str) -> None:
    """Version b is there, and the inventory is right."""
    plane, namespace = delivery.plane, delivery.namespace
    assert labelled(plane, namespace) == recorded(plane, namespace) == things(without="c5")
    assert {data_of(plane, namespace, name)["of"] for name in NAMES[:5]} == {"b"}
    found = inventory(plane, namespace)
    assert found is not None
    assert found.revision == sha


def made_good(delivery: Delivery, hand: Between, sha: str) -> None:
    """The next run, undisturbed, ends where the disturbed one should have."""
    hand.start_anew()
    delivery.end_lease()  # what could not be given back runs out by itself, which takes a while
    hand.start_anew()
    delivery.observer.events.clear()
    assert only(delivery.sync()).outcome in {Outcome.SYNCED, Outcome.UNCHANGED}
    check_truth(delivery, hand)
    check_end(delivery, sha)


def each_first(verdict: Verdict, times: int = 1) -> Rule:
    """The verdict for the first so many tries of each request that is no watch."""
    tries: dict[tuple[str, str, bytes], itertools.count[int]] = {}

    def rule(passing: Passing) -> Verdict:
        # A claim that is made again names another version; it is the same request all the same.
        count = tries.setdefault((passing.method, passing.path, passing.body), itertools.count(1))
        return verdict if not passing.is_watch and next(count) <= times else None

    return rule


def every_second_write(verdict: Verdict) -> Rule:
    first = each_first(verdict)
    return lambda passing: first(passing) if passing.method != "GET" else None


def watches(verdict: Verdict, times: int = 3) -> Rule:
    count = itertools.count(1)
    return lambda passing: verdict if passing.is_watch and next(count) <= times else None


BUSY = Refuse(429, "TooManyRequests", "too many requests", (("Retry-After", "1"),))
BROKEN = Refuse(500, "InternalError", "etcdserver: leader changed")
CONFLICT = Refuse(409, "Conflict", "the object has been modified; please apply your changes to the latest")
PASSING: dict[str, Callable[[], Rule]] = {
    "429 with Retry-After on each request": lambda: each_first(BUSY),
    "500 three times on each request": lambda: each_first(BROKEN, 3),
    "a reset before each request": lambda: each_first(Drop()),
    "a reset in place of each answer": lambda: each_first(Lose()),
    "a conflict on every second write": lambda: every_second_write(CONFLICT),
    "watches that are cut at once": lambda: watches(CutWatch(0)),
    "watches that are cut after an event": lambda: watches(CutWatch(1)),
    "watches whose version is forgotten": lambda: watches(Refuse(410, "Expired", "too old")),
    "watches that expire on the way": lambda: watches(CutWatch(1, expired=True)),
    "watches that are refused": lambda: watches(Refuse(403, "Forbidden", "you may not watch"), 99),
}


@pytest.mark.parametrize("make_rule", PASSING.values(), ids=PASSING)
def test_trouble_that_passes_is_survived(
    through: Delivery, hand: Between, haste: list[float], make_rule: Callable[[], Rule]
) -> None:
    del haste
    sha = begun(through, hand)
    hand.start_anew(make_rule())

    app = only(through.sync())

    assert app.outcome is Outcome.SYNCED, app.failures
    check_truth(through, hand)
    check_end(through, sha)


WRITES: dict[str, Verdict] = {
    "500": BROKEN,
    "429 for an hour": Refuse(429, "TooManyRequests", "too many", (("Retry-After", "3600"),)),
    "conflict": CONFLICT,
    "reset before": Drop(),
    "reset after": Lose(),
    "hang": Hang(),
    "half an answer and silence": Hang(headers=True),
    "expired token": Refuse(401, "Unauthorized", "Unauthorized"),
    "forbidden": Refuse(403, "Forbidden", 'configmaps "c" is forbidden: User "it" cannot patch resource "x"'),
}


@pytest.mark.parametrize("verdict", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("after", [0, 3], ids=["from the claim on", "from the third object on"])
def test_writes_that_fail_for_good_are_told_and_made_good_by_the_next_run(
    through: Delivery, hand: Between, haste: list[float], verdict: Verdict, after: int
) -> None:
    del haste
    sha = begun(through, hand)
    writes = itertools.count()
    hand.start_anew(lambda passing: verdict if passing.is_write and next(writes) >= after else None)

    report = through.sync()

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert exit_code(report) is ExitCode.SYNC_FAILED
    assert app.failures
    assert all("\n" not in failure.message for failure in app.failures)
    check_truth(through, hand)
    made_good(through, hand, sha)


def reads_of(kind: str, verdict: Verdict) -> Rule:
    """The verdict for reads of the kind, but not of the inventory."""

    def rule(passing: Passing) -> Verdict:
        about = f"/{kind}" in passing.target and "syncline-web" not in passing.target
        return verdict if passing.method == "GET" and about else None

    return rule


def test_reads_that_fail_prune_nothing_and_forget_nothing(
    through: Delivery, hand: Between, haste: list[float]
) -> None:
    del haste
    begun(through, hand)
    before = recorded(through.plane, through.namespace)
    kinds = ("configmaps", "secrets", "deployments")
    refusals: tuple[Verdict, ...] = (
        BROKEN,
        Refuse(403, "Forbidden", "no"),
        Refuse(404, "", "page not found"),
        Drop(),
    )
    for kind, refusal in itertools.product(kinds, refusals):
        hand.start_anew(reads_of(kind, refusal))
        report = through.sync()

        assert exit_code(report) is not ExitCode.OK, (kind, refusal)
        assert hand.writes == [], (kind, refusal)
        assert recorded(through.plane, through.namespace) == before
    assert labelled(through.plane, through.namespace) == things()


@pytest.mark.parametrize("hidden", ["apps", "the core"])
def test_discovery_that_does_not_name_a_group_yet_makes_nothing_gone(
    through: Delivery, hand: Between, haste: list[float], hidden: str
) -> None:
    del haste
    begun(through, hand)
    through.repo.commit({"web/web.yaml": None, "web/c0.yaml": None})
    before = recorded(through.plane, through.namespace)

    def without(answer: Any) -> Any:
        # As of a server that has just started and tells its groups one by one.
        name = "" if hidden == "the core" else hidden
        return {**answer, "items": [item for item in answer["items"] if item["metadata"].get("name") != name]}

    hand.start_anew(lambda passing: Rewrite(without) if passing.target in {"/api", "/apis"} else None)
    through.sync()

    deleted = {Thing("ConfigMap", "c0"), Thing("ConfigMap", "c5")} if hidden == "apps" else set()
    assert {thing_of(each.request) for each in hand.writes if each.request.method == "DELETE"} == deleted
    assert recorded(through.plane, through.namespace) == before - deleted
    assert through.exists("apps/v1/deployments/web")


def test_a_request_to_stop_in_the_middle_ends_soon_and_tells_what_was_done(
    through: Delivery, hand: Between, haste: list[float]
) -> None:
    del haste
    sha = begun(through, hand)
    writes = itertools.count(1)

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and next(writes) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return None

    hand.start_anew(rule)
    report = through.sync()

    assert report.interrupted
    assert exit_code(report) is ExitCode.TERMINATED
    (app,) = report.applications
    assert app.outcome is Outcome.INTERRUPTED
    assert "stopped by SIGTERM" in app.failures[-1].message
    check_truth(through, hand)
    made_good(through, hand, sha)


def test_a_request_to_stop_while_the_server_hangs_ends_within_the_runners_patience(
    through: Delivery, hand: Between
) -> None:
    sha = begun(through, hand)

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and "syncline-web" not in passing.target:
            os.kill(os.getpid(), signal.SIGTERM)
            return Hang()
        return None

    hand.start_anew(rule)
    report = through.sync()

    assert report.seconds < 7.0, "GitHub's runner kills ten seconds after its first signal"
    (app,) = report.applications
    assert app.outcome is Outcome.INTERRUPTED
    assert "may be done or not" in app.failures[0].message
    hand.rule = carry
    check_truth(through, hand)
    made_good(through, hand, sha)


def test_a_token_that_expires_on_the_way_is_read_anew(
    through: Delivery, hand: Between, tmp_path: Path, haste: list[float]
) -> None:
    sha = begun(through, hand)
    token = tmp_path / "token"
    token.write_text("first")
    through.environ["KUBECONFIG"] = str(hand.kubeconfig(tmp_path / "by-file.json", {"tokenFile": str(token)}))
    valid = {"first"}

    def rule(passing: Passing) -> Verdict:
        if passing.number == 12:
            token.write_text(f"token-{passing.number}")
            valid.clear()
            valid.add(f"token-{passing.number}")
        return None if passing.token in valid else Refuse(401, "Unauthorized", "Unauthorized")

    hand.start_anew(rule)
    hand.authority = through.plane.token("admin")
    app = only(through.sync())

    assert app.outcome is Outcome.SYNCED, app.failures
    assert haste == []
    check_truth(through, hand)
    check_end(through, sha)


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
    definition = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.{group}"
    establish(through, definition, group)
    custom = "apiVersion: %s/v1\nkind: Thing\nmetadata: {name: %s}\nspec: {size: 1}\n"
    all_things = "---\n".join(custom % (group, f"t{number}") for number in range(40))
    through.repo.commit(
        {"apps/web.yaml": through.app(), "web/things.yaml": all_things, "web/c.yaml": config_map("one")}
    )
    applied = itertools.count(1)

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and "/things/" in passing.target and next(applied) == 20:
            plane.api("DELETE", definition)
            plane.wait_until(lambda: not plane.api.answers(definition), "the definition is gone")
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

    hand.start_anew()
    establish(through, definition, group)
    assert only(through.sync()).outcome is Outcome.SYNCED
    plane.api("DELETE", definition)


def establish(delivery: Delivery, path: str, group: str) -> None:
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    names = {"plural": "things", "singular": "thing", "kind": "Thing"}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version]},
    }
    api = delivery.plane.api
    delivery.plane.wait_until(lambda: bool(api.apply(path, body)), "the definition is taken")
    listed = f"/apis/{group}/v1/namespaces/{delivery.namespace}/things"
    delivery.plane.wait_until(lambda: api.answers(listed), "the definition is established")


class Leaping:
    """A clock whose wall leaps about, and whose other hand goes as it should."""

    leaps = itertools.cycle(["2038-01-19T03:14:07Z", "1970-01-01T00:00:00Z", "2026-02-30T25:00:00Z"])

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
    monkeypatch.setattr("syncline.jobs.session.Timing", partial(Timing, read=3.0))
    away = Delivery(delivery.repo, second_plane, delivery.namespace)
    second_plane.create_namespace(away.namespace)
    group = f"{away.namespace}.syncline.test"
    establish(away, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/things.{group}", group)
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
