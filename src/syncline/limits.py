"""What a program may take, and what it and all that it started weigh.

The law: what is told was seen a moment ago; a process that ends while it is looked at weighs nothing.
"""

from __future__ import annotations

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMES: Final = {resource.RLIMIT_AS: "as", resource.RLIMIT_FSIZE: "fsize", resource.RLIMIT_NPROC: "nproc"}


class Limits(Struct, frozen=True):
    """What a program may take: octets of address space, and of each file it writes; with everything that it
    starts, so many processes, and octets that memory really holds (0: whatever there is).
    """

    space: int = 0
    file: int = 0
    processes: int = 0
    memory: int = 0

    @property
    def flags(self) -> list[str]:
        """The same for the program prlimit."""
        return [f"--{_NAMES[which]}={most}" for which, most in self._possible()]

    def set_for(self, pid: int) -> None:
        """Limit a process that has hardly begun; it may also have ended by now."""
        for which, most in self._possible():
            with suppress(OSError, ValueError):
                resource.prlimit(pid, which, (most, most))

    def _possible(self) -> Iterator[tuple[int, int]]:
        """As far down as limits of our own leave room: nobody may raise those."""
        for which, most in self._each():
            _, ours = resource.getrlimit(which)
            yield which, most if ours == resource.RLIM_INFINITY else min(most, ours)

    def _each(self) -> Iterator[tuple[int, int]]:
        if self.space:
            yield resource.RLIMIT_AS, self.space
        if self.file:
            yield resource.RLIMIT_FSIZE, self.file
        if self.processes:
            yield resource.RLIMIT_NPROC, self.processes + _running()


def _running() -> int:
    """How many threads there are: older kernels count all of a user's, whoever started them."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    return 0


_ENOUGH: Final = 20_000


def burden(pid: int, *, enough: int = _ENOUGH) -> tuple[int, int]:
    """How many processes there are under this one, itself included, and the octets of memory they hold.

    It counts no further than `enough`.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    number = octets = 0
    todo = [pid]
    while todo and number < enough:
        place = Path("/proc", str(todo.pop()))
        number += 1
        with suppress(OSError, IndexError, ValueError):
            octets += int((place / "statm").read_text().split()[1]) * page
        with suppress(OSError):
            for thread in os.scandir(place / "task"):
                with suppress(OSError):
                    todo += map(int, Path(thread.path, "children").read_text().split())
    return number, octets
