"""jq in a process of its own: what takes too much ends, and nothing else does."""

from __future__ import annotations

import os
import time

import pytest

from syncline.core.ignore import Question
from syncline.jobs.selecting import answered
from syncline.room import Room

BODIES = [{"a": [{"name": f"n{number}", "v": 1}, {"name": "other"}]} for number in range(30)]
GOOD = '.a[] | select(.name | test("^n")) | .v'
ROOM = Room(path=os.environ["PATH"])


def questions(*expressions: str) -> list[Question]:
    return [Question(expression, body) for body in BODIES for expression in expressions]


def test_one_process_answers_for_all_objects() -> None:
    answers, costly = answered(questions(GOOD), ROOM)

    assert costly == ()
    assert {key: found for key, found in answers.items() if found} == {
        (GOOD, id(body)): [["a", 0, "v"]] for body in BODIES
    }


@pytest.mark.parametrize(
    "endless", ["def f: f; f", '.a | select(("x" * 900000000) == "y")', "[recurse([.])] | .a"]
)
def test_what_takes_too_much_is_named_and_the_rest_is_answered(endless: str) -> None:
    begun = time.monotonic()
    answers, costly = answered(questions(endless, GOOD), ROOM, seconds=1.0)

    assert costly == (endless,)
    assert time.monotonic() - begun < 10
    assert [found for (expression, _), found in answers.items() if expression == GOOD] == [
        [["a", 0, "v"]]
    ] * 30
    assert not any(expression == endless for expression, _ in answers)


def test_an_error_of_an_expression_selects_nothing_and_harms_nobody() -> None:
    answers, costly = answered([Question(".a | error", BODIES[0]), Question("nonsense(", BODIES[0])], ROOM)

    assert (list(answers.values()), costly) == ([[], []], ())


def test_the_process_sees_no_variable_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CANARY", "seen")
    asked = [Question('select(($ENV.CANARY // "") == "seen" and (1 | tostring) == "1") | .a', BODIES[0])]

    assert list(answered(asked, ROOM)[0].values()) == [[]]
