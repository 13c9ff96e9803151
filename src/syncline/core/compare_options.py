"""Argo CD's compare options, of an application and of one resource.

The law: an option that nobody knows changes nothing and is told; what an option leaves out of the verdict
stays visible in the plan.  (Argo CD, "Compare Options".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.complaint import did_you_mean
from syncline.core.live import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import Body, Manifest

ANNOTATION: Final = "argocd.argoproj.io/compare-options"
_OF_RESOURCES: Final = ("IgnoreExtraneous", "IgnoreExtraneous=true")
_OF_APPLICATIONS: Final = (
    "ServerSideDiff=true",
    "ServerSideDiff=false",
    "IncludeMutationWebhook=true",
    *_OF_RESOURCES,
)


def words_of(annotations: Mapping[str, Any]) -> frozenset[str]:
    """The options in an annotation, as they stand there."""
    return frozenset(word.strip() for word in str(annotations.get(ANNOTATION) or "").split(",")) - {""}


def is_extraneous(live: Body | None) -> bool:
    """Whether a live object that Git does not have leaves its application in sync."""
    metadata = (live or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return bool(words_of(annotations or {}) & set(_OF_RESOURCES))


def level_for(annotations: Mapping[str, Any], level: Level) -> tuple[Level, str]:
    """The level at which an application wants to be compared with a cluster, and why it is another one."""
    words = words_of(annotations)
    if "ServerSideDiff=false" in words and level is Level.DRY_RUN:
        return Level.LIVE, f"its {ANNOTATION} says ServerSideDiff=false"
    if "ServerSideDiff=true" in words and level is Level.LIVE:
        return Level.DRY_RUN, f"its {ANNOTATION} says ServerSideDiff=true"
    return level, ""


def shows_webhooks(annotations: Mapping[str, Any]) -> bool:
    """Whether what admission changes by itself is shown."""
    return "IncludeMutationWebhook=true" in words_of(annotations)


def misread_comparing(annotations: Mapping[str, Any], manifests: Iterable[Manifest]) -> Iterator[str]:
    """Every compare option that nobody knows."""
    for word in sorted(words_of(annotations) - set(_OF_APPLICATIONS)):
        yield _sentence("The Application", word, _OF_APPLICATIONS)
    for manifest in manifests:
        found = (manifest.body.get("metadata") or {}).get("annotations") or {}
        if ANNOTATION in found:
            for word in sorted(words_of(found) - set(_OF_RESOURCES)):
                yield _sentence(f"{manifest.key} ({manifest.origin})", word, _OF_RESOURCES)


def _sentence(who: str, word: str, known: Iterable[str]) -> str:
    return f"{who} asks for {word} in {ANNOTATION}, which nobody knows there{did_you_mean(word, known)}"
