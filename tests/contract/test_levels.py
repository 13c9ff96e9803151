"""The three levels of comparison beside one another, on generated manifests and a real API server.

The law: what two manifests do not differ in, no level calls a difference; where the server would change
nothing, the live level says so without asking; and what it says that the server would make, the server makes.
What the server only fills in is the part that a cheaper level cannot know.
"""

from __future__ import annotations

import copy
import random
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from contract.test_prediction import OBJECTS, apply, collection, contradictions
from contract.test_validation import node_of
from plane.rest import ApiError
from syncline.core.admission import quieted
from syncline.core.fields import compare, show
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.predict import in_sync, predict_apply

if TYPE_CHECKING:
    from plane.control_plane import ControlPlane
    from syncline.core.fields import Path
    from syncline.core.openapi import Node

Object = dict[str, Any]

CASES = 8
"""For each kind: pairs of manifests, one applied and the other compared with it."""

SHARES = (0, 0.02, 0.08, 0.3)

REFUSED = {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}


def thinned(value: Any, node: Node, dice: random.Random, share: float) -> Any:
    """A part of an object: fields that nobody requires are left out, each with this probability."""
    if isinstance(value, dict):
        kept = {
            name: inner
            for name, inner in value.items()
            if name in node.required
            or name in {"apiVersion", "kind", "metadata", "name"}
            or dice.random() > share
        }
        return {
            name: thinned(inner, node.fields.get(name) or node.inside or node, dice, share)
            for name, inner in kept.items()
        }
    if isinstance(value, list) and node.inside is not None:
        return [thinned(member, node.inside, dice, share) for member in value]
    return value


def within(path: Path, others: list[Path]) -> bool:
    """Whether a path touches one of the others. What is replaced as a whole is one place: the server fills in
    the members of a changed list anew.
    """
    mine = whole(path)
    return any(mine[: len(other)] == other[: len(mine)] for other in map(whole, others))


def whole(path: Path) -> Path:
    return path[: next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))]


@pytest.mark.parametrize("plural", sorted(OBJECTS))
def test_the_levels_agree_where_they_can(plane: ControlPlane, namespace: str, plural: str) -> None:
    body, compared = OBJECTS[plural], 0
    path = collection(body, plural, namespace)
    for number in range(CASES):
        dice = random.Random(f"{plural}{number}")
        before, after = (
            thinned(copy.deepcopy(body), node_of(body), dice, share)
            for share in (dice.choice(SHARES), dice.choice(SHARES))
        )
        try:
            live = apply(plane.api, path, normalize_desired(before))
            real = apply(plane.api, path, normalize_desired(after), dry_run=True)
        except ApiError as error:
            if error.status not in REFUSED:
                raise
            continue  # half an object is not always a valid one, and some fields cannot be changed
        compared += 1
        guess = live if in_sync(live, after) else predict_apply(live, after)
        offline = [change.path for change in compare(normalize_desired(before), normalize_desired(after))]
        by_us = [change.path for change in compare(normalize_live(live), normalize_live(guess))]
        said = quieted(live, guess, real)
        by_the_server = [change.path for change in compare(normalize_live(live), normalize_live(said))]

        assert contradictions(guess, real) == []
        assert in_sync(live, after) == (compare(normalize_live(live), normalize_live(real)) == ())
        assert [show(each) for each in by_us if not within(each, offline)] == []
        assert [show(each) for each in by_the_server if not within(each, by_us)] == []
    assert compared >= 1
