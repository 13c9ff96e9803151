"""Renderings that earlier runs made, by the content of all that they were made from; and what helped them.

The law: an entry is data and never code; one that is damaged, foreign or too large is a miss; no Secret lies
here in the clear, and what writes to a cluster takes nothing from here that somebody without the key could
have put here.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.core.rendering import Rendering
from syncline.core.resource import Manifest, ResourceKey
from syncline.discreet import Discreet
from syncline.errors import Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nacl.secret import SecretBox

_PLAIN: Final = b"syncline rendering 1\n"
_SEALED: Final = b"syncline sealed rendering 1\n"
_LONGEST: Final = 32 * 1024 * 1024
_LONGEST_UNPACKED: Final = 256 * 1024 * 1024
_SUFFIX: Final = ".rendering"
MOST: Final = 512 * 1024 * 1024
"""Bytes that all entries together may take; who was not asked for longest goes first."""

SHORTEST_KEY: Final = 16


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
        value = self.load(key)
        try:
            found = _rendering(value) if value is not None else None
        except (ValueError, KeyError, TypeError):
            found = None
        if value is None or found is None or (self.strict and value.get("volatile") is not False):
            return None
        return replace(found, revision=revision), value.get("volatile") is not False

    def put(self, key: str, rendering: Rendering, *, volatile: bool = False) -> None:
        """Keep a rendering, if it may lie here and comes back as it is.

        A `volatile` one may come out differently another time.
        """
        if not self.secret and any(map(_is_secret, rendering.manifests)):
            return
        try:
            value = {**_value(rendering), "volatile": volatile}
            back = _rendering(json.loads(json.dumps(value)))
        except (TypeError, ValueError, RecursionError):
            return
        # What JSON has no word for would come back as something else.
        if replace(back, revision=rendering.revision) == rendering:
            self.save(key, value)

    def load(self, key: str) -> dict[str, Any] | None:
        """What was kept under that key, or None; what cannot be read is removed."""
        if self.strict and not self.secret:
            return None
        path = self._path(key)
        try:
            found = json.loads(self._opened(_content(path)))
            if not isinstance(found, dict) or found.pop("key", None) != key:
                raise ValueError("it is the entry of something else")  # noqa: TRY301 - one way out of all
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, zlib.error):
            with suppress(OSError):
                path.unlink()
            return None
        with suppress(OSError):
            os.utime(path)
        return found

    def save(self, key: str, value: Mapping[str, Any]) -> None:
        """Keep a value of JSON's; a full disk keeps nobody waiting."""
        text = json.dumps({**value, "key": key}, ensure_ascii=False, separators=(",", ":")).encode()
        with suppress(OSError):
            path = self._path(key)
            self._make(path.parent)
            number, part = tempfile.mkstemp(dir=path.parent, prefix="part-")
            try:
                with open(number, "wb") as file:  # noqa: PTH123 - a file that is open already
                    file.write(self._closed(text))
                self._give(Path(part))
                Path(part).replace(path)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise

    def tidy(self) -> None:
        """Make room: the entries that were not asked for longest go."""
        with suppress(OSError):
            found = []
            for path in self.directory.glob(f"*/*{_SUFFIX}"):
                facts = path.stat()
                found.append((facts.st_mtime_ns, facts.st_size, path))
            total = sum(size for _, size, _ in found)
            for _, size, path in sorted(found):
                if total <= self.most:
                    return
                path.unlink(missing_ok=True)
                total -= size

    def _path(self, key: str) -> Path:
        return self.directory / key[:2] / f"{key}{_SUFFIX}"

    def _make(self, folder: Path) -> None:
        for each in (self.directory, folder):
            if not each.exists():
                each.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._give(each)

    def _give(self, path: Path) -> None:
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


def _content(path: Path) -> bytes:
    if path.stat().st_size > _LONGEST:
        raise ValueError("it is too large")
    return path.read_bytes()


def _value(rendering: Rendering) -> dict[str, Any]:
    return {
        "app": rendering.app,
        "tools": list(rendering.tools),
        "programs": list(rendering.programs),
        "warnings": list(rendering.warnings),
        "remarks": list(rendering.remarks),
        "manifests": [
            [
                [each.key.group, each.key.kind, each.key.namespace, each.key.name],
                each.api_version,
                each.body,
                [each.origin.file, each.origin.line, each.origin.outside],
            ]
            for each in rendering.manifests
        ],
    }


def _rendering(value: Mapping[str, Any]) -> Rendering:
    """The rendering in a value. Raises ValueError, KeyError or TypeError where there is none."""
    return Rendering(
        _text(value["app"]),
        "",
        tuple(_manifest(*each) for each in _list(value["manifests"])),
        tuple(map(_text, _list(value["warnings"]))),
        remarks=tuple(map(_text, _list(value["remarks"]))),
        tools=tuple(map(_text, _list(value["tools"]))),
        programs=tuple(map(_text, _list(value["programs"]))),
    )


def _manifest(key: list[str], api_version: str, body: dict[str, Any], origin: list[Any]) -> Manifest:
    file, line, outside = origin
    if type(body) is not dict or type(line) is not int:
        raise TypeError("it is no manifest")
    place = Place(_text(file), line, _text(outside))
    return Manifest(ResourceKey(*map(_text, key)), _text(api_version), body, place)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise TypeError("it is no list")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError("it is no text")
    return value


def _is_secret(manifest: Manifest) -> bool:
    has_values = bool(manifest.body.get("data") or manifest.body.get("stringData"))
    return manifest.key.kind == "Secret" and has_values
