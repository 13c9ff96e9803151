from __future__ import annotations

import time
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.mask import MaskedBody
from syncline.documents import dump
from syncline.report.alignment import refined, regions
from syncline.report.diff_text import diff
from unit.report.samples import config, deployment

lines = st.lists(st.sampled_from("abcdefgh"), max_size=30)


def text_of(content: list[str]) -> MaskedBody:
    return MaskedBody({"kind": "ConfigMap", "data": {"text": "".join(f"{line}\n" for line in content)}})


@given(lines, lines)
def test_the_lines_outside_the_regions_are_equal(old: list[str], new: list[str]) -> None:
    found = [narrow for region in regions(old, new) for narrow in refined(old, new, region)]

    before, after = list(old), list(new)
    for region in reversed(found):
        assert before[region.before : region.before_end] != after[region.after : region.after_end]
        del before[region.before : region.before_end]
        del after[region.after : region.after_end]
    assert before == after


@given(lines, lines)
def test_a_diff_holds_every_line_that_goes_and_every_line_that_comes(old: list[str], new: list[str]) -> None:
    before, after = dump(text_of(old).value).split("\n"), dump(text_of(new).value).split("\n")
    shown = [line for hunk in diff(text_of(old), text_of(new)).hunks for line in hunk.lines]

    gone = [line[1:] for line in shown if line[0] == "-"]
    came = [line[1:] for line in shown if line[0] == "+"]
    assert sorted(before + came) == sorted(after + gone)


def test_equal_objects_have_no_difference() -> None:
    assert diff(text_of(["a"]), text_of(["a"])).lines == ()


def test_an_object_that_comes_or_goes_is_shown_whole_without_a_header() -> None:
    assert diff(None, MaskedBody({"kind": "A", "x": 1})).lines == ("+kind: A", "+x: 1")
    assert diff(MaskedBody({"kind": "A", "x": 1}), None).lines == ("-kind: A", "-x: 1")


def _env(body: dict[str, Any]) -> None:
    body["spec"]["template"]["spec"]["containers"][0]["env"][1]["value"] = "9090"


def _image(body: dict[str, Any]) -> None:
    body["spec"]["template"]["spec"]["containers"][1]["image"] = "other"


def _label(body: dict[str, Any]) -> None:
    body["metadata"]["labels"]["team"] = "a"


def _no_ports(body: dict[str, Any]) -> None:
    del body["spec"]["template"]["spec"]["containers"][0]["ports"]


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (_env, "spec.template.spec.containers[main].env[PORT]"),
        (_image, "spec.template.spec.containers[proxy]"),
        (_label, "metadata.labels"),
        (_no_ports, "spec.template.spec.containers[main]"),
    ],
)
def test_a_hunk_says_in_which_field_it_stands(edit: Any, where: str) -> None:
    before = deployment("api", "cart", "x:1")
    after = deepcopy(before)
    edit(after)

    (hunk,) = diff(MaskedBody(before), MaskedBody(after)).hunks
    assert hunk.where == where


def test_lines_of_a_text_that_look_like_fields_are_none() -> None:
    before = config("a", "b", text="spec:\n  containers:\n    x: 1\n    y: 2\n    z: 3\n    end: 1\n")
    after = config("a", "b", text="spec:\n  containers:\n    x: 1\n    y: 2\n    z: 3\n    end: 2\n")

    (hunk,) = diff(MaskedBody(before), MaskedBody(after)).hunks
    assert hunk.where == "data.text"


def test_a_long_line_is_shown_where_it_differs() -> None:
    before = config("a", "b", text="q" * 5_000 + "old" + "r" * 5_000)
    after = config("a", "b", text="q" * 5_000 + "new" + "r" * 5_000)
    gone, came = (line for line in diff(MaskedBody(before), MaskedBody(after)).lines if line[0] in "+-")

    assert "old" in gone
    assert "new" in came
    assert len(gone) < 500
    assert gone.endswith("more characters)")


def test_what_is_not_shown_is_counted() -> None:
    many = text_of([f"line {number}" for number in range(5_000)])
    found = diff(None, many, most_lines=100)

    assert len(found.hunks[0].lines) == 100
    assert found.hidden == 5_003 - 100
    assert found.notice == "… up to 4,903 more changed lines"


def test_changes_after_the_last_one_shown_are_counted_too() -> None:
    old = [f"line {number}" for number in range(1_000)]
    new = [line if number % 50 else f"{line}!" for number, line in enumerate(old)]
    found = diff(text_of(old), text_of(new), most_lines=10)

    shown = sum(line[0] in "+-" for hunk in found.hunks for line in hunk.lines)
    assert shown == 4
    assert shown + found.hidden == 40


def test_a_piece_without_anchors_is_searched_as_far_as_there_is_room() -> None:
    old, new = ["a", "b"] * 30, ["a", "a", "b", "b"] * 15
    found = diff(text_of(old), text_of(new), most_lines=6)

    shown = sum(line[0] in "+-" for hunk in found.hunks for line in hunk.lines)
    assert 0 < shown <= 6
    assert found.hidden > 0


def test_hunks_after_a_text_with_blank_lines_know_their_field() -> None:
    before = {"kind": "ConfigMap", "data": {"a": "one\n\n  two\n", "long key !": "1", "z": ["x", "y"]}}
    after = {"kind": "ConfigMap", "data": {"a": "one\n\n  two\n", "long key !": "2", "z": ["x", "z"]}}
    (hunk,) = diff(MaskedBody(before), MaskedBody(after)).hunks

    assert hunk.where == "data"


_COUNT = 100_000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([f"line {n}" for n in range(_COUNT)], [f"line {n}!" for n in range(_COUNT)]),
        (
            [f"line {n}" for n in range(_COUNT)],
            [f"line {n}" if n % 2 else f"line {n}!" for n in range(_COUNT)],
        ),
        ([f"line {n}" for n in range(_COUNT)], [f"line {n}" for n in reversed(range(_COUNT))]),
        (["a", "b"] * (_COUNT // 2), ["a", "a", "b", "b"] * (_COUNT // 4)),
        (["x" * 5_000_000 + "a"], ["x" * 5_000_000 + "b"]),
    ],
    ids=["all lines", "every other line", "turned round", "few words", "one line"],
)
def test_five_megabytes_are_compared_in_seconds_of_processor_time(old: list[str], new: list[str]) -> None:
    start = time.process_time()
    found = diff(text_of(old), text_of(new))

    assert found.hunks
    assert len(found.lines) < 5_000
    assert time.process_time() - start < 8  # about 0.5 s; difflib alone takes many minutes


def test_characters_that_cannot_be_seen_are_shown() -> None:
    found = "\n".join(diff(None, MaskedBody(config("a", "b", text="x\u202ey \x1b[31m"))).lines)

    assert "\u202e" not in found
    assert "\x1b" not in found
