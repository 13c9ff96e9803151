"""What jq expressions select that this process does not run itself.

The law: no expression takes more than its time and memory, and one that does is told and selects nothing,
whatever the object; the others are answered all the same.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.config.jq import paths_of, wrapped
from syncline.errors import ToolError
from syncline.process import run
from syncline.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline.core.ignore import Answers, Question
    from syncline.core.resource import Body
    from syncline.room import Room

SECONDS: Final = 1.0
"""For one expression and one object, where nobody says more (`controller.ignore.normalizer.jq.timeout`)."""

_ALTOGETHER: Final = 20.0
_OBJECTS: Final = 20
"""So many objects may take all the time there is for one."""
_MEMORY: Final = 512 * 1024 * 1024
_CHILD: Final = Path(__file__).with_name("jq_child.py")


def answered(
    questions: Sequence[Question], room: Room, seconds: float = SECONDS
) -> tuple[Answers, tuple[str, ...]]:
    """What each expression selects of its object, and the expressions that took too much."""
    answers: Answers = {}
    costly: dict[str, None] = {}
    until = time.monotonic() + _whole(seconds)
    left = list(questions)
    while left:
        if time.monotonic() >= until:
            costly |= dict.fromkeys(question.expression for question in left)
            break
        told = _asked(left, room, seconds)
        for question, answer in zip(left, told, strict=False):
            answers[question.expression, id(question.body)] = paths_of(answer, question.body)
        left = left[len(told) :]
        if left:
            culprit = left[0].expression
            costly[culprit] = None
            left = [question for question in left if question.expression != culprit]
    for expression in costly:
        # Half of an answer would ignore a field of one object and not of the next.
        answers = {key: found for key, found in answers.items() if key[0] != expression}
    return answers, tuple(costly)


def _whole(seconds: float) -> float:
    return max(_ALTOGETHER, seconds * _OBJECTS)


def _asked(questions: Sequence[Question], room: Room, seconds: float) -> list[Any]:
    """The answers of one process, as far as it came."""
    expressions = list(dict.fromkeys(question.expression for question in questions))
    places = {expression: index for index, expression in enumerate(expressions)}
    bodies: dict[int, tuple[int, Body]] = {}
    for question in questions:
        bodies.setdefault(id(question.body), (len(bodies), question.body))
    task = {
        "expressions": [wrapped(expression) for expression in expressions],
        "bodies": [body for _, body in bodies.values()],
        "questions": [[places[each.expression], bodies[id(each.body)][0]] for each in questions],
        "seconds": seconds,
        "memory": _MEMORY,
    }
    argv = [sys.executable, "-I", str(_CHILD)]
    try:
        ended = run(
            argv,
            cwd=_CHILD.parent,
            room=replace(room, seconds=_whole(seconds), wall=Wall()),
            stdin=json.dumps(task).encode(),
            name="jq",
        )
    except ToolError:
        return []
    lines = ended.stdout.split(b"\n")[:-1]
    return [json.loads(line) for line in lines]
