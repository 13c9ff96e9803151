"""Each mistake is one clear sentence with its place, a remedy and the documented exit code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import (
    CHART,
    answered,
    config_map,
    planted,
    tree,
)
from syncline.errors import ExitCode

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.room import Room

Files = dict[str, "str | bytes"]
RENDER, TOOL = ExitCode.RENDER, ExitCode.TOOL
KUSTOMIZED: Files = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": config_map("a")}
CHARTED: Files = {"app/Chart.yaml": CHART, "app/templates/a.yaml": config_map("a")}
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
MARKED = config_map("a") + "x:\n"


def built(text: str, **more: str | bytes) -> Files:
    return {**KUSTOMIZED, "app/kustomization.yaml": text, **{f"app/{k}": v for k, v in more.items()}}


def charted(template: str) -> Files:
    return {"app/Chart.yaml": CHART, "app/templates/a.yaml": template}


# name: (files, the options of the source, how the sentence begins, what else it says)
PLAIN: dict[str, tuple[Files, str, str, str]] = {
    "broken YAML": ({"app/a.yaml": MARKED + " - [\n"}, "", "app/a.yaml:6: ", "not valid YAML"),
    "broken after a good document": (
        {"app/a.yaml": '"apiVersion": v1\n"kind": Secret\n"metadata": {name: a}\n---\na: b: c\n'},
        "",
        "app/a.yaml:5: ",
        "mapping values",
    ),
    "tab": ({"app/a.yaml": MARKED + "\ty: 1\n"}, "", "app/a.yaml:6: ", "tab"),
    "duplicate key": ({"app/a.yaml": MARKED + "x:\n"}, "", "app/a.yaml:6: ", "`x` appears twice"),
    "50 MB": ({"app/a.yaml": b"#" * 50_000_000}, "", "app/a.yaml: ", "more than 10MB"),
    "anchor bomb": ({"app/a.yaml": MARKED + BOMB}, "", "app/a.yaml:12: ", "anchor bomb"),
    "deep nesting": ({"app/a.yaml": MARKED + "  " + "[" * 5000}, "", "app/a.yaml:6: ", "nested deeper"),
    "no UTF-8": ({"app/a.yaml": MARKED.encode() + b"  \xff\n"}, "", "app/a.yaml:6: ", "UTF-8"),
    "no kind": (
        {"app/a.yaml": "# kind:\napiVersion: v1\nmetadata: {name: a}\n"},
        "",
        "app/a.yaml:2: ",
        "has no kind",
    ),
    "no apiVersion": ({"app/a.yaml": "kind: Secret\n"}, "", "app/a.yaml:1: ", "has no apiVersion"),
    "no name": (
        {"app/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {}\n"},
        "",
        "app/a.yaml:1: ",
        "has no metadata.name",
    ),
    "no name in a list": (
        {"app/a.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n"},
        "",
        "app/a.yaml:4: ",
        "has no metadata.name",
    ),
    "name is a number": ({"app/a.yaml": config_map("12")}, "", "app/a.yaml:1: ", "Put it in quotes"),
    "labels are a list": (
        {"app/a.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: a, labels: [b]}\n"},
        "",
        "app/a.yaml:1: ",
        "must be a map",
    ),
    "items are a map": (
        {"app/a.yaml": "apiVersion: v1\nkind: List\nitems: {a: b}\n"},
        "",
        "app/a.yaml:3: ",
        "must be a list",
    ),
    "two JSON values": ({"app/a.json": '{"kind": 1}\n{}\n'}, "", "app/a.json:2: ", "second value"),
    "JSON without a kind": ({"app/package.json": "{}\n"}, "", "app/package.json:1: ", "has no apiVersion"),
    "pointer": (
        {"app/a.yaml": "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n"},
        "",
        "app/a.yaml: ",
        "is a pointer of Git LFS",
    ),
    "missing path": ({"other/a.yaml": ""}, "", "apps/web.yaml:1: ", "'app' does not exist at 0123456"),
    "glob": ({"app/a.yaml": ""}, "directory: {include: '{a'}", "apps/web.yaml:1: ", "a brace is not closed"),
    "unknown plugin": ({"app/a.yaml": ""}, "plugin: {name: cdk8s}", "apps/web.yaml:1: ", "'cdk8s'"),
    "no plugin": ({"app/a.yaml": ""}, "plugin: {}", "apps/web.yaml:1: ", "No plugin finds its files"),
    "override": (
        {"app/a.yaml": "", "app/.argocd-source.yaml": "helm:\n  skipCrds: 3\n"},
        "",
        "app/.argocd-source.yaml:2: ",
        "must be true or false",
    ),
    "override of two kinds": (
        {"app/a.yaml": "", "app/.argocd-source-web.yaml": "helm: {skipCrds: true}\n"},
        "directory: {recurse: true}",
        "app/.argocd-source-web.yaml:1: ",
        "several kinds",
    ),
}
BUILT: dict[str, tuple[Files, str, str, str]] = {
    "URL": (built("resources:\n- https://example.com/x.yaml\n"), "", "app/kustomization.yaml:2: ", "remote"),
    "repository": (
        built("resources: ['github.com/a/b?ref=v1']\n"),
        "",
        "app/kustomization.yaml:1: ",
        "remote",
    ),
    "forced Git": (built("bases: ['git::http://x/y']\n"), "", "app/kustomization.yaml:1: ", "remote"),
    "short for GitHub": (built("resources: ['gh:a/b']\n"), "", "app/kustomization.yaml:1: ", "remote"),
    "a user at a host": (built("resources: ['me@host:a/b']\n"), "", "app/kustomization.yaml:1: ", "remote"),
    "URL of a patch": (
        built("patchesStrategicMerge: ['https://example.com/p.yaml']\n"),
        "",
        "app/kustomization.yaml:1: ",
        "remote",
    ),
    "URL of OpenAPI": (
        built("openapi:\n  path: http://example.com/s.json\n"),
        "",
        "app/kustomization.yaml:2: ",
        "remote",
    ),
    "URL of generated files": (
        built("configMapGenerator:\n- name: a\n  files:\n  - x=https://example.com/f\n"),
        "",
        "app/kustomization.yaml:4: ",
        "remote",
    ),
    "URL in a plugin's file": (
        built(
            "transformers: [t.yaml]\n",
            **{"t.yaml": "apiVersion: builtin\nkind: PatchTransformer\npath: https://example.com/p\n"},
        ),
        "",
        "app/t.yaml:3: ",
        "remote",
    ),
    "outside": (
        built("resources:\n- a.yaml\n- ../../outside\n"),
        "",
        "app/kustomization.yaml:3: ",
        "outside of the repository",
    ),
    "outside by an absolute path": (
        built("crds: [/etc/passwd]\n"),
        "",
        "app/kustomization.yaml:1: ",
        "outside",
    ),
    "missing": (built("resources: [b.yaml]\n"), "", "app/kustomization.yaml:1: ", "does not exist"),
    "no mapping": (
        built("- a\n"),
        "kustomize: {namePrefix: x-}",
        "app/kustomization.yaml: ",
        "kustomize failed",
    ),
    "empty": (built(""), "kustomize: {namePrefix: x-}", "app/kustomization.yaml: ", "kustomize failed"),
    "wrong types": (built("resources: 3\npatches: x\n"), "", "app/kustomization.yaml: ", "kustomize failed"),
    "broken": (built("resources: [\n"), "", "app/kustomization.yaml:1: ", "not valid YAML"),
    "broken resource": (built("resources: [a.yaml]\n", **{"a.yaml": "a: [\n"}), "", "app/kust", "a.yaml"),
    "exec plugin": (
        built(
            "transformers: [t.yaml]\n",
            **{
                "t.yaml": "apiVersion: x/v1\nkind: T\nmetadata:\n  name: t\n  annotations:\n"
                "    config.kubernetes.io/function: 'exec: {path: ./run.sh}'\n",
                "run.sh": "#!/bin/sh\ntouch /tmp/syncline-canary\n",
            },
        ),
        "",
        "app/kustomization.yaml: ",
        "plugin",
    ),
    "legacy plugin": (
        built("generators: [g.yaml]\n", **{"g.yaml": "apiVersion: x/v1\nkind: G\nmetadata: {name: g}\n"}),
        "",
        "app/kustomization.yaml: ",
        "plugin",
    ),
    "chart in a Kustomization": (
        built("helmCharts: [{name: x, repo: 'https://example.com', version: 1.0.0}]\n"),
        "",
        "app/kustomization.yaml: ",
        "helm",
    ),
    "missing component": (KUSTOMIZED, "kustomize: {components: [../no]}", "apps/web.yaml:1: ", "'app/../no'"),
    "component outside": (
        KUSTOMIZED,
        "kustomize: {components: [../../..]}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "patch of nothing": (
        KUSTOMIZED,
        "kustomize: {patches: [{path: no.yaml}]}",
        "apps/web.yaml:1: ",
        "does not exist",
    ),
}
CHARTS: dict[str, tuple[Files, str, str, str]] = {
    "fail": (charted('{{ fail "no replicas" }}'), "", "app/Chart.yaml: ", "no replicas"),
    "template error": (charted("a: 1\nb: {{ .Values.x.y }}\n"), "", "app/Chart.yaml: ", "templates/a.yaml:2"),
    "syntax error": (charted("a: 1\nb: {{ end }}\n"), "", "app/Chart.yaml: ", "templates/a.yaml:2"),
    "broken output": (charted("kind: [\n"), "", "app/Chart.yaml: ", "a.yaml"),
    "suffix trap": ({"app/MyChart.yaml": CHART}, "", "app/Chart.yaml: ", "Chart.yaml"),
    "broken Chart.yaml": ({"app/Chart.yaml": "a: [\n"}, "", "app/Chart.yaml:1: ", "not valid YAML"),
    "missing value file": (
        CHARTED,
        "helm: {valueFiles: [no.yaml]}",
        "apps/web.yaml:1: ",
        "'no.yaml' does not",
    ),
    "value file of another scheme": (
        CHARTED,
        "helm: {valueFiles: ['s3://x/v']}",
        "apps/web.yaml:1: ",
        "not allowed (allowed: http, https)",
    ),
    "value file outside": (
        CHARTED,
        "helm: {valueFiles: [../../../etc/passwd]}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "glob outside": (CHARTED, "helm: {valueFiles: ['../../outside/*']}", "apps/web.yaml:1: ", "leads out"),
    "value file through a link": (
        {**CHARTED, "env.yaml": "-> ../outside/secret.yaml"},
        "helm: {valueFiles: [/env.yaml]}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "file parameter outside": (
        CHARTED,
        "helm: {fileParameters: [{name: a, path: ../../outside/secret.yaml}]}",
        "apps/web.yaml:1: ",
        "leads out",
    ),
    "unknown ref": (CHARTED, "helm: {valueFiles: [$nobody/a.yaml]}", "apps/web.yaml:1: ", "'nobody'"),
    "meaningless glob": (CHARTED, "helm: {valueFiles: ['a**b/*']}", "apps/web.yaml:1: ", "has no meaning"),
    "dependency of a repository that nobody named": (
        {**CHARTED, "app/Chart.yaml": CHART + "dependencies:\n- {name: x, repository: '@team'}\n"},
        "",
        "app/Chart.yaml:5: ",
        "names the unknown repository 'team'. Give its url under remotes.team",
    ),
    "dependency without a repository": (
        {**CHARTED, "app/Chart.yaml": CHART + "dependencies:\n- {name: x, repository: }\n"},
        "",
        "app/Chart.yaml:5: ",
        "not in charts/ and names no repository",
    ),
    "Helm 2": (
        CHARTED,
        "helm: {version: v2}",
        "apps/web.yaml:1: ",
        "Helm v2, which spec.source.helm.version",
    ),
    "a Helm that nobody has": (
        CHARTED,
        "helm: {version: v3.999.0}",
        "apps/web.yaml:1: ",
        "is not on the PATH (helm3 is 3.",
    ),
    "dependency outside": (
        {**CHARTED, "app/Chart.yaml": CHART + "dependencies:\n- {name: x, repository: 'file:///etc'}\n"},
        "",
        "app/Chart.yaml:5: ",
        "leads out",
    ),
    "circle": (
        {**CHARTED, "app/Chart.yaml": CHART + "dependencies:\n- {name: x, repository: 'file://../app'}\n"},
        "",
        "app/Chart.yaml:5: ",
        "depends on the chart that asks",
    ),
    "chart and schema": (
        {**CHARTED, "app/values.schema.json": '{"properties": {"p": {"type": "number"}}}'},
        "helm: {values: 'p: hunter2'}",
        "app/Chart.yaml: ",
        "schema",
    ),
}


def must_be_one_sentence(answer: str, code: ExitCode, begins: str, says: str) -> None:
    assert answer.startswith(f"{int(code)} {begins}"), answer
    assert says in answer
    assert "hunter2" not in answer
    assert not re.search(r"/(tmp|root|work|home)/|Traceback|syncline-", answer), answer


@pytest.mark.parametrize(
    "name", [*PLAIN, *(f"kustomize: {n}" for n in BUILT), *(f"helm: {n}" for n in CHARTS)]
)
def test_a_mistake_is_told_with_its_place(name: str, room: Room, tmp_path: Path) -> None:
    table = {"kustomize": BUILT, "helm": CHARTS}.get(name.partition(":")[0], PLAIN)
    files, options, begins, says = table[name.removeprefix("kustomize: ").removeprefix("helm: ")]
    planted(tree(tmp_path).parent, {"outside/secret.yaml": "password: hunter2\n"})
    root = planted(tree(tmp_path), files)

    answer = answered(root, options, room)

    must_be_one_sentence(answer, RENDER, begins, says)
