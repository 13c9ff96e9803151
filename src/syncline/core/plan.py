"""What a sync would do, as one value.

The law: a plan of what is live changes nothing; nothing is deleted because it could not be read.

The offline comparison is the same question with the base rendering standing in for the cluster.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.metadata import KEEP
from syncline.core.applyset import TRACKING_ANNOTATION, claimed_by
from syncline.core.canonical import canonical
from syncline.core.handover import CLIENT_SIDE, handing_over, outgoing
from syncline.core.normalize import normalize_live
from syncline.core.options import (
    NO_OPTIONS,
    PLAIN,
    Manner,
    Method,
    SyncOptions,
    words_of,
)
from syncline.core.ownership import claimants, is_ours, last_writer, rival

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.core.fields import FieldChange
    from syncline.core.hooks import HookRun
    from syncline.core.inventory import Inventory, Operation
    from syncline.core.live import Level, LiveState, Prediction
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.core.selection import Selection
    from syncline.errors import Place


class Action(Enum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    RECREATE = "recreate"
    ADOPT = "adopt"
    PRUNE = "prune"
    FORGET = "forget"
    KEEP = "keep"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"
    HOLD = "hold"
    RUN = "run"


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.RECREATE, Action.ADOPT, Action.PRUNE})
"""The actions that change an object in the cluster."""


class Change(Struct, frozen=True):
    """One object's part in the plan.

    `before` is what is there (live, or the base rendering offline), `after` what would be; bodies are real
    values, so a `Change` never leaves the process unmasked.  `why` is a sentence where the action needs one;
    `sent` is what is written where no manifest of Git is.
    """

    key: ResourceKey
    action: Action
    before: Body | None = None
    after: Body | None = None
    fields: tuple[FieldChange, ...] = ()
    origin: Place | None = None
    why: str = ""
    manner: Manner = PLAIN
    sent: Body | None = None


class Policy(Struct, frozen=True):
    """What a plan may do: delete what Git no longer has, and take over what another owner would write again.

    `approved` names the objects (as `str(key)`) whose deletion somebody has approved, `confirmed` that the
    Application itself approves what asks for confirmation; `owner_id` is our ApplySet id, empty offline,
    where nobody owns anything.  `retired` deletes all of the application, and obeys `Delete=` in the place of
    `Prune=`.  `unpruned` says why nothing is deleted where `prune` is not given.
    """

    prune: bool = False
    adopt: bool = False
    protected_kinds: frozenset[str] = frozenset()
    approved: frozenset[str] = frozenset()
    confirmed: bool = False
    owner_id: str = ""
    options: SyncOptions = NO_OPTIONS
    retired: bool = False
    unpruned: str = "would prune; allow it with automated.prune or --prune"

    def manner(self, desired: Body, before: Body | None) -> Manner:
        """How an object is written, and whose fields of it become ours by that: those of the client side, and
        where it is adopted those of every tool that applied it as a whole.
        """
        manner = self.options.manner(desired, before)
        if before is None or not self.owner_id or manner.method is Method.REPLACE:
            return manner
        adopted = self.adopt or not is_ours(before, self.owner_id)
        leaving = frozenset(outgoing(before, adopted=adopted))
        # `ClientSideApplyMigration=false` leaves to kubectl what kubectl has.
        leaving = leaving if self.options.migrates else leaving - CLIENT_SIDE
        return replace(manner, migrate=manner.migrate | leaving)

    def approves(self, key: ResourceKey) -> bool:
        """Whether somebody approved deleting this object."""
        return str(key) in self.approved


class Intent(Struct, frozen=True):
    """What we want of one application: these manifests, at this revision, under this policy.

    `spared` are keys that are no resources of ours any more although they were: hooks.
    """

    app: str
    revision: str
    manifests: tuple[Manifest, ...]
    policy: Policy = Policy()
    spared: frozenset[ResourceKey] = frozenset()


class Plan(Struct, frozen=True):
    """Everything a sync of one application would do. `refusals` are the guard's sentences; with one, nothing
    is done.

    `runs` are the hooks that this sync runs, in `operation`; `hooks` is how the hooks differ from when they
    last ran, which is no difference between Git and the cluster; `digests` is what to remember of them.
    A `partial` plan is that of a few chosen resources: it runs no hook and is no sync of the revision.  An
    `unrecorded` one has nothing to write and no namespace in which a record could be kept.
    """

    app: str
    revision: str
    level: Level
    inventory: Inventory
    changes: tuple[Change, ...]
    manifests: tuple[Manifest, ...] = ()
    refusals: tuple[str, ...] = ()
    options: SyncOptions = NO_OPTIONS
    runs: tuple[HookRun, ...] = ()
    hooks: tuple[Change, ...] = ()
    operation: Operation | None = None
    digests: Mapping[str, str] | None = None
    parting: bool = False
    partial: bool = False
    unrecorded: bool = False

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that alter an object."""
        return tuple(change for change in self.changes if change.action in WRITES)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do: nothing to write, no hook to run, no old hook to clean up."""
        return not (self.writes or self.runs or self.debris)

    @property
    def debris(self) -> tuple[Change, ...]:
        """Objects of hooks that Git no longer has, to be deleted at the end."""
        return tuple(change for change in self.hooks if change.action is Action.PRUNE and change.before)

    @property
    def differs(self) -> bool:
        """Whether Git and the cluster disagree, also where nothing may be done about it."""
        return any(change.action not in {Action.UNCHANGED, Action.FORGET} for change in self.changes)


def make_plan(intent: Intent, inventory: Inventory, live: LiveState, prediction: Prediction) -> Plan:
    """What it takes to make the cluster be what Git says."""
    desired = {manifest.key for manifest in intent.manifests}
    stray = {key for key, body in live.objects.items() if _is_member(key, body)}
    candidates = (inventory.keys | stray) - desired - intent.spared
    changes = [
        *(_desired_change(manifest, intent, live, prediction) for manifest in intent.manifests),
        *_orphan_changes(sorted(candidates), intent.policy, live),
        *_spared_changes(sorted(intent.spared & inventory.keys), live),
    ]
    return Plan(
        app=intent.app,
        revision=intent.revision,
        level=prediction.level,
        inventory=inventory,
        changes=tuple(changes),
        manifests=intent.manifests,
        options=intent.policy.options,
    )


def _spared_changes(spared: list[ResourceKey], live: LiveState) -> Iterator[Change]:
    for key in spared:
        yield Change(key, Action.FORGET, live.objects.get(key), why="it is a hook now")


def _desired_change(manifest: Manifest, intent: Intent, live: LiveState, prediction: Prediction) -> Change:
    key, origin = manifest.key, manifest.origin
    before = live.objects.get(key)
    blocked = live.unreadable.get(key) or prediction.rejected.get(key)
    if blocked:
        manner = intent.policy.manner(manifest.body, before)
        return Change(key, Action.BLOCKED, before, None, origin=origin, why=blocked, manner=manner)
    after = prediction.objects.get(key, manifest.body)
    if before is None:
        why, manner = prediction.unknowable.get(key, ""), intent.policy.manner(manifest.body, None)
        return Change(key, Action.CREATE, None, after, origin=origin, why=why, manner=manner)
    if intent.policy.owner_id and not is_ours(before, intent.policy.owner_id):
        return _adopted(manifest, before, after, intent, prediction)
    if after is before:
        return Change(key, Action.UNCHANGED, before, after, origin=origin)
    fields = prediction.differences(manifest, before)
    if not fields:
        return Change(key, Action.UNCHANGED, before, after, origin=origin)
    return _updated(manifest, before, after, fields, intent.policy)


def _updated(
    manifest: Manifest, before: Body, after: Body, fields: tuple[FieldChange, ...], policy: Policy
) -> Change:
    key, origin = manifest.key, manifest.origin
    manner = policy.manner(manifest.body, before)
    if not policy.owner_id:
        return Change(key, Action.UPDATE, before, after, fields, origin, manner=manner)
    other = rival(before, fields)
    if other is not None and not policy.adopt:
        why = f"{other} writes our object, too; stop it there, then take the object back with --adopt"
        return Change(key, Action.BLOCKED, before, after, fields, origin, why)
    return Change(key, Action.UPDATE, before, after, fields, origin, _becoming_ours(before, manner), manner)


def _adopted(manifest: Manifest, before: Body, after: Body, intent: Intent, prediction: Prediction) -> Change:
    """An object that is there and not ours: whose it is comes first."""
    key, origin = manifest.key, manifest.origin
    claims = claimants(before, key, manifest.body, intent.app)
    fields = prediction.differences(manifest, before)
    named = " and ".join(map(str, claims))
    if any(claim.comes_back for claim in claims) and not intent.policy.adopt:
        why = f"it belongs to {named}; take it over with --adopt"
        return Change(key, Action.BLOCKED, before, after, fields, origin, why)
    manner = intent.policy.manner(manifest.body, before)
    writer = last_writer(before)
    wrote = f"; {writer.manager} wrote it last" if writer is not None and writer.manager else ""
    whose = f"it is taken over from {named}" if claims else f"it exists and is nobody's yet{wrote}"
    words = "; ".join(filter(None, (whose, _becoming_ours(before, manner))))
    return Change(key, Action.ADOPT, before, after, fields, origin, words, manner)


def _becoming_ours(before: Body, manner: Manner) -> str:
    leaving = handing_over(before, manner.migrate)
    return f"the fields of {', '.join(leaving)} become ours" if leaving else ""


def _is_member(key: ResourceKey, body: Body) -> bool:
    # Controllers copy labels and annotations onto what they make; such a copy's tracking id names the
    # original. What is read because it is a hook carries no label of an ApplySet.
    if not claimed_by(body):
        return False
    annotations = (body.get("metadata") or {}).get("annotations") or {}
    tracking = str(annotations.get(TRACKING_ANNOTATION) or "")
    return tracking.endswith(f"/{key.name}") and f":{key.group}/{key.kind}:" in tracking


def _orphan_changes(orphans: list[ResourceKey], policy: Policy, live: LiveState) -> Iterator[Change]:
    for key in orphans:
        before = live.objects.get(key)
        if key in live.unreadable:
            yield Change(key, Action.KEEP, why=f"it cannot be read, so it stays: {live.unreadable[key]}")
        elif before is None:
            yield Change(key, Action.FORGET, why="it is gone already")
        else:
            yield _orphan_change(key, before, policy)


def _orphan_change(key: ResourceKey, before: Body, policy: Policy) -> Change:
    metadata = before.get("metadata") or {}
    if metadata.get("ownerReferences"):
        return Change(key, Action.FORGET, before, why="another object owns it now")
    if policy.owner_id and claimed_by(before) != policy.owner_id:
        return Change(key, Action.FORGET, before, why="it no longer carries our ApplySet label")
    word = "Delete" if policy.retired else "Prune"
    permitted = policy.options.delete(before) if policy.retired else policy.options.prune(before)
    if permitted == "false":
        return Change(key, Action.KEEP, before, why=_kept_by(word, before))
    if not policy.prune:
        return Change(key, Action.KEEP, before, why=policy.unpruned)
    if permitted == "confirm" and not (policy.confirmed or policy.approves(key)):
        why = f"{word}=confirm asks for confirmation; approve with --approve '{key}'"
        return Change(key, Action.KEEP, before, why=why)
    if key.group_kind in policy.protected_kinds and not policy.approves(key):
        return Change(
            key, Action.KEEP, before, why=f"{key.group_kind} is protected; approve with --approve '{key}'"
        )
    return Change(key, Action.PRUNE, before)


def _kept_by(word: str, before: Body) -> str:
    own = f"{word}=false" in words_of(before)
    if own:
        return f"its annotation says {word}=false"
    kept = word == "Delete" and KEEP in ((before.get("metadata") or {}).get("annotations") or {})
    return f"its annotation {KEEP} says keep" if kept else f"the Application says {word}=false"


def narrowed(plan: Plan, selection: Selection) -> Plan:
    """The part of a plan that was chosen: no hook runs, and it is no sync of the revision (Argo CD,
    "Selective Sync").
    """
    changes = tuple(each for each in plan.changes if selection.fits(each.key, each.after, each.before))
    kept = {change.key for change in changes}
    manifests = tuple(manifest for manifest in plan.manifests if manifest.key in kept)
    return replace(
        plan, changes=changes, manifests=manifests, runs=(), hooks=(), operation=None, partial=True
    )


def fingerprint(plan: Plan) -> str:
    """What the reviewer approved: every write of the plan, as 16 hexadecimal digits.

    Secret values are left out, because the fingerprint is public and a short secret could be guessed from it.
    """
    digest = hashlib.sha256()
    for run in plan.runs:
        digest.update(
            f"{run.phase.value}|{run.wave}|{run.hook}|{(plan.digests or {}).get(str(run.hook))}|".encode()
        )
    for change in sorted(plan.writes, key=lambda change: change.key):
        digest.update(f"{change.key}|{change.action.value}|".encode())
        if change.key.group_kind != "Secret":
            body = normalize_live(change.after) if change.after else None
            digest.update(canonical(body))
    return digest.hexdigest()[:16]
