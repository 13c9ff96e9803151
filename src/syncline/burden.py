"""What a program and all that it started weigh.

The law: what is told was seen a moment ago; a process that ends while it is looked at weighs nothing.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

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
