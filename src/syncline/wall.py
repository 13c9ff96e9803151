"""The wall around programs that work for strangers: Linux' Landlock and seccomp.

The law: what a walled program may read, write and start is listed and nothing else is there for it; it opens
no socket, looks into no other process and signals none; and neither it nor what it starts can climb back.

Both hold for one thread and for what that thread starts.  So a thread is walled in, starts the program and
ends: no helper program is needed, nor a right, nor a user namespace, and a start takes no longer than before.
"""

from __future__ import annotations

import os
import platform
import stat
import struct
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from syncline.premises import DEVICES, SYSTEM_FILES, started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")


class Wall(Struct, frozen=True):
    """What lies inside: besides the system's programs and libraries, what is listed here.

    Directories stand for what is below them.  What may be `written` may be read, too.  Without `files` the
    program sees every file, and only what it may ask of the kernel is walled.
    """

    read: tuple[Path, ...] = ()
    written: tuple[Path, ...] = ()
    started: tuple[Path, ...] = ()
    network: bool = False
    files: bool = True


class Offer(Struct, frozen=True):
    """What this kernel has to build with: `landlock` is the version of its interface, 0 for none."""

    landlock: int = 0
    seccomp: bool = False

    @property
    def lacks(self) -> str:
        """A sentence on what is missing; empty when nothing is."""
        if not self.landlock and not self.seccomp:
            return "This system has neither Landlock nor seccomp: renderers are not walled in."
        if not self.landlock:
            return "This kernel has no Landlock: renderers may read whatever their user may read."
        if not self.seccomp:
            return "This kernel has no seccomp that fits: renderers may use the network."
        return ""

    @property
    def is_whole(self) -> bool:
        """Whether files and network both lie behind it."""
        return self.seccomp and self.landlock > 0

    @property
    def parts_processes(self) -> bool:
        """Whether signals are stopped, too; looking into other processes always is."""
        return self.seccomp and self.landlock >= _WITH_SCOPES


_WITH_NETWORK: Final = 4
_WITH_SCOPES: Final = 6


# Landlock's rights, by the version of the interface that brought them (landlock.h).
_EXECUTE: Final = 1 << 0
_WRITE_FILE: Final = 1 << 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_FIRST_RIGHTS: Final = (1 << 13) - 1
_REFER: Final = 1 << 13
_TRUNCATE: Final = 1 << 14
_IOCTL_DEV: Final = 1 << 15
_RIGHTS_SINCE: Final = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL_DEV}
_OF_FILES: Final = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_READ: Final = _READ_FILE | _READ_DIR
_START: Final = _READ | _EXECUTE
_TCP: Final = 0b11
_SCOPES: Final = 0b11
"""Abstract sockets of others, and signals to them."""

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH: Final = 1

_NO_NEW_PRIVS: Final = 38
_SET_FILTER, _IS_AVAILABLE, _SPEC_ALLOW = 1, 2, 4
_ERRNO: Final = 0x00050000
_ALLOW: Final = 0x7FFF0000
_EPERM, _EACCES, _ENOSYS = 1, 13, 38
_X32: Final = 0x40000000


class _Machine(Struct, frozen=True):
    """A processor's word for itself, and its numbers of the calls that are refused."""

    audit: int
    seccomp: int
    socket: int
    others: tuple[int, ...]
    io_uring: int = 425
    has_x32: bool = False


# ptrace, process_vm_readv, process_vm_writev, add_key, request_key, keyctl, perf_event_open, bpf, pidfd_getfd
_MACHINES: Final = {
    "x86_64": _Machine(0xC000003E, 317, 41, (101, 310, 311, 248, 249, 250, 298, 321, 438), has_x32=True),
    "aarch64": _Machine(0xC00000B7, 277, 198, (117, 270, 271, 217, 218, 219, 241, 280, 438)),
}


@lru_cache(maxsize=1)
def offered() -> Offer:
    """What can be built with here."""
    machine = _machine()
    if machine is None:
        return Offer()
    version = _call(_CREATE_RULESET, None, 0, 1)
    action = struct.pack("=I", _ERRNO)
    return Offer(max(version, 0), seccomp=_call(machine.seccomp, _IS_AVAILABLE, 0, action) == 0)


def inside(wall: Wall, path: str, start: Callable[[], T]) -> T:
    """What `start` answers, called inside the wall; `path` is where programs are found."""
    answers: list[T] = []
    troubles: list[BaseException] = []

    def begin() -> None:
        try:
            _enter(wall, path)
            answers.append(start())
        except BaseException as error:  # noqa: BLE001 - it is raised again where somebody waits for it
            troubles.append(error)

    thread = threading.Thread(target=begin, name="syncline-wall")
    thread.start()
    thread.join()
    if troubles:
        raise troubles[0]
    return answers[0]


def without_git(root: Path) -> tuple[Path, ...]:
    """A directory without the clone's own files: its configuration may hold a token."""
    if not (root / ".git").is_dir():
        return (root,)
    return tuple(path for path in root.iterdir() if path.name != ".git")


def _enter(wall: Wall, path: str) -> None:
    """Wall in the calling thread, for good."""
    offer = offered()
    if offer.landlock or offer.seccomp:
        _must(_libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    if offer.landlock and wall.files:
        _restrict_files(wall, path, offer.landlock)
    if offer.seccomp:
        _restrict_calls(network=wall.network)


def _restrict_files(wall: Wall, path: str, version: int) -> None:
    every = _FIRST_RIGHTS
    for since, right in _RIGHTS_SINCE.items():
        every |= right if version >= since else 0
    attributes = struct.pack("=Q", every)
    if version >= _WITH_NETWORK:
        attributes += struct.pack("=Q", 0 if wall.network else _TCP)
    if version >= _WITH_SCOPES:
        attributes += struct.pack("=Q", _SCOPES)
    ruleset = _must(_call(_CREATE_RULESET, attributes, len(attributes), 0))
    try:
        everywhere = _everywhere(path)
        for fd, is_directory, rights in everywhere.places:
            _allow(ruleset, fd, rights & every, is_directory=is_directory)
        for paths, rights in ((wall.read, _READ), (wall.started, _START), (wall.written, every & ~_EXECUTE)):
            for fd, is_directory in _opened(paths):
                try:
                    _allow(ruleset, fd, rights & every, is_directory=is_directory)
                finally:
                    os.close(fd)
        _must(_call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, fd: int, rights: int, *, is_directory: bool) -> None:
    rule = struct.pack("=Qi", rights if is_directory else rights & _OF_FILES, fd)
    _must(_call(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))


class _Held:
    """Places, and what may be done there; open as long as somebody may ask for them."""

    def __init__(self, places: Iterable[tuple[int, bool, int]]) -> None:
        self.places = tuple(places)

    def __del__(self) -> None:
        for fd, _, _ in self.places:
            os.close(fd)


@lru_cache(maxsize=4)
def _everywhere(path: str) -> _Held:
    """What every program needs."""
    return _Held(
        (fd, is_directory, rights)
        for paths, rights in (
            (started(path), _START),
            (map(Path, SYSTEM_FILES), _READ),
            (map(Path, DEVICES), _READ_FILE | _WRITE_FILE),
        )
        for fd, is_directory in _opened(paths)
    )


def _opened(paths: Iterable[Path]) -> Iterator[tuple[int, bool]]:
    for path in paths:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # what is not there needs no permission
        yield fd, stat.S_ISDIR(os.fstat(fd).st_mode)


def _restrict_calls(*, network: bool) -> None:
    machine = _machine()
    if machine is None:
        return
    refused = dict.fromkeys(machine.others, _EPERM) | {machine.io_uring: _ENOSYS}
    if not network:
        refused[machine.socket] = _EACCES
    program = _filter(machine, refused)
    import ctypes

    text = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(text))
    _must(_call(machine.seccomp, _SET_FILTER, _SPEC_ALLOW, header))


def _filter(machine: _Machine, refused: dict[int, int]) -> bytes:
    """The same in the words of the Berkeley Packet Filter, which the kernel runs at each call."""
    load, equals, at_least, answer = 0x20, 0x15, 0x35, 0x06

    def say(code: int, jt: int, jf: int, k: int) -> bytes:
        return struct.pack("=HBBI", code, jt, jf, k)

    # The processor's word stands at 4, the number of the call at 0.
    lines = [say(load, 0, 0, 4), say(equals, 1, 0, machine.audit), say(answer, 0, 0, _ERRNO | _ENOSYS)]
    lines.append(say(load, 0, 0, 0))
    if machine.has_x32:
        lines += [say(at_least, 0, 1, _X32), say(answer, 0, 0, _ERRNO | _ENOSYS)]
    for number, error in refused.items():
        lines += [say(equals, 0, 1, number), say(answer, 0, 0, _ERRNO | error)]
    return b"".join([*lines, say(answer, 0, 0, _ALLOW)])


@lru_cache(maxsize=1)
def _machine() -> _Machine | None:
    return _MACHINES.get(platform.machine()) if sys.platform == "linux" and sys.maxsize > 2**32 else None


@lru_cache(maxsize=1)
def _libc() -> Any:
    import ctypes  # as late as this: a run that renders nothing does without

    # PyDLL: these calls are too short to let another thread have the interpreter.
    libc = ctypes.PyDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return libc


def _call(*arguments: Any) -> int:
    import ctypes

    return int(
        _libc().syscall(*(ctypes.c_long(each) if isinstance(each, int) else each for each in arguments))
    )


def _must(answer: int) -> int:
    if answer < 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, f"The wall cannot be built: {os.strerror(number)}")
    return answer
