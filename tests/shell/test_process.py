from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from syncline.errors import Interrupted, ToolError
from syncline.process import Completed, Room, run

PYTHON = "import os, sys, time, subprocess, signal\n"


def python(code: str, room: Room | None = None, stdin: bytes = b"") -> Completed:
    return run([sys.executable, "-c", PYTHON + code], cwd=Path.cwd(), room=room or Room(), stdin=stdin)


def ended(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return True
        if state == "Z":
            return True
        time.sleep(0.01)
    return False


def test_a_child_sees_the_environment_it_is_given_and_a_home_that_does_not_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AMBIENT_TOKEN", "s3cr3t")
    answer = python("print(sorted(os.environ)); print(os.environ['HOME'])", Room(environ={"GIVEN": "1"}))

    names, home = answer.stdout.decode().splitlines()
    assert set(eval(names)) - {"LC_CTYPE"} == {"GIVEN", "HOME", "LANG", "PATH"}
    assert home != os.environ["HOME"]
    assert not Path(home).exists()


def test_megabytes_go_in_and_come_out_and_stderr_is_kept_from_its_end() -> None:
    data = os.urandom(3_000_000)
    code = (
        "d = sys.stdin.buffer.read(); sys.stdout.buffer.write(d[::-1])\n"
        "sys.stderr.write('x' * 300000 + 'the end'); sys.exit(3)"
    )
    answer = python(code, stdin=data)

    assert answer.stdout == data[::-1]
    assert (answer.code, len(answer.stderr), answer.stderr[-7:]) == (3, 65536, "the end")


def test_a_child_that_does_not_read_what_it_is_given_is_no_failure() -> None:
    assert python("os.close(0); print('done')", stdin=b"x" * 1_000_000).stdout == b"done\n"
    assert python("print('done')", stdin=b"x" * 1_000_000).stdout == b"done\n"


def test_a_child_that_closes_its_pipes_and_goes_on_is_waited_for() -> None:
    assert python("os.close(1); os.close(2); time.sleep(.3); os._exit(7)").code == 7


def test_a_deadline_ends_the_child_and_all_that_it_started_however_deaf(tmp_path: Path) -> None:
    code = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "open(os.environ['PIDS'], 'w').write(f'{os.getpid()} {child.pid}')\n"
        "time.sleep(60)"
    )
    pids = tmp_path / "pids"
    began = time.monotonic()

    with pytest.raises(ToolError, match=r"did not finish within 1 seconds\. Look for an endless loop"):
        python(code, Room(seconds=1, environ={"PIDS": str(pids)}))

    assert all(ended(int(pid)) for pid in pids.read_text().split())
    assert time.monotonic() - began < 20


def test_what_a_child_left_behind_in_its_group_ends_with_it() -> None:
    answer = python("print(subprocess.Popen(['sleep', '60']).pid, flush=True)")

    assert ended(int(answer.stdout))


def test_a_daemon_that_keeps_the_pipes_open_keeps_nobody_waiting() -> None:
    """Such as the master of an ssh connection that git left open."""
    code = "print(subprocess.Popen(['sleep', '20'], start_new_session=True).pid, flush=True)"
    began = time.monotonic()
    answer = python(code, Room(seconds=15))

    os.kill(int(answer.stdout), 9)
    assert time.monotonic() - began < 10


def test_a_child_that_prints_too_much_is_ended() -> None:
    with pytest.raises(ToolError, match="printed more than 1 MiB"):
        python("\nwhile True: print('y' * 1000)", Room(max_output=1024 * 1024))


def test_a_request_to_stop_ends_the_child() -> None:
    asked = time.monotonic() + 0.3

    def check() -> None:
        if time.monotonic() > asked:
            raise Interrupted("The run was stopped by SIGINT.")

    began = time.monotonic()
    with pytest.raises(Interrupted):
        python("time.sleep(60)", Room(check=check))
    assert time.monotonic() - began < 20


def test_a_missing_program_or_directory_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        ToolError, match=r"^kustomize is not on the PATH\. Install kustomize, or use the image"
    ):
        run(["kustomize"], cwd=tmp_path, room=Room(path="/nowhere"))
    with pytest.raises(ToolError, match="the directory missing does not exist"):
        run(["git"], cwd=tmp_path / "missing", room=Room())
    (tmp_path / "tool").touch(mode=0o644)
    with pytest.raises(ToolError, match="tool cannot start: Permission denied"):
        run([str(tmp_path / "tool")], cwd=tmp_path, room=Room())
