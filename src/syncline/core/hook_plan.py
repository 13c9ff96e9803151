"""Which hooks a sync runs, and how they differ from when they last ran.

The law: hooks are never a difference between Git and the cluster; they run with a sync that has something to
do, and again when one of them changed or the last time did not end well.

Argo CD's automated sync does not begin where everything is in sync; a changed migration alone would then
never run, so here it is a reason of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.fields import compare
from syncline.core.hooks import DELETE_PHASES, SYNC_PHASES, HookRun, digests, hook_runs, phases_of, unmarked
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.plan import Action, Change, Plan
from syncline.core.predict import predict_apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.applyset import Owner
    from syncline.core.hooks import Phase
    from syncline.core.inventory import Inventory, Operation
    from syncline.core.live import LiveState
    from syncline.core.resource import Body, Manifest, ResourceKey


class HookSet(Struct, frozen=True):
    """The hooks of one revision, and their runs in the operation that a sync begins or goes on with."""

    manifests: tuple[Manifest, ...]
    operation: Operation
    runs: tuple[HookRun, ...]
    phases: frozenset[Phase] = SYNC_PHASES

    @property
    def keys(self) -> frozenset[ResourceKey]:
        """Every object that the hooks may make."""
        return frozenset(run.key for run in self.runs) | {hook.key for hook in self.manifests}


def hook_set(
    hooks: Iterable[Manifest], inventory: Inventory, owner: Owner, begun: Operation, phases: frozenset[Phase]
) -> HookSet:
    """The hooks with their runs; an operation of the same revision that never ended is gone on with."""
    listed = tuple(hooks)
    last = inventory.hooks.operation
    operation = last if last is not None and last.revision == begun.revision else begun
    return HookSet(listed, operation, hook_runs(listed, phases, operation, owner), phases)


def with_hooks(plan: Plan, hooks: HookSet, live: LiveState) -> Plan:
    """The plan with the hooks that it runs."""
    said = digests(hooks.manifests, hooks.phases)
    known = plan.inventory.hooks
    due = bool(plan.writes) or said != known.digests or known.operation is not None
    runs = hooks.runs if due else ()
    return replace(
        plan,
        runs=runs,
        hooks=tuple(sorted(_changes(plan, hooks, said, live), key=lambda change: change.key)),
        operation=hooks.operation if runs else None,
        digests=said,
        parting=has_parting(hooks.manifests),
    )


def has_parting(hooks: Iterable[Manifest]) -> bool:
    """Whether some hook runs when the application is deleted."""
    return any(phases_of(hook.body) & DELETE_PHASES for hook in hooks)


def rendered_hooks(before: Iterable[Manifest], after: Iterable[Manifest]) -> tuple[Change, ...]:
    """How the hooks of two renderings differ."""
    old, new = ({hook.key: hook for hook in hooks} for hooks in (before, after))
    return tuple(_rendered(key, old.get(key), new.get(key)) for key in sorted(old.keys() | new.keys()))


def _rendered(key: ResourceKey, old: Manifest | None, new: Manifest | None) -> Change:
    before, after = old.body if old else None, new.body if new else None
    if before is None or after is None:
        origin = new.origin if new else None
        return Change(key, Action.PRUNE if new is None else Action.CREATE, before, after, origin=origin)
    fields = compare(normalize_desired(before), normalize_desired(after))
    origin = new.origin if new else None
    return Change(key, Action.UPDATE if fields else Action.UNCHANGED, before, after, fields, origin)


def _changes(plan: Plan, hooks: HookSet, said: Mapping[str, str], live: LiveState) -> Iterator[Change]:
    recorded = plan.inventory.hooks
    objects = {key: live.objects[key] for key in recorded.keys if key in live.objects}
    taken: set[ResourceKey] = {manifest.key for manifest in plan.manifests}
    by_hook = {run.hook: run for run in reversed(hooks.runs)}
    for hook in hooks.manifests:
        run = by_hook.get(hook.key)
        if run is None:
            continue
        own = [each.key for each in hooks.runs if each.hook == hook.key]
        former = {key for key, body in objects.items() if _generated(body, run) and key not in own}
        taken |= {*own, *former}
        newest = next(
            (live.objects[key] for key in [*own, *sorted(former, reverse=True)] if key in live.objects), None
        )
        yield _change(hook, run, newest, (said[str(hook.key)], recorded.digests.get(str(hook.key))))
        yield from (Change(key, Action.KEEP, objects[key], why="an earlier run's") for key in sorted(former))
    for key in sorted(objects.keys() - taken):
        yield Change(key, Action.PRUNE, objects[key], why="Git no longer has this hook")


def _generated(body: Body, run: HookRun) -> bool:
    generated = (body.get("metadata") or {}).get("generateName")
    same_kind = body.get("kind") == run.key.kind
    return bool(generated) and same_kind and generated == run.body["metadata"].get("generateName")


def _change(hook: Manifest, run: HookRun, before: Body | None, said: tuple[str, str | None]) -> Change:
    now, then = said
    if now == then:
        return Change(run.key, Action.UNCHANGED, before, hook.body, origin=hook.origin)
    if before is None:
        action = Action.CREATE if then is None else Action.UPDATE
        return Change(hook.key, action, None, hook.body, origin=hook.origin)
    after = unmarked(normalize_live(predict_apply(before, run.body)))
    seen = unmarked(normalize_live(before))
    fields = compare(seen, after)
    return Change(run.key, Action.UPDATE if fields else Action.UNCHANGED, seen, after, fields, hook.origin)
