"""Starts runs of the command line in a moment: a process that has imported everything, and forks.

The law: a run is a process of its own, from the command line's entry to its exit code or its death.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


@dataclass
class Runs:
    """Made by `starting_runs`; one run at a time. `pid` is the running one's."""

    process: subprocess.Popen[str]
    output: Path
    _pid: int = 0
    _started: threading.Event = field(default_factory=threading.Event)

    @property
    def pid(self) -> int:
        assert self._started.wait(10), "no run was started"
        return self._pid

    def __call__(self, cwd: Path, environ: Mapping[str, str], *arguments: str) -> int:
        """The exit code; minus the signal's number when it was killed."""
        self._started.clear()
        asked = {
            "cwd": str(cwd),
            "environ": dict(environ),
            "arguments": arguments,
            "output": str(self.output),
        }
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(asked) + "\n")
        stdin.flush()
        self._pid = int(stdout.readline())
        self._started.set()
        return int(stdout.readline())

    @property
    def said(self) -> str:
        """What the last run printed."""
        return self.output.read_text()


@contextmanager
def starting_runs(folder: Path) -> Iterator[Runs]:
    """The starter, ended with the block."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Runs(process, folder / "said.txt")
        stdin: IO[str] | None = process.stdin
        assert stdin is not None
        stdin.close()


def main() -> None:
    import syncline.action
    import syncline.jobs
    import syncline.kube.cluster
    import syncline.terminal

    del syncline
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _become(asked)
        print(pid, flush=True)  # noqa: T201 - this is how it answers
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)  # noqa: T201


def _become(asked: Mapping[str, Any]) -> None:
    from syncline.cli import main as run

    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    output = os.open(asked["output"], os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for old, new in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(old, new)
    sys.argv = ["syncline", *asked["arguments"]]
    code = 1
    try:
        run()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
