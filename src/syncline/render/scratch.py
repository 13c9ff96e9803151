"""A directory for what a renderer is handed besides the checkout.

The law: it is there from the moment that somebody needs it, and gone with the block.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Scratch:
    """Mostly nobody needs it: making a directory and removing it takes as long as reading a chart."""

    def __init__(self, parent: Path) -> None:
        self._parent = parent
        self._stack = ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def made(self) -> tuple[Path, ...]:
        """The directory, if somebody needed it."""
        return () if self._folder is None else (self._folder,)

    @property
    def folder(self) -> Path:
        """The directory; others may look into it."""
        if self._folder is None:
            made = tempfile.TemporaryDirectory(
                prefix="syncline-helm-", dir=self._parent, ignore_cleanup_errors=True
            )
            self._folder = Path(self._stack.enter_context(made))
            self._folder.chmod(0o755)
        return self._folder
