from __future__ import annotations

from typing import Any

import pytest

from syncline.core.applyset import Owner
from syncline.core.lease import SECONDS, Tenure, released, renewed, taken, tenure_of

OWNER = Owner("web", "shop", "syncline-web")
NOON = "2026-01-02T12:00:00Z"


def test_a_lease_is_made_taken_renewed_and_given_back() -> None:
    first = taken(None, OWNER, "alice #1", NOON)
    again = renewed(first, "2026-01-02T12:00:10Z")
    free = released(again)
    second = taken({**free, "metadata": {"resourceVersion": "7"}}, OWNER, "bob #2", "2026-01-02T12:01:00Z")

    assert first["metadata"]["name"] == "syncline-web"
    assert first["spec"]["renewTime"] == "2026-01-02T12:00:00.000000Z", "a MicroTime has six digits"
    assert tenure_of(again) == Tenure("alice #1", NOON, "2026-01-02T12:00:10Z", SECONDS)
    assert tenure_of(free) is None
    assert second["metadata"] == {"resourceVersion": "7"}, "against the version that was read"
    assert [each["spec"]["leaseTransitions"] for each in (first, again, free, second)] == [0, 0, 0, 1]


@pytest.mark.parametrize(
    ("spec", "now", "over"),
    [
        ({"renewTime": "2026-01-02T11:59:31.000000Z"}, NOON, False),
        ({"renewTime": "2026-01-02T11:59:30.500000Z"}, NOON, False),
        ({"renewTime": "2026-01-02T11:59:29.000000Z"}, NOON, True),
        ({"renewTime": "2026-01-02T13:00:00+02:00"}, NOON, True),
        ({"acquireTime": "2026-01-02T11:59:50Z"}, NOON, False),
        ({"renewTime": "2026-01-02T11:59:50Z", "leaseDurationSeconds": 5}, NOON, True),
        ({"renewTime": "2027-01-02T12:00:00Z"}, NOON, False),
        ({"renewTime": "yesterday"}, NOON, True),
        ({}, NOON, True),
    ],
)
def test_whether_a_holder_should_have_renewed_by_now(spec: dict[str, Any], now: str, over: bool) -> None:
    tenure = tenure_of({"spec": {"holderIdentity": "alice #1", "leaseDurationSeconds": 30, **spec}})

    assert tenure is not None
    assert tenure.is_over(now) is over


@pytest.mark.parametrize("lease", [None, {}, {"spec": {}}, {"spec": {"holderIdentity": ""}}])
def test_what_nobody_holds_is_free(lease: dict[str, Any] | None) -> None:
    assert tenure_of(lease) is None


def test_people_see_the_holder_without_what_only_tells_two_runs_apart() -> None:
    assert Tenure("alice (host) #1f2e").name == "alice (host)"
    assert Tenure("#1f2e").name == "somebody"
