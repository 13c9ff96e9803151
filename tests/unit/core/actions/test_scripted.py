"""Actions in Lua: whose script counts, what an answer may be, and what comes out as it went in."""

from __future__ import annotations

from typing import Any

import pytest

from syncline.config.customizations import Actions as Scripts
from syncline.config.customizations import Customization, Lua
from syncline.core.actions import ActionError, Actions, Asked
from syncline.core.customized import Customized
from syncline.errors import ConfigError, Place

NOW = "2026-11-25T19:08:42Z"
LONG = 2**60 + 1
BODY: dict[str, Any] = {
    "apiVersion": "shop.example.com/v1",
    "kind": "Plant",
    "metadata": {"name": "fern", "namespace": "shop", "annotations": {}, "labels": None},
    "spec": {"seed": LONG, "volumes": [{"emptyDir": {}}], "steps": [], "size": 1},
    "status": {},
}
OFFERED = "return {grow = {params = {{name = 'by'}}}, prune = {}, wait = {disabled = true}}"
PATCH = "obj.spec.size = tonumber(actionParams.by or 2) return obj"


def lua(text: str, line: int = 3) -> Lua:
    return Lua(text, Place("argocd/cm.yaml", line))


def customized(
    discovery: str = OFFERED, *, merge: bool = False, kind: str = "shop.example.com/Plant", **scripts: str
) -> dict[str, Customization]:
    named = {name: lua(text, 9) for name, text in scripts.items()}
    return {kind: Customization(actions=Scripts(lua(discovery), named, merge))}


def of(own: dict[str, Customization], bundled: dict[str, Customization] | None = None) -> Actions:
    return Actions(Customized(own, bundled or {}))


def patched(script: str, body: dict[str, Any] = BODY, **params: str) -> Any:
    return of(customized(grow=script)).run(body, "grow", Asked(params, NOW)).patched


def spec(**changes: Any) -> dict[str, Any]:
    return {**BODY, "spec": {**BODY["spec"], **changes}}


@pytest.mark.parametrize(
    ("discovery", "offered"),
    [
        (OFFERED, ["grow(by)", "prune", "-wait"]),
        ("return nil", []),
        ("", []),
        ("return {}", []),
        ("return {grow = {}}", ["grow"]),
        ("return {grow = true}", ["grow"]),
        ("return {grow = {disabled = 'true'}}", ["grow"]),
        ("return {grow = {disabled = obj.spec.size == 1}}", ["-grow"]),
        ("return {grow = {params = {}}}", ["grow"]),
        ("return {grow = {params = {{name = 'a'}, {name = 'b'}, {}}}}", ["grow(a, b)"]),
        ("return {grow = {params = 'by'}}", ["grow"]),
        ("hs = {} if hs ~= nil then hs['grow'] = {iconClass = 'fa fa-leaf'} end return hs", ["grow"]),
        ("return {grow = {displayName = tostring(actionParams.by)}}", ["grow"]),
    ],
)
def test_a_discovery_script_says_which_actions_there_are_now(discovery: str, offered: list[str]) -> None:
    found = of(customized(discovery)).offers(BODY, NOW)

    assert [f"{'-' if each.disabled else ''}{each}" for each in found] == offered


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("return 'grow'", "did not return a table of names"),
        ("return {'grow', 'prune'}", "did not return a table of names"),
        ("return {grow = function() end}", "a value that is a function"),
        ("return {[1] = 'a', x = 'b'}", "with gaps, or with mixed keys"),
        ("return string.upper('x')", "attempt to index global 'string'"),
        ("return os.time()", "attempt to index global 'os'"),
        ("error('not for this one', 0)", "The discovery script failed: not for this one."),
    ],
)
def test_a_discovery_script_that_answers_nonsense_is_a_sentence_at_its_place(
    answer: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        of(customized(answer)).offers(BODY, NOW)

    assert sentence in refused.value.message
    assert str(refused.value.place) == "argocd/cm.yaml:3"


@pytest.mark.parametrize(
    ("script", "after"),
    [
        (PATCH, spec(size=2)),
        ("return obj", BODY),
        ("return {{operation = 'patch', resource = obj}}", BODY),
        ("obj.spec.size = 5 return {{operation = 'patch', resource = obj}}", spec(size=5)),
        ("obj.spec.seed = obj.spec.seed + 0 return {{operation = 'patch', resource = obj}}", BODY),
        ("obj.spec.size = obj.spec.size / 4 return obj", spec(size=0.25)),
        (
            "obj.spec.size = nil return obj",
            {**BODY, "spec": {k: v for k, v in BODY["spec"].items() if k != "size"}},
        ),
        ("obj.spec.note = 1e15 .. '' return obj", spec(note="1000000000000000")),
        ("obj.spec.volumes[1].emptyDir = {} return obj", BODY),
        ("obj.spec.at = require('os').date('!%Y-%m-%dT%XZ') return obj", spec(at=NOW)),
        (
            "local a = obj.metadata.annotations obj.metadata.annotations = a or {} return obj",
            BODY,
        ),
    ],
)
def test_what_an_action_leaves_alone_stays_as_it_was_in_both_forms_of_an_answer(
    script: str, after: dict[str, Any]
) -> None:
    assert patched(script) == after


def test_a_parameter_is_a_text_and_an_unknown_one_is_refused() -> None:
    assert patched("obj.spec.size = type(actionParams.by) return obj", by="4") == spec(size="string")
    with pytest.raises(ActionError, match="does not take the parameter too; it takes by"):
        patched(PATCH, too="4")


def test_what_is_created_has_its_maps_and_lists_as_its_origin_has_them() -> None:
    script = """
      local job = {apiVersion = 'batch/v1', kind = 'Job', metadata = {name = 'x', annotations = {}}}
      job.spec = {}
      job.spec.volumes, job.spec.steps = obj.spec.volumes, {}
      return {{operation = 'create', resource = job}, {operation = 'patch', resource = obj}}
    """
    effect = of(customized(grow=script)).run(BODY, "grow", Asked({}, NOW))

    assert effect.patched == BODY
    assert effect.created == (
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "x", "annotations": {}},
            "spec": {"volumes": [{"emptyDir": {}}], "steps": []},
        },
    )


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("error('it has no leaves', 0)", "The action grow script failed: it has no leaves."),
        ("error('it has no leaves')", "failed: line 1: it has no leaves."),
        ("return nil", "must return the object, or a list"),
        ("return {}", "returned nothing"),
        ("return 5", "must return the object, or a list"),
        ("return {{operation = 'delete', resource = obj}}", "must return the object, or a list"),
        ("return {{operation = 'patch'}}", "must return the object, or a list"),
        ("return {obj}", "must return the object, or a list"),
        ("return {{operation = 'create', resource = {kind = 'Job'}}}", "must return the object, or a list"),
        ("obj.kind = nil return obj", "must return the object, or a list"),
        ("obj.metadata.name = 'other' return obj", "may patch the object itself only"),
        ("obj.metadata.namespace = 'other' return obj", "may patch the object itself only"),
        ("return string.upper('x')", "attempt to index global 'string'"),
    ],
)
def test_an_action_that_fails_or_answers_nonsense_is_a_sentence_at_its_place(
    script: str, sentence: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        patched(script)

    assert sentence in refused.value.message
    assert str(refused.value.place) == "argocd/cm.yaml:9"


DEPLOYMENT = {**BODY, "apiVersion": "apps/v1", "kind": "Deployment"}
APPS = "apps/Deployment"
BOTH = "return {restart = {disabled = true}, grow = {}}"


@pytest.mark.parametrize(
    ("own", "bundled", "offered"),
    [
        ({}, {}, "pause restart -resume scale(replicas)"),
        (customized(BOTH, kind=APPS), {}, "grow -restart"),
        (customized(BOTH, kind=APPS, merge=True), {}, "grow pause -restart -resume scale(replicas)"),
        ({}, customized(BOTH, kind=APPS), "grow -restart"),
        (customized("return {a = {}}", kind=APPS), customized(BOTH, kind=APPS), "a"),
        (
            customized("return {a = {}}", kind=APPS, merge=True),
            customized(BOTH, kind=APPS),
            "a grow -restart",
        ),
        (customized(BOTH, kind="*/*"), {}, "pause restart -resume scale(replicas)"),
        (customized(BOTH, kind="apps/*"), {}, "pause restart -resume scale(replicas)"),
        (customized(BOTH, kind="Deployment"), {}, "pause restart -resume scale(replicas)"),
    ],
)
def test_an_exact_names_actions_replace_the_weaker_ones_or_are_merged_into_them(
    own: dict[str, Customization], bundled: dict[str, Customization], offered: str
) -> None:
    found = of(own, bundled).offers(DEPLOYMENT, NOW)

    assert " ".join(f"{'-' if each.disabled else ''}{each}" for each in found) == offered


def test_a_merged_script_of_a_built_in_actions_name_is_the_one_that_runs() -> None:
    own = customized("return {pause = {}}", kind=APPS, merge=True, pause="obj.spec.size = 9 return obj")

    assert of(own).run(DEPLOYMENT, "pause", Asked({}, NOW)).patched == {
        **spec(size=9),
        "apiVersion": "apps/v1",
        "kind": "Deployment",
    }
    assert of(own).run(DEPLOYMENT, "restart", Asked({}, NOW)).patched is not None


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ("gorw", "did you mean grow?"),
        ("wait", "makes no sense now"),
        ("prune", "is offered, but there is no script"),
    ],
)
def test_what_is_not_offered_is_disabled_or_has_no_script_is_a_sentence(action: str, sentence: str) -> None:
    with pytest.raises(ActionError, match=sentence):
        of(customized(grow=PATCH)).run(BODY, action, Asked({}, NOW))
