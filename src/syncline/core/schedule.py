"""In which order a plan is carried out.

The law: the stages are a permutation of the plan's writes that respects wave and kind; prunes run in mirrored
wave order (Argo CD, "Sync Phases and Waves").
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from syncline.core.order import rank, wave_of
from syncline.core.plan import Action, Change, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.resource import ResourceKey

APPLIES = frozenset({Action.CREATE, Action.UPDATE, Action.RECREATE, Action.ADOPT})


@dataclass(frozen=True, slots=True)
class Stage:
    """What is waited for together: prunes first, then kind group after kind group.

    `watched` are the objects of this wave that need no write but belong to its health.
    """

    wave: int
    prunes: tuple[Change, ...] = ()
    kind_groups: tuple[tuple[Change, ...], ...] = ()
    watched: tuple[Change, ...] = ()


def schedule(plan: Plan) -> tuple[Stage, ...]:
    """The plan's changes as stages, in the order to run them."""
    applies = [change for change in plan.changes if change.action in APPLIES]
    same = [change for change in plan.changes if change.action is Action.UNCHANGED]
    prunes = _mirrored([change for change in plan.changes if change.action is Action.PRUNE])
    waves = sorted({_wave(change) for change in (*applies, *same)} | {wave for wave, _ in prunes})
    return tuple(
        Stage(
            wave=wave,
            prunes=tuple(change for at, change in prunes if at == wave),
            kind_groups=_kind_groups(change for change in applies if _wave(change) == wave),
            watched=tuple(change for change in same if _wave(change) == wave),
        )
        for wave in waves
    )


def _wave(change: Change) -> int:
    return wave_of(change.after if change.after is not None else change.before or {})


def _kind_groups(changes: Iterable[Change]) -> tuple[tuple[Change, ...], ...]:
    ordered = sorted(changes, key=lambda change: (_place(change.key), change.key))
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda change: _place(change.key)))


def _place(key: ResourceKey) -> tuple[int, str]:
    return (rank(key.kind), key.kind)


def _mirrored(prunes: list[Change]) -> list[tuple[int, Change]]:
    waves = sorted({_wave(change) for change in prunes})
    mirror = dict(zip(waves, reversed(waves), strict=True))
    return [(mirror[_wave(change)], change) for change in sorted(prunes, key=lambda change: change.key)]
