"""Whoever takes over a renderer finds no credential, no network and no other process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from conformance.render.kitchen import CHART, answered, config_map, planted, tree
from conformance.render.test_clean_room import canary
from conformance.render.test_plugin import made, plugin
from syncline.appsets.gotemplates import PROGRAM, render_templates
from syncline.config.appset.questions import GoTemplate
from syncline.errors import ToolError
from syncline.process import can_confine, run
from syncline.render import jinja, jsonnet
from syncline.render import plugin as source_plugins
from syncline.room import Room
from syncline.wall import Wall, offered

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECRET = "hunter2-is-not-here"
THIEF = Path(__file__).with_name("thief.py")

pytestmark = pytest.mark.skipif(not offered().is_whole, reason="this kernel has nothing to build a wall with")


class House:
    """Canaries wherever people and runners keep what they log in with, and a program that looks for them."""

    def __init__(self, scratch: Path, port: int) -> None:
        self.home = scratch / "home"
        self.clone = scratch / "clone"
        self.bin = scratch / "bin"
        self.agents = Path(os.devnull)
        files = {
            "home/.kube/config": SECRET,
            "home/.docker/config.json": SECRET,
            "home/.ssh/id_ed25519": SECRET,
            "home/.gitconfig": SECRET,
            "clone/.git/config": f"[http]\n\textraheader = AUTHORIZATION: basic {SECRET}\n",
            "runner/_temp/event.json": SECRET,
            "syncline-tree-other/tree/secret.yaml": SECRET,
        }
        planted(scratch, files)
        self.programs = [scratch / "clone/run.sh", tree(scratch) / "app/run.sh"]
        for program in self.programs:
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\nexit 0\n")
            program.chmod(0o755)
        self.bin.mkdir()
        shutil.copy(THIEF, self.bin / "thief.py")
        self._loot = {
            "canary": SECRET,
            "files": [str(scratch / name) for name in files],
            "folders": [str(scratch / "home/.kube"), str(self.clone / ".git"), str(scratch / "runner/_temp")],
            "programs": list(map(str, self.programs)),
            "pid": os.getpid(),
            "port": port,
        }

    def listening(self, stack: ExitStack) -> None:
        """Sockets as an agent for SSH keys and the engine of containers have them."""
        # In a place of its own: the path of a socket has 107 signs at most, and a test's directory many.
        self.agents = Path(stack.enter_context(TemporaryDirectory(prefix="agents-")))
        names = [str(self.agents / "agent.sock"), f"\0syncline-{os.getpid()}"]
        for name in names:
            agent = stack.enter_context(socket.socket(socket.AF_UNIX))
            agent.bind(name)
            agent.listen()
        (self.bin / "thief.json").write_text(json.dumps({**self._loot, "sockets": names}))

    def replacing(self, *programs: str) -> None:
        for program in programs:
            file = self.bin / program
            file.write_text(f'#!/bin/sh\nexec {sys.executable} -I {self.bin}/thief.py "$@"\n')
            file.chmod(0o755)


@contextmanager
def burgled(scratch: Path) -> Iterator[tuple[House, list[str]]]:
    with ExitStack() as stack:
        url, visits = stack.enter_context(canary())
        house = House(scratch, int(url.rpartition(":")[2]))
        house.listening(stack)
        yield house, visits


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("CANARY_TOKEN", SECRET)
    with burgled(tmp_path) as (house, visits):
        yield house
        assert visits == []


def loot(text: str) -> list[str]:
    found: list[str] = json.loads(text[text.index("[") : text.rindex("]") + 1])
    return found


def test_without_a_wall_the_thief_finds_nearly_everything(room: Room, tmp_path: Path) -> None:
    with burgled(tmp_path) as (house, _):
        argv = [sys.executable, "-I", str(house.bin / "thief.py")]
        found = loot(json.loads(run(argv, cwd=tmp_path, room=room).stdout)["error"])

    kinds = {name.partition(" ")[0] for name in found}
    assert {"read", "list", "write", "start", "signal", "connect", "datagram", "listen", "socket"} <= kinds
    assert "files of the parent" in found


FILES: dict[str, str | bytes] = {
    "app/kustomization.yaml": "resources: [a.yaml]\n",
    "app/a.yaml": config_map("a"),
    "app/Chart.yaml": CHART,
    "app/values.yaml": "a: 1\n",
    "app/templates/a.yaml": config_map("a"),
    "app/a.jsonnet": "{}",
    "app/a.yaml.j2": config_map("a"),
}
WAYS = {
    "helm": "helm: {valueFiles: [values.yaml]}",
    "kustomize": "kustomize: {}",
    "kustomize edit": "kustomize: {namePrefix: x-}",
    "jinja2": "plugin: {name: jinja2}",
    "jsonnet": "directory: {include: '*.jsonnet'}",
}


@pytest.mark.parametrize("way", WAYS)
def test_whoever_takes_the_place_of_a_renderer_steals_nothing(
    way: str, house: House, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.replacing("helm", "kustomize")
    for child in (jinja, jsonnet):
        monkeypatch.setattr(child, "_CHILD", house.bin / "thief.py")
    root = planted(tree(tmp_path), FILES)

    answer = answered(root, WAYS[way], replace(room, path=f"{house.bin}{os.pathsep}{room.path}"))

    assert loot(answer) == [], answer


def test_whoever_takes_the_place_of_the_program_for_go_templates_steals_nothing(
    house: House, room: Room
) -> None:
    house.replacing(PROGRAM)
    question = GoTemplate('"{{ .a }}"', "{}", ())

    try:
        answer: Any = render_templates([question], replace(room, path=f"{house.bin}{os.pathsep}{room.path}"))
    except ToolError as error:
        answer = str(error)

    assert SECRET not in str(answer)
    direct = run(
        [PROGRAM],
        cwd=Path("/"),
        room=replace(room, path=f"{house.bin}{os.pathsep}{room.path}", wall=Wall()),
    )
    assert loot(json.loads(direct.stdout)["error"]) == []


HARMLESS = {"become another root", "start app/run.sh"}
"""In namespaces of its own a plugin may be whoever it likes, and start what the checkout brings."""


@pytest.mark.parametrize("apart", ["by namespaces", "by the wall"])
def test_a_plugin_that_steals_finds_nothing(
    apart: str, house: House, room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if apart == "by the wall":
        monkeypatch.setattr(source_plugins, "_can_be_apart", lambda _: False)
    elif not can_confine(room):
        pytest.skip("no user namespaces")
    house.replacing("helm")
    root = planted(tree(tmp_path), FILES)
    hidden = (house.home, house.clone, tmp_path / "runner", tmp_path / "syncline-tree-other")
    maker = plugin("generate: {command: [helm, x]}")

    answer = made(
        root,
        [maker],
        replace(room, path=f"{house.bin}{os.pathsep}{room.path}"),
        hidden=(*hidden, house.agents),
        strangers=False,
    )

    assert {*loot(answer)} <= (HARMLESS if apart == "by namespaces" else set()), answer


NOWHERE_TO_BE_ROOT = """\
echo 0 > /proc/sys/user/max_user_namespaces && unshare --user true 2> /dev/null && exit 9
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
"""


@pytest.mark.skipif("SYNCLINE_REFUSED" in os.environ, reason="it is this test")
def test_all_of_it_holds_without_a_right_where_user_namespaces_are_refused(
    developer_environ: Mapping[str, str], tmp_path: Path
) -> None:
    """As in a container of GitHub's, or under Ubuntu's AppArmor."""
    pick = "steals or network_finds or prepares_and_generates"
    tests = [str(Path(__file__)), str(Path(__file__).with_name("test_plugin.py"))]
    options = ["-q", "-p", "no:cacheprovider", "--basetemp", str(tmp_path / "within"), "-k", pick]
    argv = [sys.executable, "-m", "pytest", *options, *tests]
    apart = ["unshare", "--user", "--map-root-user", "sh", "-c", NOWHERE_TO_BE_ROOT, "sh"]
    environ = {**developer_environ, "SYNCLINE_REFUSED": "1"}

    done = run(
        [*apart, *argv],
        cwd=Path(__file__).parents[3],
        room=Room(path=os.environ["PATH"], environ=environ, seconds=120),
    )

    said = done.stdout.decode()
    assert done.code == 0, said + done.stderr
    assert " passed" in said
    assert "by namespaces" not in said
