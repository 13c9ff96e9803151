"""The programs of one plane while they run.

The law: whatever was started here is ended by its own process id, in the reverse order of starting.
"""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
# Below the range that the kernel takes for outgoing connections, so that none of those steals a port.
PORTS = range(20_000, 32_000)
POLL_SECONDS = 0.03
PATIENT_COLLECTOR = "400"
"""Go's GOGC where the caller's environment says none: a third less time for half a gigabyte more, which a
plane of some minutes may take.
"""


class PlaneError(Exception):
    """The plane does not work; the message holds the end of the log that tells why."""


@dataclass(slots=True)
class Program:
    name: str
    log: Path
    process: subprocess.Popen[bytes]

    def restart_and_stay(self) -> None:
        """Start it again, once it has ended, as it was started; returns when it has ended again."""
        self.process.wait()
        self.process = _run(self.process.args, self.log)  # type: ignore[arg-type] # what `start` gave
        self.process.wait()


def start(path: Path, arguments: Sequence[str], log: Path) -> Program:
    """To be called from a thread that lives as long as the plane: the leash is tied to it."""
    command = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(path), *arguments]
    return Program(path.name, log, _run(command, log))


def _run(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=log.parent,
            env={"HOME": str(log.parent), "GOGC": os.environ.get("GOGC", PATIENT_COLLECTOR)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )


def end(programs: Sequence[Program]) -> None:
    """The data is thrown away, so nothing is asked to finish: an API server would take half a minute."""
    for program in reversed(programs):
        program.process.kill()
        program.process.wait()


def wait_until(
    condition: Callable[[], bool], what: str, programs: Sequence[Program], *, seconds: float
) -> None:
    """Raises PlaneError with the log of a program that ended, or of all when the time is over."""
    deadline = time.monotonic() + seconds
    while not condition():
        for program in programs:
            if program.process.poll() is not None:
                raise PlaneError(f"{program.name} ended with {program.process.returncode}:\n{_tail(program)}")
        if time.monotonic() > deadline:
            logs = "\n".join(_tail(program) for program in programs)
            raise PlaneError(f"waited {seconds:.0f} s in vain until {what}:\n{logs}")
        time.sleep(POLL_SECONDS)


def free_ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        port = random.choice(PORTS)
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _tail(program: Program) -> str:
    lines = program.log.read_text(errors="replace").splitlines()
    return "\n".join([f"--- {program.log}", *lines[-12:]])
