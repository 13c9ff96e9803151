"""Argo CD's compare options, of an application and of one resource.

The law: an option that nobody knows changes nothing and is told; what an option leaves out of the verdict
stays visible in the plan.  (Argo CD, "Compare Options".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.config.complaint import did_you_mean
from syncline.config.metadata import COMPARE_OPTIONS, COMPARING, words
from syncline.core.live import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import Body, Manifest


def words_of(annotations: Mapping[str, Any]) -> frozenset[str]:
    """The options in an annotation, as they stand there."""
    return words(str(annotations.get(COMPARING) or ""))


def is_extraneous(live: Body | None) -> bool:
    """Whether a live object that Git does not have leaves its application in sync."""
    metadata = (live or {}).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return bool(words_of(annotations or {}) & set(COMPARE_OPTIONS))


def level_for(annotations: Mapping[str, Any], level: Level) -> tuple[Level, str]:
    """The level at which an application wants to be compared with a cluster, and why it is another one."""
    words = words_of(annotations)
    if "ServerSideDiff=false" in words and level is Level.DRY_RUN:
        return Level.LIVE, f"its {COMPARING} says ServerSideDiff=false"
    if "ServerSideDiff=true" in words and level is Level.LIVE:
        return Level.DRY_RUN, f"its {COMPARING} says ServerSideDiff=true"
    return level, ""


def shows_webhooks(annotations: Mapping[str, Any]) -> bool:
    """Whether what admission changes by itself is shown."""
    return "IncludeMutationWebhook=true" in words_of(annotations)


def misread_comparing(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Every compare option of a resource that nobody knows; an Application's are told where it is read."""
    for manifest in manifests:
        found = (manifest.body.get("metadata") or {}).get("annotations") or {}
        if COMPARING in found:
            for word in sorted(words_of(found) - set(COMPARE_OPTIONS)):
                where = f"{manifest.key} ({manifest.origin}) asks for {word} in {COMPARING}"
                yield f"{where}, which nobody knows there{did_you_mean(word, COMPARE_OPTIONS)}"
