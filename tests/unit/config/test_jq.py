"""What an expression of a pull request gets to see."""

from __future__ import annotations

import pytest

from syncline.config.jq import program, unreadable

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
