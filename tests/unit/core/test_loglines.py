from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.loglines import LogLine, Source, Window, merged, split_stamp, stamped, whole_lines

SOURCES = [Source("shop", pod, "main") for pod in ("a", "b", "c")]
ARRIVALS = st.lists(st.tuples(st.integers(0, 20), st.sampled_from(SOURCES), st.integers(0, 5)))


def lines_of(arrivals: list[tuple[int, Source, int]]) -> list[LogLine]:
    """Each source's own lines never go back in time."""
    clocks: dict[Source, int] = {}
    found = []
    for number, (step, source, _) in enumerate(arrivals):
        clocks[source] = clocks.get(source, 0) + step
        found.append(LogLine(clocks[source], source, str(number)))
    return found


@given(ARRIVALS, st.integers(1, 6))
def test_no_line_is_lost_doubled_or_moved_before_an_earlier_one_of_its_container(
    arrivals: list[tuple[int, Source, int]], most: int
) -> None:
    lines, window, now = lines_of(arrivals), Window(3.0, most), 0.0
    shown: list[LogLine] = []
    for line, (_, _, pause) in zip(lines, arrivals, strict=True):
        now += pause
        shown += window.push(line, now)
        assert len(window) <= most
        shown += window.due(now)
    shown += window.rest()

    assert sorted(line.text for line in shown) == sorted(line.text for line in lines)
    for source in SOURCES:
        own = [line.text for line in lines if line.source == source]
        assert [line.text for line in shown if line.source == source] == own


@given(ARRIVALS)
def test_lines_that_come_within_the_time_they_are_held_are_in_order(
    arrivals: list[tuple[int, Source, int]],
) -> None:
    window = Window(1.0, 1_000)
    shown = [line for each in lines_of(arrivals) for line in window.push(each, 0.0)]
    shown += window.due(0.9)
    assert shown == []
    shown += window.due(1.0)

    assert [line.at for line in shown] == sorted(line.at for line in lines_of(arrivals))
    assert len(window) == 0


@given(ARRIVALS)
def test_whole_logs_merge_by_time(arrivals: list[tuple[int, Source, int]]) -> None:
    lines = lines_of(arrivals)
    found = list(merged([line for line in lines if line.source == source] for source in SOURCES))

    assert [line.at for line in found] == sorted(line.at for line in lines)
    assert len(found) == len(lines)


@given(st.lists(st.binary(max_size=12)), st.integers(1, 8))
def test_the_lines_are_the_same_however_the_text_is_cut_into_pieces(
    chunks: list[bytes], longest: int
) -> None:
    together = b"".join(chunks)
    parts = together.split(b"\n")
    expected = [part if len(part) <= longest else part[:longest] + "…".encode() for part in parts]

    assert list(whole_lines(chunks, longest)) == (expected if parts[-1] else expected[:-1])


@pytest.mark.parametrize(
    ("line", "at", "text"),
    [
        ("1970-01-01T00:00:01Z hello", 1_000_000_000, "hello"),
        ("1970-01-01T00:00:01.5Z ", 1_500_000_000, ""),
        ("1970-01-01T00:00:00.000000042Z a b", 42, "a b"),
        ("1970-01-01T02:00:01.25+02:00 there", 1_250_000_000, "there"),
        ("no time", 0, "no time"),
        ("2026-13-40T00:00:00Z odd", 0, "2026-13-40T00:00:00Z odd"),
    ],
)
def test_the_time_of_a_line_is_read_to_the_nanosecond(line: str, at: int, text: str) -> None:
    assert split_stamp(line) == (at, text)


def test_a_clock_that_jumps_back_and_a_line_without_a_time_keep_their_place() -> None:
    raw = [b"1970-01-01T00:00:05Z a", b"1970-01-01T00:00:02Z b", b"c \xff\r"]

    found = list(stamped(raw, SOURCES[0]))
    assert [line.at for line in found] == [5_000_000_000] * 3
    assert [line.text for line in found] == ["a", "b", "c �"]
