"""Renderings that earlier runs made, by the content of all that they were made from; and what helped them.

The law: an entry is data and never code; one that is damaged, foreign or too large is a miss; no Secret lies
here in the clear, and what writes to a cluster takes nothing from here that somebody without the key could
have put here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec.structs import astuple

from syncline.core.rendering import Rendering
from syncline.core.resource import Body, Manifest, ResourceKey
from syncline.discreet import Discreet
from syncline.errors import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from nacl.secret import SecretBox

_PLAIN: Final = b"syncline rendering 1\n"
_SEALED: Final = b"syncline sealed rendering 1\n"
_LONGEST: Final = 32 * 1024 * 1024
_LONGEST_UNPACKED: Final = 256 * 1024 * 1024
_SUFFIX: Final = ".rendering"
MOST: Final = 512 * 1024 * 1024
"""Bytes that all entries together may take; who was not asked for longest goes first."""

SHORTEST_KEY: Final = 16

_HOUR: Final = 3600
"""Seconds in which it need not be noted again that somebody asked for an entry."""

_UNTOLD: Final = (msgspec.MsgspecError, ValueError, TypeError, RecursionError)


class _Object(msgspec.Struct, frozen=True, array_like=True):
    """A manifest: the fields of its key, of its origin and what is between."""

    key: tuple[str, str, str, str]
    api_version: str
    body: Body
    origin: tuple[str, int, str]


class Entry(msgspec.Struct, frozen=True):
    """A rendering, as it lies here under its key; `volatile` until somebody says otherwise."""

    key: str
    app: str
    manifests: tuple[_Object, ...]
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]
    tools: tuple[str, ...]
    programs: tuple[str, ...]
    volatile: bool = True


Kept = TypeVar("Kept")
_ENTRY: Final = msgspec.json.Decoder(Entry)
_ANYTHING: Final = msgspec.json.Decoder(dict[str, Any])


class Cache(Discreet, frozen=True):
    """A directory of entries. With a `secret` they are sealed, and only sealed ones are read.

    `strict` says that what is read may be written to a cluster: then entries count that are sealed, and none
    that are volatile.
    """

    _SHOWN = ("directory", "strict")

    directory: Path
    secret: str = ""
    strict: bool = False
    most: int = MOST

    def get(self, key: str, revision: str) -> Rendering | None:
        """The rendering of that key as one of this revision, or None."""
        found = self.find(key, revision)
        return found[0] if found else None

    def find(self, key: str, revision: str) -> tuple[Rendering, bool] | None:
        """The same, and whether it may come out differently another time."""
        entry = self._read(key, _as_entry)
        if entry is None or (self.strict and entry.volatile):
            return None
        return _rendering(entry, revision), entry.volatile

    def put(self, key: str, rendering: Rendering, *, volatile: bool = False) -> None:
        """Keep a rendering, if it may lie here and comes back as it is.

        A `volatile` one may come out differently another time.
        """
        if not self.secret and any(map(_is_secret, rendering.manifests)):
            return
        try:
            text = msgspec.json.encode(_entry(key, rendering, volatile=volatile))
            back = _rendering(_ENTRY.decode(text), rendering.revision)
        except _UNTOLD:
            return
        # What JSON has no word for would come back as something else.
        if back == rendering:
            self._write(key, text)

    def load(self, key: str) -> dict[str, Any] | None:
        """What was saved under that key, or None; what cannot be read is removed."""
        return self._read(key, _as_anything)

    def save(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value of JSON's; a full disk keeps nobody waiting, nor does a text that is none."""
        with suppress(*_UNTOLD):
            self._write(key, msgspec.json.encode({**value, "key": key}))

    def _read(self, key: str, as_what: Callable[[bytes], tuple[str, Kept]]) -> Kept | None:
        if self.strict and not self.secret:
            return None
        path = self._path(key)
        try:
            told, found = as_what(self._opened(_content(path)))
            if told != key:
                raise ValueError("it is the entry of something else")
        except FileNotFoundError:
            return None
        except (OSError, zlib.error, *_UNTOLD):
            with suppress(OSError):
                os.unlink(path)  # noqa: PTH108 - of a thousand entries
            return None
        return found

    def _write(self, key: str, text: bytes) -> None:
        with suppress(OSError):
            path = self._path(key)
            folder = os.path.dirname(path)  # noqa: PTH120 - of a thousand entries
            self._make(folder)
            number, part = tempfile.mkstemp(dir=folder, prefix="part-")
            try:
                with open(number, "wb") as file:  # noqa: PTH123 - a file that is open already
                    file.write(self._closed(text))
                self._give(part)
                os.replace(part, path)  # noqa: PTH105
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise

    def tidy(self) -> None:
        """Make room: the entries that were not asked for longest go."""
        with suppress(OSError):
            found = [(facts.st_mtime_ns, facts.st_size, path) for path, facts in self._entries()]
            total = sum(size for _, size, _ in found)
            for _, size, path in sorted(found) if total > self.most else ():
                if total <= self.most:
                    return
                Path(path).unlink(missing_ok=True)
                total -= size

    def _entries(self) -> Iterator[tuple[str, os.stat_result]]:
        with os.scandir(self.directory) as folders:
            names = [folder.path for folder in folders if folder.is_dir()]
        for name in names:
            with os.scandir(name) as files:
                yield from ((file.path, file.stat()) for file in files if file.name.endswith(_SUFFIX))

    def _path(self, key: str) -> str:
        return f"{self.directory}/{key[:2]}/{key}{_SUFFIX}"

    def _make(self, folder: str) -> None:
        for each in (self.directory, Path(folder)):
            if not each.exists():
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._give(each)

    def _give(self, path: str | Path) -> None:
        # In the container we are root, and the step that keeps the directory is not.
        if os.geteuid() == 0:
            owner = self.directory.parent.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    def _box(self) -> SecretBox:
        from nacl.secret import SecretBox

        return SecretBox(hashlib.sha256(b"syncline render cache\0" + self.secret.encode()).digest())

    def _closed(self, text: bytes) -> bytes:
        packed = zlib.compress(text, 1)
        if self.secret:
            return _SEALED + bytes(self._box().encrypt(packed))
        return _PLAIN + hashlib.sha256(packed).digest() + packed

    def _opened(self, content: bytes) -> bytes:
        """The text of an entry. Raises ValueError for one that is not what was written."""
        if self.secret:
            if not content.startswith(_SEALED):
                raise ValueError("it is not sealed")
            from nacl.exceptions import CryptoError

            try:
                packed = self._box().decrypt(content[len(_SEALED) :])
            except CryptoError as error:
                raise ValueError("it was sealed with another key") from error
        else:
            digest, packed = content[len(_PLAIN) :][:32], content[len(_PLAIN) + 32 :]
            if not content.startswith(_PLAIN) or hashlib.sha256(packed).digest() != digest:
                raise ValueError("it is damaged")
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, _LONGEST_UNPACKED)
        if not unpacking.eof:
            raise ValueError("it unpacks to too much, or not to its end")
        return text


def _as_entry(text: bytes) -> tuple[str, Entry]:
    entry = _ENTRY.decode(text)
    return entry.key, entry


def _as_anything(text: bytes) -> tuple[str, dict[str, Any]]:
    found = _ANYTHING.decode(text)
    return str(found.pop("key", "")), found


def _content(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - of a thousand entries
        facts = os.fstat(file.fileno())
        if facts.st_size > _LONGEST:
            raise ValueError("it is too large")
        content = file.read()
    if abs(time.time() - facts.st_mtime) > _HOUR:
        with suppress(OSError):
            os.utime(path)
    return content


def _entry(key: str, rendering: Rendering, *, volatile: bool) -> Entry:
    return Entry(
        key,
        rendering.app,
        tuple(
            _Object(astuple(each.key), each.api_version, each.body, astuple(each.origin))
            for each in rendering.manifests
        ),
        volatile=volatile,
        warnings=rendering.warnings,
        remarks=rendering.remarks,
        tools=rendering.tools,
        programs=rendering.programs,
    )


def _rendering(entry: Entry, revision: str) -> Rendering:
    return Rendering(
        entry.app,
        revision,
        tuple(
            Manifest(ResourceKey(*each.key), each.api_version, each.body, Place(*each.origin))
            for each in entry.manifests
        ),
        entry.warnings,
        remarks=entry.remarks,
        tools=entry.tools,
        programs=entry.programs,
    )


def _is_secret(manifest: Manifest) -> bool:
    has_values = bool(manifest.body.get("data") or manifest.body.get("stringData"))
    return manifest.key.kind == "Secret" and has_values
