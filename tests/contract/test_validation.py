"""What we say of a manifest by the schemas that come with us, held against a real API server of the newest
version.

The law: what the server takes is no finding, and every unknown field and wrong type is one that it refuses.
"""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from contract.test_prediction import CRD, OBJECTS, apply, collection
from plane.rest import ApiError
from syncline.core.openapi import Node, node_from_crd, node_from_schema
from syncline.core.validation import findings
from syncline.kube.kinds import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plane.control_plane import ControlPlane

Object = dict[str, Any]
Place = tuple[str | int, ...]

WRONG: dict[str, Any] = {
    "string": 7,
    "integer": "seven",
    "boolean": "yes",
    "base64": "%%",
    "quantity": "much",
    "integer-or-string": True,
    "array": "one",
    "object": "one",
}


def node_of(body: Object) -> Node:
    found = table().node(body["apiVersion"], body["kind"], table().newest)
    assert found is not None
    return found


def places(value: Any, node: Node, path: Place = ()) -> Iterator[tuple[Place, Any, Node]]:
    """Every place of an object that a schema speaks of."""
    yield path, value, node
    if isinstance(value, dict):
        for name, inner in value.items():
            below = node.fields.get(name) or node.inside
            if below is not None and inner is not None:
                yield from places(inner, below, (*path, name))
    elif isinstance(value, list) and node.inside is not None:
        for index, member in enumerate(value):
            yield from places(member, node.inside, (*path, index))


def edited(body: Object, path: Place, edit: Callable[[Any, Any], None]) -> Object:
    made = copy.deepcopy(body)
    container: Any = made
    for step in path[:-1]:
        container = container[step]
    edit(container, path[-1])
    return made


def put(value: Any) -> Callable[[Any, Any], None]:
    def edit(container: Any, step: Any) -> None:
        container[step] = value

    return edit


def drop(container: Any, step: Any) -> None:
    del container[step]


def spoiled(body: Object) -> Iterator[tuple[str, Object]]:
    """The object with one thing wrong with it, in every place in turn."""
    for path, value, node in places(body, node_of(body)):
        if isinstance(value, dict) and not node.open:
            yield f"unknown {path}", edited(body, (*path, "surelyNoField"), put(1))
        # The name is in the path of the request, too, and says more than a schema.
        if (
            path
            and node.type in WRONG
            and path != ("metadata", "name")
            and path[0] not in {"apiVersion", "kind"}
        ):
            yield f"wrong {path}", edited(body, path, put(WRONG[node.type]))
        if isinstance(value, dict):
            for name in node.required & value.keys():
                yield f"missing {(*path, name)}", edited(body, (*path, name), drop)


def answers(plane: ControlPlane, path: str, bodies: dict[str, Object]) -> dict[str, bool]:
    """Whether the server would take each of them."""

    def taken(body: Object) -> bool:
        try:
            apply(plane.api, path, body, dry_run=True)
        except ApiError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        return dict(zip(bodies, pool.map(taken, bodies.values()), strict=True))


@pytest.mark.parametrize("plural", sorted(OBJECTS))
def test_every_sure_finding_is_a_refusal_of_the_server(
    plane: ControlPlane, namespace: str, plural: str
) -> None:
    body, node = OBJECTS[plural], node_of(OBJECTS[plural])
    listed = dict(spoiled(body))
    found = {name: list(findings(bad, node)) for name, bad in listed.items()}
    taken = answers(plane, collection(body, plural, namespace), {"as it is": body, **listed})

    assert list(findings(body, node)) == []
    assert taken.pop("as it is")
    assert [name for name, said in found.items() if not said] == []
    assert [
        name for name, was_taken in taken.items() if was_taken and any(one.sure for one in found[name])
    ] == []


HOST = r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]+)*$"
GADGET_SPEC: Object = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 5},
        "share": {"type": "number", "exclusiveMinimum": True, "minimum": 0},
        "mode": {"type": "string", "enum": ["fast", "slow"]},
        "name": {"type": "string", "minLength": 2, "maxLength": 3},
        "port": {"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+%?$"},
        "host": {"type": "string", "pattern": HOST},
        "code": {"type": "string", "pattern": r"\d{2}"},
        "word": {"type": "string", "pattern": r"^(?i)\p{Lu}[\pL\s]*\z"},
        "keys": {"type": "object", "additionalProperties": {"type": "string", "pattern": "^a|b$"}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 2},
        "tags": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
        "filled": {
            "type": "object",
            "required": ["by"],
            "properties": {"by": {"type": "string", "default": "server"}},
        },
    },
}
GADGETS: Object = {
    **CRD,
    "metadata": {"name": "gadgets.valid.example.com"},
    "spec": {
        "group": "valid.example.com",
        "scope": "Namespaced",
        "names": {"kind": "Gadget", "plural": "gadgets"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": GADGET_SPEC}}},
            }
        ],
    },
}
SPECS: list[tuple[Object, list[str]]] = [
    ({"size": 1, "share": 0.5, "mode": "fast", "name": "ab", "port": "50%", "free": {"a": 1}}, []),
    ({"size": 5, "labels": {"a": "1", "b": "2"}, "tags": ["a"], "port": 80, "filled": {}}, []),
    ({}, ["spec.size is missing, and the schema requires it"]),
    ({"size": 0}, ["spec.size must be at least 1"]),
    ({"size": 6}, ["spec.size must be at most 5"]),
    ({"size": 1, "share": 0}, ["spec.share must be more than 0"]),
    ({"size": 1, "mode": "quick"}, ["spec.mode must be one of fast, slow"]),
    ({"size": 1, "name": "a"}, ["spec.name must have a length of at least 2"]),
    ({"size": 1, "name": "abcd"}, ["spec.name must have a length of at most 3"]),
    ({"size": 1, "port": True}, ["spec.port is a boolean, and must be an integer or a string"]),
    ({"size": 1, "labels": {"a": 1}}, ["spec.labels.a is a number, and must be a string; put it in quotes"]),
    (
        {"size": 1, "labels": {"a": "", "b": "", "c": ""}},
        ["spec.labels must have a number of keys of at most 2"],
    ),
    ({"size": 1, "tags": ["a", "b", "c"]}, ["spec.tags must have a number of members of at most 2"]),
    ({"size": 1, "host": "*.a-b.example", "code": "x12y", "word": "Éte", "keys": {"x": "ab", "y": "cb"}}, []),
    ({"size": 1, "port": 80}, []),
    ({"size": 1, "port": "http"}, ["spec.port must match ^[0-9]+%?$"]),
    ({"size": 1, "host": "A.example"}, [f"spec.host must match {HOST}"]),
    ({"size": 1, "host": ""}, [f"spec.host must match {HOST}"]),
    ({"size": 1, "host": "a.example\n"}, [f"spec.host must match {HOST}"]),
    ({"size": 1, "code": "1x2"}, [r"spec.code must match \d{2}"]),
    ({"size": 1, "word": "1te"}, [r"spec.word must match ^(?i)\p{Lu}[\pL\s]*\z"]),
    ({"size": 1, "keys": {"x": "c"}}, ["spec.keys.x must match ^a|b$"]),
    ({"size": 1, "sise": 1}, ["spec.sise is no field that the schema knows; did you mean size?"]),
]


@pytest.fixture(scope="module")
def gadgets(plane: ControlPlane) -> Node:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    plane.api.apply(f"{definitions}/gadgets.valid.example.com", GADGETS)
    plane.wait_until(
        lambda: plane.api.answers("/apis/valid.example.com/v1/gadgets"), "the gadgets are served"
    )
    node = node_from_crd(GADGETS, "v1", table().type("meta.v1.ObjectMeta", table().newest))
    assert node is not None
    return node


def test_a_custom_resource_is_judged_by_its_definition_as_the_server_does(
    plane: ControlPlane, namespace: str, gadgets: Node
) -> None:
    meta = {"apiVersion": "valid.example.com/v1", "kind": "Gadget", "metadata": {"name": "web"}}
    bodies = {str(spec): {**meta, "spec": spec} for spec, _ in SPECS}
    taken = answers(plane, f"/apis/valid.example.com/v1/namespaces/{namespace}/gadgets", bodies)

    for spec, expected in SPECS:
        assert [str(finding) for finding in findings(bodies[str(spec)], gadgets)] == expected
        assert taken[str(spec)] is not bool(expected), spec


@pytest.mark.parametrize("pattern", ["(?=a)a", "(b", "\\1", "x{1001}", 5, None])
def test_a_pattern_that_go_cannot_read_refuses_nothing(pattern: Any) -> None:
    node = node_from_schema({"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}})

    assert list(findings({"a": "c"}, node)) == []


def test_a_pattern_of_a_pull_request_takes_no_time() -> None:
    node = node_from_schema({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})
    began = time.process_time()

    (finding,) = findings({"a": "a" * 100_000 + "b"}, node)

    assert time.process_time() - began < 1
    assert str(finding) == "a must match ^(a+)+$"


def test_every_kind_that_the_server_serves_is_in_the_table(plane: ControlPlane) -> None:
    served = {
        (f"{one['group']}/{one['version']}" if one["group"] else one["version"], one["kind"])
        for definition in plane.api("GET", "/openapi/v2")["definitions"].values()
        for one in definition.get("x-kubernetes-group-version-kind", ())
        if "metadata" in definition.get("properties", {}) and not one["kind"].endswith("List")
    }
    requests = ("Binding", "DeleteOptions", "Eviction", "Scale", "Status", "TokenRequest", "WatchEvent")
    own = {(version, kind) for version, kind in served if not version.endswith("example.com/v1")}
    missing = own - {api for api in own if table().served(*api, table().newest)}

    assert len(own) > 50
    assert {kind for _, kind in missing if kind not in requests and not kind.endswith("Review")} == set()
