"""Trees that lead out, run for ever or print without measure, and programs that are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

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
from conformance.render.test_bad_input import (
    CHARTED,
    KUSTOMIZED,
    RENDER,
    TOOL,
    Files,
    built,
    charted,
    must_be_one_sentence,
)
from syncline.render import Checkout

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from syncline.room import Room

LINKS: dict[str, tuple[Files, str]] = {
    "plain": ({"app/a.yaml": "-> ../../outside/secret.yaml"}, "app/a.yaml"),
    "any file": ({"app/a.yaml": config_map("a"), "app/b/c.txt": "-> ../../../outside"}, "app/b/c.txt"),
    "kustomize": ({**KUSTOMIZED, "app/x": "-> /etc/passwd"}, "app/x"),
    "a base": (
        {**built("resources: [../base]\n"), "base/kustomization.yaml": "", "base/x": "-> ../../outside"},
        "base/x",
    ),
    "helm": ({**CHARTED, "app/templates/p.txt": "-> ../../../outside/secret.yaml"}, "app/templates/p.txt"),
    "a dependency": (
        {
            **CHARTED,
            "app/Chart.yaml": CHART
            + "dependencies:\n- {name: d, version: 0.1.0, repository: 'file://../d'}\n",
            "d/Chart.yaml": CHART.replace("web", "d"),
            "d/x": "-> /etc/passwd",
        },
        "d/x",
    ),
    "jinja2": ({"app/a.yaml.j2": "{% include 'x' %}", "app/x": "-> ../../outside/secret.yaml"}, "app/x"),
    "a folder": ({"app/a.yaml.j2": "{% include 'x/secret.yaml' %}", "app/x": "-> ../../outside"}, "app/x"),
    "through another": ({"app/a": "-> ../b", "b": "-> ../outside/secret.yaml"}, "app/a"),
}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_that_leads_out_of_the_repository_is_refused_by_every_tool(
    name: str, room: Room, tmp_path: Path
) -> None:
    files, place = LINKS[name]
    planted(tree(tmp_path).parent, {"outside/secret.yaml": config_map("leaked", "hunter2")})
    root = planted(tree(tmp_path), files)

    says = "The symbolic link leads out of the repository. Replace it"
    must_be_one_sentence(answered(root, "", room), RENDER, f"{place}: ", says)


def test_links_in_a_circle_are_no_end(room: Room, tmp_path: Path) -> None:
    root = planted(
        tree(tmp_path),
        {
            "app/a.yaml": config_map("a"),
            "app/b.yaml": "-> c.yaml",
            "app/c.yaml": "-> b.yaml",
            "app/up": "-> ..",
        },
    )

    assert answered(root, "directory: {recurse: true}", room).count("kind: ConfigMap") == 1


@pytest.mark.parametrize(
    ("files", "tool"), [(KUSTOMIZED, "kustomize"), (CHARTED, "helm")], ids=["kustomize", "helm"]
)
def test_a_missing_program_is_named(files: Files, tool: str, room: Room, tmp_path: Path) -> None:
    root = planted(tree(tmp_path), files)

    answer = answered(root, "", replace(room, path=str(tmp_path)))

    assert answer.startswith(f"{int(TOOL)} app: {tool} is not on the PATH. Install {tool}")


ENDLESS: Mapping[str, tuple[Files, str]] = {
    "helm": (
        charted(
            "{{ range until 99999 }}{{ range until 99999 }}{{ range until 9999 }}{{ end }}{{ end }}{{ end }}"
        ),
        "helm",
    ),
    "jsonnet": (
        {"app/a.jsonnet": "local r = std.range(1, 999); [0 for a in r for b in r for c in r if a < 0]"},
        "jsonnet",
    ),
    "jinja2": (
        {
            "app/a.yaml.j2": "{% for i in range(99999) %}{% for j in range(99999) %}"
            "{% for k in range(99999) %}"
            "{% endfor %}{% endfor %}{% endfor %}"
        },
        "jinja2",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_loops_for_ever_is_ended_at_the_deadline(name: str, room: Room, tmp_path: Path) -> None:
    files, tool = ENDLESS[name]
    root = planted(tree(tmp_path), files)

    answer = answered(root, "", replace(room, seconds=0.7))

    must_be_one_sentence(answer, TOOL, "app: ", f"{tool} did not finish within 0.7 seconds. Look for")


PRINTS: Mapping[str, tuple[Files, str]] = {
    "helm": (
        charted(config_map("a") + 'b: {{ range until 9999 }}{{ repeat 99 "0123456789" }}{{ end }}\n'),
        "helm",
    ),
    "jinja2": ({"app/a.yaml.j2": "{% for i in range(99999) %}{{ '0123456789' * 9 }}{% endfor %}"}, "jinja2"),
    "jsonnet": ({"app/a.jsonnet": "{a: std.repeat('0123456789', 222222)}"}, "jsonnet"),
}


@pytest.mark.parametrize("name", PRINTS)
def test_what_prints_without_measure_is_ended(name: str, room: Room, tmp_path: Path) -> None:
    files, tool = PRINTS[name]
    root = planted(tree(tmp_path), files)

    answer = answered(root, "", replace(room, max_output=1024 * 1024))

    must_be_one_sentence(answer, TOOL, "app: ", f"{tool} printed more than 1 MiB. Look for")


ELSEWHERE = {
    "a source": (APP % "", "The source repository 'https://github.com/other/charts' is not this one"),
    "an OCI source": (
        APP.replace("https://github.com/acme/deploy.git", "oci://r.example/x") % "",
        "is asked for without a version. Give targetRevision",
    ),
    "a lender of values": (
        APP.replace(
            "  source:\n    repoURL",
            "  sources:\n  - {repoURL: 'https://github.com/other/charts', ref: v}\n  - repoURL",
        )
        % "helm: {valueFiles: [$v/env.yaml]}",
        "The source repository 'https://github.com/other/charts' is not this one",
    ),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_lies_elsewhere_is_never_taken_from_this_repository(
    name: str, room: Room, tmp_path: Path
) -> None:
    text, says = ELSEWHERE[name]
    text = text.replace("acme/deploy.git", "other/charts") if name == "a source" else text
    root = planted(tree(tmp_path), {**CHARTED, "env.yaml": "a: 1\n"})

    answer = outcome(application(text), Checkout(root, REVISION), room)

    must_be_one_sentence(answer, RENDER, "apps/web.yaml:1: ", says)
