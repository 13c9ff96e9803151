"""Globs of plain directories, and the build environment."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.globs import compiled
from syncline.render.substitution import substitute

MATCHES = {
    "*": "a a/b .x",
    "*.yaml": "a.yaml a/b.yaml .yaml !a.yml",
    "a/*": "a/b a/b/c !a !b/a/c",
    "**/x": "a/x a/b/x !x",
    "?.yaml": "a.yaml /.yaml !ab.yaml !.yaml",
    "[abc].yaml": "a.yaml !d.yaml",
    "[!abc].yaml": "d.yaml !a.yaml",
    "[^a]": "^ a !b",
    "[a-c]x": "bx !dx !-x",
    "[-a]": "- a !b",
    "{a,b}.yaml": "a.yaml b.yaml !c.yaml !ab.yaml",
    "{a,b/{c,d}*}": "a b/c b/dx !b/e !ax",
    "*{a,ab}c": "xabc xac !xab",
    "{*.yaml,b/*}": "a/x.yaml b/anything !c/x",
    "a,b": "a,b !a !b",
    "a}": "a} !a",
    r"\*\{": "*{ !a{",
    r"[\]]": "] !a",
    "a+(b).c$": "a+(b).c$ !aab.c$ !a+(b)xc$",
    "": "!a",
}


@pytest.mark.parametrize("pattern", MATCHES)
def test_a_pattern_matches_what_it_does_in_argo_cd(pattern: str) -> None:
    for word in MATCHES[pattern].split():
        wanted = not word.startswith("!")
        assert (compiled(pattern).fullmatch(word.removeprefix("!")) is not None) is wanted, word


@pytest.mark.parametrize("pattern", ["{a", "{a,{b}", "[a", "[]", "[c-a]", "[a-cx]", "{a,b}" * 11])
def test_a_pattern_without_a_meaning_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        compiled(pattern)


def test_no_pattern_is_slow() -> None:
    began = time.monotonic()
    assert not compiled("*a" * 30 + "b").fullmatch("a" * 2000)
    assert time.monotonic() - began < 2


@given(st.lists(st.sampled_from(["a", "b", "/", "*", "?"]), max_size=6), st.text("ab/", max_size=8))
def test_stars_and_question_marks_match_as_by_definition(pattern: list[str], name: str) -> None:
    assert (compiled("".join(pattern)).fullmatch(name) is not None) is _matches(pattern, name)


def _matches(pattern: list[str], name: str) -> bool:
    if not pattern:
        return not name
    head, rest = pattern[0], pattern[1:]
    if head == "*":
        return any(_matches(rest, name[at:]) for at in range(len(name) + 1))
    return bool(name) and head in {"?", name[0]} and _matches(rest, name[1:])


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
