"""Argo CD's six health codes and their order.

The law: an application is as well as its worst resource.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from msgspec import Struct


class HealthStatus(IntEnum):
    """Best to worst, as Argo CD ranks them."""

    HEALTHY = 0
    SUSPENDED = 1
    PROGRESSING = 2
    MISSING = 3
    DEGRADED = 4
    UNKNOWN = 5

    @property
    def label(self) -> str:
        """Argo CD's spelling: `Healthy`, `Degraded` and so on."""
        return self.name.capitalize()


class Health(Struct, frozen=True, order=True):
    """A status and, where there is one, the sentence that explains it."""

    status: HealthStatus
    message: str = ""


WELL: Final = Health(HealthStatus.HEALTHY)
UNHEARD: Final = Health(HealthStatus.PROGRESSING, "It waits to be seen by its controller.")
"""Of what has no status yet, or none that says anything."""
