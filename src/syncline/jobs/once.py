"""What tells the renderings of a run apart.

The law: one commit has one definition of an application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from syncline.config.application import Application


class AtRevision(Struct, frozen=True):
    """An application at a revision; equal by name, because one commit has one definition of it."""

    app: Application
    revision: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AtRevision) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, str]:
        return (self.app.namespace, self.app.name, self.revision)
