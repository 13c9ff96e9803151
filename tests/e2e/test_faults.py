"""A server and a network that misbehave while a sync runs.

The law: nothing leaves the inventory unconfirmed, nothing is pruned because something could not be read, and
the report is what the server did.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from e2e.delivery import Delivery, only
from e2e.truth import Thing, labelled, recorded, thing_of
from e2e.versions import begun, check_end, check_truth, made_good, things
from plane.between import Between, CutWatch, Drop, Hang, Lose, Passing, Refuse, Rewrite, Rule, Verdict
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode
from syncline.report.outcome import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable


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

    # Where each write of a Lease meets a conflict it is time that ends the wait.
    report = through.sync(timeout=1.0)

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


RETRY = "{automated: {prune: true}, retry: {limit: 3, backoff: {duration: %s}}}"


@pytest.mark.parametrize(
    ("pause", "later", "words"),
    [
        pytest.param("1h", None, "the next one, 180 s later, would be beyond the time", id="no time"),
        pytest.param("10ms", Refuse(401, "Unauthorized", "no"), "does not accept the cred", id="no server"),
        pytest.param("10ms", Refuse(403, "Forbidden", "no"), "the next one", id="no reading"),
    ],
)
def test_a_retry_that_cannot_be_made_is_told_with_what_the_last_attempt_came_to(
    through: Delivery, hand: Between, haste: list[float], pause: str, later: Verdict, words: str
) -> None:
    del haste
    begun(through, hand)
    through.repo.commit({"apps/web.yaml": through.app(policy=RETRY % pause)})
    refused = Refuse(403, "Forbidden", 'admission webhook "w" denied the request: not today')
    failed = itertools.count()

    def rule(passing: Passing) -> Verdict:
        if passing.is_write and passing.target.endswith("/c3"):
            next(failed)
            return refused
        has_failed = "not today" in "".join(f"{event}" for _, event in through.observer.events)
        return later if has_failed and "syncline-web" not in passing.target else None

    hand.start_anew(rule)
    report = through.sync(timeout=100)

    app = only(report)
    assert app.outcome is Outcome.FAILED
    assert any("not today" in failure.message for failure in app.failures)
    (said,) = [note.text for note in app.notes if "no other was made" in note.text]
    assert said.startswith("After attempt 1 no other was made: ")
    assert words in said
    assert next(failed) == 1
