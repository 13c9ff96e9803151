"""The wall: what it is built of, who is inside, and what is said where it cannot be built."""

from __future__ import annotations

import os
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from e2e.delivery import Recorder, Repo, config_map
from syncline import cli
from syncline.errors import ConfigError, ToolError
from syncline.jobs.invocation import Invocation
from syncline.limits import Limits
from syncline.process import run
from syncline.report.model import Job
from syncline.room import Room
from syncline.wall import Offer, Wall, inside, offered, without_git

if TYPE_CHECKING:
    from pathlib import Path

needs_wall = pytest.mark.skipif(not offered().is_whole, reason="this kernel has nothing to build a wall with")
ROOM = Room(path=os.environ["PATH"], seconds=20, wall=Wall())


@needs_wall
def test_only_what_is_started_is_inside_and_whoever_starts_it_stays_free(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with ThreadPoolExecutor(4) as threads:
        codes = list(threads.map(lambda _: run(["cat", "file"], cwd=tmp_path, room=ROOM).code, range(12)))
        free = list(threads.map(lambda _: (tmp_path / "file").read_text(), range(12)))

    assert codes == [1] * 12
    assert free == ["mine"] * 12
    with socket.socket() as plain:
        assert plain.fileno() > 0
    assert (
        run(["cat", "file"], cwd=tmp_path, room=replace(ROOM, wall=Wall(read=(tmp_path,)))).stdout == b"mine"
    )


@needs_wall
def test_what_may_be_read_cannot_be_written_and_what_may_be_written_cannot_be_started(tmp_path: Path) -> None:
    for folder in ("read", "written", "started"):
        (tmp_path / folder).mkdir()
        program = tmp_path / folder / "go"
        program.write_text("#!/bin/sh\necho went\n")
        program.chmod(0o755)
    read, written, started = ((tmp_path / name,) for name in ("read", "written", "started"))
    room = replace(ROOM, wall=Wall(read=read, written=written, started=started))

    def can(folder: str, script: str) -> bool:
        return run(["sh", "-c", script], cwd=tmp_path / folder, room=room).code == 0

    able = {
        folder: [can(folder, "cat go"), can(folder, "echo > new"), can(folder, "./go")]
        for folder in ("read", "written", "started")
    }
    assert able == {
        "read": [True, False, False],
        "written": [True, True, False],
        "started": [True, False, True],
    }


@needs_wall
@pytest.mark.parametrize("processes", [0, 100_000], ids=["by itself", "under limits"])
def test_a_program_that_is_named_by_its_path_can_be_started_wherever_it_lies(
    processes: int, tmp_path: Path
) -> None:
    program = tmp_path / "tool"
    program.write_text("#!/bin/sh\necho went\n")
    program.chmod(0o755)

    done = run([str(program)], cwd=tmp_path, room=replace(ROOM, limits=Limits(processes=processes)))

    assert done.stdout == b"went\n"


@needs_wall
@pytest.mark.parametrize(
    "links",
    [
        {"path/tool": "../home/tool"},
        {"path/tool": "other", "path/other": "../home/tool"},
        {"path/tool": "../alternatives/tool", "alternatives/tool": "../home/tool"},
        {"path/tool": "../alternatives/tool", "alternatives": "elsewhere", "elsewhere/tool": "../home/tool"},
    ],
    ids=["one", "two in a folder", "two folders", "a folder that is a link"],
)
def test_a_program_is_found_on_the_path_whichever_links_lead_to_it(
    links: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    program = tmp_path / "home/tool"
    program.write_text("#!/bin/sh\necho went\n")
    program.chmod(0o755)
    for link, target in links.items():
        (tmp_path / link).parent.mkdir(exist_ok=True)
        (tmp_path / link).symlink_to(target)
    (tmp_path / "place").mkdir()

    found = f"{tmp_path / 'path'}{os.pathsep}{os.environ['PATH']}"
    done = run(["tool"], cwd=tmp_path / "place", room=replace(ROOM, path=found))

    assert done.stdout == b"went\n"


def test_a_program_that_is_not_there_is_named_under_limits_too(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="no-such-tool is not on the PATH"):
        run(["no-such-tool"], cwd=tmp_path, room=replace(ROOM, limits=Limits(processes=100_000)))


@needs_wall
def test_what_goes_wrong_inside_is_told_outside() -> None:
    with pytest.raises(FileNotFoundError):
        inside(Wall(), os.defpath, lambda: subprocess.Popen(["/no/such/program"]))


def test_a_clone_is_read_without_its_own_files(tmp_path: Path) -> None:
    for name in (".git/config", "app/a.yaml"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    (tmp_path / "b.yaml").write_text("")

    assert sorted(path.name for path in without_git(tmp_path)) == ["app", "b.yaml"]
    assert without_git(tmp_path / "app") == (tmp_path / "app",)


LACKS = {
    Offer(7, seccomp=True): "",
    Offer(1, seccomp=True): "",
    Offer(0, seccomp=True): "This kernel has no Landlock: renderers may read whatever their user may read.",
    Offer(7, seccomp=False): "This kernel has no seccomp that fits: renderers may use the network.",
    Offer(): "This system has neither Landlock nor seccomp: renderers are not walled in.",
}


@pytest.mark.parametrize("offer", LACKS)
def test_what_is_missing_is_told_in_a_sentence(offer: Offer) -> None:
    assert offer.lacks == LACKS[offer]
    assert offer.is_whole == (not offer.lacks)


APP = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  source: {repoURL: 'https://github.com/acme/walls.git', path: shop}
  destination: {server: 'https://kubernetes.default.svc', namespace: shop}
"""


@pytest.mark.parametrize("asked", ["possible", "required"])
def test_where_no_wall_can_be_built_it_is_said_to_who_debugs_or_nothing_is_rendered(
    asked: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in (
        "syncline.wall.offered",
        "syncline.jobs.rendering.offered",
        "syncline.jobs.session.offered",
    ):
        monkeypatch.setattr(place, Offer)
    repo = Repo.make(tmp_path / "repo", "walls")
    repo.commit(
        {
            "syncline.yaml": f"render: {{wall: {asked}}}\n",
            "apps/shop.yaml": APP,
            "shop/a.yaml.j2": config_map("shop", a="1"),
        }
    )
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "SYNCLINE_DEBUG": "1"}

    try:
        report = cli.run(Invocation(Job.RENDER, repo.root, environ=environ), Recorder())
        problem = next((str(app.problem) for app in report.applications if app.problem), "")
    except ConfigError as error:
        problem = str(error)

    assert (Offer().lacks in problem) is (asked == "required"), problem
    if asked == "possible":
        assert not problem
        assert Offer().lacks in capsys.readouterr().err


def test_limits_stand_for_what_is_started(tmp_path: Path) -> None:
    limits = Limits(space=2**31, file=2**20, processes=100_000)
    script = "ulimit -v; ulimit -f; head -c 3000000 /dev/zero > file"

    done = run(["bash", "-c", script], cwd=tmp_path, room=replace(ROOM, wall=None, limits=limits))

    assert done.code != 0
    assert (tmp_path / "file").stat().st_size == 2**20
