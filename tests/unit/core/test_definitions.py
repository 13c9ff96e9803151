"""Definitions that are none: whoever opens a pull request writes them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from syncline.core.definitions import defined_by, versions_of
from syncline.core.lifecycle import verdict_of_crd
from syncline.core.openapi import node_from_crd
from syncline.core.schema import shape_from_crd
from syncline.core.scopes import Scopes
from syncline.core.validation import findings
from syncline.kube.kinds import table

WORDS = (
    *("properties", "items", "additionalProperties", "required", "enum", "type", "default"),
    *("minimum", "maxLength", "exclusiveMinimum"),
    *(f"x-kubernetes-{word}" for word in ("list-type", "list-map-keys", "map-type", "int-or-string")),
    *(f"x-kubernetes-{word}" for word in ("embedded-resource", "preserve-unknown-fields")),
)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 2)
    | st.sampled_from(["object", "array", "map", "set", "id", ""]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WORDS, "id"]), inner, max_size=5)
    ),
    max_leaves=25,
)
maybe = st.one_of(junk, st.none())


@given(
    schema=junk,
    spec=st.fixed_dictionaries({}, optional={"group": maybe, "names": maybe, "versions": maybe}),
    value=junk,
)
def test_whatever_a_definition_says_nothing_breaks(schema: Any, spec: Any, value: Any) -> None:
    served = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": schema}}
    body = {"apiVersion": "e/v1", "kind": "W", "metadata": {"name": "w"}, "spec": value}
    for crd in (
        {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec},
        {"spec": schema},
        {"spec": {"versions": [served]}},
        {"spec": {"versions": [{"name": "v1", "schema": schema}]}},
    ):
        shape_from_crd(crd, "v1")
        node = node_from_crd(crd, "v1", table().type("meta.v1.ObjectMeta", 37))
        said = [str(finding) for finding in findings(body, node)] if node else []
        assert all(isinstance(each, str) for each in (*said, *defined_by(crd)))
        assert all(isinstance(each, dict) for each in versions_of(crd))
        verdict_of_crd(crd, "v1", "e/v1", "W")
        Scopes().with_definitions([crd])
