"""What every walled program needs: the system's programs and libraries, those on the path, and Python.

The law: whatever the path starts can be started, also where links lead to it, and nothing of the user's is
among it.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_SYSTEM: Final = (
    "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store",
)  # fmt: skip
SYSTEM_FILES: Final = (
    "/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload",
    "/etc/localtime", "/etc/timezone", "/etc/nsswitch.conf", "/etc/passwd", "/etc/group", "/etc/hosts",
    "/etc/mime.types", "/etc/os-release", "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs",
    "/etc/ca-certificates", "/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage",
)  # fmt: skip
DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")


def started(path: str) -> Iterable[Path]:
    """Where programs lie that may be started; `path` is where they are found by name."""
    # What the links there lead to, too: a tool may lie beside its link.
    folders = [Path(each) for each in path.split(os.pathsep) if each and Path(each).is_absolute()]
    return _outermost((*map(Path, _SYSTEM), *folders, *_of_python(), *_linked(folders)))


def _outermost(paths: Iterable[Path]) -> Iterator[Path]:
    """Those that do not lie in an earlier one: each costs a call of the kernel at every start."""
    kept: list[str] = []
    for path in paths:
        place = os.path.realpath(path)
        if not any(place == each or place.startswith(f"{each}{os.sep}") for each in kept):
            kept.append(place)
            yield path


def _linked(folders: Iterable[Path]) -> Iterator[Path]:
    """The programs that lie elsewhere than the links on the path say."""
    real = cache(os.path.realpath)  # hundreds of links lead to few directories
    for folder in dict.fromkeys(real(str(each)) for each in folders):
        try:
            with os.scandir(folder) as entries:
                links = [entry.path for entry in entries if entry.is_symlink() and _leads_away(entry.path)]
        except OSError:
            continue
        inside = tuple(f"{each}{os.sep}" for each in (folder, *_SYSTEM))
        for link in links:
            target = _end(link, real)
            if not target.startswith(inside):
                yield Path(target)


def _leads_away(link: str) -> bool:
    """Whether a link names another directory than its own: what it names there is met by itself."""
    try:
        return os.sep in os.readlink(link)  # noqa: PTH115 - there are hundreds
    except OSError:
        return False  # it has gone meanwhile


def _end(link: str, real: Callable[[str], str]) -> str:
    """What a link is in the end; `real` tells it of a directory."""
    path = link
    for _ in range(_MOST_LINKS):
        folder, name = os.path.split(path)
        path = os.path.join(real(folder), name)  # noqa: PTH118 - there are hundreds
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))  # noqa: PTH115, PTH118, PTH120
        except OSError:
            break
    return path


_MOST_LINKS: Final = 40
"""As many as Linux follows."""


def _of_python() -> Iterator[Path]:
    """What our own children in Python are made of."""
    here = Path.cwd()
    yield Path(__file__).parent
    yield from (Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable))
    for name in sys.path:
        place = Path(name)
        # What PYTHONPATH or the current directory add is no library: a child ignores both.
        if place.is_absolute() and not here.is_relative_to(place) and place.is_dir():
            yield place
