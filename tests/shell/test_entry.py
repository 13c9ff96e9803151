"""How a process begins and ends: `syncline.entry`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def ended(work: str) -> subprocess.CompletedProcess[str]:
    """A process that does nothing but this work."""
    imports = "import atexit, sys, tempfile, threading, time\nfrom syncline.entry import process"
    # What a shell starts behind its back ignores SIGINT, and so does whatever that starts.
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    script = f"{heeding}\n{imports}\n{work}\nprocess(work)"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("return None", 0),
        ("return 0", 0),
        ("return 7", 7),
        ("sys.exit(11)", 11),
        ("sys.exit()", 0),
        ("sys.exit('no')", 1),
    ],
)
def test_the_exit_code_is_what_the_work_returns_or_exits_with(end: str, code: int) -> None:
    assert ended(f"def work():\n    {end}").returncode == code


def test_all_that_was_said_arrives_in_a_pipe() -> None:
    said = ended(
        "def work():\n    print('x' * 300_000, end='')\n    sys.stderr.write('y' * 300_000)\n    return 3"
    )
    assert (said.returncode, said.stdout, said.stderr) == (3, "x" * 300_000, "y" * 300_000)


def test_what_cleans_up_at_the_end_is_called_and_a_thread_is_waited_for() -> None:
    said = ended(
        "def late():\n    time.sleep(0.2)\n    print('late')\n"
        "def work():\n    atexit.register(print, 'cleaned')\n    threading.Thread(target=late).start()\n"
        "    work.folder = tempfile.TemporaryDirectory()\n    print(work.folder.name)\n    sys.exit(4)"
    )
    folder, *rest = said.stdout.split()
    assert (said.returncode, rest) == (4, ["late", "cleaned"])
    assert not Path(folder).exists()


def test_a_mistake_of_ours_ends_as_ever_with_its_trace() -> None:
    said = ended("def work():\n    raise LookupError('where')")
    assert said.returncode == 1
    assert "LookupError: where" in said.stderr


def test_who_is_stopped_while_it_is_loaded_says_so_and_nothing_else() -> None:
    said = ended("def work():\n    import signal\n    signal.raise_signal(signal.SIGINT)\n    time.sleep(9)")
    assert (said.returncode, said.stderr) == (130, "syncline: The run was stopped by SIGINT.\n")


def test_the_values_of_the_work_are_not_freed_one_by_one() -> None:
    value = "class Value:\n    def __del__(self): print('freed', flush=True)\n"
    assert ended(f"{value}def work():\n    value = Value()\n    sys.exit(0)").stdout == ""


def test_a_reader_that_went_away_is_told_by_the_interpreter() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    script = "from syncline.entry import process\nprocess(lambda: print('x'))"
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with os.fdopen(writing, "w") as pipe:
        command = [sys.executable, "-c", script]
        found = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, env=buffered, check=False)
    assert found.returncode == 120  # as any Python program
