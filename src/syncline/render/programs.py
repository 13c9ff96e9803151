"""Which programs there are to render with, and of which versions.

The law: two programs that call themselves the same are the same; one that does not say what it is, is what
its file is.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.errors import ToolError
from syncline.once import Once
from syncline.patterns import regex
from syncline.process import run
from syncline.wall import Wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.render.cache import Cache
    from syncline.room import Room

_TOOLS: Final = ("helm", "kustomize")
"""A folder may hold thousands of programs: of most a look at the beginning of their names is enough."""

_NAMES: Final = regex(r"(?:helm|kustomize)(?:-?v?[0-9][0-9A-Za-z.+-]*)?")
_VERSION: Final = regex(r"v[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]*")


class Programs:
    """The programs on a room's path, and those `registered`, by their names or paths; each is asked once for
    its version, and only if somebody wants to know.

    A file that was not touched since an earlier run is not asked again.
    """

    def __init__(self, room: Room, cache: Cache | None = None, registered: Iterable[str] = ()) -> None:
        found = {name: shutil.which(name, path=room.path) for name in registered}
        self._paths = {name: Path(path) for name, path in found.items() if path} | dict(_programs(room))
        self._versions: Once[str, str] = Once(lambda name: _remembered(self._paths[name], room, cache))

    def versions(self, names: Iterable[str] | None = None) -> Mapping[str, str]:
        """What those of these names, or all, call themselves, by name; the first on the path counts."""
        asked = self._paths if names is None else dict.fromkeys(names)
        return {name: self._versions[name] for name in asked if name in self._paths}


def short(version: str) -> str:
    """The number alone, for people."""
    found = _VERSION.search(version)
    return found[0] if found else version[:20]


def _programs(room: Room) -> Iterator[tuple[str, Path]]:
    seen = set[str]()
    folders: dict[str, str] = {}
    for folder in filter(None, room.path.split(os.pathsep)):
        # /bin is /usr/bin on most systems, and holds a thousand names.
        folders.setdefault(os.path.realpath(folder), folder)
    for folder in folders.values():
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208 - names are enough
        except OSError:
            continue
        for name in names:
            if not name.startswith(_TOOLS) or name in seen or not _NAMES.fullmatch(name):
                continue
            path = Path(folder, name)
            if path.is_file() and os.access(path, os.X_OK):
                seen.add(name)
                yield name, path


def _remembered(path: Path, room: Room, cache: Cache | None) -> str:
    if cache is None:
        return _version(path, room)
    facts = path.stat()
    # Nobody sets the time of the last change of a file's facts.
    told = (str(path.resolve()), facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    key = hashlib.sha256(f"program {told}".encode()).hexdigest()
    known = cache.load(key)
    if known is not None and isinstance(known.get("version"), str):
        return str(known["version"])
    found = _version(path, room)
    cache.save(key, {"version": found})
    return found


def _version(path: Path, room: Room) -> str:
    try:
        answer = run([str(path), "version"], cwd=Path("/"), room=replace(room, wall=Wall()))
    except ToolError:
        answer = None
    said = answer.stdout.decode("utf-8", "replace").strip() if answer and not answer.code else ""
    return said or hashlib.sha256(path.read_bytes()).hexdigest()
