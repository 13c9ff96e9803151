"""`resource.customizations` in both key styles, and bundled directories."""

from __future__ import annotations

import textwrap

import pytest

from syncline.config import load
from syncline.config.customizations import Customization, Lua, bundled
from syncline.core.customized import Customized
from syncline.errors import Place


def loaded(data: str) -> tuple[dict[str, Customization], list[str]]:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: argocd-cm}\ndata:\n" + textwrap.indent(
        textwrap.dedent(data).strip("\n"), "  "
    )
    configuration = load([("argocd-cm.yaml", text)])
    return dict(configuration.customizations.kinds), [str(c.message) for c in configuration.complaints]


def test_the_keys_for_one_kind_name_group_and_kind_or_kind_alone() -> None:
    kinds, complaints = loaded(
        """
        resource.customizations.health.example.com_Plant: return 1
        resource.customizations.useOpenLibs.example.com_Plant: "true"
        resource.customizations.health.ConfigMap: return 2
        resource.customizations.health.all: return 3
        resource.customizations.ignoreDifferences.all: "jsonPointers: [/spec]"
        """
    )

    assert complaints == []
    assert {name: found.health.text for name, found in kinds.items() if found.health} == {
        "example.com/Plant": "return 1",
        "ConfigMap": "return 2",
        "*/*": "return 3",
    }
    assert kinds["example.com/Plant"].open_libs
    assert kinds["example.com/Plant"].health == Lua("return 1", Place("argocd-cm.yaml", 5))


def test_the_old_map_takes_globs_and_loses_field_by_field_to_the_new_keys() -> None:
    kinds, complaints = loaded(
        """
        resource.customizations: |
          example.com/Plant:
            health.lua: return "old"
            health.lua.useOpenLibs: true
            ignoreDifferences: "jsonPointers: [/spec]"
          "*.example.com/*":
            health.lua: return "glob"
        resource.customizations.health.example.com_Plant: return "new"
        """
    )

    plant = kinds["example.com/Plant"]
    assert complaints == []
    assert plant.health is not None
    assert (plant.health.text, plant.open_libs) == ('return "new"', True)
    assert set(kinds) == {"example.com/Plant", "*.example.com/*"}


def test_actions_are_a_discovery_script_and_definitions() -> None:
    kinds, complaints = loaded(
        """
        resource.customizations.actions.apps_Deployment: |
          mergeBuiltinActions: true
          discovery.lua: |
            return {paint = {}}
          definitions:
          - name: paint
            action.lua: return obj
        """
    )

    actions = kinds["apps/Deployment"].actions
    assert complaints == []
    assert actions is not None
    assert actions.merge
    assert {name: lua.text for name, lua in actions.scripts.items()} == {"paint": "return obj"}


TWICE = (
    "resource.customizations.actions.B: '{discovery.lua: d, definitions: [&a {name: b, action.lua: c}, *a]}'"
)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("resource.customizations.helath.apps_Deployment: x", "did you mean health?"),
        ("resource.customizations.health.my_group_Kind: x", "must end with group_Kind"),
        ("resource.customizations.health.: x", "must end with group_Kind"),
        ("resource.customizations.health._Kind: x", "must end with group_Kind"),
        ('resource.customizations.useOpenLibs.Pod: "yes"', "must be true or false"),
        ("resource.customizations: 'just text'", "must be a mapping"),
        ("resource.customizations: '{a/B: {helth.lua: x}}'", "did you mean health.lua?"),
        ("resource.customizations: '{a/B: [x'", "argocd-cm"),
        (
            "resource.customizations.actions.Pod: '{discovery.lua: x, definitions: 3}'",
            "must be a list",
        ),
        ("resource.customizations.actions.Pod: '{definitions: []}'", "discovery.lua must be a string"),
        (
            "resource.customizations.actions.Pod: '{discovery.lua: x, definitions: [{name: a}]}'",
            "a: action.lua",
        ),
        (
            "resource.customizations.actions.Pod: '{discovery.lua: x, mergeBuiltInActions: true}'",
            "did you mean mergeBuiltinActions?",
        ),
        (
            "resource.customizations.actions.Pod: '{discovery.lua: x, mergeBuiltinActions: \"true\"}'",
            "mergeBuiltinActions must be true or false",
        ),
        (
            "resource.customizations.actions.Pod: '{discovery.lua: x, definitions: [{name: a, action: y}]}'",
            "action is not a field Argo CD knows; did you mean action.lua?",
        ),
        (TWICE, "b is defined twice"),
        ("resource.customizations: '{a/B: {health.lua.useOpenLibs: \"yes\"}}'", "must be true or false"),
        ("resource.customizations: '{\"a/{B,C\": {health.lua: x}}'", "is no group/Kind and no glob"),
    ],
)
def test_a_key_that_has_no_meaning_is_an_error_and_spoils_only_itself(data: str, sentence: str) -> None:
    text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: argocd-cm}}\ndata:\n  {data}\n"
    text += "  resource.customizations.health.ConfigMap: return 1\n"

    configuration = load([("argocd-cm.yaml", text)])

    (complaint,) = configuration.complaints
    assert sentence in f"{complaint.place}: {complaint.message}"
    assert complaint.severity == "error"
    assert complaint.place.line >= 5 or "resource.customizations:" in data
    assert "ConfigMap" in configuration.customizations.kinds


LAYOUT = {
    "resource_customizations/example.com/Plant/health.lua": "plant",
    "resource_customizations/example.com/Plant/actions/discovery.lua": "discovery",
    "resource_customizations/example.com/Plant/actions/water/action.lua": "water",
    "resource_customizations/_.clouds.io/_/health.lua": "clouds",
    "resource_customizations/a.clouds.io/Cloud/health.lua": "cloud",
    "resource_customizations/Pod/health.lua": "pod",
}


def test_a_directory_in_argo_cds_layout_is_read() -> None:
    kinds = bundled(LAYOUT.items())

    assert set(kinds) == {"example.com/Plant", "*.clouds.io/*", "a.clouds.io/Cloud", "Pod"}
    actions = kinds["example.com/Plant"].actions
    assert actions is not None
    assert actions.discovery.text == "discovery"
    assert {name: lua.text for name, lua in actions.scripts.items()} == {"water": "water"}


def lua(text: str) -> Customization:
    return Customization(Lua(text, Place("cm.yaml", 1)))


@pytest.mark.parametrize(
    ("group", "kind", "text"),
    [
        ("example.com", "Plant", "own exact"),
        ("deep.example.com", "Plant", "own glob"),
        ("a.clouds.io", "Cloud", "cloud"),
        ("b.clouds.io", "Cloud", "clouds"),
        ("", "Pod", "pod"),
        ("", "Service", None),
        ("b.c.clouds.io", "Rain", "clouds"),
        ("other.io", "Thing", None),
        ("argoproj.io", "Rollout", "own braces"),
        ("argoproj.io", "Workflow", None),
    ],
)
def test_an_exact_name_comes_before_a_glob_and_the_repositorys_word_before_bundled(
    group: str, kind: str, text: str | None
) -> None:
    own = {"example.com/Plant": lua("own exact"), "*example.com/P*": lua("own glob")}
    own["argoproj.io/{Rollout,AnalysisRun}"] = lua("own braces")

    found = Customized(own, bundled(LAYOUT.items())).health(group, kind)

    assert (found.text if found else None) == text
