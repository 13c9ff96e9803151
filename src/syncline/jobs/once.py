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
        if not isinstance(other, AtRevision):
            return False
        one, two = self.app, other.app
        is_same = one is two or (one.name == two.name and one.namespace == two.namespace)
        return is_same and self.revision == other.revision

    def __hash__(self) -> int:
        return hash((self.app.name, self.revision))
