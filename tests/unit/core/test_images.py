from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.images import Image, at, images, maps, pod_spec
from syncline.core.plan import Action, Change
from syncline.core.resource import ResourceKey

KEY = ResourceKey("apps", "Deployment", "shop", "web")
CHANGING = [Action.UPDATE, Action.ADOPT, Action.RECREATE]


def pod(containers: dict[str, str], field: str = "containers") -> dict[str, Any]:
    rest: dict[str, Any] = {"containers": []}
    return {**rest, field: [{"name": name, "image": image} for name, image in containers.items()]}


def workload(spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": {"template": {"spec": spec}}}


def change(before: Any, after: Any, action: Action = Action.UPDATE) -> Change:
    return Change(KEY, action, before, after)


containers = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["web:1", "web:2", "x@sha256:ab", ""]))


@given(containers, containers, st.sampled_from(CHANGING))
def test_an_image_is_listed_exactly_when_a_containers_reference_differs(
    before: dict[str, str], after: dict[str, str], action: Action
) -> None:
    found = images([change(workload(pod(before)), workload(pod(after)), action)])

    differing = {name for name in {*before, *after} if before.get(name, "") != after.get(name, "")}
    assert {container for container, _, _ in found} == {f"{KEY} ({name})" for name in differing}
    assert len(found) == len(differing)


@given(containers, containers)
def test_the_way_back_lists_the_same_images_the_other_way_round(
    before: dict[str, str], after: dict[str, str]
) -> None:
    there = images([change(workload(pod(before)), workload(pod(after)))])
    back = images([change(workload(pod(after)), workload(pod(before)))])

    assert {(name, new, old) for name, old, new in there} == set(back)


@pytest.mark.parametrize("action", [action for action in Action if action not in CHANGING])
def test_objects_that_come_go_or_stay_as_a_whole_are_left_out(action: Action) -> None:
    assert images([change(workload(pod({"a": "web:1"})), workload(pod({"a": "web:2"})), action)]) == ()


@pytest.mark.parametrize(
    "wrap",
    [
        workload,
        lambda spec: {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}},
        lambda spec: {"spec": spec},
    ],
)
@pytest.mark.parametrize("field", ["containers", "initContainers"])
def test_images_are_found_wherever_a_kind_keeps_its_pod(wrap: Any, field: str) -> None:
    before, after = wrap(pod({"a": "web:1"}, field)), wrap(pod({"a": "web:2"}, field))

    assert images([change(before, after)]) == ((f"{KEY} (a)", "web:1", "web:2"),)


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"spec": None},
        {"spec": {"template": "text"}},
        {"spec": {"containers": None}},
        {"spec": {"containers": ["text", 3, None]}},
        {"spec": {"template": {"spec": {"initContainers": []}}}},
        {"data": {"containers": [{"name": "a", "image": "web:1"}]}},
    ],
)
def test_an_object_that_runs_no_pod_has_no_images(body: Any) -> None:
    assert images([change(body, body), change(None, body), change(body, None)]) == ()


@pytest.mark.parametrize(
    ("reference", "moving"),
    [
        ("web", True),
        ("web:latest", True),
        ("localhost:5000/web", True),
        ("ghcr.io/shop/web:latest", True),
        ("web:1", False),
        ("web:latest@sha256:ab", False),
        ("web@sha256:ab", False),
        ("localhost:5000/web:1", False),
    ],
)
def test_only_a_reference_without_tag_and_digest_or_with_the_tag_latest_moves(
    reference: str, moving: bool
) -> None:
    assert Image.parse(reference).is_moving is moving


@given(st.text(max_size=30))
def test_any_text_can_be_taken_apart(reference: str) -> None:
    assert Image.parse(reference).registry


def test_looking_into_something_that_is_no_map_finds_nothing() -> None:
    assert at({"a": {"b": 1}}, "a", "b") == 1
    assert at({"a": [1]}, "a", "b") is None
    assert at(None, "a") is None
    assert maps({"a": 1}) == []
    assert maps([{"a": 1}, 2, [{}]]) == [{"a": 1}]
    assert pod_spec({"spec": {"replicas": 1}}) == {}
