"""What is made to exhaust the machine is ended with a sentence, and nothing of it is left running."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from conformance.render.kitchen import answered, config_map, planted, tree
from conformance.render.test_bad_input import (
    BOMB,
    CHARTED,
    RENDER,
    TOOL,
    Files,
    charted,
    must_be_one_sentence,
)
from conformance.render.test_chart_archives import followed_by_nothing
from conformance.render.test_plugin import made, shell
from syncline.limits import Limits
from syncline.process import can_confine
from syncline.render import options
from syncline.render import plugin as source_plugins

if TYPE_CHECKING:
    from syncline.room import Room

MEMORY: dict[str, tuple[Files, str, str]] = {
    "helm: one long text": (
        charted('{{ repeat 1000000000 "0123456789" | len }}'),
        "app/Chart.yaml: ",
        "helm needs more memory than the 4 GiB that a renderer may have.",
    ),
    "helm: a text that doubles": (
        charted('{{ $a := repeat 99999 "0123456789" }}{{ range until 40 }}{{ $a = cat $a $a }}{{ end }}'),
        "app/",
        "helm ",
    ),
    "helm: a template that calls itself": (
        charted('{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'),
        "app/Chart.yaml: ",
        "helm failed",
    ),
    "jsonnet: one long text": (
        {"app/a.jsonnet": "{a: std.repeat('0123456789', 1000000000)}"},
        "app/",
        "jsonnet",
    ),
    "jsonnet: a list that doubles": (
        {"app/a.jsonnet": "local d(a, n) = if n < 1 then a else d(a + a, n - 1); {a: d([1], 40)}"},
        "app/a.jsonnet",
        "time or memory",
    ),
    "jinja2: a list that doubles": (
        {
            "app/a.yaml.j2": "{% set n = namespace(a=[1]) %}"
            "{% for i in range(40) %}{% set n.a = n.a + n.a %}{% endfor %}"
        },
        "app/a.yaml.j2:1: ",
        "memory",
    ),
    "kustomize: an anchor bomb": (
        {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": config_map("a") + "x:\n" + BOMB},
        "app/",
        "",
    ),
}


@pytest.mark.parametrize("name", MEMORY)
def test_a_source_that_takes_all_memory_is_told_in_a_sentence(
    name: str, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A quarter of it is as good, and much sooner full.
    monkeypatch.setattr(options, "LIMITS", replace(options.LIMITS, space=1536 * 1024**2))
    files, begins, says = MEMORY[name]
    root = planted(tree(tmp_path), files)
    began = time.monotonic()

    answer = answered(root, "", room)

    code = TOOL if answer.startswith(f"{int(TOOL)} ") else RENDER
    must_be_one_sentence(answer, code, begins if code is RENDER else "", says)
    assert "goroutine" not in answer
    assert len(answer) < 1000
    assert time.monotonic() - began < 25


def test_a_packed_chart_that_is_a_bomb_is_refused(room: Room, tmp_path: Path) -> None:
    import tarfile

    huge = tarfile.TarInfo("d/templates/x")
    huge.size = 400 * 1024 * 1024
    root = planted(tree(tmp_path), {**CHARTED, "app/charts/d-1.0.0.tgz": followed_by_nothing(huge, 400)})

    must_be_one_sentence(answered(root, "", room), RENDER, "app/Chart.yaml: ", "maximum")


FORKS = "while :; do sleep 60 & done"
LASTING = "import os, time\nwhile True:\n  if os.fork() == 0: os.setsid(); time.sleep(60)\n"
EATS = f"{sys.executable} -c \"a = []\nwhile True: a.append(bytearray(b'x' * 10000000))\""
BOMBS = {
    "processes": (FORKS, ("started more than 60 processes.", "Cannot fork", "did not finish")),
    "processes that leave": (
        f"python3 -c '{LASTING}'",
        ("started more than 60", "unavailable", "did not finish"),
    ),
    "memory": (EATS, ("sh took more than 1 GiB of memory.",)),
    "a file": ("yes > file; echo full >&2; exit 3", ("full", "File size limit exceeded")),
}


@pytest.mark.parametrize("apart", ["by namespaces", "by the wall"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_plugin_that_is_a_bomb_is_ended_and_leaves_nothing(
    name: str, apart: str, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, says = BOMBS[name]
    if apart == "by the wall":
        if name == "processes that leave":
            pytest.skip("without namespaces nobody finds them again")
        if name == "processes" and os.geteuid() == 0:
            room = as_somebody(room, tmp_path)  # no kernel counts root's
        monkeypatch.setattr(source_plugins, "_can_be_apart", lambda _: False)
    elif not can_confine(room):
        pytest.skip("no user namespaces")
    limits = Limits(file=1024**2, processes=60, memory=1024**3)
    monkeypatch.setattr(source_plugins, "_LIMITS", limits)
    root = planted(tree(tmp_path), {"app/x": ""})

    answer = made(root, [shell(script)], replace(room, seconds=4))

    assert any(each in answer for each in says), answer
    assert [path.name for path in root.parent.iterdir()] == ["tree"]
    until = time.monotonic() + 5
    while _running_below(root.parent) and time.monotonic() < until:
        time.sleep(0.05)  # the kernel takes a moment to bury so many
    assert not _running_below(root.parent)


def as_somebody(room: Room, scratch: Path) -> Room:
    """The room of the image, where renderers are a user of their own."""
    for folder in (scratch, *scratch.parents):
        if Path(tempfile.gettempdir()) in folder.parents:
            folder.chmod(0o711)
    return replace(room, uid=65532)


def _running_below(place: Path) -> list[str]:
    """The processes that stand in a directory that is gone, or below one that is not."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = os.readlink(process / "cwd")  # noqa: PTH115 - what is gone is no path
        except OSError:
            continue
        if where.startswith(str(place)):
            found.append(f"{process.name} {where}")
    return found
