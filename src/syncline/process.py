"""The only place that starts programs.

The law: a child sees the environment it is given and nothing else, and none outlives its deadline or the run.
"""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.errors import ToolError
from syncline.limits import Limits, burden
from syncline.room import Confinement, Room, home_of, identity

if TYPE_CHECKING:
    from collections.abc import Sequence

_GRACE: Final = 2.0
"""Seconds between asking a program to end and ending it."""

_TICK: Final = 0.05
_CHUNK: Final = 65536
_STDERR_KEPT: Final = 65536
_WEIGHED_EVERY: Final = 0.2
"""Seconds; looking at each process of a family costs more than a glance at the clock."""


class Completed(Struct, frozen=True):
    """How a program ended. `stderr` is its last 64 KiB."""

    code: int
    stdout: bytes
    stderr: str


def run(argv: Sequence[str], *, cwd: Path, room: Room, stdin: bytes = b"", name: str = "") -> Completed:
    """Run a program to its end; `name` is what messages call it.

    Raises ToolError when it is missing, exceeds its time or prints too much, and Interrupted when the run is
    stopped.
    """
    name = name or Path(argv[0]).name
    with home_of(room) as home:
        try:
            child = _started(argv, cwd, room, home)
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


def _started(argv: Sequence[str], cwd: Path, room: Room, home: Path) -> subprocess.Popen[bytes]:
    """The child, which has begun. Raises OSError."""
    uid = identity(room)
    environ = {"PATH": room.path, "LANG": "C.UTF-8", "HOME": str(home), **room.environ}

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - argv is a list of ours; starting programs is what this module is for
            _argv(argv, room, cwd),
            cwd=cwd,
            env=environ,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            user=uid,
            group=uid,
            extra_groups=None if uid is None else [],
        )

    if room.wall is None:
        child = start()
    else:
        from syncline.wall import inside

        environ.setdefault("TMPDIR", str(home))
        is_shared = home == room.home
        wall = replace(
            room.wall,
            read=(*room.wall.read, *([home] if is_shared else [])),
            written=(*room.wall.written, *([] if is_shared else [home])),
            started=(*room.wall.started, *([Path(argv[0])] if Path(argv[0]).is_absolute() else [])),
        )
        child = inside(wall, room.path, start)
    if not _is_limited_before(room) and sys.platform == "linux":
        room.limits.set_for(child.pid)
    return child


def _is_limited_before(room: Room) -> bool:
    """Whether the limits stand before the program begins: what it starts at once would escape them, and for
    another user's process they cannot be set in every container.
    """
    return bool(room.limits.processes) or identity(room) is not None


def _limited(argv: Sequence[str], room: Room) -> list[str]:
    flags = room.limits.flags
    if not flags or not _is_limited_before(room):
        return list(argv)
    is_there = "/" in argv[0] or _is_found(argv[0], room.path)  # one that is not is told by its own name
    return ["prlimit", *flags, "--", *argv] if is_there and _is_found("prlimit", room.path) else list(argv)


_FOUND: Final[set[tuple[str, str]]] = set()


def _is_found(name: str, path: str) -> bool:
    """Whether the path has such a program; a renderer is started hundreds of times in a run."""
    if (name, path) not in _FOUND and shutil.which(name, path=path):
        _FOUND.add((name, path))
    return (name, path) in _FOUND


def _argv(argv: Sequence[str], room: Room, cwd: Path) -> list[str]:
    argv = _limited(argv, room)
    if room.confinement is None:
        return argv
    from syncline.confine import confined, search_path

    return confined(
        argv,
        uid=os.geteuid() if identity(room) is None else room.uid or 0,
        hidden=room.confinement.hidden,
        needed=[cwd, *search_path(room.path)],
        network=room.confinement.network,
    )


def can_confine(room: Room) -> bool:
    """Whether this machine lets a program be started apart from the rest."""
    try:
        return run(["true"], cwd=Path("/"), room=replace(room, confinement=Confinement())).code == 0
    except ToolError:
        return False


class _Attendance:
    """Feeds a child and reads what it prints until it ends, or ends it."""

    def __init__(self, child: subprocess.Popen[bytes], name: str, room: Room) -> None:
        self._child = child
        self._name = name
        self._room = room
        self._until = time.monotonic() + room.seconds
        self._weighed = time.monotonic()
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._is_cut = False

    def attend(self, stdin: bytes) -> Completed:
        try:
            with selectors.DefaultSelector() as pipes:
                self._talk(pipes, memoryview(stdin))
            pause = _TICK / 256  # who has closed its pipes has mostly ended as well
            while not _has_ended(self._child):
                self._check()
                time.sleep(pause)
                pause = min(2 * pause, _TICK)
        finally:
            _end(self._child)
        text = self._stderr.decode("utf-8", "replace")
        if self._is_cut:
            # What is left of the line that was cut could be half of a secret, which nobody recognises.
            text = text.partition("\n")[2] or "(one very long line)"
        return Completed(self._child.returncode, bytes(self._stdout), text)

    def _talk(self, pipes: selectors.BaseSelector, rest: memoryview) -> None:
        stdin, stdout, stderr = (pipe.fileno() for pipe in _pipes(self._child))
        os.set_blocking(stdin, False)
        pipes.register(stdin, selectors.EVENT_WRITE)
        pipes.register(stdout, selectors.EVENT_READ, self._take_stdout)
        pipes.register(stderr, selectors.EVENT_READ, self._take_stderr)
        until = None
        while stdout in pipes.get_map() or stderr in pipes.get_map():
            is_late = until is not None and time.monotonic() >= until
            for key, _ in pipes.select(_TICK):
                if key.fd == stdin:
                    rest = self._feed(pipes, rest)
                elif chunk := os.read(key.fd, _CHUNK):
                    key.data(chunk)
                else:
                    pipes.unregister(key.fd)
            if _has_ended(self._child):
                # Whoever still holds its pipes was left behind; one that fled its group is not waited for.
                _signal(self._child, signal.SIGKILL)
                until = until or time.monotonic() + _GRACE
                # Not before a look at the pipes: what it left in them is read, however long we did not run.
                if is_late:
                    return
            self._check()

    def _feed(self, pipes: selectors.BaseSelector, rest: memoryview) -> memoryview:
        pipe, _, _ = _pipes(self._child)
        try:
            rest = rest[os.write(pipe.fileno(), rest[:_CHUNK]) :] if rest else rest
        except BlockingIOError:
            return rest
        except BrokenPipeError:
            rest = rest[:0]
        if not rest:
            pipes.unregister(pipe.fileno())
            pipe.close()
        return rest

    def _take_stdout(self, chunk: bytes) -> None:
        self._stdout += chunk
        if len(self._stdout) > self._room.max_output:
            size = self._room.max_output // (1024 * 1024)
            raise ToolError(
                f"{self._name} printed more than {size} MiB.",
                remedy="Look for a loop that prints endlessly, or split the application.",
            )

    def _take_stderr(self, chunk: bytes) -> None:
        self._stderr += chunk
        self._is_cut = self._is_cut or len(self._stderr) > _STDERR_KEPT
        del self._stderr[:-_STDERR_KEPT]

    def _check(self) -> None:
        if self._room.check is not None:
            self._room.check()
        now = time.monotonic()
        if now >= self._until:
            raise ToolError(
                f"{self._name} did not finish within {self._room.seconds:g} seconds.", remedy=self._room.late
            )
        limits = self._room.limits
        if (limits.processes or limits.memory) and now >= self._weighed + _WEIGHED_EVERY:
            self._weigh(limits)
            self._weighed = time.monotonic()

    def _weigh(self, limits: Limits) -> None:
        number, octets = burden(self._child.pid, enough=limits.processes + 1)
        if number > limits.processes > 0:
            _signal(self._child, signal.SIGKILL)  # asked to end, it would go on in between
            raise ToolError(
                f"{self._name} started more than {limits.processes:,} processes.",
                remedy="Look for a program that starts itself.",
            )
        if octets > limits.memory > 0:
            _signal(self._child, signal.SIGKILL)
            raise ToolError(
                f"{self._name} took more than {limits.memory // 1024**3} GiB of memory.",
                remedy="Look for a loop that collects endlessly, or split the application.",
            )


def _pipes(child: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes], IO[bytes]]:
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise ValueError("every child has three pipes")
    return child.stdin, child.stdout, child.stderr


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    # It is not reaped here: as long as it is not, its number is its group's and nobody else's.
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child, and whatever it left running in its process group."""
    if not _has_ended(child):
        _signal(child, signal.SIGTERM)
        until = time.monotonic() + _GRACE
        while not _has_ended(child) and time.monotonic() < until:
            time.sleep(_TICK / 10)
    _signal(child, signal.SIGKILL)
    child.wait()
