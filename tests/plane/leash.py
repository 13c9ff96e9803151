"""Runs a program that cannot outlive whoever asked for it.

The law: when the parent ends, by whatever signal, the kernel ends the program too (Linux; elsewhere the
plane's own clean-up has to do).  A script, since a `preexec_fn` is unsafe in a process that has threads.
"""

import contextlib
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""prctl(2); the setting survives execve."""


def main(parent: str, program: str, *arguments: str) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # it ended before the leash was on
        sys.exit(1)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
