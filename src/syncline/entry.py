"""How a process begins and ends.

The law: whatever cleans up is called; what would only be freed is left to the operating system.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


def process(work: Callable[[], int | None]) -> NoReturn:
    """Be the whole process: do the work and end with the code that it returns or exits with."""
    # A run is short and its values are trees: looking for garbage costs a tenth of it and finds nothing.
    gc.set_threshold(200_000, 50, 50)
    # Through its frames, the exception that ends the process holds the values until then.
    ends: list[SystemExit] = []
    # What is registered first is called last, after all that removes folders.
    atexit.register(_end, ends)
    try:
        sys.exit(_unless_stopped(work))
    except SystemExit as end:
        ends.append(end)
        raise


def _unless_stopped(work: Callable[[], int | None]) -> int | None:
    """The work's own code, and 130 where SIGINT comes before it listens to signals."""
    try:
        return work()
    except KeyboardInterrupt:
        sys.stderr.write("syncline: The run was stopped by SIGINT.\n")
        return 130


def _end(ends: list[SystemExit]) -> None:
    """Leave without freeing every value of the run, which takes a tenth of a short one."""
    for end in ends:
        code = end.code or 0
        if not isinstance(code, int):
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except OSError:
            return  # the interpreter says so, with an exit code of its own
        os._exit(code)
