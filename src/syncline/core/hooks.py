"""Argo CD's and Helm's hooks: which there are, when they run, and when they are cleaned up.

The law: an object with a hook annotation is never applied as an ordinary resource; a hook runs at most once
for each of its phases in one operation.

Source: Argo CD's "Sync Phases and Waves" and "Helm"; `gitops-engine/pkg/sync/hook`.
"""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.complaint import did_you_mean
from syncline.config.metadata import HELM_HOOK, HOOK, odd_annotations
from syncline.core.applyset import TRACKING_ANNOTATION, tracking_id
from syncline.core.normalize import normalize_desired
from syncline.core.order import wave_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.applyset import Owner
    from syncline.core.inventory import Operation
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.errors import Place

_POLICY: Final = "argocd.argoproj.io/hook-delete-policy"
_HELM_POLICY: Final = "helm.sh/hook-delete-policy"
_SKIP: Final = "Skip"

HOOK_OF_LABEL: Final = "syncline.dev/hook-of"
"""On every hook we make: the ApplySet id of its application. It is no member of the ApplySet."""

RUN_ANNOTATION: Final = "syncline.dev/hook-run"
"""On every hook we make: for which operation and phase it was made."""


class Phase(Enum):
    """When a hook runs."""

    PRE_SYNC = "PreSync"
    SYNC = "Sync"
    POST_SYNC = "PostSync"
    SYNC_FAIL = "SyncFail"
    PRE_DELETE = "PreDelete"
    POST_DELETE = "PostDelete"


SYNC_PHASES: Final = frozenset({Phase.PRE_SYNC, Phase.SYNC, Phase.POST_SYNC, Phase.SYNC_FAIL})
"""The phases of a sync; the others run when an application is deleted."""

DELETE_PHASES: Final = frozenset({Phase.PRE_DELETE, Phase.POST_DELETE})


class DeletePolicy(Enum):
    """When a hook's object is deleted: before it is made anew, or when the whole sync ended well or badly."""

    BEFORE_HOOK_CREATION = "BeforeHookCreation"
    HOOK_SUCCEEDED = "HookSucceeded"
    HOOK_FAILED = "HookFailed"


_HELM_PHASES: Final[Mapping[str, Phase]] = {
    "pre-install": Phase.PRE_SYNC,
    "pre-upgrade": Phase.PRE_SYNC,
    "post-install": Phase.POST_SYNC,
    "post-upgrade": Phase.POST_SYNC,
    "pre-delete": Phase.PRE_DELETE,
    "post-delete": Phase.POST_DELETE,
}
_HELM_ONLY: Final = frozenset(
    {"crd-install", "test", "test-success", "test-failure", "pre-rollback", "post-rollback"}
)
_HELM_POLICIES: Final[Mapping[str, DeletePolicy]] = {
    "before-hook-creation": DeletePolicy.BEFORE_HOOK_CREATION,
    "hook-succeeded": DeletePolicy.HOOK_SUCCEEDED,
    "hook-failed": DeletePolicy.HOOK_FAILED,
}


class HookRun(Struct, frozen=True):
    """A hook in one of its phases, under the name and with the body it gets; `hook` is its name in Git."""

    key: ResourceKey
    hook: ResourceKey
    phase: Phase
    wave: int
    body: Body
    policies: frozenset[DeletePolicy]
    origin: Place | None = None

    @property
    def mark(self) -> str:
        """What its object carries, so that a later process sees that this very run was begun."""
        return run_mark(self.body)

    @property
    def id(self) -> tuple[str, ResourceKey]:
        """Under what its success is recorded."""
        return (self.phase.value, self.key)


def is_hook(body: Body) -> bool:
    """Whether an object is a hook of whatever kind, also one that never runs (Argo CD, "Resource Hooks").

    Helm's `crd-install` makes an ordinary resource.
    """
    annotations = _annotations(body)
    return HOOK in annotations or annotations.get(HELM_HOOK, "crd-install") != "crd-install"


def phases_of(body: Body) -> frozenset[Phase]:
    """When a hook runs; empty for one that never does: Skip, a Helm test, a word nobody knows."""
    named = set(_words(body, HOOK))
    ours = frozenset(phase for phase in Phase if phase.value in named)
    if ours or _SKIP in named:
        return ours
    return frozenset(_HELM_PHASES[word] for word in _words(body, HELM_HOOK) if word in _HELM_PHASES)


def policies_of(body: Body) -> frozenset[DeletePolicy]:
    """When its object is deleted; what names no known policy means BeforeHookCreation."""
    named = set(_words(body, _POLICY))
    found = {policy for policy in DeletePolicy if policy.value in named}
    found |= {_HELM_POLICIES[word] for word in _words(body, _HELM_POLICY) if word in _HELM_POLICIES}
    return frozenset(found or {DeletePolicy.BEFORE_HOOK_CREATION})


def split_hooks(manifests: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    """The resources, and the hooks, which are never applied as resources."""
    listed = tuple(manifests)
    hooks = tuple(manifest for manifest in listed if is_hook(manifest.body))
    return tuple(manifest for manifest in listed if not is_hook(manifest.body)), hooks


def hook_runs(
    hooks: Iterable[Manifest], phases: frozenset[Phase], operation: Operation, owner: Owner
) -> tuple[HookRun, ...]:
    """Every run that these hooks have in these phases of this operation, in a stable order."""
    runs = (
        _run(hook, phase, operation, owner)
        for hook in hooks
        for phase in sorted(phases_of(hook.body) & phases, key=list(Phase).index)
    )
    return tuple(sorted(runs, key=lambda run: (list(Phase).index(run.phase), run.wave, run.key)))


def _run(hook: Manifest, phase: Phase, operation: Operation, owner: Owner) -> HookRun:
    body = normalize_desired(hook.body)
    metadata: dict[str, Any] = dict(body["metadata"])
    key = hook.key
    if not metadata.get("name"):
        metadata["name"] = f"{metadata['generateName']}{_suffix(phase, operation)}"
        key = replace(key, name=metadata["name"])
    marks = {
        TRACKING_ANNOTATION: tracking_id(key, owner),
        RUN_ANNOTATION: f"{operation.revision}/{operation.at}/{phase.value}",
    }
    metadata["annotations"] = {**(metadata.get("annotations") or {}), **marks}
    metadata["labels"] = {**(metadata.get("labels") or {}), HOOK_OF_LABEL: owner.id}
    if key.namespace:
        metadata["namespace"] = key.namespace
    made = {**body, "metadata": metadata}
    return HookRun(key, hook.key, phase, wave_of(body), made, policies_of(body), hook.origin)


def _suffix(phase: Phase, operation: Operation) -> str:
    # Argo CD's name: it is the same for whoever goes on with this operation, and another in the next one.
    began = int(datetime.fromisoformat(operation.at).timestamp())
    return f"{operation.revision[:7]}-{phase.value}-{began}".lower()


def run_mark(body: Body | None) -> str:
    """For which run an object was made; empty where we did not make it."""
    return str(_annotations(body or {}).get(RUN_ANNOTATION) or "")


def hook_of(body: Body | None) -> str:
    """The ApplySet id of the application whose hook an object is."""
    labels = ((body or {}).get("metadata") or {}).get("labels") or {}
    return str(labels.get(HOOK_OF_LABEL) or "")


def unmarked(body: Body) -> Body:
    """A hook's object without what differs from run to run."""
    metadata = {name: value for name, value in (body.get("metadata") or {}).items() if name != "name"}
    for field, marks in (
        ("annotations", (RUN_ANNOTATION, TRACKING_ANNOTATION)),
        ("labels", (HOOK_OF_LABEL,)),
    ):
        if field in metadata:
            kept = {name: value for name, value in (metadata[field] or {}).items() if name not in marks}
            metadata[field] = kept
            if not kept:
                del metadata[field]
    return {**body, "metadata": metadata}


def digests(hooks: Iterable[Manifest], phases: frozenset[Phase] = SYNC_PHASES) -> Mapping[str, str]:
    """What each hook of these phases says, as a fingerprint. Secret values are left out: it is stored where
    others read it.
    """
    return {str(hook.key): _digest(hook) for hook in hooks if phases_of(hook.body) & phases}


def _digest(hook: Manifest) -> str:
    body = hook.body
    if hook.key.group_kind == "Secret":
        body = {name: value for name, value in body.items() if name not in {"data", "stringData"}}
    text = json.dumps(normalize_desired(body), sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def misread_hooks(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Phases and delete policies in Argo CD's annotations that nobody knows.

    Argo CD drops such a hook without a word; a migration that never runs is worse than a sync that says no.
    """
    phases = {phase.value for phase in Phase} | {_SKIP}
    policies = {policy.value for policy in DeletePolicy}
    for manifest in manifests:
        where = f"{manifest.key} ({manifest.origin})"
        if HOOK in _annotations(manifest.body) and not any(_words(manifest.body, HOOK)):
            yield f"{where} has an empty {HOOK}; name a phase, or remove the annotation."
        for annotation, known, what in ((HOOK, phases, "hook phase"), (_POLICY, policies, "delete policy")):
            for word in _words(manifest.body, annotation):
                if word not in known:
                    yield f"{where} names the {what} {word!r}, which nobody knows{did_you_mean(word, known)}"


def odd_words(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Annotations that have no effect although somebody wrote them for one."""
    for manifest in manifests:
        found = _annotations(manifest.body)
        if not found:
            continue
        where = f"{manifest.key} ({manifest.origin})"
        for name, why in odd_annotations(found):
            yield f"{where}: the annotation {name} {why}"
        if _POLICY in found and not is_hook(manifest.body):
            yield f"{where}: the annotation {_POLICY} has no effect: it is no hook."


def odd_policies(hooks: Iterable[Manifest]) -> Iterator[str]:
    """Helm's delete policies that Helm does not know; Argo CD passes over them, too."""
    for hook in hooks:
        for word in _words(hook.body, _HELM_POLICY):
            if word not in _HELM_POLICIES:
                where = f"{hook.key} ({hook.origin}) has the {_HELM_POLICY} {word!r}"
                yield f"{where}, which does not count{did_you_mean(word, _HELM_POLICIES)}"


_RUN_ONCE: Final = frozenset({"Job.batch", "Pod", "Workflow.argoproj.io"})


def stale_hooks(runs: Iterable[HookRun], live: Mapping[ResourceKey, Body]) -> Iterator[str]:
    """Hooks whose object of an earlier sync stays, so that what ran then does not run again (as in Argo
    CD).
    """
    for run in runs:
        there = live.get(run.key)
        stays = DeletePolicy.BEFORE_HOOK_CREATION not in run.policies
        if stays and there is not None and run.key.group_kind in _RUN_ONCE and run_mark(there) != run.mark:
            words = ", ".join(sorted(policy.value for policy in run.policies))
            yield (
                f"The {run.phase.value} hook {run.key} ({run.origin}) is there from an earlier sync and does "
                f"not run again: its delete policy {words} leaves it; add BeforeHookCreation."
            )


def idle_hooks(hooks: Iterable[Manifest]) -> Iterator[str]:
    """Hooks that never run, so that nobody wonders where they are."""
    for hook in hooks:
        if _SKIP in _words(hook.body, HOOK) and not phases_of(hook.body):
            yield f"{hook.key} ({hook.origin}) says Skip and is not applied."
        elif not phases_of(hook.body) and HOOK not in _annotations(hook.body):
            words = _words(hook.body, HELM_HOOK)
            odd = [word for word in words if word not in _HELM_ONLY]
            known = "which Helm does not know either" if odd else "which no sync runs"
            said = f"is a Helm hook ({', '.join(words)}), {known}; it is not applied."
            yield f"{hook.key} ({hook.origin}) {said}"


def _words(body: Body, annotation: str) -> tuple[str, ...]:
    text = str(_annotations(body).get(annotation) or "")
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _annotations(body: Body) -> Mapping[str, object]:
    return (body.get("metadata") or {}).get("annotations") or {}
