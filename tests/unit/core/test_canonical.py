"""One text for one value."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.core.canonical import canonical

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
VALUES = st.recursive(SCALARS, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=12)


def turned(value: object) -> object:
    """The same with the keys of every map in the other order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(each) for each in value] if isinstance(value, list) else value


@given(VALUES)
def test_the_text_is_the_value_and_the_order_of_keys_is_none_of_it(value: object) -> None:
    assert json.loads(canonical(value)) == value
    assert canonical(turned(value)) == canonical(value)


@given(VALUES, VALUES)
def test_another_value_has_another_text(one: object, other: object) -> None:
    is_same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (canonical(one) == canonical(other)) is is_same


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True]}, b'{"a":[null,true],"b":1}'),
        ({"b": 2**64, "a": 1}, b'{"a":1,"b":18446744073709551616}'),
        ({"b": 2**70, "a": 1}, b'{"a":1,"b":1180591620717411303424}'),
        ("half \ud800", b'"half \\ud800"'),
        ({True: 1}, b'{"true":1}'),
        ({"on": date(2026, 1, 2)}, b'{"on":"2026-01-02"}'),
    ],
    ids=repr,
)
def test_whatever_a_body_holds_has_a_text(value: object, text: bytes) -> None:
    assert canonical(value) == text
