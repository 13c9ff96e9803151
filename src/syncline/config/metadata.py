"""What Argo CD reads of an object's `metadata`: its annotations, their names and their words.

The law: a word that Argo CD would pass over is never passed over here, wherever it stands: what somebody
asked for and does not get, they learn from a sentence and not from what became of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.application import CASCADING, RESOURCES_FINALIZER
from syncline.config.complaint import did_you_mean
from syncline.config.decoding import Node, Table, anything, fields, list_of, text, text_map, texts
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

API_VERSION: Final = "argoproj.io/v1alpha1"
"""Of Argo CD's own kinds."""

WAVE: Final = "argocd.argoproj.io/sync-wave"
OPTIONS: Final = "argocd.argoproj.io/sync-options"
COMPARING: Final = "argocd.argoproj.io/compare-options"
HOOK: Final = "argocd.argoproj.io/hook"
HOOK_FINALIZER: Final = "argocd.argoproj.io/hook-finalizer"
"""Argo CD's own; where Argo CD is gone nobody else takes it off."""
HELM_HOOK: Final = "helm.sh/hook"
KEEP: Final = "helm.sh/resource-policy"
"""Helm's, which Argo CD reads too."""

_INTEGER: Final = regex(r"[+-]?0*[0-9]{1,19}")
"""What Go's `strconv.Atoi` reads; Python's `int` would also take spaces, underscores and other scripts."""
_LIMIT: Final = 2**63

_BOTH: Final = ("true", "false")
SYNC_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "ApplyOutOfSyncOnly": _BOTH,
    "ClientSideApplyMigration": _BOTH,
    "CreateNamespace": _BOTH,
    "Delete": (*_BOTH, "confirm"),
    "FailOnSharedResource": _BOTH,
    "Force": _BOTH,
    "Prune": (*_BOTH, "confirm"),
    "PruneLast": _BOTH,
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
    "Replace": _BOTH,
    "RespectIgnoreDifferences": _BOTH,
    "ServerSideApply": _BOTH,
    "SkipDryRunOnMissingResource": _BOTH,
    "Validate": _BOTH,
}
"""Argo CD's sync options and their values ("Sync Options" in its documentation); case matters."""

COMPARE_OPTIONS: Final = ("IgnoreExtraneous", "IgnoreExtraneous=true")
"""The compare options of a resource."""
APP_COMPARE_OPTIONS: Final = (
    "ServerSideDiff=true",
    "ServerSideDiff=false",
    "IncludeMutationWebhook=true",
    *COMPARE_OPTIONS,
)
"""Those of an Application ("Compare Options")."""

_OF_THE_SERVER: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generateName",
    "generation",
    "managedFields",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
)
METADATA: Final[Table] = {
    "name": text,
    "namespace": text,
    "labels": text_map,
    "annotations": text_map,
    "finalizers": texts,
    **dict.fromkeys(_OF_THE_SERVER, anything),
}


_PREFIX: Final = "argocd.argoproj.io/"
_WORDS: Final = (
    "application-set-refresh",
    "client-side-apply-migration-manager",
    "compare-options",
    "deletion-approved",
    "hook",
    "hook-delete-policy",
    "hydrate",
    "ignore-default-links",
    "ignore-healthcheck",
    "ignore-resource-updates",
    "ignore-restart-policy",
    "installation-id",
    "managed-by-url",
    "manifest-generate-paths",
    "refresh",
    "skip-reconcile",
    "sync-options",
    "sync-wave",
    "tracking-id",
)
_ANNOTATIONS: Final = frozenset(f"{_PREFIX}{word}" for word in _WORDS)
_SWITCHES: Final = frozenset(
    f"{_PREFIX}{name}" for name in ("ignore-healthcheck", "ignore-restart-policy", "skip-reconcile")
)


def odd_annotations(annotations: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Annotations that look like one of Argo CD's and are none, or say neither true nor false where only
    these count: each with what is to be said of it, as the end of a sentence.
    """
    for name, value in annotations.items():
        if not name.startswith(_PREFIX):
            continue
        if name in _SWITCHES and value not in {"true", "false"}:
            yield name, 'has no effect: only "true" has.'
        elif name not in _ANNOTATIONS and (hint := did_you_mean(name.removeprefix(_PREFIX), _WORDS)) != ".":
            yield name, f"is none of Argo CD's and has no effect{hint}"


def integer(written: str) -> int | None:
    """A whole number as Go reads it; None for anything else."""
    value = int(written) if _INTEGER.fullmatch(written) else None
    return value if value is not None and -_LIMIT <= value < _LIMIT else None


def words(written: str) -> frozenset[str]:
    """The words of an annotation, between commas."""
    return frozenset(word.strip() for word in written.split(",")) - {""}


def objection(option: str) -> str:
    """What is wrong with a sync option, as the end of a sentence; empty for one that is known."""
    name, _, value = option.partition("=")
    if name not in SYNC_OPTIONS:
        return f"there is no such sync option{did_you_mean(name, SYNC_OPTIONS)}"
    if value not in SYNC_OPTIONS[name]:
        return f"{name} takes {' or '.join(SYNC_OPTIONS[name])}, without spaces or capitals."
    return ""


def contradiction(options: Iterable[str]) -> tuple[str, str] | None:
    """Two options of one name and different values, both of which mean something."""
    said: dict[str, str] = {}
    for option in options:
        if objection(option):
            continue
        first = said.setdefault(option.partition("=")[0], option)
        if first != option:
            return first, option
    return None


def _sync_option(node: Node) -> str:
    option = text(node)
    # Argo CD passes over what it does not know. Here it is an error: who misspells Prune=false must not learn
    # of it from what was deleted.
    name = option.partition("=")[0]
    if option and name not in SYNC_OPTIONS:
        node.error(f"is not a sync option{did_you_mean(name, SYNC_OPTIONS)}")
    elif option and (why := objection(option)):
        node.error(f"means nothing: {why}")
    return option


def sync_options(node: Node) -> tuple[str, ...]:
    """`spec.syncPolicy.syncOptions`."""
    found = list_of(_sync_option)(node)
    pair = contradiction(found)
    if pair is not None:
        node.error(f"holds {pair[0]} and {pair[1]}; keep one of them.")
    return found


def application_metadata(node: Node) -> dict[str, Any]:
    """The metadata of an Application, with what nobody would understand of it."""
    found = fields(node, METADATA)
    notes = found.get("annotations", {})
    if notes.get(WAVE) and integer(notes[WAVE]) is None:
        _note(node, WAVE).error('is no integer; write one like "-1" or "5".')
    for word in sorted(words(notes.get(OPTIONS, ""))):
        if why := objection(word):
            _note(node, OPTIONS).error(f"asks for {word}: {why}")
    if pair := contradiction(sorted(words(notes.get(OPTIONS, "")))):
        _note(node, OPTIONS).error(f"holds {pair[0]} and {pair[1]}; keep one of them.")
    for word in sorted(words(notes.get(COMPARING, "")) - set(APP_COMPARE_OPTIONS)):
        hint = did_you_mean(word, APP_COMPARE_OPTIONS)
        _note(node, COMPARING).warn(f"asks for {word}, which nobody knows there{hint}")
    for name, why in odd_annotations(notes):
        _note(node, name).warn(why)
    for number, name in enumerate(found.get("finalizers", ())):
        if name.startswith(RESOURCES_FINALIZER) and name not in CASCADING:
            hint = did_you_mean(name, CASCADING)
            node.child("finalizers").child(number).warn(f"is no finalizer of Argo CD's{hint}")
    return found


def check_head(root: Node) -> None:
    """Whether an object of one of Argo CD's kinds has a name and says their version."""
    if not root.has("metadata") or not root.child("metadata").has("name"):
        root.child("metadata").error("needs a name.")
    if root.value.get("apiVersion") != API_VERSION:
        root.child("apiVersion").error(f"must be {API_VERSION}.")


def _note(node: Node, name: str) -> Node:
    return node.child("annotations").child(name)
