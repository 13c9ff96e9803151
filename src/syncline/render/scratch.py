"""A directory for what a renderer is handed besides the checkout.

The law: it is there from the moment that somebody needs it, and gone with the block.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Scratch:
    """Mostly nobody needs it: making a directory and removing it takes as long as reading a chart."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._directory: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._directory is not None:
            self._directory.cleanup()

    @property
    def made(self) -> tuple[Path, ...]:
        """The directory, if somebody needed it."""
        return () if self._directory is None else (self.folder,)

    @property
    def folder(self) -> Path:
        """The directory; others may look into it."""
        if self._directory is None:
            self._directory = TemporaryDirectory(
                prefix="syncline-helm-", dir=self._parent, ignore_cleanup_errors=True
            )
            Path(self._directory.name).chmod(0o755)
        return Path(self._directory.name)
