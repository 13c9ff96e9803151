"""A program that tries to steal: what whoever takes over a renderer could do.

The law: it tries everything that is named in LOOT and tells, as one JSON list, what worked.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOOT: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text())
CANARY: str = LOOT["canary"]
SEIZE = 0x4206
"""It stops nobody, and ends with the thief."""

PTRACE, PROCESS_VM_READV, KEYCTL, IO_URING_SETUP = 101, 310, 250, 425
NEW_USER_AND_MOUNTS = 0x10020000


def _files() -> Iterator[tuple[str, Callable[[], object]]]:
    for path in LOOT["files"]:
        yield f"read {path}", partial(_read, path)
        yield f"link to {path}", partial(_through_link, path)
        yield f"root {path}", partial(_read, f"/proc/self/root{path}")
    for folder in LOOT["folders"]:
        yield f"list {folder}", partial(_listed, folder)
        yield f"write {folder}", partial(Path(folder, "planted").write_text, "x")
        yield f"remove {folder}", partial(_emptied, folder)
    for program in LOOT["programs"]:
        yield f"start {program}", partial(subprocess.run, [program], check=True)


def _listed(folder: str) -> list[Path]:
    return list(Path(folder).iterdir())


def _emptied(folder: str) -> None:
    next(Path(folder).iterdir()).unlink()


def _read(path: str) -> bool:
    return _has(Path(path).read_bytes())


def _through_link(path: str) -> bool:
    twin = Path(os.environ["HOME"], f"twin-{len(path)}")
    twin.unlink(missing_ok=True)
    os.link(path, twin)
    return _has(twin.read_bytes())


def _has(content: bytes) -> bool:
    if CANARY.encode() not in content:
        raise ValueError
    return True


def _processes() -> Iterator[tuple[str, Callable[[], object]]]:
    pid = LOOT["pid"]
    yield "own environment", lambda: _has(json.dumps(dict(os.environ)).encode())
    yield "environment of the parent", lambda: _has(Path(f"/proc/{pid}/environ").read_bytes())
    yield "words of the parent", lambda: Path(f"/proc/{pid}/cmdline").read_bytes()
    yield "files of the parent", lambda: list(Path(f"/proc/{pid}/fd").iterdir())
    yield "memory of the parent", lambda: Path(f"/proc/{pid}/mem").open("rb").close()
    yield "signal", lambda: os.kill(pid, 0)
    yield "stop", lambda: os.kill(pid, signal.SIGCONT)
    yield "ptrace", lambda: _call(PTRACE, SEIZE, pid, 0, 0)
    yield "read memory", lambda: _call(PROCESS_VM_READV, pid, 0, 0, 0, 0, 0)
    yield "keys", lambda: _call(KEYCTL, 0, -3, 0)
    yield "rings", lambda: _call(IO_URING_SETUP, 1, 0)
    yield "become another root", _rooted


def _call(*arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(*(ctypes.c_long(each) for each in arguments)) < 0 and ctypes.get_errno() in {1, 13, 38}:
        raise OSError(ctypes.get_errno(), "refused")


def _rooted() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    child = os.fork()
    if child == 0:
        home = os.environ["HOME"].encode()
        if libc.unshare(NEW_USER_AND_MOUNTS) == 0 and libc.mount(b"/", home, None, 4096, None) == 0:
            os._exit(0)
        os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise OSError
    return True


def _network() -> Iterator[tuple[str, Callable[[], object]]]:
    port = LOOT["port"]
    yield "connect", lambda: socket.create_connection(("127.0.0.1", port), 2).close()
    yield "datagram", lambda: _datagram(port)
    yield "listen", lambda: socket.create_server(("127.0.0.1", 0)).close()
    for name in LOOT["sockets"]:
        yield f"socket {name!r}", partial(_agent, name)


def _datagram(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.sendto(b"x", ("127.0.0.1", port))


def _agent(name: str) -> None:
    with socket.socket(socket.AF_UNIX) as plain:
        plain.connect(name)


def stolen() -> list[str]:
    """What worked."""
    found = []
    for tries in (_files, _processes, _network):
        for name, attempt in tries():
            try:
                attempt()
            except (OSError, ValueError, StopIteration, subprocess.SubprocessError):
                continue
            found.append(name)
    return found


if __name__ == "__main__":
    said = json.dumps(stolen())
    # In the words of each renderer's child: a sentence of an error is what comes out of all of them.
    told = {"error": said, "file": "app/a", "template": "a", "line": 0, "remedy": ""}
    sys.stdout.write(json.dumps(told))
    sys.exit(f"Error: {said}" if sys.argv[1:] else None)
