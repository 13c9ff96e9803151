"""Ranges of versions mean what they mean to the library of Helm and Argo CD, which sprig carries."""

from __future__ import annotations

import itertools
import json
import os
import random
from typing import TYPE_CHECKING

import pytest

from syncline.appsets import render_templates
from syncline.config.appset.questions import GoTemplate, Refusal
from syncline.core.semver import highest, version, version_range
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSIONS = [
    *("0.0.0", "0.0.1", "0.0.3", "0.1.0", "0.1.9", "0.2.0", "1.0.0", "1.2.0", "1.2.3", "1.2.4", "1.3.0"),
    *("1.10.0", "2.0.0", "2.0.1", "3.4.5", "1.2.3-alpha", "1.2.3-alpha.1", "1.2.3-alpha.10", "1.2.3-beta.2"),
    *("1.2.4-rc.1", "2.0.0-rc.1", "0.1.0-0", "v1.2.3", "1.2", "1", "1.2.3+build.5"),
]
PLACES = [
    *(
        "*",
        "x",
        "0",
        "0.0",
        "0.0.3",
        "0.1",
        "0.1.x",
        "1",
        "1.x",
        "1.2",
        "1.2.x",
        "1.2.*",
        "1.2.3",
        "v1.2.3",
        "2",
    ),
    *("2.0.0", "1.2.3-alpha.2", "1.2.3-0", "1.x.x", "0.x", "0.0.0", "1.2.3-rc.1", "1.2.3+b"),
]
OPERATORS = ["", "=", "!=", ">", "<", ">=", "=>", "<=", "=<", "~", "~>", "^"]
RANGES = [
    *(f"{operator}{place}" for operator in OPERATORS for place in PLACES),
    *(
        ">=1.2 <2",
        ">= 1.2, < 3.0.0 || >= 4.2.3",
        "1.2 - 1.4.5",
        "1.2.3 - 2",
        ">1.0.0-0 <2.0.0",
        ">= 1, != 1.2.3",
    ),
    *(
        "~1.2 || ^2",
        "^1.2.3-beta.1",
        "1.2.3-alpha - 1.2.3",
        ">=1.2.3-alpha <1.2.3",
        "  ^1  ",
        "^ 1.2",
        "> 1 < 2",
    ),
    *(">=1.0.0,<2.0.0", "*-0", ">=0.0.0-0", "1.x || 3.x", "!=1.x !=0.x", "~1.2.3-beta", "1.2.3 1.2.4"),
]
NONSENSE = [
    "latest",
    "",
    "1.2.",
    ">",
    "1..2",
    ">=1.2 <",
    "||",
    "1 ||",
    ">==1",
    "main",
    "a.b.c",
    "1.2.3.4",
    ">=1,,<2",
    "=1.02.x-01",
]


@pytest.fixture
def room(tools: Mapping[str, Path]) -> Room:
    assert tools
    return Room(path=os.environ["PATH"])


def theirs(ranges: list[str], versions: list[str], room: Room) -> list[list[bool] | None]:
    """What the library says of each version; None for a range that it refuses."""
    template = "{{ $r := .r }}{{ range .v }}{{ semverCompare $r . }} {{ end }}"
    questions = [GoTemplate(json.dumps(template), json.dumps({"r": r, "v": versions})) for r in ranges]
    answers = render_templates(questions, room)
    return [
        None if isinstance(answer := answers[each], Refusal) else [word == "true" for word in answer.split()]
        for each in questions
    ]


def ours(text: str, versions: list[str]) -> list[bool] | None:
    found = version_range(text)
    parsed = [version(each) for each in versions]
    return None if found is None else [each is not None and found.holds(each) for each in parsed]


def test_every_range_holds_the_versions_that_the_library_says_it_holds(room: Room) -> None:
    chance = random.Random(7)
    pairs = [f"{a}{gap}{b}" for a, b, gap in itertools.product(RANGES, RANGES, (", ", " || "))]
    ranges = [*RANGES, *NONSENSE, *chance.sample(pairs, 400)]

    for text, said in zip(ranges, theirs(ranges, VERSIONS, room), strict=True):
        assert ours(text, VERSIONS) == said, text


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("1.2", "1.2.10"),
        ("1.2.3", "1.2.3"),
        ("1.2.4", "v1.2.4"),
        ("", "2.0.0"),
        ("*", "2.0.0"),
        (">=1 <2", "1.2.10"),
        ("^3.0.0-0", "3.0.0-rc.2"),
        ("nightly", "nightly"),
        ("latest", ""),
        ("~4", ""),
    ],
)
def test_what_is_there_literally_wins_and_else_the_highest_version_in_the_range(
    asked: str, found: str
) -> None:
    names = ["1.2.3", "1.2.10", "v1.2.4", "2.0.0", "3.0.0-rc.1", "3.0.0-rc.2", "nightly", "1.2.9"]

    assert highest(asked, names) == found
