"""What Argo CD understands and this version does not.

The law: nothing an Application or a manifest asks for is passed over in silence; what would make a sync wrong
refuses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.hooks import SYNC_PHASES, is_hook, phases_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.resource import Manifest

_OPTIONS: Final = frozenset(
    {
        "CreateNamespace=true",
        "CreateNamespace=false",
        "ServerSideApply=true",
        "Validate=true",
        "ApplyOutOfSyncOnly=true",
        "ApplyOutOfSyncOnly=false",
        "PrunePropagationPolicy=foreground",
        "SkipDryRunOnMissingResource=true",
        "Prune=false",
        "Prune=true",
    }
)
"""The sync options whose meaning is what Syncline does anyway, or that it carries out."""

_RESOURCE_OPTIONS: Final = "argocd.argoproj.io/sync-options"


def split_hooks(manifests: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], tuple[Manifest, ...]]:
    """The resources, and the hooks, which are never applied as resources."""
    listed = tuple(manifests)
    hooks = tuple(manifest for manifest in listed if is_hook(manifest.body))
    return tuple(manifest for manifest in listed if not is_hook(manifest.body)), hooks


def hook_refusals(hooks: Iterable[Manifest]) -> Iterator[str]:
    """A sync whose hooks would not run is a wrong sync."""
    for hook in hooks:
        phases = sorted(phase.value for phase in phases_of(hook.body) & SYNC_PHASES)
        if phases:
            yield (
                f"{hook.key} ({hook.origin}) is a {' and '.join(phases)} hook, and this version runs none; "
                "take it out of this application, or run it in a step of the workflow."
            )


def idle_hooks(hooks: Iterable[Manifest]) -> Iterator[str]:
    """Hooks that no sync runs, so that nobody wonders where they are."""
    for hook in hooks:
        if not phases_of(hook.body) & SYNC_PHASES:
            yield f"{hook.key} is a hook of no sync phase and is not applied."


def unsupported(app: Application, manifests: Iterable[Manifest]) -> Iterator[str]:
    """What the Application or its resources ask for in vain."""
    vain = sorted(set(app.sync_policy.options) - _OPTIONS)
    if vain:
        yield f"The sync options {', '.join(vain)} have no effect in this version."
    if app.ignore_differences:
        yield "spec.ignoreDifferences has no effect in this version: ignored fields are compared and applied."
    for manifest in manifests:
        annotations = (manifest.body.get("metadata") or {}).get("annotations") or {}
        options = {word.strip() for word in str(annotations.get(_RESOURCE_OPTIONS, "")).split(",")}
        vain = sorted(options - _OPTIONS - {""})
        if vain:
            yield f"{manifest.key}: the sync options {', '.join(vain)} have no effect in this version."
