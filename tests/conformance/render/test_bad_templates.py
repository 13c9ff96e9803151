"""Jinja2 templates and parameters that fail, reach out or have no meaning: told with their line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import (
    answered,
    config_map,
    planted,
    tree,
)
from conformance.render.test_bad_input import RENDER, must_be_one_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.room import Room

TEMPLATES: dict[str, tuple[str, str, str]] = {
    "undefined": ("a: 1\nb: {{ nobody }}\n", "app/a.yaml.j2:2: ", "'nobody' is undefined. Define it in"),
    "undefined below": ("{{ app.nobody.name }}", "app/a.yaml.j2:1: ", "nobody"),
    "syntax": ("a: 1\n{% if %}\n", "app/a.yaml.j2:2: ", "The template fails"),
    "missing include": ("a\n{% include 'b.j2' %}", "app/a.yaml.j2:2: ", "b.j2, which does not exist"),
    "in an include": ("{% include 'part.txt' %}", "app/part.txt:2: ", "'nobody' is undefined"),
    "in a macro": ("{% macro m() %}\n{{ nobody }}{% endmacro %}\n\n{{ m() }}", "app/a.yaml.j2:2: ", "nobody"),
    "include above": ("{% include '../secret.yaml' %}", "app/a.yaml.j2:1: ", "which does not exist"),
    "classes": ("{{ ''.__class__.__mro__ }}", "app/a.yaml.j2:1: ", "sandbox"),
    "globals": ("{{ cycler.__init__.__globals__.os.environ }}", "app/a.yaml.j2:1: ", "sandbox"),
    "format": ("{{ '{0.__class__}'.format(1) }}", "app/a.yaml.j2:1: ", "sandbox"),
    "attribute": ("{{ (app | attr('__class__')) }}", "app/a.yaml.j2:1: ", "sandbox"),
    "mutation": ("{{ app.update({'name': 'x'}) }}", "app/a.yaml.j2:1: ", "sandbox"),
    "long range": ("{% for i in range(99999999) %}{% endfor %}", "app/a.yaml.j2:1: ", "longer range"),
    "too much memory": ("{{ 'x' * 9999999999 }}", "app/a.yaml.j2:1: ", "memory"),
    "recursion": ("{% include 'a.yaml.j2' %}", "app/a.yaml.j2:1: ", "without an end"),
    "division": ("a\n\n{{ 1 // 0 }}", "app/a.yaml.j2:3: ", "ZeroDivisionError"),
    "broken output": ("kind: [\n", "app/a.yaml.j2: ", "is broken in line 1: This is not valid YAML"),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_that_fails_or_reaches_out_is_told_with_its_line(
    name: str, room: Room, tmp_path: Path
) -> None:
    text, begins, says = TEMPLATES[name]
    root = planted(
        tree(tmp_path),
        {"app/a.yaml.j2": text, "app/part.txt": "x\n{{ nobody }}\n", "secret.yaml": "password: hunter2\n"},
    )

    must_be_one_sentence(answered(root, "", room), RENDER, begins, says)


PLUGIN = "plugin: {name: jinja2, parameters: [%s]}"
PARAMETERS = {
    "missing values file": ("{name: values-files, array: [no.yaml]}", "'app/no.yaml' does not exist"),
    "values file outside": ("{name: values-files, string: ../../outside/secret.yaml}", "leads out"),
    "values are a list": ("{name: values, array: [a]}", "must be a map"),
    "values files are a map": ("{name: values-files, map: {a: b}}", "must be an array"),
    "unknown": ("{name: value, string: x}", "does not know value"),
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_of_the_plugin_that_has_no_meaning_is_told(name: str, room: Room, tmp_path: Path) -> None:
    parameter, says = PARAMETERS[name]
    planted(tree(tmp_path).parent, {"outside/secret.yaml": "password: hunter2\n"})
    root = planted(tree(tmp_path), {"app/a.yaml.j2": config_map("a")})

    must_be_one_sentence(answered(root, PLUGIN % parameter, room), RENDER, "apps/web.yaml:1: ", says)
