"""What was fetched, kept by its digest.

The law: what the store gives has the digest it was asked for, whoever wrote the file; a store that cannot be
written costs a download and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER: Final = "charts"


class Store:
    """A folder of files named by their SHA-256. Without a folder nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Store:
        """The one that the environment names: in SYNCLINE_CACHE, or else the user's cache folder."""
        if named := environ.get("SYNCLINE_CACHE"):
            return cls(Path(named).expanduser().absolute() / _FOLDER)
        base = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
        return cls(Path(base).absolute() / "syncline" / _FOLDER if base else None)

    def find(self, digest: str) -> bytes | None:
        """What has this digest (`sha256:` and hexadecimal digits, or the digits alone)."""
        file = self._file(digest)
        if file is None:
            return None
        try:
            content = file.read_bytes()
        except OSError:
            return None
        return content if digest_of(content) == _normal(digest) else None

    def keep(self, content: bytes) -> str:
        """Remember it; its digest."""
        digest = digest_of(content)
        file = self._file(digest)
        if file is not None:
            with suppress(OSError):
                file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                number, name = tempfile.mkstemp(dir=file.parent, prefix=".new-")
                with os.fdopen(number, "wb") as new:
                    new.write(content)
                Path(name).replace(file)
        return digest

    def _file(self, digest: str) -> Path | None:
        digits = _normal(digest).removeprefix("sha256:")
        is_digest = len(digits) == hashlib.sha256().digest_size * 2 and digits.isalnum()
        return self._folder / f"sha256-{digits}" if self._folder is not None and is_digest else None


def digest_of(content: bytes) -> str:
    """The digest as OCI writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _normal(digest: str) -> str:
    return f"sha256:{digest.lower().removeprefix('sha256:')}"


def same_digest(one: str, other: str) -> bool:
    """Whether two digests are the same, `sha256:` written or not."""
    return _normal(one) == _normal(other)
