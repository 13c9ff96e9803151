"""Go's own text/template with sprig, in a program of its own.

The law: all templates of a round go through one process; one that cannot be rendered is a refusal of its own,
and one that hangs or brings the process down takes no other with it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.config.appset.questions import GoTemplate, Refusal
from syncline.errors import ToolError
from syncline.patterns import regex
from syncline.process import run
from syncline.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.room import Room

PROGRAM: Final = "syncline-gotemplate"
_POSITION: Final = regex(r"^template: :[0-9]*:?(?:[0-9]+:)?(?: executing \"\")?")
_REMEDY: Final = (
    "Use the image, or build it with go build in the sources' tests/plane/go/syncline-gotemplate and put it "
    "on PATH."
)


def render_templates(
    questions: Sequence[GoTemplate], room: Room, *, seconds: float = 5.0
) -> Mapping[GoTemplate, Any]:
    """Each template's rendered tree, or a Refusal; `seconds` is what one may take. Raises ToolError when the
    program is missing or all together take too long.
    """
    answers: dict[GoTemplate, Any] = {}
    rest = list(questions)
    while rest:
        results, trouble = _run(rest, room, seconds)
        answers |= {
            question: _refusal(each) if each.get("error") else each.get("value")
            for question, each in zip(rest, results, strict=False)
        }
        rest = rest[len(results) :]
        if rest:
            answers[rest.pop(0)] = _culprit(trouble, seconds)
    return answers


def _run(questions: Sequence[GoTemplate], room: Room, seconds: float) -> tuple[list[Mapping[str, Any]], str]:
    """A result for each question up to the first that ended the program, and what it said then."""
    order = {
        "seconds": seconds,
        "jobs": [
            {
                "template": json.loads(each.template),
                "params": json.loads(each.parameters),
                "options": list(each.options),
            }
            for each in questions
        ],
    }
    try:
        walled = replace(room, wall=Wall())
        ended = run([PROGRAM], cwd=Path("/"), room=walled, stdin=json.dumps(order).encode())
    except ToolError as error:
        if "not on the PATH" in error.message:
            raise ToolError(
                f"{PROGRAM}, which renders goTemplate, is not on the PATH.", remedy=_REMEDY
            ) from None
        raise
    lines = ended.stdout.split(b"\n")[:-1]
    if not ended.code and len(lines) != len(questions):
        raise ToolError(f"{PROGRAM} answered {len(lines)} of {len(questions)} templates.", remedy=_REMEDY)
    return [json.loads(line) for line in lines], ended.stderr


def _culprit(trouble: str, seconds: float) -> Refusal:
    why = "it ended the program that renders it"
    if "out of memory" in trouble:
        why = "it needs more than 1 GiB of memory"
    elif "out of time" in trouble:
        why = f"it takes longer than {seconds:g} seconds"
    return Refusal(f"a Go template cannot be rendered: {why}.")


def _refusal(result: Mapping[str, Any]) -> Refusal:
    # Go puts the name of the template, the line and the column in front; the name is empty here.
    message = _POSITION.sub("", str(result["error"])).strip()
    return Refusal(f"a Go template cannot be rendered: {message}.", tuple(result.get("path") or ()))
