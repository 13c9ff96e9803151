"""What is sent to an API server."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.kube.rest import json_of

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=12)


@given(VALUES)
def test_what_is_sent_is_the_value_in_json(value: object) -> None:
    assert json.loads(json_of(value)) == value


@pytest.mark.parametrize("value", [2**64, -(2**70), "half \ud800", {"\udfff": [1]}, {"a": 10**40}], ids=repr)
def test_what_has_no_place_in_64_bits_or_in_utf_8_is_sent_all_the_same(value: object) -> None:
    assert json.loads(json_of(value)) == value
