"""Refusals become one sentence, and a Secret's contents stay out of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.errors import ApiError
from syncline.kube.status import lacks_right, read_refusal, refusal_of

RBAC = 'secrets "db" is forbidden: User "ci" cannot patch resource "secrets" in API group "" in namespace "x"'
QUOTA = 'secrets "db" is forbidden: exceeded quota: small, requested: count/secrets=1, used: 3, limited: 3'


def status(message: str, *, code: int = 422, reason: str = "Invalid", **details: Any) -> dict[str, Any]:
    return {
        "kind": "Status",
        "code": code,
        "reason": reason,
        "message": message,
        "details": {"name": "db"} | details,
    }


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (status('namespaces "x" not found', code=404, reason="NotFound"), 'namespaces "x" not found.'),
        (status("it\n  * is\n  * refused."), "it * is * refused."),
        (status('spec.a: Invalid value: "b": no'), 'spec.a: Invalid value: "b": no.'),
        (
            status('spec.a: Invalid value: {"env":[' + '{"name":"A"},' * 50 + "]}: field is immutable"),
            "spec.a: Invalid value: (long): field is immutable.",
        ),
        (status(""), "the server answered 422."),
        (
            status('.data: expected map, got &value.valueUnstructured{Value:"x"}'),
            ".data: expected map, got (value).",
        ),
    ],
)
def test_a_status_is_one_sentence(body: dict[str, Any], sentence: str) -> None:
    assert refusal_of(body).sentence(secret=False) == sentence


@pytest.mark.parametrize(
    "body",
    [
        status(RBAC, code=403, reason="Forbidden"),
        status(QUOTA, code=403, reason="Forbidden"),
        status('secrets "db" not found', code=404, reason="NotFound"),
        status("the object has been modified", code=409, reason="Conflict"),
    ],
)
def test_words_made_of_names_alone_are_kept_for_secrets_too(body: dict[str, Any]) -> None:
    assert refusal_of(body).sentence(secret=True) == body["message"] + "."


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            status("…", causes=[{"field": "data[a]", "reason": "FieldValueInvalid"}, {"field": "type"}]),
            'Secret "db" was refused (Invalid): data[a] (FieldValueInvalid), type (invalid);',
        ),
        (
            status('admission webhook "w.example" denied the request: hunter2', code=403, reason="Forbidden"),
            'Secret "db" was refused (admission webhook "w.example" denied the request);',
        ),
        (status("…", code=500, reason=""), 'Secret "db" was refused (500);'),
    ],
)
def test_of_a_secret_the_field_the_reason_and_the_judge_are_told(body: dict[str, Any], sentence: str) -> None:
    assert refusal_of(body).sentence(secret=True).startswith(sentence)


secrets = st.text("0123456789abcdef", min_size=12, max_size=40)


@given(
    secrets,
    st.sampled_from([400, 403, 422, 500]),
    st.sampled_from(
        [
            'Secret "db" is invalid: data[a]: Invalid value: "{}": no',
            'admission webhook "w" denied the request: {} is weak',
            "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: {}",
            "failed to create typed patch object: .data.a: got &value.valueUnstructured{{Value:{}}}",
            'secrets "db" is forbidden: {}',
            'denied: {} is forbidden: User "a" cannot b resource "c"',
            "{}",
        ]
    ),
)
def test_no_refusal_of_a_secret_holds_it(value: str, code: int, words: str) -> None:
    message = words.format(value)
    causes = [{"field": "data[a]", "reason": "FieldValueInvalid", "message": message}]
    refusal = refusal_of(status(message, code=code, reason="X", causes=causes))

    error = refusal.error(secret=True)
    assert value not in f"{refusal!r}{error}{error!r}"


@pytest.mark.parametrize(
    ("code", "body", "reason"),
    [(502, b"<html>", ""), (500, b"oops", "InternalError"), (404, b'{"kind": "List"}', ""), (503, b"[]", "")],
)
def test_an_answer_that_is_no_status_keeps_its_code(code: int, body: bytes, reason: str) -> None:
    refusal = read_refusal(code, body)

    assert (refusal.code, refusal.reason) == (code, reason)
    assert refusal.sentence(secret=False) == (
        f"the server answered {code} without a Kubernetes Status (is there a proxy between?)."
    )


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("", "Correct the manifest."),
        ("InternalError", "The API server is in trouble; see its health, and run it again."),
    ],
)
def test_a_manifest_that_does_not_fit_is_not_blamed_on_the_server(reason: str, remedy: str) -> None:
    words = "failed to create typed patch object (a/b; v1, Kind=Pod): .spec: expected map, got &{[a]}"

    assert refusal_of(status(words, code=500, reason=reason)).error(secret=False).remedy == remedy


def test_a_status_is_read_from_its_text() -> None:
    refusal = read_refusal(422, json.dumps(status("no", retryAfterSeconds=3)).encode())

    assert (refusal.code, refusal.reason, refusal.words, refusal.retry_after) == (422, "Invalid", "no", 3.0)


@pytest.mark.parametrize(
    ("code", "words", "lacks"),
    [(403, RBAC, True), (403, QUOTA, False), (404, RBAC, False)],
)
def test_a_missing_right_is_told_from_a_refused_object(code: int, words: str, *, lacks: bool) -> None:
    assert lacks_right(ApiError(words, code=code)) is lacks
