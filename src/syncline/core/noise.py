"""What differs between two renderings of the very same thing.

The law: noise is never shown as a change and never hides one: a field that came out differently twice is
compared as if it had stayed as it is there, and every other field as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.core.fields import ABSENT, Path, compare, value_at, with_value
from syncline.core.live import Level
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.plan import Action, Change, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.rendering import Rendering
    from syncline.core.resource import Body, ResourceKey

_COMPARED: Final = frozenset({Action.UPDATE, Action.RECREATE, Action.ADOPT})


class Noise(Struct, frozen=True):
    """Fields, by object, and objects whose very name is another each time."""

    fields: Mapping[ResourceKey, tuple[Path, ...]] = field(default_factory=dict)
    names: frozenset[ResourceKey] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.fields or self.names)


SILENCE: Final = Noise()


def noise(one: Rendering, other: Rendering) -> Noise:
    """What tells two renderings of one application at one revision apart."""
    first = {manifest.key: manifest.body for manifest in one.manifests}
    second = {manifest.key: manifest.body for manifest in other.manifests}
    found = {
        key: tuple(
            change.path for change in compare(normalize_desired(first[key]), normalize_desired(second[key]))
        )
        for key in sorted(first.keys() & second.keys())
    }
    return Noise(
        {key: paths for key, paths in found.items() if paths},
        frozenset(first.keys() ^ second.keys()),
    )


def quieted(plan: Plan, found: Noise) -> Plan:
    """The plan as it is without the noise: for showing and for telling plans apart, not for carrying out."""
    if not found.fields:
        return plan
    changes = tuple(_quiet(change, found, plan.level) for change in plan.changes)
    hooks = tuple(_quiet(change, found, plan.level) for change in plan.hooks)
    return replace(plan, changes=changes, hooks=hooks)


def quiet_body(body: Body, paths: tuple[Path, ...]) -> Body:
    """A body in which every noisy field says the same each time."""
    for path in paths:
        for written in _spellings(path):
            if value_at(body, written) is not ABSENT:
                body = with_value(body, written, "")
    return body


def _quiet(change: Change, found: Noise, level: Level) -> Change:
    paths = found.fields.get(change.key, ())
    if not paths or change.action not in _COMPARED or change.before is None or change.after is None:
        return change
    after = change.after
    for path in paths:
        for written in _spellings(path):
            there = value_at(change.before, written)
            if there is not ABSENT and value_at(after, written) is not ABSENT:
                after = with_value(after, written, there)
    normalize = normalize_desired if level is Level.OFFLINE else normalize_live
    fields = compare(normalize(change.before), normalize(after))
    action = change.action if fields or change.action is Action.ADOPT else Action.UNCHANGED
    return replace(change, after=after, fields=fields, action=action)


def _spellings(path: Path) -> tuple[Path, ...]:
    """A field of a Secret may be written in the clear, too."""
    rest: Any = path[1:]
    return (path, ("stringData", *rest)) if path and path[0] == "data" else (path,)
