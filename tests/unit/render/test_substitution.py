"""Variables of the build environment in a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.render.substitution import substitute

SUBSTITUTED = {
    "$NAME": "web",
    "${NAME}-x": "web-x",
    "$NAMEx": "",
    "a$NAME.b": "aweb.b",
    "$$NAME": "$NAME",
    "$$$NAME": "$web",
    "$UNKNOWN|${ALSO}|": "||",
    "5$": "5$",
    "$1st": "st",
    "$.x": "$.x",
    "${}": "",
    "${NAME": "NAME",
    "$é": "$é",
    "no variable": "no variable",
}


@pytest.mark.parametrize("text", SUBSTITUTED)
def test_variables_are_replaced_as_go_does(text: str) -> None:
    assert substitute(text, {"NAME": "web"}) == SUBSTITUTED[text]


@given(st.text().filter(lambda text: "$" not in text), st.text())
def test_a_value_is_put_in_as_it_is_and_never_read_again(text: str, value: str) -> None:
    assert substitute(f"{text}$X", {"X": value}) == text + value
    assert substitute(text, {"X": value}) == text
