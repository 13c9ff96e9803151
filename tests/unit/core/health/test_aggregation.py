from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import made
from strategies import keys
from syncline.core.health import Health, HealthStatus, Member, aggregate, is_ignored
from syncline.core.resource import ResourceKey

IN_ORDER = [
    HealthStatus.HEALTHY,
    HealthStatus.SUSPENDED,
    HealthStatus.PROGRESSING,
    HealthStatus.MISSING,
    HealthStatus.DEGRADED,
    HealthStatus.UNKNOWN,
]
statuses = st.sampled_from(IN_ORDER)
healths = made(Health, statuses, st.sampled_from(["", "because"]))
members = st.lists(
    made(Member, keys(), st.none() | healths, st.booleans(), st.booleans()),
    max_size=6,
    unique_by=lambda member: member.key,
)


def member(name: str, status: HealthStatus | None, message: str = "", *, live: bool = True) -> Member:
    health = None if status is None else Health(status, message)
    return Member(ResourceKey("apps", "Deployment", "shop", name), health, live)


def child(status: HealthStatus) -> Member:
    return Member(ResourceKey("argoproj.io", "Application", "argocd", "child"), Health(status))


def test_the_order_from_best_to_worst_is_argo_cds() -> None:
    assert sorted(HealthStatus) == IN_ORDER
    assert [status.label for status in IN_ORDER] == [
        *("Healthy", "Suspended", "Progressing", "Missing", "Degraded", "Unknown"),
    ]


@pytest.mark.parametrize(("better", "worse"), list(pairwise(IN_ORDER)))
def test_the_worse_of_two_neighbours_wins_in_either_order(better: HealthStatus, worse: HealthStatus) -> None:
    two = (member("a", better), member("b", worse))

    assert {aggregate(ordered).status for ordered in permutations(two)} == {worse}


@given(members)
def test_an_application_is_as_well_as_the_worst_resource_that_counts(everyone: list[Member]) -> None:
    found = aggregate(everyone).status

    counted = [m.health.status for m in everyone if m.live and not m.is_ignored and m.health]
    if everyone and not any(m.live for m in everyone):
        assert found is HealthStatus.MISSING
    else:
        assert found is max(counted, default=HealthStatus.HEALTHY)


@given(members.flatmap(lambda everyone: st.tuples(st.just(everyone), st.permutations(everyone))))
def test_the_order_of_the_resources_does_not_matter(both: tuple[list[Member], list[Member]]) -> None:
    everyone, shuffled = both

    assert aggregate(shuffled).status is aggregate(everyone).status


@given(members, made(Member, keys(), st.just(Health(HealthStatus.HEALTHY)), st.just(value=True)))
def test_one_more_healthy_resource_never_makes_it_worse(everyone: list[Member], another: Member) -> None:
    assert aggregate([*everyone, another]).status <= aggregate(everyone).status


@given(st.lists(statuses, min_size=1, max_size=5), statuses)
def test_one_more_ill_resource_never_makes_it_better(found: list[HealthStatus], ill: HealthStatus) -> None:
    everyone = [member(f"m{number}", status) for number, status in enumerate(found)]

    assert aggregate([*everyone, member("another", ill)]).status >= aggregate(everyone).status


def test_nothing_at_all_is_healthy() -> None:
    assert aggregate([]) == Health(HealthStatus.HEALTHY)


def test_kinds_without_a_check_never_count() -> None:
    assert aggregate([member("a", None), member("b", None)]) == Health(HealthStatus.HEALTHY)


def test_one_missing_resource_among_live_ones_does_not_count() -> None:
    gone = member("gone", HealthStatus.MISSING, live=False)

    assert aggregate([gone, member("a", HealthStatus.HEALTHY)]) == Health(HealthStatus.HEALTHY)
    assert aggregate([gone, member("a", HealthStatus.SUSPENDED)]).status is HealthStatus.SUSPENDED


def test_an_application_of_which_nothing_is_live_is_missing() -> None:
    gone = [member(name, None, live=False) for name in ("a", "b")]

    assert aggregate(gone).status is HealthStatus.MISSING


def test_a_live_resource_without_a_check_is_enough_not_to_be_missing() -> None:
    assert aggregate([member("gone", HealthStatus.MISSING, live=False), member("config", None)]) == Health(
        HealthStatus.HEALTHY
    )


@pytest.mark.parametrize("status", IN_ORDER)
def test_a_resource_marked_to_be_ignored_does_not_count(status: HealthStatus) -> None:
    key = ResourceKey("apps", "Deployment", "shop", "a")
    marked = Member(key, Health(status), is_ignored=True)

    assert aggregate([marked]) == Health(HealthStatus.HEALTHY)


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({"argocd.argoproj.io/ignore-healthcheck": "true"}, True),
        *(
            ({"argocd.argoproj.io/ignore-healthcheck": value}, False)
            for value in ("false", "", "yes", "True", None)
        ),
        ({"argocd.argoproj.io/ignore-healthchecks": "true"}, False),
        ({}, False),
        (None, False),
        ("true", False),
    ],
)
def test_only_the_word_true_marks_a_resource_to_be_ignored(annotations: object, expected: bool) -> None:
    assert is_ignored({"metadata": {"annotations": annotations}}) is expected
    assert not is_ignored({"metadata": annotations})


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (HealthStatus.MISSING, HealthStatus.HEALTHY),
        (HealthStatus.UNKNOWN, HealthStatus.HEALTHY),
        (HealthStatus.SUSPENDED, HealthStatus.SUSPENDED),
        (HealthStatus.PROGRESSING, HealthStatus.PROGRESSING),
        (HealthStatus.DEGRADED, HealthStatus.DEGRADED),
    ],
)
def test_a_child_application_counts_only_when_its_health_is_clear(
    status: HealthStatus, expected: HealthStatus
) -> None:
    assert aggregate([child(status)]).status is expected


def test_another_kind_called_application_is_no_child() -> None:
    key = ResourceKey("example.com", "Application", "shop", "x")

    assert aggregate([Member(key, Health(HealthStatus.UNKNOWN))]).status is HealthStatus.UNKNOWN


def test_up_to_three_of_the_worst_are_named_with_their_reasons() -> None:
    everyone = [
        member("fine", HealthStatus.HEALTHY, "all well"),
        member("slow", HealthStatus.PROGRESSING, "on its way"),
        *(member(f"ill{number}", HealthStatus.DEGRADED, f"reason {number}") for number in range(4)),
    ]

    found = aggregate(everyone)

    assert found.status is HealthStatus.DEGRADED
    assert found.message == (
        "Caused by Deployment.apps shop/ill0: reason 0; Deployment.apps shop/ill1: reason 1; "
        "Deployment.apps shop/ill2: reason 2"
    )


def test_a_cause_without_a_reason_is_named_alone() -> None:
    found = aggregate([member("web", HealthStatus.PROGRESSING)])

    assert found.message == "Caused by Deployment.apps shop/web"
