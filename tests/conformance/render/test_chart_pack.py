"""The law of packing: a chart that we packed, with its libraries, renders as helm's own directory does, with
those that helm packs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import CHART, answered, config_map, helm3_first, planted
from syncline.render import chart_build
from syncline.render.chart_pack import packed
from syncline.render.charts import dependencies
from syncline.render.links import Mirror

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

SHOWN = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: "{{ .Chart.Name }}-{{ .Values.suffix | default "x" }}"}
data:
  chart: {{ .Chart | toJson | quote }}
  values: {{ .Values | toJson | quote }}
  under: {{ .Subcharts | toJson | quote }}
{{- range $path, $_ := .Files.Glob "**" }}
  {{ $path | replace "/" "_" | quote }}: {{ $.Files.Get $path | b64enc | quote }}
{{- end }}
"""
IGNORE = """\
# What helm create writes, and more.
.DS_Store
.git/
*.bak
*~
/only-here
sub/*.txt
left-out/
q?.md
# comment
"""


def chart(name: str, more: str = "", version: str = "0.1.0") -> str:
    return f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}"


LIBRARIES: Mapping[str, Mapping[str, str | bytes]] = {
    "plain": {"Chart.yaml": chart("plain"), "values.yaml": "a: 1\n"},
    "rich": {
        "Chart.yaml": chart("rich", "description: »x«\nannotations: {a: b}\nunknown: field\n"),
        "README.md": "r\n",
        "crds/c.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: as.e.com}\n",
        "values.schema.json": '{"type": "object"}',
        "templates/.hidden.yaml": "a: {{ fail }}",
        "templates/sub/more.yaml": config_map("rich-more"),
        "data/with spaces + signs.txt": "\ufeffbom\n",
        "LICENSE": b"\xef\xbb\xbfbytes\xff\n",
    },
    "ignoring": {
        "Chart.yaml": chart("ignoring"),
        ".helmignore": IGNORE,
        "old.bak": "1",
        "sub/old.bak": "1",
        "name~": "1",
        "only-here": "1",
        "sub/only-here": "kept",
        "sub/a.txt": "1",
        "sub/deep/a.txt": "kept",
        "left-out/a": "1",
        "sub/left-out/a": "1",
        "q1.md": "1",
        "q12.md": "kept",
        "templates/never.bak": "{{ fail }}",
    },
    "first": {"Chart.yaml": CHART.replace("v2", "v1").replace("web", "first")},
    "nested": {
        "Chart.yaml": chart(
            "nested",
            "dependencies: [{name: leaf, version: 0.x, repository: 'file://../leaf', alias: twig}]\n",
        ),
        "values.yaml": "twig: {suffix: of-nested}\n",
    },
    "vendoring": {
        "Chart.yaml": chart("vendoring", "dependencies: [{name: inner, version: 0.1.0, repository: ''}]\n"),
        "charts/inner/Chart.yaml": chart("inner"),
        "charts/inner/templates/t.yaml": SHOWN,
        "charts/_passed-over/x": "1",
    },
    "tagged": {"Chart.yaml": chart("tagged", version="v1.2.3-rc.1+build.5")},
    "idle": {"Chart.yaml": chart("idle")},
}
ASKED = {"tagged": ">=1.2.3-0", "plain": "^0.1", "rich": "0.1.x"}
LEAF = {"leaf/Chart.yaml": chart("leaf"), "leaf/templates/t.yaml": SHOWN}
DEPENDENCIES = "".join(
    f"- {{name: {name}, version: '{ASKED.get(name, '0.1.0')}', repository: 'file://../{name}'"
    + {"idle": ", condition: idle.enabled", "plain": ", alias: other, import-values: [data]"}.get(name, "")
    + "}\n"
    for name in LIBRARIES
)
WEB = {
    **{f"app/{path}": text for path, text in {**LIBRARIES["rich"], **LIBRARIES["ignoring"]}.items()},
    "app/charts/there/Chart.yaml": chart("there"),
    "app/charts/there/templates/t.yaml": SHOWN,
    "app/charts/_passed-over": "1",
    "app/templates/NOTES.txt": "{{ .Values | toJson }}",
    "app/templates/_helper.tpl": "",
    "app/Chart.yaml": f"{CHART}dependencies:\n{DEPENDENCIES}",
    "app/values.yaml": "idle: {enabled: false}\nother: {b: 2}\n",
    "app/templates/t.yaml": SHOWN,
}
TREE = {
    **WEB,
    **LEAF,
    **{f"{name}/{path}": text for name, files in LIBRARIES.items() for path, text in files.items()},
    **{f"{name}/templates/t.yaml": SHOWN for name in LIBRARIES},
}


def by_helm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_build, "packed", lambda *_: None)


def copied(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The trees of which copies are made from now on."""
    made: list[Path] = []

    def spied(root: Path, copy: Path) -> Mirror:
        made.append(root)
        return Mirror(root, copy)

    monkeypatch.setattr(chart_build, "Mirror", spied)
    return made


@pytest.mark.parametrize("version", ["3", "4"])
def test_a_chart_of_libraries_that_we_packed_renders_as_with_those_of_helm(
    version: str, room: Room, tools: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = helm3_first(room, tools, tmp_path) if version == "3" else room
    root = planted(tmp_path / "repository", TREE)
    for each in dependencies(root / "app", root):
        archive = packed(each.directory(root / "app"), {})
        assert archive is not None, each.name
        assert archive.answers(each), each.name

    copies = copied(monkeypatch)
    ours = answered(root, "helm: {}", room)
    assert copies == []
    by_helm(monkeypatch)
    theirs = answered(root, "helm: {}", room)
    assert copies

    assert "rich-more" in ours
    assert "of-nested" in ours
    assert "kept" not in ours  # it stands there encoded, as b64enc has it
    assert "sub_only-here" in ours
    assert "sub_a.txt" not in ours
    assert ours == theirs


LEFT_TO_HELM: Mapping[str, Mapping[str, str | bytes]] = {
    "another version": {"Chart.yaml": chart("lib", version="0.2.0")},
    "another name": {"Chart.yaml": chart("library")},
    "a version that is a number": {"Chart.yaml": "apiVersion: v2\nname: lib\nversion: 0.1\n"},
    "no version": {"Chart.yaml": "apiVersion: v2\nname: lib\n"},
    "broken": {"Chart.yaml": "a: [\n"},
    "another kind of chart": {"Chart.yaml": "apiVersion: v3\nname: lib\nversion: 0.1.0\n"},
    "a class of signs": {"Chart.yaml": chart("lib"), ".helmignore": "[ab].txt\n"},
    "what is not ignored": {"Chart.yaml": chart("lib"), ".helmignore": "!a.txt\n"},
    "two stars": {"Chart.yaml": chart("lib"), ".helmignore": "**/a\n"},
    "a link": {"Chart.yaml": chart("lib"), "b.txt": "-> a.txt"},
    "what Git left": {"Chart.yaml": chart("lib"), ".git": "gitdir: elsewhere"},
    "a file of rules that is none": {"Chart.yaml": chart("lib"), ".helmignore/a": "1"},
    "a backslash": {"Chart.yaml": chart("lib"), "a\\b.txt": "1"},
    "a schema that is none": {"Chart.yaml": chart("lib"), "values.schema.json": "{"},
    "too much": {"Chart.yaml": chart("lib"), "big": b"x" * (4 * 1024 * 1024 + 1)},
}


@pytest.mark.parametrize("odd", LEFT_TO_HELM)
def test_what_is_not_plainly_packed_is_left_to_helm(odd: str, tmp_path: Path) -> None:
    asked = "dependencies: [{name: lib, version: 0.1.0, repository: 'file://../lib'}]\n"
    files = {"app/Chart.yaml": CHART + asked, "lib/a.txt": "1"}
    root = planted(tmp_path, {**files, **{f"lib/{name}": text for name, text in LEFT_TO_HELM[odd].items()}})
    (dependency,) = dependencies(root / "app", root)
    archive = packed(root / "lib", {})

    assert archive is None or not archive.answers(dependency)


NOT_ONE_ARCHIVE: Mapping[str, tuple[Mapping[str, str | bytes], str]] = {
    "ignored charts": ({".helmignore": "charts/\n"}, "found in Chart.yaml, but missing in charts/ directory"),
    "ignored archives": ({".helmignore": "*.tgz\n"}, "found in Chart.yaml, but missing in charts/ directory"),
    "charts that is a file": ({"charts": "1"}, "What is called charts is no directory"),
    "charts that is a link to nowhere": ({"charts": "-> nowhere"}, "What is called charts is no directory"),
    "a path of Windows": ({"c:/a": "1"}, "name: lib-x"),
    "a name that leads nowhere": ({"..data/a": "1"}, "name: lib-x"),
    "another one": ({"...": "1"}, "name: lib-x"),
    "what Git left": ({".git": "gitdir: elsewhere"}, "name: lib-x"),
    "what Git left deeper": ({"sub/.git/config": "token"}, "name: lib-x"),
    "lines that end as nowhere else": ({".helmignore": "*.txt\r*.md"}, "name: lib-x"),
    "a long line": ({".helmignore": f"# {'x' * 20_000}"}, "name: lib-x"),
    "an ignored Chart.yaml": ({".helmignore": "Chart.yaml"}, "Chart.yaml file is missing"),
    "a link": ({"b.txt": "-> values.yaml"}, "name: lib-x"),
    "too much": ({"big": b"x" * (4 * 1024 * 1024 - 100)}, "name: lib-x"),
}


@pytest.mark.parametrize("odd", NOT_ONE_ARCHIVE)
def test_a_chart_that_an_archive_could_change_is_read_as_it_lies(
    odd: str, room: Room, tmp_path: Path
) -> None:
    added, said = NOT_ONE_ARCHIVE[odd]
    asked = "dependencies: [{name: lib, version: 0.1.0, repository: 'file://../lib'}]\n"
    files = {
        "app/Chart.yaml": CHART + asked,
        "app/values.yaml": "",
        "lib/Chart.yaml": chart("lib"),
        "lib/templates/t.yaml": SHOWN,
        **{f"app/{name}": text for name, text in added.items()},
    }
    root = planted(tmp_path, files)

    assert packed(root / "app", {"lib-0.1.0.tgz": b"x" * 200}) is None
    answer = answered(root, "helm: {}", room)
    assert said in answer
    assert "git" not in answer


NAMES = ["Chart.yaml", "charts", f"{'long-' * 40}name", "a"]


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name[:12])
@pytest.mark.parametrize("version", ["3", "4"])
def test_a_chart_has_whatever_name_it_has(
    name: str, version: str, room: Room, tools: Mapping[str, Path], tmp_path: Path
) -> None:
    room = helm3_first(room, tools, tmp_path) if version == "3" else room
    asked = "dependencies: [{name: lib, version: 0.1.0, repository: 'file://../lib'}]\n"
    files = {
        "app/Chart.yaml": chart(name, asked),
        "app/templates/t.yaml": config_map("{{ .Chart.Name | lower | trunc 30 }}"),
        "lib/Chart.yaml": chart("lib"),
        "lib/templates/t.yaml": SHOWN,
    }
    root = planted(tmp_path / "repository", files)

    assert packed(root / "app", {}) is not None
    answer = answered(root, "helm: {}", room)
    assert "name: lib-x" in answer
    assert "# app/templates/t.yaml" in answer


def test_helm_says_why_a_library_does_not_do(room: Room, tmp_path: Path) -> None:
    asked = "dependencies: [{name: lib, version: ^2, repository: 'file://../lib'}]\n"
    root = planted(tmp_path, {"app/Chart.yaml": CHART + asked, "lib/Chart.yaml": chart("lib")})

    assert 'can\'t get a valid version for 1 subchart(s): "lib"' in answered(root, "helm: {}", room)


def test_a_charts_folder_that_is_a_link_is_not_written_through(room: Room, tmp_path: Path) -> None:
    asked = "dependencies: [{name: lib, version: 0.1.0, repository: 'file://../lib'}]\n"
    files = {
        "app/Chart.yaml": CHART + asked,
        "app/templates/a.yaml": config_map("a"),
        "app/charts": "-> ../shared",
        "shared/_README.md": "r\n",
        "lib/Chart.yaml": chart("lib"),
        "lib/templates/t.yaml": SHOWN,
    }
    root = planted(tmp_path, files)

    assert "name: lib-x" in answered(root, "helm: {}", room)
    assert [path.name for path in (root / "shared").iterdir()] == ["_README.md"]
