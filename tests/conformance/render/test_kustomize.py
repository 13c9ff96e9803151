"""Kustomize by the settings of `argocd-cm`: versions, build options, and charts that helm inflates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from charthouse import House, serving
from conformance.render.kitchen import (
    APP,
    CHART,
    OURS,
    REVISION,
    answered,
    application,
    config_map,
    planted,
    served,
    tree,
)
from conformance.render.shop import workshop
from syncline.config.tools import tools_of
from syncline.errors import ExitCode, Place
from syncline.render import Checkout, RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

ENABLE = {"kustomize.buildOptions": "--enable-helm"}
ENABLED = {key: (text, Place("argocd-cm.yaml", 7)) for key, text in ENABLE.items()}
PODS = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
  - {name: a, image: web}
  - {name: b, image: registry.example/team/web:1}
  - {name: c, image: "sidecar:1@sha256:%s"}
"""
DIGEST, OTHER = "1" * 64, "2" * 64

# what is written under images: the three images that come of it
IMAGES = {
    "a tag": ("web:2", "web:2", "registry.example/team/web:1", f"sidecar:1@sha256:{DIGEST}"),
    "a digest": (f"web@sha256:{OTHER}", f"web@sha256:{OTHER}", "registry.example/team/web:1", None),
    "a tag and a digest": (f"web:2@sha256:{OTHER}", f"web:2@sha256:{OTHER}", None, None),
    "another name": ("web=mirror.example:5000/web", "mirror.example:5000/web", None, None),
    "another name and a tag": ("registry.example/team/web=web:3", "web", "web:3", None),
    "another name and a digest": (f"sidecar=s@sha256:{OTHER}", None, None, f"s@sha256:{OTHER}"),
    "the same name kept": ("registry.example/team/web=*:9", None, "registry.example/team/web:9", None),
    "a variable": ("web:$ARGOCD_APP_REVISION_SHORT", "web:0123456", None, None),
    "a port": ("registry.example:5000/web=web:1", "web", None, None),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_replaced_in_every_form_that_argo_cd_knows(name: str, room: Room, tmp_path: Path) -> None:
    written, *expected = IMAGES[name]
    before = ("web", "registry.example/team/web:1", f"sidecar:1@sha256:{DIGEST}")
    root = planted(
        tree(tmp_path), {"app/kustomization.yaml": "resources: [p.yaml]\n", "app/p.yaml": PODS % DIGEST}
    )

    answer = answered(root, f"kustomize: {{images: ['{written}']}}", room)

    images = [line.split()[-1] for line in answer.splitlines() if "image:" in line]
    assert images == [new or old for new, old in zip(expected, before, strict=True)]


def _named_kustomize(folder: Path, real: Path, name: str) -> Path:
    """Another version, told by the label it adds."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    add = f"sed 's/^metadata:/metadata:\\n  labels: {{built-by: {name}}}/'"
    build = f'made=$({real} "$@") || exit 1\necho "$made" | {add}\n'
    program.write_text(f'#!/bin/sh\n[ "$1" = build ] || exec {real} "$@"\n{build}')
    program.chmod(0o755)
    return program


BARE = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": config_map("a")}


def test_an_application_has_its_own_version_of_kustomize_by_path_or_by_settings(
    room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), BARE)
    registered = _named_kustomize(tmp_path / "bin", tools["kustomize"], "mine")
    _named_kustomize(tmp_path / "path", tools["kustomize"], "kustomize-v4.5.7")
    room = replace(room, path=f"{tmp_path / 'path'}{os.pathsep}{room.path}")
    settings = {"kustomize.path.v9.0.0": str(registered)}

    found = {
        version: answered(root, f"kustomize: {{namePrefix: x-, version: '{version}'}}", room, settings)
        for version in ("v9.0.0", "v4.5.7", "4.5.7", "")
    }

    assert "built-by: mine" in found["v9.0.0"]
    assert all("built-by: kustomize-v4.5.7" in found[version] for version in ("v4.5.7", "4.5.7"))
    assert "built-by" not in found[""]
    assert all("name: x-a" in answer for answer in found.values())


# settings, version asked for, what is said
REFUSED = {
    "nobody has the version": ({}, "v3.1.0", "apps/web.yaml:1: Kustomize v3.1.0, which spec.source"),
    "no program at its path": (
        {"kustomize.path.v3.1.0": "/opt/none"},
        "v3.1.0",
        "apps/web.yaml:1: Kustomize v3.1.0, which spec.source.kustomize.version asks for, is no program at",
    ),
    "functions that are programs": (
        {"kustomize.buildOptions": "--enable-alpha-plugins --enable-exec"},
        "",
        "argocd-cm.yaml:7: The build option --enable-alpha-plugins is not passed on",
    ),
    "a program of its own": (
        {"kustomize.buildOptions": "--enable-helm --helm-command=./helm"},
        "",
        "argocd-cm.yaml:7: The build option --helm-command is not passed on",
    ),
    "a file to write": (
        {"kustomize.buildOptions": "-o /tmp/x"},
        "",
        "argocd-cm.yaml:7: The build option -o is not",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_version_nobody_has_and_an_option_that_runs_programs_are_refused(
    name: str, room: Room, tmp_path: Path
) -> None:
    settings, version, says = REFUSED[name]
    root = planted(tree(tmp_path), BARE)

    answer = answered(root, f"kustomize: {{version: '{version}', namePrefix: x-}}", room, settings)

    assert answer.startswith(f"{int(ExitCode.RENDER)} {says}"), answer


def test_build_options_are_passed_on_and_a_version_has_its_own(
    room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    registered = _named_kustomize(tmp_path / "bin", tools["kustomize"], "mine")
    root = planted(
        tree(tmp_path),
        {"app/kustomization.yaml": "resources: [../other.yaml]\n", "other.yaml": config_map("other")},
    )
    free = "--load-restrictor LoadRestrictionsNone"
    versions = {"kustomize.path.v9.0.0": str(registered)}

    assert "name: other" in answered(root, "", room, {"kustomize.buildOptions": free})
    assert "security" in answered(root, "", room)
    own = versions | {"kustomize.buildOptions.v9.0.0": free}
    assert "name: other" in answered(root, "kustomize: {version: v9.0.0}", room, own)
    # The options of the default are not those of a version (Argo CD).
    foreign = versions | {"kustomize.buildOptions": free}
    assert "security" in answered(root, "kustomize: {version: v9.0.0}", room, foreign)


INFLATED = """\
helmCharts:
- {name: web, releaseName: rel, namespace: shop, valuesFile: v.yaml, additionalValuesFiles: [more/w.yaml]}
- {name: far, version: 1.2.3, repo: 'https://charts.example', releaseName: far}
"""
TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  kube: {{ .Capabilities.KubeVersion.Version | quote }}
  has: {{ .Capabilities.APIVersions.Has "acme.io/v1" | quote }}
  values: "{{ .Values.a }} {{ .Values.b }}"
"""
CHARTS = {
    "app/kustomization.yaml": INFLATED,
    "app/v.yaml": "a: from v\n",
    "app/more/w.yaml": "b: from w\n",
    **{
        f"app/charts/{folder}/{file}": text
        for folder, name in (("web", "web"), ("far-1.2.3/far", "far"))
        for file, text in (
            ("Chart.yaml", CHART.replace("web", name)),
            ("values.yaml", "a: '1'\n"),
            ("templates/a.yaml", TEMPLATE),
        )
    },
}


@pytest.mark.parametrize("helm", ["helm", "helm3"])
def test_charts_that_lie_in_the_repository_are_inflated_by_the_real_helm(
    helm: str, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "helm").symlink_to(tools[helm])
    root = planted(tree(tmp_path), CHARTS)
    options = "kustomize: {namePrefix: x-, kubeVersion: v1.30.1, apiVersions: [acme.io/v1]}"

    # As kustomize reads the switch: the last one counts.
    flags = "--enable-helm" if helm == "helm" else "--enable-helm=false --enable-helm=1"
    room = replace(room, path=f"{folder}{os.pathsep}{room.path}")
    answer = answered(root, options, room, {"kustomize.buildOptions": flags})

    assert "name: x-rel" in answer
    assert "name: x-far" in answer
    assert answer.count("kube: v1.30.1") == 2
    assert answer.count('has: "true"') == 2
    assert "values: from v from w" in answer
    assert answer.count("# app/kustomization.yaml") == 2


GENERATOR = "apiVersion: builtin\nkind: HelmChartInflationGenerator\nname: web\nconfigHome: home\n"
# the Kustomization, more files, how the sentence begins
NOT_INFLATED = {
    "not vendored": ("helmCharts:\n- {name: gone}\n", {}, "app/kustomization.yaml:2: The chart that"),
    "not there to be fetched": (
        "helmCharts:\n- {name: far, version: 1.2.4, repo: 'http://127.0.0.1:1'}\n",
        {},
        "app/kustomization.yaml:2: The chart repository http://127.0.0.1:1",
    ),
    "outside": (
        "helmGlobals: {chartHome: ../../../outside}\nhelmCharts:\n- {name: web}\n",
        {},
        "app/kustomization.yaml:3: The Kustomization refers to '../../../outside/web', which is outside",
    ),
    "remote values": (
        "helmCharts:\n- name: web\n  additionalValuesFiles: ['https://charts.example/v.yaml']\n",
        {},
        "app/kustomization.yaml:3: The Kustomization refers to 'https://charts.example/v.yaml', which is",
    ),
    "a home with plugins": (
        "helmGlobals:\n  configHome: home\nhelmCharts:\n- {name: web}\n",
        {},
        "app/kustomization.yaml:2: The Kustomization gives helm a home of its own",
    ),
    "a home of the generator": (
        "generators: [g.yaml]\n",
        {"app/g.yaml": GENERATOR},
        "app/g.yaml:4: The Kustomization gives helm a home of its own",
    ),
    "a schema from elsewhere": (
        "helmCharts:\n- {name: web}\n",
        {"app/charts/web/values.schema.json": '{"$ref": "https://charts.example/s.json"}'},
        "app/charts/web/values.schema.json: The values schema refers to",
    ),
    "a link that leads out": (
        "helmCharts:\n- {name: web}\n",
        {"app/charts/web/templates/x": "-> /etc/passwd"},
        "app/charts/web/templates/x: The symbolic link leads out",
    ),
}


@pytest.mark.parametrize("switch", ["--enable-helm", "--enable-helm=true"])
@pytest.mark.parametrize("name", NOT_INFLATED)
def test_what_helm_would_fetch_or_load_from_elsewhere_is_refused(
    name: str, switch: str, room: Room, tmp_path: Path
) -> None:
    text, more, begins = NOT_INFLATED[name]
    root = planted(tree(tmp_path), CHARTS | more | {"app/kustomization.yaml": text})

    answer = answered(root, "", room, {"kustomize.buildOptions": switch})

    assert answer.startswith(f"{int(ExitCode.RENDER)} {begins}"), answer


def test_a_tool_that_is_switched_off_leaves_its_files_to_the_plain_directory(
    room: Room, tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), {**BARE, "app/b.jsonnet": "error 'evaluated'"})
    off = {"kustomize.enable": "false", "jsonnet.enable": "false"}

    answer = answered(root, "kustomize: {namePrefix: x-}", room, off)

    assert answer.startswith("# app/a.yaml:1\n")
    assert "name: a\n" in answer


def test_a_chart_that_is_not_in_the_repository_is_fetched_for_the_build(
    shelf: Path, room: Room, tmp_path: Path
) -> None:
    with serving(House(shelf)) as house:
        text = f"helmCharts:\n- {{name: web, version: 1.2.0, repo: '{house.url}', releaseName: rel}}\n"
        root = planted(tree(tmp_path), {"app/kustomization.yaml": text, "app/b/kustomization.yaml": text})
        given = RenderOptions(room, OURS, workshop=workshop(house.url), tools=tools_of(ENABLED))
        app = application(APP % "kustomize: {namePrefix: x-}")

        answer = served(render(app, Checkout(root, REVISION), given))

    assert "name: x-rel-web" in answer
    assert "version: v1.2.0" in answer
    assert sum("web-1.2.0.tgz" in path for path, _ in house.visits) == 1
    assert not (root / "app/charts").exists()
