"""Every option of a source has its effect.

The law: there is no field that is read and does nothing; each is in a table here, and the real programs show
what it does.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from conformance.render.kitchen import APP, CHART, OURS, REVISION, application, planted, served, tree
from syncline.config.application import (
    DirectoryOptions,
    HelmOptions,
    JsonnetOptions,
    JsonnetVariable,
    KustomizeOptions,
    PluginOptions,
)
from syncline.config.source_plugin import PluginFile, decode
from syncline.config.tools import SIZE, tools_of
from syncline.errors import Place, SynclineError
from syncline.render import Checkout, RenderOptions, render

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data:
  namespace: {{ .Release.Namespace }}
  a: {{ .Values.a | quote }}
  kind: {{ kindOf .Values.a }}
  kube: {{ .Capabilities.KubeVersion.Version }}
  has: {{ .Capabilities.APIVersions.Has "acme.io/v1" | quote }}
  helm: {{ .Capabilities.HelmVersion.Version }}
"""
DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: xs.acme.io}\n"
    "spec: {group: acme.io, scope: Cluster, names: {kind: X, plural: xs}, versions: []}\n"
)
HELM_FILES = {
    "app/Chart.yaml": CHART,
    "app/values.yaml": "a: own\n",
    "app/more.yaml": "a: more\n",
    "app/a.txt": "from a file",
    "app/templates/c.yaml": TEMPLATE,
    "app/templates/tests/t.yaml": (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: tester, annotations: {helm.sh/hook: test}}\n"
        "spec: {containers: []}\n"
    ),
    "app/crds/x.yaml": DEFINITION,
}
STRICT = {"app/values.schema.json": '{"properties": {"a": {"type": "integer"}}}'}
# for each field: the options (a second time without it), what only it makes, more files
HELM = {
    "release_name": ("releaseName: other", "name: other\n", {}),
    "namespace": ("namespace: elsewhere", "namespace: elsewhere\n", {}),
    "value_files": ("valueFiles: [more.yaml]", "a: more\n", {}),
    "values": ("values: 'a: inline'", "a: inline\n", {}),
    "valuesObject": ("valuesObject: {a: object}", "a: object\n", {}),
    "parameters": ("parameters: [{name: a, value: set}]", "a: set\n", {}),
    "forceString": ("parameters: [{name: a, value: '1', forceString: true}]", "kind: string", {}),
    "file_parameters": ("fileParameters: [{name: a, path: a.txt}]", "a: from a file\n", {}),
    "ignore_missing_value_files": (
        "valueFiles: [gone.yaml, more.yaml], ignoreMissingValueFiles: true",
        "a: more\n",
        {},
    ),
    "skip_crds": ("skipCrds: true", "-kind: CustomResourceDefinition", {}),
    "skip_tests": ("skipTests: true", "-name: tester", {}),
    "skip_schema_validation": ("skipSchemaValidation: true", "a: own\n", STRICT),
    "kube_version": ("kubeVersion: v1.29.3-gke.100", "kube: v1.29.3\n", {}),
    "api_versions": ("apiVersions: [acme.io/v1]", 'has: "true"\n', {}),
    "version": ("version: v3", "helm: v3.", {}),
}
ELSEWHERE = {"pass_credentials": "tests/conformance/render/test_chart_repositories.py"}
"""Fields that concern what is fetched, and where it is shown what they do."""


PODS = (
    "apiVersion: apps/v1\nkind: Deployment\n"
    "metadata: {name: web, labels: {a: own}, annotations: {note: own}}\n"
    "spec:\n  replicas: 1\n  selector: {matchLabels: {a: own}}\n"
    "  template: {metadata: {labels: {a: own}}, spec: {containers: [{name: c, image: web}]}}\n"
)
KUSTOMIZE_FILES = {
    "app/kustomization.yaml": "resources: [d.yaml]\ncommonLabels: {a: own}\ncommonAnnotations: {note: own}\n",
    "app/d.yaml": PODS,
    "part/kustomization.yaml": "kind: Component\nnameSuffix: -part\n",
    "app/p.yaml": PODS.replace("name: web,", "name: web, finalizers: [patched],").replace(
        "spec:\n", "spec:\n  paused: true\n"
    ),
    "app/charts/c/Chart.yaml": CHART.replace("web", "c"),
    "app/charts/c/values.yaml": "a: own\n",
    "app/charts/c/templates/c.yaml": TEMPLATE,
}
INFLATING = {"app/kustomization.yaml": "helmCharts: [{name: c, releaseName: c}]\n"}
KUSTOMIZE = {
    "name_prefix": ("namePrefix: pre-", "name: pre-web\n", {}),
    "name_suffix": ("nameSuffix: -post", "name: web-post\n", {}),
    "namespace": ("namespace: elsewhere", "namespace: elsewhere\n", {}),
    "images": ("images: ['web=other:2']", "image: other:2\n", {}),
    "replicas": ("replicas: [{name: web, count: 7}]", "replicas: 7\n", {}),
    "common_labels": ("commonLabels: {b: $ARGOCD_APP_NAME}", "b: web\n", {}),
    "common_annotations": ("commonAnnotations: {b: $ARGOCD_APP_NAME}", "b: $ARGOCD_APP_NAME\n", {}),
    "common_annotations_envsubst": (
        "commonAnnotations: {b: $ARGOCD_APP_NAME}, commonAnnotationsEnvsubst: true",
        "b: web\n",
        {},
    ),
    "force_common_labels": ("commonLabels: {a: new}, forceCommonLabels: true", "a: new\n", {}),
    "force_common_annotations": (
        "commonAnnotations: {note: new}, forceCommonAnnotations: true",
        "note: new\n",
        {},
    ),
    "label_without_selector": (
        "commonLabels: {b: c}, labelWithoutSelector: true",
        "-matchLabels:\n      a: own\n      b: c",
        {},
    ),
    "label_include_templates": (
        "commonLabels: {b: c}, labelWithoutSelector: true, labelIncludeTemplates: true",
        "      annotations:\n        note: own\n      labels:\n        a: own\n        b: c\n",
        {},
    ),
    "patches": ("patches: [{path: p.yaml}]", "paused: true\n", {}),
    "components": ("components: [../part]", "name: web-part\n", {}),
    "ignore_missing_components": ("components: [../gone], ignoreMissingComponents: true", "name: web\n", {}),
    "version": ("version: mine", "built-by: mine", {}),
    "kube_version": ("kubeVersion: v1.29.3", "kube: v1.29.3\n", INFLATING),
    "api_versions": ("apiVersions: [acme.io/v1]", 'has: "true"\n', INFLATING),
}
VALUE = "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'j'}, data: {v: %s}}"
DIRECTORY_FILES = {
    "app/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n",
    "app/deep/b.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}\n",
    "app/c.txt": "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n",
    "libs/l.libsonnet": "'lib'",
}
DIRECTORY = {
    "recurse": ("recurse: true", "name: b\n", {}),
    "include": (
        "include: '*.yml'",
        "-name: a\n",
        {"app/d.yml": "{apiVersion: v1, kind: X, metadata: {name: d}}"},
    ),
    "exclude": (
        "exclude: 'a.*'",
        "-name: a\n",
        {"app/d.yml": "{apiVersion: v1, kind: X, metadata: {name: d}}"},
    ),
    "disable_extension_filter": ("disableExtensionFilter: true", "name: c\n", {}),
    "ext_vars": (
        "jsonnet: {extVars: [{name: x, value: $ARGOCD_APP_NAME}]}",
        "v: web\n",
        {"app/j.jsonnet": VALUE % "std.extVar('x')"},
    ),
    "tlas": (
        "jsonnet: {tlas: [{name: x, value: top}]}",
        "v: top\n",
        {"app/j.jsonnet": f"function(x) {VALUE % 'x'}"},
    ),
    "code": (
        "jsonnet: {tlas: [{name: x, value: '1 + 1', code: true}]}",
        "v: 2\n",
        {"app/j.jsonnet": f"function(x) {VALUE % 'x'}"},
    ),
    "libs": ("jsonnet: {libs: [libs]}", "v: lib\n", {"app/j.jsonnet": VALUE % "import 'l.libsonnet'"}),
}
GENERATE = (
    '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "made"}, '
    '"data": {"env": "$ARGOCD_ENV_A", "par": "$PARAM_P", '
    '"kube": "$KUBE_VERSION", "apis": "$KUBE_API_VERSIONS"}}'
)
PLUGIN_FILE = (
    "apiVersion: argoproj.io/v1alpha1\nkind: ConfigManagementPlugin\nmetadata: {name: %s}\n"
    "spec: {generate: {command: [sh, -c, 'cat <<END\n\n%s\n\nEND']}}\n"
)
PLUGIN: dict[str, tuple[str, str, dict[str, str]]] = {
    "name": ("name: other", "name: made-by-other\n", {}),
    "env": ("name: mine, env: [{name: A, value: $ARGOCD_APP_NAME}]", "env: web\n", {}),
    "parameters": ("name: mine, parameters: [{name: p, string: given}]", "par: given\n", {}),
}
TABLES = {"helm": HELM, "kustomize": KUSTOMIZE, "directory": DIRECTORY, "plugin": PLUGIN}
FILES = {
    "helm": HELM_FILES,
    "kustomize": KUSTOMIZE_FILES,
    "directory": DIRECTORY_FILES,
    "plugin": {"app/x": ""},
}
STRUCTS = {
    "helm": (HelmOptions,),
    "kustomize": (KustomizeOptions,),
    "directory": (DirectoryOptions, JsonnetOptions),
    "plugin": (PluginOptions,),
}


def test_every_field_is_in_a_table() -> None:
    for kind, structs in STRUCTS.items():
        fields = {name for struct in structs for name in struct.__struct_fields__} - {"jsonnet"}
        assert fields - ELSEWHERE.keys() <= TABLES[kind].keys(), kind
    assert {"name", "value", "code"} == set(JsonnetVariable.__struct_fields__)


WITHOUT = {
    "forceString": "parameters: [{name: a, value: '1'}]",
    "skip_schema_validation": "releaseName: web",
    "common_annotations_envsubst": "commonAnnotations: {b: $ARGOCD_APP_NAME}",
    "force_common_labels": "commonLabels: {a: new}",
    "force_common_annotations": "commonAnnotations: {note: new}",
    "label_without_selector": "commonLabels: {b: c}",
    "label_include_templates": "commonLabels: {b: c}, labelWithoutSelector: true",
    "ignore_missing_components": "components: [../gone]",
    "ignore_missing_value_files": "valueFiles: [gone.yaml, more.yaml]",
    "code": "jsonnet: {tlas: [{name: x, value: '1 + 1'}]}",
}
"""The same options but for the one in question."""

BARE = {
    "helm": "releaseName: web",
    "kustomize": "nameSuffix: ''",
    "directory": "recurse: false",
    "plugin": "name: mine",
}


@pytest.fixture
def options(room: Room, tools: Mapping[str, Path], tmp_path: Path) -> RenderOptions:
    """Two versions of kustomize, two of helm, and two plugins."""
    place, real = tmp_path / "bin", tools["kustomize"]
    place.mkdir()
    mine = place / "kustomize-mine"
    mine.write_text(
        f'#!/bin/sh\n[ "$1" = build ] || exec {real} "$@"\n'
        f"{real} \"$@\" | sed 's/^metadata:/metadata:\\n  finalizers: [built-by: mine]/'\n"
    )
    mine.chmod(0o755)
    (place / "helm3").symlink_to(tools["helm3"])
    plugins = tuple(
        decode(PluginFile(f"{name}.yaml"), (PLUGIN_FILE % (name, GENERATE.replace("made", made))).encode())
        for name, made in (("mine", "made"), ("other", "made-by-other"))
    )
    flags = {"kustomize.buildOptions": ("--enable-helm", Place("argocd-cm.yaml"))}
    path = f"{place}{os.pathsep}{room.path}"
    return RenderOptions(replace(room, path=path), OURS, tools=tools_of(flags), plugins=plugins)


def outcome(root: Path, block: str, options: RenderOptions) -> str:
    try:
        return served(render(application(APP % block), Checkout(root, REVISION), options))
    except SynclineError as error:
        return str(error)


@pytest.mark.parametrize("kind", TABLES)
def test_an_option_does_what_it_says_and_without_it_that_is_not_done(
    kind: str, options: RenderOptions, tmp_path: Path
) -> None:
    def tried(field: str) -> tuple[bool, bool]:
        given, shows, more = TABLES[kind][field]
        root = planted(tree(tmp_path / field), {**FILES[kind], **more})
        sides = (given, WITHOUT.get(field, BARE[kind]))
        made = [outcome(root, f"{kind}: {{{side}}}", options) for side in sides]
        found, bare = ((shows.removeprefix("-") in each) is not shows.startswith("-") for each in made)
        return found, bare

    with ThreadPoolExecutor(2) as pool:
        seen = dict(zip(TABLES[kind], pool.map(tried, TABLES[kind]), strict=True))

    assert seen == dict.fromkeys(TABLES[kind], (True, False))


@pytest.mark.parametrize(
    ("kind", "files", "shows"),
    [
        ("helm: {releaseName: web}", HELM_FILES, ("kube: v1.30.2\n", 'has: "true"\n')),
        (
            "kustomize: {nameSuffix: -x}",
            {**KUSTOMIZE_FILES, **INFLATING},
            ("kube: v1.30.2\n", 'has: "true"\n'),
        ),
        ("plugin: {name: mine}", {"app/x": ""}, ('kube: "1.30.2"\n', "apis: acme.io/v1,acme.io/v2\n")),
    ],
)
def test_what_the_settings_say_of_a_cluster_every_tool_is_told(
    kind: str, files: Mapping[str, str], shows: tuple[str, str], options: RenderOptions, tmp_path: Path
) -> None:
    root = planted(tree(tmp_path), files)
    of_cluster = replace(options, kube_version="v1.30.2-gke.100", api_versions=("acme.io/v1", "acme.io/v2"))

    told, bare = outcome(root, kind, of_cluster), outcome(root, kind, options)

    assert [(each in told, each in bare) for each in shows] == [(True, False)] * 2, told


def test_overrides_are_those_of_the_name_that_argo_cd_has_for_an_application(
    options: RenderOptions, tmp_path: Path
) -> None:
    names = {".argocd-source-web.yaml": "name-", ".argocd-source-team_web.yaml": "instance-"}
    files = {f"app/{name}": f"kustomize: {{namePrefix: {prefix}}}\n" for name, prefix in names.items()}
    root = planted(tree(tmp_path), {**KUSTOMIZE_FILES, **files})

    for namespace, prefix in (("argocd", "name-"), ("team", "instance-")):
        app = application((APP % "").replace("namespace: argocd", f"namespace: {namespace}"))
        assert f"name: {prefix}web\n" in served(render(app, Checkout(root, REVISION), options))


@pytest.mark.parametrize(
    ("size", "says"),
    [("", "add up to more than 10MB"), ("20M", ""), ("0", ""), ("1Ki", "than 1KiB"), ("big", "cmd.yaml:3: ")],
)
def test_a_directory_may_be_as_large_as_the_settings_say(size: str, says: str, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), {"app/a.yaml": DIRECTORY_FILES["app/a.yaml"] + "#" * 11_000_000})
    texts = {SIZE: (size, Place("cmd.yaml", 3))} if size else {}

    found = outcome(
        root, "directory: {recurse: true}", RenderOptions(repositories=OURS, tools=tools_of(texts))
    )

    assert says in found
    assert ("name: a" in found) is (not says), found
