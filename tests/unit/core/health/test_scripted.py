"""Health by script: what answers mean, and that nonsense is never Healthy."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncline.config.customizations import Customization, Lua
from syncline.core.customized import Customized
from syncline.core.health import Assessor, Health, HealthStatus
from syncline.errors import Place

BODY = {"apiVersion": "example.com/v1", "kind": "Plant", "metadata": {"name": "fern"}, "status": {"n": 3}}


def judged(script: str, body: Any = BODY, *, open_libs: bool = False, kind: str = "*/*") -> Health:
    lua = Customization(Lua(script, Place("argocd/cm.yaml", 7)), open_libs)
    health = Assessor(Customized({kind: lua}), lambda: "2026-11-25T19:00:00Z")(body)
    assert health is not None
    return health


@pytest.mark.parametrize("status", [each.label for each in HealthStatus])
def test_each_of_argo_cds_words_is_taken_with_its_message(status: str) -> None:
    health = judged(f"return {{status = '{status}', message = 'n is ' .. obj.status.n}}")

    assert (health.status.label, health.message) == (status, "n is 3")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("{Status = 'Healthy', Message = 'm'}", ("Healthy", "m")),
        ("{STATUS = 'Degraded', Status = 'Healthy'}", ("Healthy", "")),
        ("{status = 'Suspended', Status = 'Healthy', message = 'm', MESSAGE = 'M'}", ("Suspended", "m")),
        ("{status = 'Healthy', message = 'm', extra = {1, 2}, more = true}", ("Healthy", "m")),
        ("setmetatable({}, {__index = {status = 'Healthy'}})", ("Progressing", None)),
    ],
)
def test_an_answer_is_read_as_argo_cds_decoder_reads_it(answer: str, expected: tuple[str, str]) -> None:
    health = judged(f"return {answer}")

    assert health.status.label == expected[0]
    assert expected[1] in {None, health.message}


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("return {status = 'healthy'}", "returned the status 'healthy'; it must be one of Healthy"),
        ("return {status = 'OK'}", "returned the status 'OK'"),
        ("return {status = true}", "returned a table without a status"),
        ("return {message = 'all is well'}", "returned a table without a status"),
        ("return 'Healthy'", "it returned a string, not a table"),
        ("return 5", "it returned a number, not a table"),
        ("return {1, 2}", "keys are not all names"),
        ("local a = 1\nreturn obj.spec.size.x", "line 2: attempt to index field 'spec'"),
        ("error('no idea', 0)", "failed: no idea."),
        ("while true do end", "it ran for more than 10000000 instructions"),
        ("return {status = ", "it cannot be read: line 1:"),
        ("return string.rep('x', 3)", "attempt to index global 'string'"),
    ],
)
def test_nonsense_is_unknown_with_a_sentence_that_names_the_script(script: str, sentence: str) -> None:
    health = judged(script)

    assert health.status is HealthStatus.UNKNOWN
    assert health.message.startswith("The health script at argocd/cm.yaml:7 ")
    assert sentence in health.message


@pytest.mark.parametrize(
    "script", ["", "return nil", "return {}", "hs = {} return hs", "return {status = 'Healthy', message = 5}"]
)
def test_an_answer_without_a_status_keeps_the_object_on_its_way(script: str) -> None:
    health = judged(script or " ")

    assert health.status is HealthStatus.PROGRESSING
    assert "argocd/cm.yaml:7 tells no status" in health.message


def test_a_script_comes_before_the_built_in_rules() -> None:
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"paused": True}}

    assert (
        judged("return {status = 'Degraded'}", body, kind="apps/Deployment").status is HealthStatus.DEGRADED
    )


def test_what_is_being_deleted_is_not_asked_of_a_script() -> None:
    body = {**BODY, "metadata": {"name": "fern", "deletionTimestamp": "2026-11-25T19:00:00Z"}}

    assert judged("return {status = 'Healthy'}", body).message == "Pending deletion"


def test_a_script_knows_the_time_it_is_told() -> None:
    script = "return {status = 'Healthy', message = require('os').date('!%H:%M')}"

    assert judged(script).message == "19:00"


def test_fields_of_the_server_are_there_for_who_asks_for_them() -> None:
    body = {**BODY, "metadata": {"managedFields": [{"manager": "kubectl"}]}}
    script = "return {status = 'Healthy', message = obj.metadata.managedFields[1].manager}"

    assert judged(script, body).message == "kubectl"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
SCRIPT = """
local seen = 0
local function walk(v) seen = seen + 1 if type(v) == 'table' then for _, w in pairs(v) do walk(w) end end end
walk(obj)
return {status = obj.status, message = obj.message}
"""


@given(content=st.dictionaries(st.sampled_from(["status", "message", "metadata", "spec"]), values))
def test_whatever_an_object_holds_a_script_gives_a_health(content: dict[str, Any]) -> None:
    health = judged(SCRIPT, {"apiVersion": "example.com/v1", "kind": "Plant", **content})

    assert isinstance(health, Health)
    assert health.status is not HealthStatus.HEALTHY or content.get("status") == "Healthy"
