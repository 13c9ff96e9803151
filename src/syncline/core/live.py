"""What is in the cluster, and what would be after the apply.

The law: "absent" and "could not find out" are different things, and nothing is decided from the second.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.core.fields import compare
from syncline.core.normalize import normalize_desired, normalize_live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.fields import FieldChange
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.core.schema import Shape


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
    `shapes` are those of custom kinds, by kind and apiVersion, as far as their definitions are known.  Of
    `hushed` objects the server would change more by itself.
    """

    level: Level
    objects: Mapping[ResourceKey, Body] = field(default_factory=dict)
    rejected: Mapping[ResourceKey, str] = field(default_factory=dict)
    unknowable: Mapping[ResourceKey, str] = field(default_factory=dict)
    unasked: Mapping[ResourceKey, str] = field(default_factory=dict)
    shapes: Mapping[tuple[str, str], Shape] = field(default_factory=dict)
    hushed: int = 0

    @property
    def reason(self) -> str:
        """Why the level is a lower one than was asked for."""
        if self.level is Level.DRY_RUN or not self.unasked:
            return ""
        return f"the server may not be asked for a dry run: {min(self.unasked.items())[1]}"

    def differences(self, manifest: Manifest, before: Body) -> tuple[FieldChange, ...]:
        """How an object would differ from what is there."""
        after, shape = self.objects.get(manifest.key, manifest.body), self.shape_of(manifest)
        normalize = normalize_desired if self.level is Level.OFFLINE else normalize_live
        return compare(normalize(before, shape), normalize(after, shape), shape)

    def shape_of(self, manifest: Manifest) -> Shape | None:
        """The shape of a custom kind; None for one of Kubernetes' own, and where nobody knows."""
        return self.shapes.get((manifest.key.kind, manifest.api_version))
