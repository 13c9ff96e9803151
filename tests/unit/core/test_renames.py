"""Objects whose names change with what they hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.applyset import TRACKING_ANNOTATION
from syncline.core.fields import show
from syncline.core.plan import Action, Change
from syncline.core.renames import as_one, renames
from syncline.core.resource import Body, key_of

Object = dict[str, Any]
OLD, NEW, NEWER = "settings-459bd6dt8g", "settings-4dc8g9c84d", "settings-8t7k9m2b6h"


def thing(name: str, kind: str = "ConfigMap", namespace: str = "shop", **fields: Any) -> Object:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": {"a": "1"}, **fields}


def create(after: Body) -> Change:
    return Change(key_of(after), Action.CREATE, None, after)


def gone(before: Body, action: Action = Action.PRUNE) -> Change:
    return Change(key_of(before), action, before, None)


def born(body: Object, at: str) -> Object:
    return {**body, "metadata": {**body["metadata"], "creationTimestamp": at}}


def paired(*changes: Change) -> dict[str, str]:
    return {key.name: old.key.name for key, old in renames(changes).items()}


@pytest.mark.parametrize(
    ("changes", "pairs"),
    [
        pytest.param([create(thing(NEW)), gone(thing(OLD))], {NEW: OLD}, id="deleted"),
        pytest.param([gone(thing(OLD), Action.KEEP), create(thing(NEW))], {NEW: OLD}, id="kept"),
        pytest.param([create(thing(NEW)), gone(thing("settings"))], {NEW: "settings"}, id="hashed now"),
        pytest.param([create(thing("settings")), gone(thing(OLD))], {"settings": OLD}, id="no longer hashed"),
        pytest.param([create(thing(NEW)), gone(thing(OLD, "Secret"))], {}, id="another kind"),
        pytest.param([create(thing(NEW)), gone(thing(OLD, namespace="b"))], {}, id="another namespace"),
        pytest.param([create(thing(NEW)), gone(thing("login-459bd6dt8g"))], {}, id="another stem"),
        pytest.param([create(thing(NEW)), gone(thing("settings-459bd6dt8a"))], {}, id="no such hash"),
        pytest.param([create(thing(NEW)), gone(thing(OLD), Action.FORGET)], {}, id="gone already"),
        pytest.param(
            [
                create(thing(NEWER)),
                gone(born(thing(NEW), "2026-03-01T00:00:00Z"), Action.KEEP),
                gone(born(thing(OLD), "2026-04-01T00:00:00Z"), Action.KEEP),
            ],
            {NEWER: OLD},
            id="the youngest of those that were kept",
        ),
        pytest.param(
            [create(thing(NEW)), create(thing(NEWER)), gone(thing(OLD))], {NEW: OLD}, id="one successor"
        ),
    ],
)
def test_what_takes_the_place_of_what_is_told_from_the_names(
    changes: list[Change], pairs: dict[str, str]
) -> None:
    assert paired(*changes) == pairs


HASHES = st.text("2456789bcdfghkmt", min_size=10, max_size=10)
NAMES = st.tuples(st.sampled_from(["a", "b-c"]), HASHES | st.none()).map(
    lambda pair: f"{pair[0]}-{pair[1]}" if pair[1] else pair[0]
)


@given(st.sets(NAMES, max_size=6), st.sets(NAMES, max_size=6))
def test_each_is_in_one_pair_at_most_and_pairs_are_of_one_stem(made: set[str], left: set[str]) -> None:
    changes = [*(create(thing(name)) for name in made - left), *(gone(thing(name)) for name in left)]
    found = renames(changes)

    olds = [old.key for old in found.values()]
    assert len(set(olds)) == len(olds)
    assert {key.name for key in found} <= made - left
    for new, old in found.items():
        stem = min(new.name, old.key.name, key=len)
        assert new.name.startswith(stem[:1])
        assert old.action is Action.PRUNE


def test_as_one_change_it_tells_what_the_content_changes_and_nothing_of_the_names() -> None:
    marks = {TRACKING_ANNOTATION: f"web:/ConfigMap:shop/{OLD}", "note": "x"}
    before = thing(OLD, data={"same": "1", "old": "2", "both": "3"})
    before["metadata"] |= {"uid": "1", "creationTimestamp": "2026-03-01T00:00:00Z", "annotations": marks}
    after = thing(NEW, data={"same": "1", "new": "2", "both": "4"})
    after["metadata"]["annotations"] = {TRACKING_ANNOTATION: f"web:/ConfigMap:shop/{NEW}", "note": "x"}

    one = as_one(gone(before), create(after))

    assert [show(field.path) for field in one.fields] == ["data.both", "data.new", "data.old"]
    assert one.before is not None
    assert one.after is not None
    assert one.before["metadata"] == one.after["metadata"]


def test_two_spellings_of_a_secret_are_no_change() -> None:
    old = thing(OLD, "Secret", data={"password": "aHVudGVy", "user": "Ym9i"})
    new = thing(NEW, "Secret", data={}, stringData={"password": "hunter", "user": "eve"})

    one = as_one(gone(old), create(new))

    assert [show(field.path) for field in one.fields] == ["data.user"]
