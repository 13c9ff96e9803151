"""Rolling syncs: who waits for whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination, Rolling
from syncline.core.verdict import Outcome
from syncline.errors import ExitCode, Place
from syncline.jobs.rolling import Gates, Retreat, allowed, in_steps
from syncline.report.model import AppReport, Problem

HERE = Place("sets/web.yaml", 12)


def app(name: str, step: int | None = None, most: int | str | None = None, group: str = "web") -> Application:
    rolling = Rolling(group, step, most, HERE)
    return Application(name, HERE, (), Destination(), rolling=rolling)


def plain(name: str) -> Application:
    return Application(name, HERE, (), Destination())


def ran(apps: list[Application], bad: set[str], outcome: Outcome = Outcome.UNHEALTHY) -> dict[str, AppReport]:
    """The reports of a row in which the `bad` ones end badly, each where it stood."""

    def look(one: Application) -> AppReport:
        return AppReport(one.name, outcome=outcome if one.name in bad else Outcome.SYNCED)

    gates = Gates(apps, look)
    return {one.name: gates.look(one) for one in in_steps(apps)}


def went(reports: dict[str, AppReport]) -> list[str]:
    return [name for name, report in reports.items() if report.outcome is not Outcome.REFUSED]


def test_steps_go_in_their_order_and_others_keep_their_places() -> None:
    apps = [app("c", 1), plain("x"), app("a", 0), app("z"), plain("y"), app("b", 0)]
    assert [one.name for one in in_steps(apps)] == ["a", "x", "b", "c", "y", "z"]


def test_a_step_waits_for_the_health_of_the_one_before() -> None:
    apps = [app("dev", 0), app("stage", 1), app("prod", 2), plain("other"), app("shop", 1, group="shop")]
    assert went(ran(apps, set())) == ["dev", "stage", "prod", "other", "shop"]

    reports = ran(apps, {"stage"})
    assert went(reports) == ["dev", "stage", "other", "shop"]
    assert reports["prod"].refusals == (
        (
            "prod was not synced: step 2 in the rolling sync of ApplicationSet web (sets/web.yaml:12) is not "
            "healthy yet: stage."
        ),
    )


@pytest.mark.parametrize(
    "outcome", [Outcome.FAILED, Outcome.UNHEALTHY, Outcome.TIMED_OUT, Outcome.REFUSED, Outcome.INTERRUPTED]
)
def test_only_a_sound_outcome_opens_the_next_step(outcome: Outcome) -> None:
    assert "prod" not in went(ran([app("dev", 0), app("prod", 1)], {"dev"}, outcome))


def test_an_application_that_could_not_be_looked_at_keeps_the_step_closed() -> None:
    apps = [app("dev", 0), app("prod", 1)]
    broken = AppReport("dev", problem=Problem("no", ExitCode.RENDER))
    gates = Gates(
        apps, lambda one: broken if one.name == "dev" else AppReport(one.name, outcome=Outcome.SYNCED)
    )
    assert gates.look(apps[0]) is broken
    assert gates.look(apps[1]).outcome is Outcome.REFUSED


def test_one_that_raised_keeps_the_step_closed() -> None:
    def look(one: Application) -> AppReport:
        if one.name == "dev":
            raise ValueError(one.name)
        return AppReport(one.name, outcome=Outcome.SYNCED)

    apps = [app("dev", 0), app("prod", 1)]
    gates = Gates(apps, look)
    with pytest.raises(ValueError, match="dev"):
        gates.look(apps[0])
    assert gates.look(apps[1]).outcome is Outcome.REFUSED


def test_no_more_than_max_update_of_a_step_are_unfinished() -> None:
    three = [app(name, 0, most=1) for name in "abc"]
    assert went(ran(three, set())) == ["a", "b", "c"]
    assert went(ran(three, {"a"})) == ["a"]
    assert went(ran([app(name, 0, most=2) for name in "abc"], {"a", "b"})) == ["a", "b"]
    assert went(ran([app(name, 0) for name in "abc"], {"a", "b"})) == ["a", "b", "c"]


def test_nothing_of_a_step_with_max_update_zero_and_nothing_after_it_goes() -> None:
    reports = ran([app("a", 0), app("b", 1, most=0), app("c", 2)], set())
    assert went(reports) == ["a"]
    assert "has maxUpdate 0; sync it by its name" in reports["b"].refusals[0]


def test_what_no_step_has_is_synced_by_name_only() -> None:
    reports = ran([app("a", 0), app("stray")], set())
    assert went(reports) == ["a"]
    assert "no step in the rolling sync of ApplicationSet web" in reports["stray"].refusals[0]


@pytest.mark.parametrize(
    ("most", "size", "number"),
    [
        (None, 7, 7),
        (0, 7, 0),
        (3, 7, 3),
        ("25%", 10, 2),
        ("25%", 3, 1),
        ("1%", 10, 1),
        ("0%", 10, 0),
        ("100%", 4, 4),
    ],
)
def test_percentages_round_down_to_one_at_least(most: int | str | None, size: int, number: int) -> None:
    assert allowed(most, size) == number


members = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([0, 1, 2])),
    unique_by=lambda pair: pair[0],
    max_size=8,
)


@given(members, st.sets(st.sampled_from("abcdefgh")))
def test_no_application_goes_before_a_bad_one_of_an_earlier_step(
    listed: list[tuple[str, int]], bad: set[str]
) -> None:
    apps = [app(name, step) for name, step in listed]
    steps = dict(listed)
    gone = went(ran(apps, bad))
    worst = min((steps[name] for name in bad if name in steps), default=9)
    assert all(steps[name] <= worst for name in gone)
    assert {name for name, step in listed if step <= worst} <= set(gone)


def taken_away(listed: list[tuple[str, int | None]], bad: set[str]) -> dict[str, AppReport]:
    """The reports of deletions in this order, of which the `bad` ones do not come to an end."""
    retreat = Retreat()

    def look(one: Application) -> AppReport:
        return AppReport(one.name, outcome=Outcome.FAILED if one.name in bad else Outcome.SYNCED)

    def leaving(name: str, step: int | None) -> Application:
        return Application(
            name, HERE, (), Destination(), rolling=Rolling("web", step, origin=HERE, reverse=True)
        )

    return {name: retreat.look(leaving(name, step), look) for name, step in listed}


def test_what_is_to_go_in_reverse_waits_until_the_later_steps_are_gone() -> None:
    listed = [("prod", 2), ("stage", 1), ("dev", 0), ("stray", None)]
    assert went(taken_away(listed, set())) == ["prod", "stage", "dev", "stray"]

    reports = taken_away(listed, {"stage"})

    assert went(reports) == ["prod", "stage"]
    assert reports["dev"].refusals == (
        (
            "dev was not deleted: deletionOrder is Reverse, and step 2 of ApplicationSet web "
            "(sets/web.yaml:12) is not gone yet: stage."
        ),
    )
    assert "step 2" in reports["stray"].refusals[0], "what no step has goes last"


@given(members, st.sets(st.sampled_from("abcdefgh")))
def test_nothing_goes_in_reverse_before_a_bad_one_of_a_later_step(
    listed: list[tuple[str, int]], bad: set[str]
) -> None:
    steps = dict(listed)
    order = sorted(listed, key=lambda pair: -pair[1])
    gone = went(taken_away([(name, step) for name, step in order], bad))
    worst = max((steps[name] for name in bad if name in steps), default=-1)
    assert set(gone) == {name for name, step in listed if step >= worst}
