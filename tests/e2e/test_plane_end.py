"""Planes end with whoever started them, and nothing of them is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plane import control_plane
from plane.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_a_plane_that_was_left_has_no_process_and_no_file(plane_tools: Mapping[str, Path]) -> None:
    with control_plane.running(plane_tools) as brief:
        pids = [program.process.pid for program in brief.programs]
        assert all(is_alive(pid) for pid in pids)

    assert len(pids) == 5
    assert not any(is_alive(pid) for pid in pids)
    assert not brief.site.directory.exists()


linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux ends a child together with its parent"
)


def owner_of(script: str, *arguments: str) -> subprocess.Popen[str]:
    """A process that has a plane's programs; the first line that it prints are their pids."""
    environ = dict(os.environ) | {"PYTHONPATH": str(Path(control_plane.__file__).parents[1])}
    # Under `nohup`, which is inherited, nobody would end by SIGHUP.
    heeding = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
    command = [sys.executable, "-c", f"{heeding}{script}    sys.stdin.read()\n", *arguments]
    return subprocess.Popen(command, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def assert_gone_with(owner: subprocess.Popen[str], sent: signal.Signals, count: int) -> None:
    with owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        owner.send_signal(sent)
        owner.wait(60)

        assert len(pids) == count
        wait_until(lambda: not any(is_alive(pid) for pid in pids), "all are gone", (), seconds=30)


@linux_only
def test_a_plane_does_not_outlive_a_killed_owner(plane_tools: Mapping[str, Path], tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from plane import control_plane\n"
        "tools = dict(line.split('=', 1) for line in sys.argv[2:])\n"
        "tools = {name: Path(path) for name, path in tools.items()}\n"
        "with control_plane.running(tools, Path(sys.argv[1])) as plane:\n"
        "    print(*[program.process.pid for program in plane.programs], flush=True)\n"
    )
    tools = (f"{name}={path}" for name, path in plane_tools.items())
    assert_gone_with(owner_of(script, str(tmp_path), *tools), signal.SIGKILL, 5)


@linux_only
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_no_program_on_the_leash_outlives_its_owner(tmp_path: Path, sent: signal.Signals) -> None:
    script = (
        "import sys; from pathlib import Path; from plane.processes import start\n"
        "sleeping = [start(Path('/bin/sleep'), ['300'], Path(sys.argv[1])) for _ in range(3)]\n"
        "print(*[program.process.pid for program in sleeping], flush=True)\n"
        "if sleeping:\n"
    )
    assert_gone_with(owner_of(script, str(tmp_path / "log")), sent, 3)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with suppress(FileNotFoundError, ProcessLookupError):
        # What has ended stays until somebody asks how; the first process of some machines takes its time.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return sys.platform != "linux"
