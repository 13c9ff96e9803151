"""Argo CD's and Helm's hooks, told apart from resources.

The law: an object with a hook annotation is never applied as an ordinary resource.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.core.resource import Body

_HOOK: Final = "argocd.argoproj.io/hook"
_HELM_HOOK: Final = "helm.sh/hook"
_SKIP: Final = "Skip"


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

_HELM_PHASES: Final[Mapping[str, Phase]] = {
    "pre-install": Phase.PRE_SYNC,
    "pre-upgrade": Phase.PRE_SYNC,
    "post-install": Phase.POST_SYNC,
    "post-upgrade": Phase.POST_SYNC,
    "pre-delete": Phase.PRE_DELETE,
    "post-delete": Phase.POST_DELETE,
}


def is_hook(body: Body) -> bool:
    """Whether an object is a hook of whatever kind, also one that never runs (Argo CD, "Resource Hooks").

    Helm's `crd-install` makes an ordinary resource.
    """
    annotations = _annotations(body)
    return _HOOK in annotations or annotations.get(_HELM_HOOK, "crd-install") != "crd-install"


def phases_of(body: Body) -> frozenset[Phase]:
    """When a hook runs; empty for one that never does: Skip, a Helm test, a word nobody knows."""
    annotations = _annotations(body)
    named = {word.strip() for word in str(annotations.get(_HOOK, "")).split(",")}
    ours = frozenset(phase for phase in Phase if phase.value in named)
    if ours or _SKIP in named:
        return ours
    helms = (word.strip() for word in str(annotations.get(_HELM_HOOK, "")).split(","))
    return frozenset(_HELM_PHASES[word] for word in helms if word in _HELM_PHASES)


def _annotations(body: Body) -> Mapping[str, object]:
    return (body.get("metadata") or {}).get("annotations") or {}
