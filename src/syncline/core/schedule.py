"""In which order a plan is carried out.

The law: the stages are a permutation of the plan's writes and hook runs that respects phase, wave and kind;
prunes run in mirrored wave order (Argo CD, "Sync Phases and Waves"); a Namespace and a definition come no
later than the first object that needs them.

Every stage is waited for, the last one too: where Argo CD calls a sync succeeded as soon as its last wave is
applied, a CI run has nobody to look again.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from syncline.core.definitions import defined_by
from syncline.core.hooks import HookRun, Phase
from syncline.core.order import rank, wave_of
from syncline.core.plan import Action, Change, Plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import ResourceKey

APPLIES = frozenset({Action.CREATE, Action.UPDATE, Action.RECREATE, Action.ADOPT})

Step: TypeAlias = Change | HookRun
"""What a kind group is made of: a resource to write, or a hook to run."""

_Place: TypeAlias = tuple[int, int]
_PHASES: Final = (
    Phase.PRE_DELETE,
    Phase.PRE_SYNC,
    Phase.SYNC,
    Phase.POST_SYNC,
    Phase.POST_DELETE,
    Phase.SYNC_FAIL,
)
"""In this order. Resources are written and pruned in the phase Sync, also when all are deleted."""


class Stage(Struct, frozen=True):
    """What is waited for together: prunes first, then kind group after kind group.

    `watched` are the objects of this wave that need no write but belong to its health.
    """

    wave: int
    prunes: tuple[Change, ...] = ()
    kind_groups: tuple[tuple[Step, ...], ...] = ()
    watched: tuple[Change, ...] = ()
    phase: Phase = Phase.SYNC

    @property
    def runs(self) -> tuple[HookRun, ...]:
        """The hooks of this stage."""
        return tuple(step for group in self.kind_groups for step in group if isinstance(step, HookRun))


def schedule(plan: Plan) -> tuple[Stage, ...]:
    """The plan's changes and hooks as stages, in the order to run them; those of SyncFail apart."""
    steps: list[Step] = [change for change in plan.changes if change.action in APPLIES]
    steps += [run for run in plan.runs if run.phase is not Phase.SYNC_FAIL]
    same = [change for change in plan.changes if change.action is Action.UNCHANGED]
    places = _pulled_up(steps)
    prunes = _prune_places(plan, same, places)
    spots = sorted({*places.values(), *prunes.values(), *map(_place, same)})
    return tuple(
        Stage(
            wave=spot[1],
            prunes=tuple(prune for prune in _pruned(plan) if prunes[prune.key] == spot),
            kind_groups=_kind_groups([step for step in steps if places[_id(step)] == spot]),
            watched=tuple(change for change in same if _place(change) == spot),
            phase=_PHASES[spot[0]],
        )
        for spot in spots
    )


def rescue(plan: Plan) -> Stage | None:
    """The hooks of SyncFail: one batch without waves (Argo CD)."""
    runs = [run for run in plan.runs if run.phase is Phase.SYNC_FAIL]
    return Stage(0, kind_groups=_kind_groups(runs), phase=Phase.SYNC_FAIL) if runs else None


def _id(step: Step) -> tuple[ResourceKey, Phase | None]:
    return (step.key, step.phase if isinstance(step, HookRun) else None)


def _place(step: Step) -> _Place:
    if isinstance(step, HookRun):
        return (_PHASES.index(step.phase), step.wave)
    body = step.after if step.after is not None else step.before or {}
    return (_PHASES.index(Phase.SYNC), wave_of(body))


def _pulled_up(steps: list[Step]) -> dict[tuple[ResourceKey, Phase | None], _Place]:
    """Where each step runs; what others need goes where the first of them does (Argo CD)."""
    places = {_id(step): _place(step) for step in steps}
    for kind in ("CustomResourceDefinition", "Namespace"):
        for step in steps:
            if step.key.kind != kind or isinstance(step, HookRun):
                continue
            needing = [places[_id(other)] for other in steps if _needs(other, step)]
            places[_id(step)] = min([places[_id(step)], *needing])
    return places


def _needs(step: Step, other: Step) -> bool:
    if other.key.group_kind == "Namespace":
        return step.key.namespace == other.key.name
    return (step.key.group, step.key.kind) == _defined(other)


def _defined(step: Step) -> tuple[str, str]:
    if step.key.group_kind != "CustomResourceDefinition.apiextensions.k8s.io" or isinstance(step, HookRun):
        return ("", "")
    return defined_by(step.after or {})


def _prune_places(
    plan: Plan, same: list[Change], places: Mapping[tuple[ResourceKey, Phase | None], _Place]
) -> dict[ResourceKey, _Place]:
    sync = _PHASES.index(Phase.SYNC)
    prunes = _pruned(plan)
    waves = sorted({_place(change)[1] for change in prunes})
    mirror = dict(zip(waves, reversed(waves), strict=True))
    found = {change.key: (sync, mirror[_place(change)[1]]) for change in prunes}
    taken = [*places.values(), *map(_place, same), *found.values()]
    last = max([0, *(wave for phase, wave in taken if phase == sync)]) + 1
    for change in prunes:
        if plan.options.prunes_last(change.before or {}):
            found[change.key] = (sync, last)
    return found


def _pruned(plan: Plan) -> list[Change]:
    return sorted((c for c in plan.changes if c.action is Action.PRUNE), key=lambda change: change.key)


def _kind_groups(steps: Iterable[Step]) -> tuple[tuple[Step, ...], ...]:
    listed = list(steps)
    order = {kind: _order(kind, listed) for kind in {step.key.kind for step in listed}}
    ordered = sorted(listed, key=lambda step: (order[step.key.kind], step.key))
    return tuple(tuple(group) for _, group in groupby(ordered, key=lambda step: order[step.key.kind]))


def _order(kind: str, steps: list[Step]) -> tuple[int, int, str]:
    """The kind's rank; a definition comes before its resources, also where their name is a known kind's."""
    ranks = [rank(kind), *_dependents(kind, steps)]
    return (min(ranks), 0 if min(ranks) < rank(kind) else 1, kind)


def _dependents(kind: str, steps: list[Step]) -> Iterator[int]:
    if kind == "CustomResourceDefinition":
        defined = {_defined(step) for step in steps if step.key.kind == kind}
        yield from (rank(step.key.kind) for step in steps if (step.key.group, step.key.kind) in defined)
