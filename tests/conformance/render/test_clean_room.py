"""Rendering is running somebody else's program: it gets the repository's files and nothing else."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from conformance.render.kitchen import CHART, answered, config_map, planted, tree
from listening import answering
from syncline.errors import ToolError
from syncline.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.room import Room

SECRET = "hunter2"


@contextmanager
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server that notes who comes."""
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            return

    with answering(Handler) as url:
        yield url, visits


CURIOUS_CHART = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: curious}
data:
  looked: {{ lookup "v1" "Secret" "" "" | toJson | quote }}
  host: {{ getHostByName "localhost" | quote }}
  file: {{ .Files.Get "../../outside/secret.yaml" | quote }}
  root: {{ .Files.Get "/etc/passwd" | quote }}
  all: {{ range $name, $_ := .Files.Glob "../**" }}{{ $name }}{{ end }}.
"""


def test_a_chart_finds_no_cluster_no_host_and_no_file_but_its_own(room: Room, tmp_path: Path) -> None:
    planted(tree(tmp_path).parent, {"outside/secret.yaml": SECRET})
    root = planted(tree(tmp_path), {"app/Chart.yaml": CHART, "app/templates/a.yaml": CURIOUS_CHART})

    answer = answered(root, "", room)

    assert 'all: "."\n  file: ""\n  host: ""\n  looked: "{}"\n  root: ""\n' in answer


@pytest.mark.parametrize("function", ["env", "expandenv"])
def test_a_chart_cannot_ask_for_the_environment(function: str, room: Room, tmp_path: Path) -> None:
    text = f'{{{{ {function} "HOME" }}}}'
    root = planted(tree(tmp_path), {"app/Chart.yaml": CHART, "app/templates/a.yaml": text})

    assert f'function "{function}" not defined' in answered(root, "", room)


def test_a_kustomization_that_copies_variables_finds_none_of_ours(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", SECRET)
    maker = "configMapGenerator:\n- name: env\n  envs: [names.env]\n"
    root = planted(
        tree(tmp_path), {"app/kustomization.yaml": maker, "app/names.env": "CANARY_TOKEN\nHOME\nKUBECONFIG\n"}
    )

    answer = answered(root, "", room)

    assert "CANARY_TOKEN" in answer
    assert SECRET not in answer
    assert os.environ["HOME"] not in answer


def test_no_source_reaches_the_network(room: Room, tmp_path: Path) -> None:
    with canary() as (url, visits):
        schema = f'{{"$id": "{url}/id", "properties": {{"a": {{"$ref": "b.json"}}}}}}'
        remote = CHART + f"dependencies:\n- {{name: x, version: 1.0.0, repository: '{url}'}}\n"
        tries = {
            "chart": {"Chart.yaml": remote, "templates/a.yaml": config_map("a")},
            "schema": {"Chart.yaml": CHART, "values.schema.json": schema},
            "ref": {"Chart.yaml": CHART, "values.schema.json": f'{{"$ref": "{url}/s.json"}}'},
            "sub": {
                "Chart.yaml": CHART,
                "charts/s/Chart.yaml": CHART.replace("web", "s"),
                "charts/s/values.schema.json": schema,
            },
            "resource": {"kustomization.yaml": f"resources: ['{url}/a.yaml']\n"},
            "patch": {"kustomization.yaml": f"patches: [{{path: '{url}/a.yaml'}}]\n"},
            "crd": {"kustomization.yaml": f"openapi: {{path: '{url}/a.yaml'}}\n"},
            "nested": {
                "kustomization.yaml": "resources: [b]\n",
                "b/kustomization.yaml": f"crds: ['{url}/a']\n",
            },
            "generator": {
                "kustomization.yaml": "generators:\n- |\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n"
                f"  metadata: {{name: a}}\n  files: ['a={url}/x']\n"
            },
            "include": {"a.yaml.j2": f"{{% include '{url}/x' %}}"},
        }
        for name, files in tries.items():
            root = planted(tree(tmp_path / name), {f"app/{file}": text for file, text in files.items()})
            answer = answered(root, "", room)
            assert answer.startswith("4 app"), (name, answer)
        assert answered(root, f"helm: {{valueFiles: ['{url}/v.yaml']}}", room).startswith("4 ")

    assert visits == []


def _may_start(program: str, room: Room, cwd: Path) -> bool:
    try:
        return run([program, "-c", "import jinja2"], cwd=cwd, room=room).code == 0
    except ToolError:
        return False


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as somebody else")
def test_as_root_every_tool_works_as_the_user_of_the_room(
    room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == getpass.getuser() and Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o711)
    # The tools may lie in a home that nobody else may enter.
    tools_too = tmp_path / "bin"
    tools_too.mkdir()
    for tool in ("helm", "kustomize"):
        shutil.copy(tools[tool], tools_too)
    somebody = replace(room, uid=65532, path=f"{tools_too}{os.pathsep}{room.path}")
    dependency = "dependencies:\n- {name: d, version: 0.1.0, repository: 'file://../d'}\n"
    chart = {
        "app/Chart.yaml": CHART + dependency,
        "d/Chart.yaml": CHART.replace("web", "d"),
        "d/templates/a.yaml": config_map("a"),
    }
    tries = {
        "helm": (chart, "helm: {values: 'a: 1'}"),
        "kustomize": (
            {"app/kustomization.yaml": "resources: [a.yaml]", "app/a.yaml": config_map("a")},
            "kustomize: {namePrefix: x-}",
        ),
        "jinja2": ({"app/a.yaml.j2": config_map("a")}, ""),
    }
    if not _may_start(sys.executable, somebody, tmp_path):
        del tries["jinja2"]  # this Python lies where only root may go
    for name, (files, options) in tries.items():
        root = planted(tree(tmp_path / name), files)

        assert "kind: ConfigMap" in answered(root, options, somebody), name
        assert all(path.stat().st_uid == 0 for path in root.rglob("*"))


def test_rendering_changes_nothing_and_leaves_nothing(room: Room, tmp_path: Path) -> None:
    kustomization = "resources: [a.yaml]\n"
    root = planted(tree(tmp_path), {"app/kustomization.yaml": kustomization, "app/a.yaml": config_map("a")})

    assert "x-a" in answered(root, "kustomize: {namePrefix: x-}", room)
    assert (root / "app/kustomization.yaml").read_text() == kustomization
    assert [path.name for path in root.parent.iterdir()] == ["tree"]
