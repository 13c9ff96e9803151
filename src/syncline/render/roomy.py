"""What helm and kustomize get for their short lives.

The law: it makes them quicker and changes nothing of what they render.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.room import Room

_ROOMY: Final = {"GOGC": "400", "GOMEMLIMIT": "1GiB", "LC_MESSAGES": "fr_FR.UTF-8"}
"""They live for the blink of an eye, and helm spends a fifth of it on collecting what it leaves; so they may
take more memory, up to a limit, before they look.  Another third goes to the messages of `kubectl`, parts
of which are linked into helm: its catalogue is packed and read at each start, in the language of the
environment, and the French one has 5 KB where the English one has 350. `helm template` says nothing out of
it.
"""


def roomy(room: Room, home: Path | None) -> Room:
    """The same room with what makes them quick; what the room says itself counts.

    A `home` is one for all who write nothing to theirs: hundreds of directories are made and removed in a run
    otherwise.
    """
    return replace(room, environ={**_ROOMY, **room.environ}, home=home)
