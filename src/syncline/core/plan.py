"""What a sync would do, as one value.

The law: a plan of what is live changes nothing; nothing is deleted because it could not be read.

The offline comparison is the same question with the base rendering standing in for the cluster.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from syncline.core.applyset import TRACKING_ANNOTATION, claimed_by
from syncline.core.fields import FieldChange, compare
from syncline.core.handover import outgoing
from syncline.core.live import Level, LiveState, Prediction
from syncline.core.normalize import normalize_desired, normalize_live
from syncline.core.ownership import claimants, is_ours, last_writer, rival

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.core.inventory import Inventory
    from syncline.core.resource import Body, Manifest, ResourceKey
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


WRITES = frozenset({Action.CREATE, Action.UPDATE, Action.RECREATE, Action.ADOPT, Action.PRUNE})
"""The actions that change an object in the cluster."""


@dataclass(frozen=True, slots=True)
class Change:
    """One object's part in the plan.

    `before` is what is there (live, or the base rendering offline), `after` what would be; bodies are real
    values, so a `Change` never leaves the process unmasked.  `why` is a sentence where the action needs one.
    `handover` names the field managers whose fields become ours first.
    """

    key: ResourceKey
    action: Action
    before: Body | None = None
    after: Body | None = None
    fields: tuple[FieldChange, ...] = ()
    origin: Place | None = None
    why: str = ""
    handover: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """What a plan may do: delete what Git no longer has, and take over what another owner would write again.

    `approved` names the objects (as `str(key)`) whose deletion somebody has approved; `owner_id` is our
    ApplySet id, empty offline, where nobody owns anything.
    """

    prune: bool = False
    adopt: bool = False
    protected_kinds: frozenset[str] = frozenset()
    approved: frozenset[str] = frozenset()
    owner_id: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """What we want of one application: these manifests, at this revision, under this policy."""

    app: str
    revision: str
    manifests: tuple[Manifest, ...]
    policy: Policy = Policy()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a sync of one application would do. `refusals` are the guard's sentences; with one, nothing
    is done.
    """

    app: str
    revision: str
    level: Level
    inventory: Inventory
    changes: tuple[Change, ...]
    manifests: tuple[Manifest, ...] = ()
    refusals: tuple[str, ...] = ()

    @property
    def writes(self) -> tuple[Change, ...]:
        """The changes that alter an object."""
        return tuple(change for change in self.changes if change.action in WRITES)

    @property
    def differs(self) -> bool:
        """Whether Git and the cluster disagree, also where nothing may be done about it."""
        return any(change.action not in {Action.UNCHANGED, Action.FORGET} for change in self.changes)


def make_plan(intent: Intent, inventory: Inventory, live: LiveState, prediction: Prediction) -> Plan:
    """What it takes to make the cluster be what Git says."""
    desired = {manifest.key for manifest in intent.manifests}
    stray = {key for key, body in live.objects.items() if _names_itself(key, body)}
    candidates = (inventory.keys | stray) - desired
    changes = [
        *(_desired_change(manifest, intent, live, prediction) for manifest in intent.manifests),
        *_orphan_changes(sorted(candidates), intent.policy, live),
    ]
    return Plan(
        app=intent.app,
        revision=intent.revision,
        level=prediction.level,
        inventory=inventory,
        changes=tuple(changes),
        manifests=intent.manifests,
    )


def _desired_change(manifest: Manifest, intent: Intent, live: LiveState, prediction: Prediction) -> Change:
    key, origin = manifest.key, manifest.origin
    before = live.objects.get(key)
    blocked = live.unreadable.get(key) or prediction.rejected.get(key)
    if blocked:
        return Change(key, Action.BLOCKED, before, None, origin=origin, why=blocked)
    after = prediction.objects.get(key, manifest.body)
    if before is None:
        why = prediction.unknowable.get(key, "")
        return Change(key, Action.CREATE, None, after, origin=origin, why=why)
    if intent.policy.owner_id and not is_ours(before, intent.policy.owner_id):
        return _adopted(manifest, before, after, intent, prediction.level)
    if after is before:
        return Change(key, Action.UNCHANGED, before, after, origin=origin)
    fields = compare(*_comparable(before, after, prediction.level))
    if not fields:
        return Change(key, Action.UNCHANGED, before, after, origin=origin)
    return _updated(manifest, before, after, fields, intent.policy)


def _updated(
    manifest: Manifest, before: Body, after: Body, fields: tuple[FieldChange, ...], policy: Policy
) -> Change:
    key, origin = manifest.key, manifest.origin
    if not policy.owner_id:
        return Change(key, Action.UPDATE, before, after, fields, origin)
    other = rival(before, fields)
    if other is not None and not policy.adopt:
        why = f"{other} writes our object, too; stop it there, then take the object back with --adopt"
        return Change(key, Action.BLOCKED, before, after, fields, origin, why)
    handover = outgoing(before, adopted=policy.adopt)
    return Change(key, Action.UPDATE, before, after, fields, origin, _becoming_ours(handover), handover)


def _adopted(manifest: Manifest, before: Body, after: Body, intent: Intent, level: Level) -> Change:
    """An object that is there and not ours: whose it is comes first."""
    key, origin = manifest.key, manifest.origin
    claims = claimants(before, key, manifest.body, intent.app)
    fields = compare(*_comparable(before, after, level))
    named = " and ".join(map(str, claims))
    if any(claim.comes_back for claim in claims) and not intent.policy.adopt:
        why = f"it belongs to {named}; take it over with --adopt"
        return Change(key, Action.BLOCKED, before, after, fields, origin, why)
    handover = outgoing(before, adopted=True)
    writer = last_writer(before)
    wrote = f"; {writer.manager} wrote it last" if writer is not None and writer.manager else ""
    whose = f"it is taken over from {named}" if claims else f"it exists and is nobody's yet{wrote}"
    words = "; ".join(filter(None, (whose, _becoming_ours(handover))))
    return Change(key, Action.ADOPT, before, after, fields, origin, words, handover)


def _becoming_ours(handover: tuple[str, ...]) -> str:
    return f"the fields of {', '.join(handover)} become ours" if handover else ""


def _names_itself(key: ResourceKey, body: Body) -> bool:
    # Controllers copy labels and annotations onto what they make; such a copy's tracking id names the
    # original.
    annotations = (body.get("metadata") or {}).get("annotations") or {}
    tracking = str(annotations.get(TRACKING_ANNOTATION) or "")
    return tracking.endswith(f"/{key.name}") and f":{key.group}/{key.kind}:" in tracking


def _comparable(before: Body, after: Body, level: Level) -> tuple[Body, Body]:
    normalize = normalize_desired if level is Level.OFFLINE else normalize_live
    return normalize(before), normalize(after)


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
    if "Prune=false" in _sync_options(metadata):
        return Change(key, Action.KEEP, before, why="its annotation says Prune=false")
    if not policy.prune:
        return Change(key, Action.KEEP, before, why="would prune; allow it with automated.prune or --prune")
    if key.group_kind in policy.protected_kinds and str(key) not in policy.approved:
        return Change(
            key, Action.KEEP, before, why=f"{key.group_kind} is protected; approve with --approve '{key}'"
        )
    return Change(key, Action.PRUNE, before)


def _sync_options(metadata: Body) -> frozenset[str]:
    text = str((metadata.get("annotations") or {}).get("argocd.argoproj.io/sync-options") or "")
    return frozenset(option.strip() for option in text.split(","))


def fingerprint(plan: Plan) -> str:
    """What the reviewer approved: every write of the plan, as 16 hexadecimal digits.

    Secret values are left out, because the fingerprint is public and a short secret could be guessed from it.
    """
    digest = hashlib.sha256()
    for change in sorted(plan.writes, key=lambda change: change.key):
        digest.update(f"{change.key}|{change.action.value}|".encode())
        if change.key.group_kind != "Secret":
            body = normalize_live(change.after) if change.after else None
            digest.update(json.dumps(body, sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]
