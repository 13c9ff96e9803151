"""How a program is kept from the network, from other processes and from files that are not its business.

The law: it is kept from them by the kernel or not started; nothing here relies on its good behaviour.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_APART: Final = ("unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child")
"""As root of a user namespace of its own, which has no right over anything outside of it."""

_HIDE: Final = """
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mount -t tmpfs -o size=4k,mode=0555 none "$1" || exit 125
  elif [ -e "$1" ]; then mount --bind /dev/null "$1" || exit 125; fi
  shift
done
shift
exec "$@"
"""
_WITHOUT_RIGHTS: Final = ("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--")


def confined(
    argv: Sequence[str], *, uid: int, hidden: Iterable[Path], needed: Iterable[Path], network: bool
) -> list[str]:
    """The arguments that start a program apart from the rest.

    What is `hidden` looks empty to it, unless something it needs lies there.
    """
    required = list(needed)
    empty = [
        str(path)
        for path in dict.fromkeys(hidden)
        if path.exists() and not any(each.is_relative_to(path) for each in required)
    ]
    # A second user namespace, in which it is who it was: what was mounted for it, it cannot take away.
    inner = ("unshare", "--user", f"--map-user={uid}", f"--map-group={uid}", "--", *_WITHOUT_RIGHTS)
    return [
        *_APART,
        *(() if network else ("--net",)),
        *("--", "sh", "-c", _HIDE, "sh", *empty, "--", *inner, *argv),
    ]


def search_path(path: str) -> list[Path]:
    """The directories in which programs are found, and what they are links to."""
    named = [Path(each) for each in path.split(os.pathsep) if each]
    return [*named, *(Path(os.path.realpath(each)) for each in named)]
