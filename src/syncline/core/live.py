"""What is in the cluster, and what would be after the apply.

The law: "absent" and "could not find out" are different things, and nothing is decided from the second.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body, ResourceKey


class Level(Enum):
    """How a comparison was made; the report always says which."""

    OFFLINE = "offline"
    LIVE = "live"
    DRY_RUN = "dry-run"


class LiveState(Struct, frozen=True):
    """The objects found. A key in `unreadable` (with the reason) may exist or not; any other is absent."""

    objects: Mapping[ResourceKey, Body] = field(default_factory=dict)
    unreadable: Mapping[ResourceKey, str] = field(default_factory=dict)


class Prediction(Struct, frozen=True):
    """What each desired object would be after the apply.

    `rejected` are the objects the server would refuse (with its reason), `unknowable` those nothing can be
    said of at this level (with the reason: the CRD is not there yet, the object is unreadable), `unasked`
    those about which this identity may not ask the server (with the reason), so that we predict them.
    """

    level: Level
    objects: Mapping[ResourceKey, Body] = field(default_factory=dict)
    rejected: Mapping[ResourceKey, str] = field(default_factory=dict)
    unknowable: Mapping[ResourceKey, str] = field(default_factory=dict)
    unasked: Mapping[ResourceKey, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why the level is a lower one than was asked for."""
        if self.level is Level.DRY_RUN or not self.unasked:
            return ""
        return f"the server may not be asked for a dry run: {min(self.unasked.items())[1]}"
