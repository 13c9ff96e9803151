"""Sync windows: when they are open, and what comes of several."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from syncline.config.application import Application, Destination
from syncline.config.project import SyncWindow
from syncline.core.windows import Sync, closed, instant, is_open, matching
from syncline.errors import Place

NIGHT = SyncWindow(
    allows=True, schedule="0 22 * * *", seconds=3600, applications=("*",), place=Place("p.yaml", 9)
)
DENY = replace(NIGHT, allows=False, place=Place("p.yaml", 20))
INSIDE, OUTSIDE = instant("2026-07-01T22:30:00Z"), instant("2026-07-01T12:00:00Z")


@pytest.mark.parametrize(
    ("zone", "at", "is_it"),
    [
        ("UTC", "2026-07-01T22:00:00Z", False),
        ("UTC", "2026-07-01T22:00:01Z", True),
        ("UTC", "2026-07-01T22:59:59Z", True),
        ("UTC", "2026-07-01T23:00:00Z", False),
        ("Europe/Berlin", "2026-07-01T20:30:00Z", True),
        ("Europe/Berlin", "2026-07-01T21:30:00Z", False),
        ("Europe/Berlin", "2026-01-01T21:30:00Z", True),
        ("Asia/Kolkata", "2026-07-01T16:45:00Z", True),
        ("America/New_York", "2026-07-02T02:30:00Z", True),
    ],
)
def test_a_window_is_open_by_the_clock_of_its_zone(zone: str, at: str, is_it: bool) -> None:
    assert is_open(replace(NIGHT, time_zone=zone), instant(at)) is is_it


def test_a_window_across_summer_time_is_reckoned_with_the_offset_of_now() -> None:
    # Berlin, 29 March 2026: 02:00 becomes 03:00. A window from 01:30 of two hours ends at 03:30 by the wall,
    # which is half an hour after the change and not an hour and a half.
    window = replace(NIGHT, schedule="30 1 * * *", seconds=7200, time_zone="Europe/Berlin")
    assert is_open(window, instant("2026-03-29T01:29:00Z"))
    assert not is_open(window, instant("2026-03-29T01:31:00Z"))


def test_a_window_longer_than_its_period_is_always_open() -> None:
    window = replace(NIGHT, seconds=25 * 3600)
    assert all(is_open(window, OUTSIDE + timedelta(hours=hour)) for hour in range(24))


BOTH = {"manual": True, "since": None}
OPEN_ALLOW, OPEN_DENY = NIGHT, DENY
SHUT_ALLOW = replace(NIGHT, schedule="0 3 * * *")
SHUT_DENY = replace(DENY, schedule="0 3 * * *")


@pytest.mark.parametrize(
    ("windows", "machine", "person"),
    [
        ([], True, True),
        ([OPEN_ALLOW], True, True),
        ([SHUT_ALLOW], False, False),
        ([OPEN_DENY], False, False),
        ([SHUT_DENY], True, True),
        ([OPEN_ALLOW, OPEN_DENY], False, False),
        ([OPEN_ALLOW, SHUT_ALLOW], True, True),
        ([SHUT_ALLOW, SHUT_DENY], False, False),
        ([replace(SHUT_ALLOW, manual_sync=True)], False, True),
        ([replace(SHUT_ALLOW, manual_sync=True), SHUT_ALLOW], False, False),
        ([replace(OPEN_DENY, manual_sync=True)], False, True),
        ([replace(OPEN_DENY, manual_sync=True), OPEN_DENY], False, False),
        # An open deny that lets people through lets them through, whatever the allows are.
        ([replace(OPEN_DENY, manual_sync=True), SHUT_ALLOW], False, True),
    ],
)
def test_what_several_windows_come_to(windows: list[SyncWindow], machine: bool, person: bool) -> None:
    assert (closed(windows, Sync(INSIDE)) == "") is machine
    assert (closed(windows, Sync(INSIDE, manual=True)) == "") is person


@pytest.mark.parametrize(
    ("windows", "since", "goes_on"),
    [
        ([NIGHT], INSIDE, False),
        ([replace(NIGHT, sync_overrun=True)], INSIDE, True),
        ([replace(NIGHT, sync_overrun=True)], OUTSIDE, False),
        ([replace(NIGHT, sync_overrun=True), NIGHT], INSIDE, False),
        ([replace(DENY, schedule="0 23 * * *", seconds=7200, sync_overrun=True)], INSIDE, True),
        ([replace(DENY, schedule="0 23 * * *", seconds=7200)], INSIDE, False),
    ],
)
def test_a_sync_that_began_in_time_may_overrun_where_every_window_says_so(
    windows: list[SyncWindow], since: datetime, goes_on: bool
) -> None:
    later = instant("2026-07-01T23:30:00Z")
    assert (closed(windows, Sync(later, since=since)) == "") is goes_on


def test_the_reason_names_the_line_and_when_it_is_over() -> None:
    assert closed([SHUT_ALLOW], Sync(INSIDE)) == (
        "no allow window is open (p.yaml:9); the next opens at 2026-07-02 03:00 UTC"
    )
    berlin = replace(DENY, time_zone="Europe/Berlin")
    assert closed([berlin], Sync(instant("2026-07-01T20:15:00Z"))) == (
        "a deny window is open (p.yaml:20); it is over at 2026-07-01 21:00 UTC"
    )


APP = Application("web", Place("a"), (), Destination(name="prod", namespace="team-a"))


@pytest.mark.parametrize(
    ("lists", "every", "about"),
    [
        ({"applications": ("w*",)}, False, True),
        ({"applications": ("shop",)}, False, False),
        ({"applications": ("shop",), "namespaces": ("team-*",)}, False, True),
        ({"applications": ("shop",), "namespaces": ("team-*",)}, True, False),
        ({"applications": ("web",), "namespaces": ("team-*",), "clusters": ("prod",)}, True, True),
        ({"clusters": ("https://*",)}, False, False),
        ({}, True, False),
    ],
)
def test_which_windows_are_about_an_application(
    lists: dict[str, tuple[str, ...]], every: bool, about: bool
) -> None:
    window = SyncWindow(allows=True, schedule="* * * * *", seconds=60, all_lists=every, **lists)  # type: ignore[arg-type]
    assert bool(matching([window], APP, "prod")) is about


windows = st.builds(
    replace,
    st.sampled_from([OPEN_ALLOW, SHUT_ALLOW, OPEN_DENY, SHUT_DENY]),
    manual_sync=st.booleans(),
    sync_overrun=st.booleans(),
)
moments = st.integers(0, 60 * 24 * 400).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n, seconds=1)
)


@given(st.lists(windows, max_size=5), moments)
def test_a_person_may_always_do_what_a_machine_may(several: list[SyncWindow], now: datetime) -> None:
    if closed(several, Sync(now)) == "":
        assert closed(several, Sync(now, manual=True)) == ""


@given(st.lists(windows, max_size=5), moments)
def test_an_open_deny_without_exceptions_wins_over_everything(
    several: list[SyncWindow], now: datetime
) -> None:
    wall = replace(DENY, schedule="* * * * *", seconds=120)
    for manual in (True, False):
        assert closed([*several, wall], Sync(now, manual=manual, since=now)) != ""


@given(st.lists(windows, max_size=5), moments, st.booleans())
def test_the_order_of_windows_does_not_matter(several: list[SyncWindow], now: datetime, manual: bool) -> None:
    sync = Sync(now, manual=manual)
    assert (closed(several, sync) == "") == (closed(several[::-1], sync) == "")
