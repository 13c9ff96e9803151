"""Every place where a source names a path: what leads out, or to Git's own files, is refused."""

from __future__ import annotations

import tarfile
import time
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import (
    APP,
    CHART,
    REVISION,
    answered,
    application,
    config_map,
    outcome,
    planted,
    tree,
)
from conformance.render.test_bad_input import CHARTED, RENDER, Files, built, must_be_one_sentence
from conformance.render.test_chart_archives import archive, entry, followed_by_nothing
from conformance.render.test_plugin import made, plugin
from syncline.fetch.archive import MOST_FILES, packed
from syncline.render import Checkout

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.room import Room

OUT = "../../outside/secret.yaml"
TEMPLATE: Files = {"app/a.yaml.j2": config_map("a")}
INFLATED = "helmCharts: [{name: web, releaseName: web%s}]\n"
HELMED = {"kustomize.buildOptions": "--enable-helm"}
# name: (files, the options of the source, how the sentence begins, what else it says)
PATHS: dict[str, tuple[Files, str, str, str]] = {
    "the root of a file system": ({}, "plugin: {name: jinja2}", "", ""),
    "directory: a glob upwards": (
        {"app/a.yaml": config_map("a")},
        "directory: {recurse: true, include: '../../outside/*'}",
        "",
        "",
    ),
    "helm: a value file of the machine": (
        CHARTED,
        "helm: {valueFiles: [/etc/passwd]}",
        "apps/web.yaml:1: ",
        "does not exist",
    ),
    "helm: a value file of a scheme": (
        CHARTED,
        "helm: {valueFiles: ['file:///etc/passwd']}",
        "apps/web.yaml:1: ",
        "not allowed",
    ),
    "helm: a value file by a variable": (
        CHARTED,
        "helm: {valueFiles: ['$ARGOCD_APP_NAME/../../../outside/secret.yaml']}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "helm: a file parameter of the machine": (
        CHARTED,
        "helm: {fileParameters: [{name: a, path: /proc/self/environ}]}",
        "apps/web.yaml:1: ",
        "names no file",
    ),
    "helm: a file parameter that is a link": (
        {**CHARTED, "x": "-> ../outside/secret.yaml"},
        "helm: {fileParameters: [{name: a, path: /x}]}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "helm: an override": (
        {**CHARTED, "app/.argocd-source.yaml": f"helm:\n  valueFiles: [{OUT}]\n"},
        "helm: {}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "helm: Git's own file": (
        {**CHARTED, ".git/config": "token: hunter2\n"},
        "helm: {fileParameters: [{name: a, path: /.git/config}]}",
        "apps/web.yaml:1: ",
        "Git's own",
    ),
    "helm: a value file of Git's own": (
        {**CHARTED, ".git/config": "token: hunter2\n"},
        "helm: {valueFiles: [/.git/config]}",
        "apps/web.yaml:1: ",
        "Git's own",
    ),
    "helm: a glob over Git's own": (
        {**CHARTED, ".git/config": "token: hunter2\n"},
        "helm: {valueFiles: ['/.git/*']}",
        "apps/web.yaml:1: ",
        "Git's own",
    ),
    "path: Git's own": (
        {"app": "-> .git", ".git/a.yaml": config_map("hunter2")},
        "",
        "apps/web.yaml:1: ",
        "Git",
    ),
    "jinja2: an absolute path": (
        {"app/a.yaml.j2": "{% include '/etc/passwd' %}"},
        "",
        "app/a.yaml.j2:1: ",
        "which does not exist",
    ),
    "jinja2: the environment": (
        {"app/a.yaml.j2": "{% include '/proc/self/environ' %}"},
        "",
        "app/a.yaml.j2:1: ",
        "which does not exist",
    ),
    "jinja2: what Git includes": (
        {"app/a.yaml.j2": "{% include 'up/.git/config' %}", "app/up": "-> ..", ".git/config": "hunter2"},
        "",
        "app/a.yaml.j2:1: ",
        "which does not exist",
    ),
    "jinja2: a value file of the machine": (
        TEMPLATE,
        "plugin: {name: jinja2, parameters: [{name: values-files, array: [/etc/passwd]}]}",
        "apps/web.yaml:1: ",
        "does not exist",
    ),
    "jinja2: Git's own": (
        {**TEMPLATE, ".git/config": "token: hunter2\n"},
        "plugin: {name: jinja2, parameters: [{name: values-files, array: [/.git/config]}]}",
        "apps/web.yaml:1: ",
        "Git's own",
    ),
    "kustomize: a home": (
        built("configMapGenerator:\n- name: a\n  files: ['~/.kube/config']\n"),
        "",
        "app/kustomization.yaml:3: ",
        "does not exist",
    ),
    "kustomize: Git's own": (
        {
            **built("configMapGenerator:\n- name: a\n  files: [c=../.git/config]\n"),
            ".git/config": "hunter2\n",
        },
        "",
        "app/kustomization.yaml:3: ",
        "Git's own",
    ),
}
KUSTOMIZATIONS = {
    "resources": "resources: [%s]",
    "bases": "bases: [%s]",
    "components": "components: [%s]",
    "crds": "crds: [%s]",
    "configurations": "configurations: [%s]",
    "generators": "generators: [%s]",
    "transformers": "transformers: [%s]",
    "validators": "validators: [%s]",
    "patches": "patches: [{path: %s}]",
    "patchesJson6902": "patchesJson6902: [{path: %s, target: {version: v1, kind: ConfigMap, name: a}}]",
    "patchesStrategicMerge": "patchesStrategicMerge: [%s]",
    "replacements": "replacements: [{path: %s}]",
    "files of a generator": "configMapGenerator: [{name: a, files: [%s]}]",
    "named files of a generator": "secretGenerator: [{name: a, files: [key=%s]}]",
    "envs of a generator": "configMapGenerator: [{name: a, envs: [%s]}]",
    "env of a generator": "secretGenerator: [{name: a, env: %s}]",
    "openapi": "openapi: {path: %s}",
    "values of a chart": "helmCharts: [{name: web, valuesFile: %s}]",
    "more values of a chart": "helmCharts: [{name: web, additionalValuesFiles: [%s]}]",
    "home of charts": "helmGlobals: {chartHome: %s}\nhelmCharts: [{name: web}]",
    "plugin in line": "generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n"
    "  metadata: {name: a}\n  files: ['a=%s']",
}
AWAY = {
    "upwards": ("../../outside/secret.yaml", "outside of the repository"),
    "the machine's": ("/etc/passwd", "outside of the repository"),
    "the process's": ("/proc/self/environ", "outside of the repository"),
    "through a link": ("out/secret.yaml", "leads out of the repository"),
}


@pytest.mark.parametrize("name", PATHS)
def test_what_leads_out_is_refused_with_a_sentence(name: str, room: Room, tmp_path: Path) -> None:
    files, options, begins, says = PATHS[name]
    planted(tree(tmp_path).parent, {"outside/secret.yaml": "password: hunter2\n"})
    root = planted(tree(tmp_path), files or {"app/a.txt": ""})

    answer = answered(root, options, room)

    assert "hunter2" not in answer
    if begins:
        must_be_one_sentence(answer, RENDER, begins, says)
    else:
        assert "kind" not in answer


@pytest.mark.parametrize("away", AWAY)
@pytest.mark.parametrize("field", KUSTOMIZATIONS)
def test_a_kustomization_that_leads_out_is_refused_before_it_is_built(
    field: str, away: str, room: Room, tmp_path: Path
) -> None:
    path, says = AWAY[away]
    planted(tree(tmp_path).parent, {"outside/secret.yaml": config_map("leaked", "hunter2")})
    files = built(f"{KUSTOMIZATIONS[field] % path}\n")
    link: Files = {"app/out": "-> ../../outside"} if away == "through a link" else {}
    root = planted(tree(tmp_path), {**files, **link})

    answer = answered(root, "", room, HELMED)

    must_be_one_sentence(answer, RENDER, "app/", says)


SOURCES = {"upwards": "../outside", "twice": "app/../../outside", "a link": "away"}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_leads_out_is_refused(name: str, room: Room, tmp_path: Path) -> None:
    planted(tree(tmp_path).parent, {"outside/secret.yaml": config_map("leaked", "hunter2")})
    root = planted(tree(tmp_path), {"app/a.yaml": config_map("a"), "away": "-> ../outside"})

    text = APP.replace("path: app", f"path: '{SOURCES[name]}'") % ""

    answer = outcome(application(text), Checkout(root, REVISION), room)

    must_be_one_sentence(answer, RENDER, "apps/web.yaml:1: ", f"The path '{SOURCES[name]}' leads out")


def test_a_plugin_that_looks_for_files_upwards_finds_none(room: Room, tmp_path: Path) -> None:
    planted(tree(tmp_path).parent, {"outside/x.cue": "hunter2"})
    root = planted(tree(tmp_path), {"app/a.yaml": config_map("plain")})

    for find in ("fileName: '../../outside/*.cue'", "find: {glob: '../../outside/x.cue'}"):
        maker = plugin(f"discover: {{{find}}}\ngenerate: {{command: [cat, ../../outside/x.cue]}}")
        assert "name: plain" in made(root, [maker], room, "")


def test_archives_inside_of_archives_are_looked_into_as_far_as_helm_would_unpack_them() -> None:
    schema = archive(entry("s/values.schema.json", b"{}"))
    many = schema
    for _ in range(5):
        many = archive(*(entry(f"c/charts/{number}.tgz", many) for number in range(20)))
    began = time.monotonic()

    found = sum(1 for _ in packed(many, lambda name: name.endswith("schema.json")))

    assert 0 < found <= MOST_FILES
    assert time.monotonic() - began < 20
    huge = tarfile.TarInfo("c/x")
    huge.type, huge.size = tarfile.XHDTYPE, 300 * 1024 * 1024
    assert list(packed(followed_by_nothing(huge, 300), lambda _: True)) == []
    assert list(packed(b"no archive", lambda _: True)) == []


def test_an_archive_in_an_archive_is_told_with_both_names() -> None:
    inner = archive(entry("b/templates/a.yaml", b"inner"))
    outer = archive(entry("a/Chart.yaml", CHART.encode()), entry("a/charts/b-1.tgz", inner))

    assert dict(packed(outer, lambda name: name.endswith(".yaml"))) == {
        "a/Chart.yaml": CHART.encode(),
        "a/charts/b-1.tgz:b/templates/a.yaml": b"inner",
    }
