from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.application import Application, Destination
from syncline.core.applyset import mark, owner_of
from syncline.core.fields import compare
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.predict import predict_apply
from syncline.core.resource import Manifest, ResourceKey
from syncline.errors import Place

if TYPE_CHECKING:
    from syncline.core.resource import Body

Object = dict[str, Any]
OWNER = owner_of(Application("shop", Place("app.yaml"), (), Destination(namespace="shop")), "example.com/r")


def secret(**fields: Any) -> Object:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, **fields}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_what_the_server_keeps_for_itself_is_dropped_and_the_rest_stays() -> None:
    live = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "c",
            "namespace": "shop",
            "labels": {"a": ""},
            "annotations": {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "deployment.kubernetes.io/revision": "3",
                "team": "shop",
            },
            "finalizers": ["example.com/hold"],
            "ownerReferences": [{"uid": "1"}],
            "managedFields": [],
            "resourceVersion": "1",
            "uid": "1",
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "selfLink": "/",
            "deletionTimestamp": "2026-01-01T00:00:00Z",
            "deletionGracePeriodSeconds": 0,
        },
        "data": {"empty": ""},
        "status": {"phase": "Bound"},
    }

    assert normalize_live(live) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "c",
            "namespace": "shop",
            "labels": {"a": ""},
            "annotations": {"team": "shop"},
            "finalizers": ["example.com/hold"],
            "ownerReferences": [{"uid": "1"}],
        },
        "data": {"empty": ""},
    }


def test_annotations_that_were_only_the_servers_leave_no_empty_map() -> None:
    live = {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "3"}}}

    assert normalize_live(live) == {"metadata": {}}


SECRETS = [
    pytest.param({"stringData": {"a": "one"}}, {"data": {"a": encoded("one")}}, id="folded"),
    pytest.param(
        {"stringData": {"a": "one"}, "data": {"a": encoded("two"), "b": encoded("b")}},
        {"data": {"a": encoded("one"), "b": encoded("b")}},
        id="stringData wins",
    ),
    pytest.param({"stringData": {"a": ""}}, {"data": {"a": ""}}, id="an empty text"),
    pytest.param(
        {"stringData": {"a": None}, "data": {"b": None}}, {"data": {"a": "", "b": ""}}, id="nulls are empty"
    ),
    pytest.param({"stringData": {"ü": "ü€"}}, {"data": {"ü": encoded("ü€")}}, id="not only ASCII"),
    pytest.param(
        {"stringData": {"a": 1}}, {"data": {"a": 1}}, id="a number is left for the server to refuse"
    ),
    pytest.param({"data": {"a": "b25l\n"}}, {"data": {"a": "b25l"}}, id="a line break in base64"),
    pytest.param(
        {"data": {"a": "%%"}}, {"data": {"a": "%%"}}, id="no base64 is left for the server to refuse"
    ),
    pytest.param({"data": ["a"]}, {"data": ["a"]}, id="no map at all"),
    pytest.param(
        {"stringData": "x", "data": {}}, {"stringData": "x", "data": {}}, id="stringData that is no map"
    ),
    pytest.param({"stringData": {}}, {}, id="an empty stringData"),
]


@pytest.mark.parametrize(("fields", "expected"), SECRETS)
def test_a_secret_is_folded_into_its_data(fields: Object, expected: Object) -> None:
    assert normalize_desired(secret(**fields)) == secret(**expected)


def test_another_groups_secret_is_left_alone() -> None:
    other = {"apiVersion": "example.com/v1", "kind": "Secret", "stringData": {"a": "one"}}

    assert normalize_desired(other) == other


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("Role", {"rules": []}, {"rules": []}),
        ("Role", {"rules": None}, {}),
        ("ClusterRole", {"rules": [], "aggregationRule": {}}, {}),
        ("ClusterRole", {"rules": [{"verbs": ["get"]}], "aggregationRule": {}}, None),
    ],
)
def test_the_empty_rules_of_an_aggregated_role_are_the_controllers(
    kind: str, fields: Object, expected: Object | None
) -> None:
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind}
    rest: Object = {"aggregationRule": {}} if "aggregationRule" in fields else {}

    assert normalize_desired({**role, **fields}) == {
        **role,
        **(fields if expected is None else {**rest, **expected}),
    }


def test_nulls_are_dropped_from_maps_and_kept_in_lists() -> None:
    body = {
        "apiVersion": "example.com/v1",
        "kind": "W",
        "spec": {"a": None, "b": [None, {"c": None}], "d": {}},
    }

    assert normalize_desired(body) == {
        "apiVersion": "example.com/v1",
        "kind": "W",
        "spec": {"b": [None, {}], "d": {}},
    }


def test_quantities_are_spelled_the_servers_way_only_where_the_kind_has_quantities() -> None:
    resources = {"limits": {"cpu": 1, "memory": "1024Mi"}, "requests": {"cpu": 0.1}}
    container = {
        "name": "c",
        "image": "1024Mi",
        "resources": resources,
        "env": [{"name": "CPU", "value": "1000m"}],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": {"size": "1000m"}},
        "spec": {"containers": [container]},
    }

    wanted = {"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "100m"}}
    assert normalize_desired(pod) == {**pod, "spec": {"containers": [{**container, "resources": wanted}]}}


def test_an_object_that_needs_nothing_is_given_back_as_it_is() -> None:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "b"}}

    assert normalize_desired(body) is body
    assert normalize_live(body) is body


@pytest.mark.parametrize(
    "body", [{}, {"metadata": None}, {"metadata": []}, {"spec": None, "status": {}}, {"kind": "Secret"}]
)
def test_a_body_without_the_usual_fields_does_no_harm(body: Object) -> None:
    assert "status" not in normalize_desired(body)
    assert "status" not in normalize_live(body)


def pod(**container: Any) -> Body:
    spec = {"containers": [{"name": "main", **container}]}
    return normalize_desired({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("1000m", "1", True), (1, "1", True), ("1G", "1Gi", False), ("a", "a", True), (True, 1, False)],
)
def test_values_at_a_quantitys_place_are_compared_as_quantities(one: Any, other: Any, *, same: bool) -> None:
    before, after = (pod(resources={"limits": {"cpu": value}}) for value in (one, other))

    assert (compare(before, after) == ()) is same


def test_numbers_and_texts_stay_apart_where_a_port_may_be_either() -> None:
    before, after = (pod(livenessProbe={"httpGet": {"port": port}}) for port in (80, "80"))

    assert compare(before, after) != ()


texts = st.sampled_from(["", "a", "b25l", "b25l\n", "1000m", "%"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["limits", "name", "x"]), inner)
    ),
    max_leaves=8,
)
fields = st.sampled_from(
    ["metadata", "spec", "data", "stringData", "binaryData", "rules", "aggregationRule", "status"]
)
kinds = st.sampled_from(
    [("v1", "Secret"), ("v1", "ConfigMap"), ("apps/v1", "Deployment"), ("v1", "Pod"), ("e.com/v1", "W")]
)


@st.composite
def objects(draw: st.DrawFn) -> Object:
    api_version, kind = draw(kinds)
    return {"apiVersion": api_version, "kind": kind, **draw(st.dictionaries(fields, values, max_size=4))}


@given(objects())
def test_normalising_twice_is_normalising_once_and_changes_nothing_in_place(body: Object) -> None:
    before = copy.deepcopy(body)
    once = normalize_desired(body)

    assert body == before
    assert normalize_desired(once) == once
    assert normalize_live(normalize_live(body)) == normalize_live(body)


@given(objects(), st.none() | st.dictionaries(st.sampled_from(["labels", "name", "x"]), texts | st.none()))
def test_what_is_marked_as_ours_is_normalised(body: Object, metadata: Object | None) -> None:
    """What does not exist yet is predicted to be the manifest as it is marked (`jobs.predicting`)."""
    labels = {"x": metadata.get("x")} if metadata else None
    named = {**body, "metadata": {**(metadata or {}), "labels": labels, "name": "m"}}
    key = ResourceKey("", str(body["kind"]), "shop", "m")
    marked = mark(Manifest(key, str(body["apiVersion"]), named, Place("m.yaml")), OWNER).body

    assert normalize_desired(marked) == predict_apply(None, marked) == marked
