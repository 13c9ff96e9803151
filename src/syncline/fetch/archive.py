"""Archives of strangers, unpacked.

The law: an archive writes below the directory it is given and nowhere else, makes files and directories and
nothing else, and is bounded however small it is packed.
"""

from __future__ import annotations

import io
import zlib
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Final

from syncline.fetch.question import FetchError

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Callable, Iterator

MOST_UNPACKED: Final = 100 * 1024 * 1024
"""Helm refuses a chart that unpacks to more."""

MOST_FILES: Final = 20_000
_LONGEST_NAME: Final = 1024
_CHUNK: Final = 1024 * 1024


def unpack(archive: bytes, target: Path, what: str) -> None:
    """The archive's files below `target`, which exists; `what` names it in messages.

    Raises FetchError for one that is not as it should be.
    """
    import tarfile  # as late as this: most runs unpack nothing

    rest = MOST_UNPACKED
    number = 0
    try:
        with tarfile.open(fileobj=_Bounded(archive, what), mode="r|") as members:
            for member in members:
                number += 1
                if number > MOST_FILES:
                    raise _refused(what, f"holds more than {MOST_FILES} files")
                path = _place(member, what)
                rest -= member.size
                if rest < 0:
                    raise _refused(what, f"unpacks to more than {MOST_UNPACKED // 1024 // 1024} MiB")
                _write(members, member, target / path)
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        raise FetchError(
            f"{what} is no archive that can be unpacked ({type(error).__name__}).",
            remedy="Look at what is served there; a chart is a .tgz made by helm package.",
        ) from None


def packed(archive: bytes, wanted: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The files of a packed chart, and of the charts packed into it, whose path is wanted; the paths into an
    archive inside are joined by a colon.

    They are given as far as helm would unpack all of them together; what is no archive holds none.
    """
    rest, number = MOST_UNPACKED, 0
    todo = [("", archive)]
    while todo:
        where, content = todo.pop()
        for name, size, read in _members(content):
            rest -= size
            number += 1
            if rest < 0 or number > MOST_FILES:
                return
            if name.endswith(".tgz"):
                todo.append((f"{where}{name}:", read()))
            elif wanted(name):
                yield f"{where}{name}", read()


def _members(archive: bytes) -> Iterator[tuple[str, int, Callable[[], bytes]]]:
    import tarfile

    problems = (tarfile.TarError, EOFError, OSError, zlib.error, ValueError, FetchError)
    with suppress(*problems), tarfile.open(fileobj=_Bounded(archive, "It"), mode="r|") as members:
        for member in members:
            yield member.name, member.size, partial(_read, members, member)


def _read(members: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    return b"".join(_chunks(_content(members, member)))


def _content(members: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes] | None:
    return members.extractfile(member) if member.isfile() else None


def _place(member: tarfile.TarInfo, what: str) -> PurePosixPath:
    path = PurePosixPath(member.name)
    shown = member.name[:80]
    if path.is_absolute() or ".." in path.parts or "\\" in member.name or "\0" in member.name:
        raise _refused(what, f"holds {shown!r}, a path that leads out of it")
    if len(member.name) > _LONGEST_NAME:
        raise _refused(what, f"holds a path of more than {_LONGEST_NAME} characters")
    if not (member.isfile() or member.isdir()):
        raise _refused(what, f"holds {shown!r}, which is a link or a device")
    return path


def _refused(what: str, why: str) -> FetchError:
    return FetchError(
        f"{what} {why}; it is not unpacked.", remedy="Use another version, or tell its authors."
    )


def _write(members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        raise ValueError("one path twice")
    source = members.extractfile(member)
    with path.open("wb") as file:
        for chunk in _chunks(source):
            file.write(chunk)


def _chunks(source: IO[bytes] | None) -> Iterator[bytes]:
    while source is not None and (chunk := source.read(_CHUNK)):
        yield chunk


class _Bounded(io.RawIOBase):
    """The archive's bytes, unpacked as they are asked for, up to a limit: names and padding count, too."""

    def __init__(self, archive: bytes, what: str) -> None:
        super().__init__()
        self._packed = io.BytesIO(archive)
        # 16 is zlib's word for a gzip header.
        self._unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS) if archive[:2] == b"\x1f\x8b" else None
        self._buffer = b""
        self._given = 0
        self._what = what

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        wanted = size if size >= 0 else MOST_UNPACKED
        found = bytearray()
        while len(found) < wanted:
            chunk = self._more(min(wanted - len(found), _CHUNK))
            if not chunk:
                break
            found += chunk
        self._given += len(found)
        if self._given > 2 * MOST_UNPACKED:
            raise _refused(self._what, f"unpacks to more than {MOST_UNPACKED // 1024 // 1024} MiB")
        return bytes(found)

    def _more(self, most: int) -> bytes:
        if self._unpacker is None:
            return self._packed.read(most)
        while not self._unpacker.eof:
            packed = self._unpacker.unconsumed_tail or self._packed.read(_CHUNK)
            chunk = self._unpacker.decompress(packed, most)
            if chunk or not packed:
                return chunk
        return b""
