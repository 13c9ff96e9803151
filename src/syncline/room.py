"""Where programs run: what one sees and may take, as whom it runs, and the HOME that is its own.

The law: a HOME that is made for a program is that program's alone, and gone after it.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.wall import Wall


class Confinement(Struct, frozen=True):
    """Apart from every other process; from the network, unless it may have that; from what is `hidden`."""

    network: bool = False
    hidden: tuple[Path, ...] = ()


class Room(Struct, frozen=True):
    """Where a program runs: `seconds` it may take, bytes it may print, and as whom when we are root.

    `environ` is all it sees besides PATH, LANG and a HOME that is made for it and removed after it, unless it
    names one itself; a `home` is one that many share, to look at and not to write.  `check` raises when the
    run was asked to stop.  `late` is what to do about one that ran out of time.  With a `confinement` it sees
    no other process; the machine must allow that (`can_confine`).  With a `wall` it has the files that are
    listed there and its HOME, as far as this kernel can build one.
    """

    path: str = os.defpath
    environ: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 60.0
    max_output: int = 64 * 1024 * 1024
    uid: int | None = None
    check: Callable[[], None] | None = None
    late: str = "Look for an endless loop or a download; render.timeout in syncline.yaml sets it."
    confinement: Confinement | None = None
    wall: Wall | None = None
    limits: Limits = Limits()
    home: Path | None = None


def hand_over(path: Path, room: Room) -> None:
    """Give a file or directory to the user that programs run as."""
    uid = identity(room)
    if uid is not None:
        # A link is given away itself: what it leads to is not ours to give.
        os.chown(path, uid, uid, follow_symlinks=False)


def identity(room: Room) -> int | None:
    """As whom a program runs; only root can start it as somebody else."""
    return room.uid if os.geteuid() == 0 else None


@contextmanager
def home_of(room: Room) -> Iterator[Path]:
    """A program's HOME: the one it names, the one that many share, or one made for it alone."""
    given = room.environ.get("HOME", room.home)
    if given is not None:
        yield Path(given)
        return
    with tempfile.TemporaryDirectory(prefix="syncline-home-", ignore_cleanup_errors=True) as name:
        hand_over(Path(name), room)
        try:
            yield Path(name)
        finally:
            with suppress(OSError):
                Path(name).rmdir()  # mostly nothing was left there, and looking takes longer
