"""Jsonnet fails at a line of its own, imports nothing from elsewhere, and is told apart from what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from conformance.render.kitchen import APP, answered, application, config_map, planted, tree
from syncline.errors import ExitCode
from syncline.render import input_paths

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.room import Room

SECRET = "hunter2"
OBJECT = "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {a: %s}}"

# what: (files below app/, what stands under directory.jsonnet, how the sentence begins, what else it says)
MISTAKES: dict[str, tuple[dict[str, str], str, str, str]] = {
    "syntax": ({"a.jsonnet": "{\n  a: 1\n"}, "", "app/a.jsonnet:", "Expected a comma before next field"),
    "unknown variable": ({"a.jsonnet": "\n\n{a: nope}"}, "", "app/a.jsonnet:3: ", "Unknown variable: nope"),
    "error in an import": (
        {"a.jsonnet": "import 'p.libsonnet'", "p.libsonnet": "\n{a: error 'no replicas'}"},
        "",
        "app/p.libsonnet:2: ",
        "The Jsonnet fails: no replicas.",
    ),
    "assertion": ({"a.jsonnet": "{\n assert false : 'two lines\\nof it',\n}"}, "", "app/a.jsonnet:", "of it"),
    "missing import": ({"a.jsonnet": "{\n a: import 'no'}"}, "", "app/a.jsonnet:2: ", "'no' does not exist"),
    "missing variable": (
        {"a.jsonnet": "{a: std.extVar('x')}"},
        "",
        "app/a.jsonnet:1: ",
        "Undefined external variable: x",
    ),
    "missing argument": ({"a.jsonnet": "function(t) {a: t}"}, "", "app/a.jsonnet", "Missing argument: t"),
    "code of a variable": (
        {"a.jsonnet": "{a: std.extVar('x')}"},
        "extVars: [{name: x, value: '1 +', code: true}]",
        "apps/web.yaml:1: ",
        "(in the extvar x)",
    ),
    "recursion": ({"a.jsonnet": "local f(x) = f(x) + 1; f(1)"}, "", "app/a.jsonnet:1: ", "without an end"),
    "memory": (
        {"a.jsonnet": "std.foldl(function(s, _) std.join('', [s, s, s, s]), std.range(1, 60), 'x')"},
        "",
        "app/a.jsonnet: ",
        "too much time or memory",
    ),
    "a number": ({"a.jsonnet": "1"}, "", "app/a.jsonnet: ", "neither an object nor an array"),
    "an array of numbers": ({"a.jsonnet": "[1]"}, "", "app/a.jsonnet: ", "neither an object nor an array"),
    "no object of Kubernetes": ({"a.jsonnet": "{}"}, "", "app/a.jsonnet: ", "has no apiVersion"),
    "library outside": ({"a.jsonnet": "{}"}, "libs: [../outside]", "apps/web.yaml:1: ", "leads out"),
    "library missing": ({"a.jsonnet": "{}"}, "libs: [vendor]", "apps/web.yaml:1: ", "does not exist"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_jsonnet_is_told_with_its_line(name: str, room: Room, tmp_path: Path) -> None:
    files, options, begins, says = MISTAKES[name]
    root = planted(tree(tmp_path), {f"app/{file}": text for file, text in files.items()})

    answer = answered(root, f"directory: {{jsonnet: {{{options}}}}}" if options else "", room)

    assert answer.startswith(f"{int(ExitCode.RENDER)} {begins}"), answer
    assert says in answer
    assert "Traceback" not in answer
    assert str(tmp_path) not in answer


REACHES = {
    "above": "import '../../outside/secret.libsonnet'",
    "as a text": "importstr '../../outside/secret.libsonnet'",
    "as bytes": "importbin '../../outside/secret.libsonnet'",
    "by an absolute path": "importstr '/etc/passwd'",
    "the process": "importstr '/proc/self/environ'",
    "through a file of ours": "import '../lib/up.libsonnet'",
}


@pytest.mark.parametrize("name", REACHES)
def test_jsonnet_imports_nothing_from_outside_of_the_repository(
    name: str, room: Room, tmp_path: Path
) -> None:
    planted(tree(tmp_path).parent, {"outside/secret.libsonnet": f"'{SECRET}'"})
    root = planted(
        tree(tmp_path),
        {
            "app/a.jsonnet": OBJECT % REACHES[name],
            "lib/up.libsonnet": "import '../../outside/secret.libsonnet'",
        },
    )

    answer = answered(root, "", room)

    assert "leads out of the repository" in answer
    assert answer.startswith(f"{int(ExitCode.RENDER)} ")
    assert SECRET not in answer


def test_jsonnet_follows_no_link_out_of_the_repository(room: Room, tmp_path: Path) -> None:
    planted(tree(tmp_path).parent, {"outside/secret.libsonnet": f"'{SECRET}'"})
    root = planted(
        tree(tmp_path),
        # The link lies outside of the application's own path, so that only the import itself meets it.
        {"app/a.jsonnet": OBJECT % "import '../lib/l'", "lib/l": "-> ../../outside/secret.libsonnet"},
    )

    answer = answered(root, "", room)

    assert "The import '../lib/l' leads out of the repository" in answer
    assert SECRET not in answer


def test_jsonnet_finds_no_variable_of_ours(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_TOKEN", SECRET)
    root = planted(tree(tmp_path), {"app/a.jsonnet": OBJECT % "std.extVar('CANARY_TOKEN')"})

    assert "Undefined external variable: CANARY_TOKEN" in answered(root, "", room)


def test_an_application_reads_what_its_jsonnet_imports_and_what_that_imports(tmp_path: Path) -> None:
    app = application(APP % "directory: {jsonnet: {libs: [vendor]}}")
    root = planted(
        tree(tmp_path),
        {
            "app/a.jsonnet": "import 'k.libsonnet' + importstr \"../texts/t.txt\"",
            "vendor/k.libsonnet": "import 'deep/d.libsonnet'",
            "vendor/deep/d.libsonnet": "{}",
            "texts/t.txt": "",
            "other/o.libsonnet": "",
            "app/b.yaml": config_map("b"),
        },
    )

    found = input_paths(root, app)

    assert {"vendor/k.libsonnet", "vendor/deep/d.libsonnet", "texts/t.txt"} <= found
    # A file that is not there yet would be found before the library's: adding it is a change, too.
    assert "app/k.libsonnet" in found
    assert not any(path.startswith("other") for path in found)
