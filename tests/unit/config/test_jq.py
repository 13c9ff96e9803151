"""What an expression of a pull request gets to see."""

from __future__ import annotations

import resource
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.jq import is_plain, paths_of, program, selected, unreadable

BODY = {"a": 1, "spec": {"env": [{"name": "x"}]}}


@pytest.mark.parametrize(
    "expression",
    [
        'select($ENV.CANARY == "seen") | .a',
        'select(env.CANARY == "seen") | .a',
        'def env: $ENV; select(env.CANARY == "seen") | .a',
        '.a)] | [path(select($ENV.CANARY == "seen") | .a',
        "input",
        "inputs",
    ],
)
def test_an_expression_sees_neither_the_environment_nor_another_input(
    expression: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "seen")

    assert program(expression).input_value(BODY).all() == [[]]


def test_an_expression_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for expression in (".a | stderr", ".a | debug", '.a | debug("x")'):
        assert program(expression).input_value(BODY).all() == [[["a"]]]

    assert capfd.readouterr() == ("", "")


def test_fields_of_such_names_are_fields() -> None:
    assert program(".spec.env[]").input_value(BODY).all() == [[["spec", "env", 0]]]


def test_what_jq_cannot_read_is_told_in_the_words_of_the_expression_alone() -> None:
    assert unreadable(".a") == ""
    assert "syntax error" in unreadable(".a[")
    assert "def env" not in unreadable(".a[")
    assert "def env" not in unreadable("nonsense(.a)")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("", "it is empty"),
        (" \n", "it is empty"),
        (".a |", "syntax error, which ends too early"),
        (".a[", "syntax error, unexpected INVALID_CHARACTER, which ends too early"),
        (".a ]", "syntax error, unexpected INVALID_CHARACTER at column 4"),
        (". |\n| .a", "syntax error, unexpected '|' at line 2, column 1"),
        ('import "a" as a; .', "syntax error, unexpected import at column 1"),
    ],
)
def test_a_mistake_is_told_at_its_place_in_the_expression(expression: str, reason: str) -> None:
    said = unreadable(expression)

    assert said.startswith(reason)
    assert "top-level" not in said


@pytest.mark.parametrize(
    "expression",
    [
        ".spec.replicas",
        '.metadata.annotations["a/b"]',
        ".webhooks[]?.clientConfig.caBundle",
        '.spec.template.spec.containers[] | select(.name == "side") | .image',
        '.spec.env[] | select(.name | startswith("X") or endswith("Y") and not) | .value',
        'select(.aggregationRule) | .rules, .metadata["x"]',
        '.. | select(type == "string")',
        ".a // .b",
        ".spec.containers[0]?",
    ],
)
def test_a_path_with_plain_conditions_runs_here(expression: str) -> None:
    assert is_plain(expression)
    assert unreadable(expression) == ""


@pytest.mark.parametrize(
    "expression",
    [
        "def f: f; f",
        "repeat(.)",
        ".a | until(false; .)",
        '.a | select("x" * 1000000000 == "y")',
        '.a | select("\\("x" * 1000000000)" == "y")',
        "[range(1e12)] | .a",
        "limit(1e12; repeat(1))",
        '.a | select(test("(a*)*b"))',
        ".. | .. | ..",
        "(.,.)|(.,.)|(.,.)|(.,.)",
        "select(.a[] == 1)",
        ".a) | (.b",
        "(.a",
        "select(.a, .b)",
        "select((.. == 1))",
        ".a[.b[]]",
        "reduce .a[] as $x (.; .)",
        ".a += 1",
        ".a |= 1",
        "$ENV.x",
        "input",
        "." + "a" * 5000,
    ],
)
def test_what_may_take_long_does_not(expression: str) -> None:
    assert not is_plain(expression)


def test_reading_an_expression_multiplies_no_strings(capfd: pytest.CaptureFixture[str]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert unreadable('.a | select(("x" * 1000000000) == "y")') == ""
    assert unreadable("." + "a" * 5000) == "it is longer than 4,096 letters"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000
    assert capfd.readouterr() == ("", "")


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    st.lists(
        st.sampled_from([".a", ".b[]?", ".[]?", "..", "select(.a)", ".c // .a", "(.a, .b)"]),
        min_size=1,
        max_size=4,
    ),
)
def test_what_runs_here_lists_no_more_than_a_few_times_the_object(value: Any, parts: list[str]) -> None:
    expression = " | ".join(parts)
    body = {"a": value, "b": [value], "c": {"a": value}}

    if is_plain(expression):
        assert len(selected(expression, body)) <= 8 * (_nodes(body) + 1)


def _nodes(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(map(_nodes, inner))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (".a[0:2]", [["a", 0], ["a", 1]]),
        (".a[1:]", [["a", 1], ["a", 2]]),
        (".a[:-1]", [["a", 0], ["a", 1]]),
        (".a[5:9]", []),
        (".b[0:1][].c", [["b", 0, "c"]]),
        (".a[0:2], .b[1].c", [["a", 0], ["a", 1], ["b", 1, "c"]]),
        (".none[0:2]", []),
        (".a[1:][1:]", [["a", 2]]),
        (".a[1:][0]", [["a", 1]]),
    ],
)
def test_a_slice_selects_its_members(expression: str, expected: list[list[str | int]]) -> None:
    body = {"a": ["x", "y", "z"], "b": [{"c": 1}, {"c": 2}]}
    found = paths_of(program(expression).input_value(body).first(), body)
    assert found == expected
