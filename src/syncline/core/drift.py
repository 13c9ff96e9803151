"""What has changed behind Git's back, by whom, and whether undoing it once more makes sense.

The law: a field that was healed twice and changed back both times is being fought over, and is reported
instead of healed again; the count of a field starts anew only after a check that found it as Git wants it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.fields import ABSENT, show
from syncline.core.inventory import Heal
from syncline.core.managed import MANAGER, FieldOwner, owners
from syncline.core.moments import after
from syncline.core.ownership import last_writer
from syncline.core.plan import Action, Change, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.fields import FieldChange
    from syncline.core.resource import ResourceKey

_HEALED: Final = frozenset({Action.UPDATE, Action.RECREATE, Action.ADOPT, Action.CREATE})
"""What undoing drift amounts to; a CREATE is an object that somebody deleted."""

_HELD: Final = 3600.0
"""Seconds that a healed field must have stayed healed before it is forgotten."""

_LONGEST: Final = 8
"""The pause is doubled until it is this many times the first."""

_WHOLE: Final = ""
"""The path of an object that was deleted."""

Point: TypeAlias = "tuple[ResourceKey, str]"


class Blame(Struct, frozen=True):
    """Who changed a field. Where the field is gone nobody is recorded, and the last writer is a guess."""

    path: str
    owner: FieldOwner
    is_guess: bool = False


class Rules(Struct, frozen=True):
    """When a fight is one: `rounds` heals in a row; then `pause` seconds, doubled by each further round.

    With `insist` somebody asked for healing in so many words, so it is done whatever happened before.
    """

    now: str
    rounds: int = 2
    pause: float = 7 * 24 * 3600.0
    insist: bool = False


def blames(change: Change) -> tuple[Blame, ...]:
    """Who changed each drifted field of an object, as far as its managed fields tell."""
    return tuple(filter(None, (_blame(change, field) for field in change.fields)))


def decided(plan: Plan, rules: Rules) -> tuple[Plan, tuple[Heal, ...]]:
    """The plan with what is fought over left as it is, and what is to be remembered of the healing."""
    known = {(heal.key, heal.path): heal for heal in plan.inventory.heals}
    kept: dict[Point, Heal] = {}
    changes: list[Change] = []
    drifted: set[Point] = set()
    for change in plan.changes:
        points = dict(_points(change))
        drifted |= points.keys()
        fought = [known[point] for point in points if point in known and _is_fought(known[point], rules)]
        if fought and not rules.insist:
            changes.append(replace(change, action=Action.HOLD, why=_sentence(fought, points, rules)))
            kept |= {point: known[point] for point in points if point in known}
            continue
        changes.append(change)
        for point, manager in points.items():
            times = known[point].times if point in known else 0
            kept[point] = Heal(*point, times + 1, rules.now, manager)
    for point, heal in known.items():
        if point not in drifted and rules.now < after(heal.at, _HELD):
            kept[point] = heal
    heals = tuple(sorted(kept.values(), key=lambda heal: (heal.key, heal.path)))
    return replace(plan, changes=tuple(changes)), heals


def explained(plan: Plan) -> Plan:
    """The plan with a word about what the cluster cannot tell."""
    gone = "it was deleted; the cluster does not record by whom"
    changes = (
        replace(change, why=change.why or gone) if change.action is Action.CREATE else change
        for change in plan.changes
    )
    return replace(plan, changes=tuple(changes))


def _blame(change: Change, field: FieldChange) -> Blame | None:
    if change.before is None:
        return None
    path = show(field.path)
    found = owners(change.before, field.path)
    others = [owner for owner in found if (owner.manager, owner.operation) != (MANAGER, "Apply")]
    if others and field.before is not ABSENT:
        return Blame(path, others[0])
    writer = last_writer(change.before)
    return Blame(path, writer, is_guess=True) if writer is not None else None


def _points(change: Change) -> Iterator[tuple[Point, str]]:
    """What drifted, each with the manager that changed it."""
    if change.action not in _HEALED:
        return
    if change.action is Action.CREATE:
        yield (change.key, _WHOLE), ""
        return
    who: Mapping[str, str] = {blame.path: blame.owner.manager for blame in blames(change)}
    for field in change.fields:
        path = show(field.path)
        yield (change.key, path), who.get(path, "")


def _is_fought(heal: Heal, rules: Rules) -> bool:
    return heal.times >= rules.rounds and rules.now < _until(heal, rules)


def _until(heal: Heal, rules: Rules) -> str:
    return after(heal.at, rules.pause * min(2 ** (heal.times - rules.rounds), _LONGEST))


def _sentence(fought: list[Heal], points: Mapping[Point, str], rules: Rules) -> str:
    worst = max(fought, key=lambda heal: heal.times)
    who = points.get((worst.key, worst.path)) or worst.manager or "somebody"
    what = worst.path or "the object"
    more = f" (and {len(fought) - 1} more fields)" if len(fought) > 1 else ""
    did = "changed it back" if worst.path else "deleted it again"
    return (
        f"{what}{more} was healed {worst.times} times, last at {worst.at}, and {who} {did} each time; it is "
        f"left as it is until {_until(worst, rules)}; to end this, stop {who}, take the field out of Git, or "
        "name it in spec.ignoreDifferences with RespectIgnoreDifferences=true; --heal tries once more"
    )
