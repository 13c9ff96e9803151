"""The only place that starts programs.

The law: a child sees the environment it is given and nothing else, and none outlives its deadline or the run.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from syncline.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


_GRACE: Final = 2.0
"""Seconds between asking a program to end and ending it."""

_TICK: Final = 0.05
_CHUNK: Final = 65536
_STDERR_KEPT: Final = 65536


@dataclass(frozen=True, slots=True)
class Room:
    """Where a program runs: `seconds` it may take, bytes it may print, and as whom when we are root.

    `environ` is all it sees besides PATH, LANG and a HOME that is made for it and removed after it, unless it
    names one itself.  `check` raises when the run was asked to stop.  `late` is what to do
    about one that ran out of time.
    """

    path: str = os.defpath
    environ: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0
    max_output: int = 64 * 1024 * 1024
    uid: int | None = None
    check: Callable[[], None] | None = None
    late: str = "Look for an endless loop or a download; render.timeout in syncline.yaml sets it."


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended. `stderr` is its last 64 KiB."""

    code: int
    stdout: bytes
    stderr: str


def run(argv: Sequence[str], *, cwd: Path, room: Room, stdin: bytes = b"") -> Completed:
    """Run a program to its end.

    Raises ToolError when it is missing, exceeds its time or prints too much, and Interrupted when the run is
    stopped.
    """
    name = Path(argv[0]).name
    uid = _identity(room)
    with _home(room) as home:
        environ = {"PATH": room.path, "LANG": "C.UTF-8", "HOME": str(home), **room.environ}
        try:
            child = subprocess.Popen(  # noqa: S603 - argv is a list of ours; starting programs is what this module is for
                list(argv),
                cwd=cwd,
                env=environ,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                user=uid,
                group=uid,
                extra_groups=None if uid is None else [],
            )
        except FileNotFoundError as error:
            if not cwd.is_dir():
                raise ToolError(f"{name} cannot start: the directory {cwd.name} does not exist.") from error
            raise ToolError(
                f"{name} is not on the PATH.", remedy=f"Install {name}, or use the image."
            ) from error
        except OSError as error:
            raise ToolError(f"{name} cannot start: {error.strerror}.") from error
        with child:
            return _Attendance(child, name, room).attend(stdin)


class _Attendance:
    """Feeds a child and reads what it prints until it ends, or ends it."""

    def __init__(self, child: subprocess.Popen[bytes], name: str, room: Room) -> None:
        self._child = child
        self._name = name
        self._room = room
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._until = time.monotonic() + room.seconds

    def attend(self, stdin: bytes) -> Completed:
        rest = memoryview(stdin)
        with selectors.DefaultSelector() as pipes:
            for pipe in (self._child.stdout, self._child.stderr):
                pipes.register(_blocking_never(pipe), selectors.EVENT_READ)
            pipes.register(_blocking_never(self._child.stdin), selectors.EVENT_WRITE)
            try:
                while pipes.get_map() and not self._is_over():
                    rest = self._turn(pipes, rest, _TICK)
                self._wait()
            finally:
                _end(self._child)
            self._take_the_rest(pipes)
        text = self._stderr.decode("utf-8", "replace")
        return Completed(self._child.returncode, bytes(self._stdout), text)

    def _is_over(self) -> bool:
        if self._room.check is not None:
            self._room.check()
        if time.monotonic() >= self._until:
            raise ToolError(
                f"{self._name} did not finish within {self._room.seconds:g} seconds.", remedy=self._room.late
            )
        return self._child.poll() is not None

    def _wait(self) -> None:
        """It may close its pipes and go on."""
        while not self._is_over():
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_TICK)

    def _take_the_rest(self, pipes: selectors.BaseSelector) -> None:
        """What is in the pipes when it has ended. Somebody who left its group may hold them open for ever."""
        until = time.monotonic() + _GRACE
        while pipes.get_map() and time.monotonic() < until and pipes.select(0):
            self._turn(pipes, memoryview(b""), 0)

    def _turn(self, pipes: selectors.BaseSelector, rest: memoryview, seconds: float) -> memoryview:
        for ready, _ in pipes.select(seconds):
            pipe: IO[bytes] = ready.fileobj  # type: ignore[assignment]
            if pipe is self._child.stdin:
                rest = rest[_write(pipe, rest) :]
                if not rest:
                    pipes.unregister(pipe)
                    pipe.close()
                continue
            chunk = os.read(pipe.fileno(), _CHUNK)
            if not chunk:
                pipes.unregister(pipe)
            elif pipe is self._child.stdout:
                self._keep(chunk)
            else:
                self._stderr += chunk
                del self._stderr[:-_STDERR_KEPT]
        return rest

    def _keep(self, chunk: bytes) -> None:
        if len(self._stdout) + len(chunk) > self._room.max_output:
            size = self._room.max_output // (1024 * 1024)
            raise ToolError(f"{self._name} printed more than {size} MiB.", remedy="Render less at once.")
        self._stdout += chunk


def _blocking_never(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ValueError("a child has three pipes")
    os.set_blocking(pipe.fileno(), False)
    return pipe


def _write(pipe: IO[bytes], data: memoryview) -> int:
    try:
        return os.write(pipe.fileno(), data[:_CHUNK])
    except BlockingIOError:
        return 0
    except BrokenPipeError:
        return len(data)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End whatever the child left running in its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
        except (ProcessLookupError, PermissionError):
            break
        try:
            child.wait(_GRACE)
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def hand_over(path: Path, room: Room) -> None:
    """Give a file or directory to the user that programs run as."""
    uid = _identity(room)
    if uid is not None:
        os.chown(path, uid, uid)


def _identity(room: Room) -> int | None:
    """As whom a program runs; only root can start it as somebody else."""
    return room.uid if os.geteuid() == 0 else None


@contextmanager
def _home(room: Room) -> Iterator[Path]:
    if "HOME" in room.environ:
        yield Path(room.environ["HOME"])
        return
    with tempfile.TemporaryDirectory(prefix="syncline-home-", ignore_cleanup_errors=True) as name:
        hand_over(Path(name), room)
        yield Path(name)
