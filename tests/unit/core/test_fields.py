from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.fields import (
    ABSENT,
    FieldChange,
    compare,
    is_same,
    ordered_like,
    show,
    value_at,
    with_value,
    without,
)

scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b"])
names = st.sampled_from(["name", "spec", "a.b", "[name=a]"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=12,
)
bodies = st.dictionaries(names, values, max_size=3)


def pod(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}


CASES = [
    pytest.param({"a": 1}, {"a": 2}, [FieldChange(("a",), 1, 2)], id="changed"),
    pytest.param({"a": 1}, {}, [FieldChange(("a",), 1, ABSENT)], id="removed"),
    pytest.param({}, {"a": {"b": 1}}, [FieldChange(("a",), ABSENT, {"b": 1})], id="added as a whole"),
    pytest.param({"a": 1}, {"a": None}, [FieldChange(("a",), 1, None)], id="null is not absent"),
    pytest.param({"a": True}, {"a": 1}, [FieldChange(("a",), True, 1)], id="true is not 1"),
    pytest.param({"a": 1}, {"a": 1.0}, [], id="1 is 1.0"),
    pytest.param({"a": [1]}, {"a": {"0": 1}}, [FieldChange(("a",), [1], {"0": 1})], id="another type"),
    pytest.param(
        {"b": 1, "a": 1},
        {"a": 2, "b": 2},
        [FieldChange(("a",), 1, 2), FieldChange(("b",), 1, 2)],
        id="in the order of names",
    ),
    pytest.param(
        {"l": [{"name": "a", "v": 1}, {"name": "b"}]},
        {"l": [{"name": "b"}, {"name": "a", "v": 2}]},
        [FieldChange(("l", "[name=a]", "v"), 1, 2)],
        id="members matched by name, their order no change",
    ),
    pytest.param(
        {"l": [{"name": "a"}, {"name": "a", "v": 1}]},
        {"l": [{"name": "a"}, {"name": "a", "v": 2}]},
        [FieldChange(("l", 1, "v"), 1, 2)],
        id="names that are not unique match nothing",
    ),
    pytest.param(
        {"l": [{"name": 1, "v": 1}]},
        {"l": [{"name": 1, "v": 2}]},
        [FieldChange(("l", 0, "v"), 1, 2)],
        id="a name that is no text matches nothing",
    ),
    pytest.param(
        {"l": [1, 2]}, {"l": [2, 1]}, [FieldChange(("l", 0), 1, 2), FieldChange(("l", 1), 2, 1)], id="scalars"
    ),
    pytest.param({"l": [1]}, {"l": [1, 2]}, [FieldChange(("l", 1), ABSENT, 2)], id="a member at the end"),
    pytest.param(
        pod(
            containers=[
                {"name": "c", "ports": [{"containerPort": 80}, {"containerPort": 53, "protocol": "UDP"}]}
            ]
        ),
        pod(
            containers=[
                {
                    "name": "c",
                    "ports": [{"containerPort": 53, "protocol": "UDP"}, {"containerPort": 80, "name": "w"}],
                }
            ]
        ),
        [
            FieldChange(
                ("spec", "containers", "[name=c]", "ports", "[containerPort=80,protocol=TCP]", "name"),
                ABSENT,
                "w",
            )
        ],
        id="the keys the kind's schema names, a default counted in",
    ),
    pytest.param(
        pod(containers=[{"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/a"}]}]),
        pod(containers=[{"name": "c", "volumeMounts": [{"name": "w", "mountPath": "/a"}]}]),
        [FieldChange(("spec", "containers", "[name=c]", "volumeMounts", "[mountPath=/a]", "name"), "v", "w")],
        id="a mount is its path, not its name",
    ),
    pytest.param(
        pod(initContainers=[{"name": "a"}, {"name": "b"}]),
        pod(initContainers=[{"name": "b"}, {"name": "a"}]),
        [FieldChange(("spec", "initContainers"), ["[name=a]", "[name=b]"], ["[name=b]", "[name=a]"])],
        id="an order that means something",
    ),
]


@pytest.mark.parametrize(("before", "after", "changes"), CASES)
def test_two_objects_differ_in_exactly_these_fields(
    before: Any, after: Any, changes: list[FieldChange]
) -> None:
    assert list(compare(before, after)) == changes


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            ("spec", "template", "spec", "containers", "[name=main]", "image"),
            "spec.template.spec.containers[name=main].image",
        ),
        (("spec", "args", 0), "spec.args[0]"),
        (("metadata", "annotations", "example.com/a"), 'metadata.annotations["example.com/a"]'),
        (("metadata", "finalizers", "[=x]"), "metadata.finalizers[=x]"),
        ((), ""),
    ],
)
def test_a_path_is_shown_the_way_people_write_it(path: Any, text: str) -> None:
    assert show(path) == text


@given(bodies)
def test_nothing_differs_from_itself(body: dict[str, Any]) -> None:
    assert compare(body, copy.deepcopy(body)) == ()


@given(bodies, bodies)
def test_a_comparison_is_the_other_way_round_mirrored(before: dict[str, Any], after: dict[str, Any]) -> None:
    there = {(change.path, repr(change.before), repr(change.after)) for change in compare(before, after)}
    back = {(change.path, repr(change.after), repr(change.before)) for change in compare(after, before)}

    assert there == back


def sorted_by_name(value: Any) -> Any:
    if isinstance(value, list):
        members = [sorted_by_name(member) for member in value]
        named = all(isinstance(member, dict) and isinstance(member.get("name"), str) for member in members)
        return sorted(members, key=lambda member: member["name"]) if named else members
    return (
        {name: sorted_by_name(inner) for name, inner in value.items()} if isinstance(value, dict) else value
    )


@given(bodies, bodies)
def test_what_does_not_differ_is_equal_up_to_the_order_of_named_lists(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    if not compare(before, after):
        assert is_same(sorted_by_name(before), sorted_by_name(after))


@given(bodies, bodies)
def test_ordering_one_object_like_another_changes_no_field(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    assert compare(after, ordered_like(before, after)) == ()


def test_ordering_like_another_leaves_no_moves() -> None:
    before = {"b": 1, "a": [{"name": "x", "v": 1}, {"name": "y"}, {"name": "gone"}]}
    after = {"a": [{"name": "new"}, {"name": "y"}, {"v": 2, "name": "x"}], "b": 1}

    ordered = ordered_like(before, after)

    assert list(ordered) == ["b", "a"]
    assert [member["name"] for member in ordered["a"]] == ["new", "x", "y"]


def test_an_order_that_means_something_is_left_as_it_is() -> None:
    before = pod(initContainers=[{"name": "a"}, {"name": "b"}])
    after = pod(initContainers=[{"name": "b"}, {"name": "a"}])

    assert ordered_like(before, after) == after


CONTAINERS = pod(containers=[{"name": "a", "image": "x"}, {"name": "b"}])


def test_edits_copy_on_the_way_and_leave_the_original() -> None:
    original = copy.deepcopy(CONTAINERS)
    path = ("spec", "containers", "[name=b]", "image")
    edited = with_value(CONTAINERS, path, "y")

    assert value_at(edited, path) == "y"
    assert edited["metadata"] is CONTAINERS["metadata"]
    assert without(edited, path) == CONTAINERS == original


def test_an_edit_makes_the_way_and_appends_a_missing_member() -> None:
    assert with_value({}, ("metadata", "labels", "a"), "1") == {"metadata": {"labels": {"a": "1"}}}
    added = with_value(CONTAINERS, ("spec", "containers", "[name=c]"), {"name": "c"})
    assert [member["name"] for member in added["spec"]["containers"]] == ["a", "b", "c"]
    assert without(added, ("spec", "containers", "[name=c]")) == CONTAINERS


@pytest.mark.parametrize(
    "path",
    [
        ("no",),
        ("spec", "containers", "[name=z]"),
        ("spec", "containers", 7),
        ("metadata", "name", "x"),
        ("kind", 0),
    ],
)
def test_what_is_not_there_is_absent_and_removing_it_changes_nothing(path: Any) -> None:
    assert value_at(CONTAINERS, path) is ABSENT
    assert without(CONTAINERS, path) is CONTAINERS


@given(bodies, bodies)
def test_every_path_of_a_comparison_leads_to_the_values_it_names(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    for change in compare(before, after):
        assert is_same(value_at(before, change.path), change.before)
        assert is_same(value_at(after, change.path), change.after)
