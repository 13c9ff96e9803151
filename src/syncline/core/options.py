"""Argo CD's sync options, of the application and of one resource.

The law: a resource's own word wins over its application's; an option or a value that nobody knows is a
refusal with its line, never silence.

Source: Argo CD's "Sync Options". For deleting, the annotation of the live object counts; for writing that of
the manifest, and for Replace and Force that of either.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.metadata import KEEP, contradiction, objection, words
from syncline.config.metadata import OPTIONS as ANNOTATION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application
    from syncline.core.inventory import Inventory
    from syncline.core.resource import Body, Manifest

_APPROVED: Final = "argocd.argoproj.io/deletion-approved"
_MIGRATION_MANAGER: Final = "argocd.argoproj.io/client-side-apply-migration-manager"

OF_APPLICATION: Final = frozenset(
    {
        "ApplyOutOfSyncOnly",
        "ClientSideApplyMigration",
        "CreateNamespace",
        "FailOnSharedResource",
        "PrunePropagationPolicy",
        "RespectIgnoreDifferences",
    }
)
"""What only an Application can ask for."""


class Method(Enum):
    """How an object is written.

    APPLY is server-side apply. REPLACE overwrites all of it. MERGE (`ServerSideApply=false`,
    `Validate=false`) changes the declared fields by an update, for what server-side apply cannot digest.
    """

    APPLY = "apply"
    REPLACE = "replace"
    MERGE = "merge"


class Manner(Struct, frozen=True):
    """How one object is written. `manager` is another field manager than ours, for what is not ours alone."""

    method: Method = Method.APPLY
    validate: bool = True
    force: bool = False
    manager: str = ""
    migrate: frozenset[str] = frozenset()


PLAIN: Final = Manner()

_KUBECTL: Final = frozenset({"kubectl-client-side-apply"})


_NO_WORDS: Final = frozenset[str]()


@lru_cache(maxsize=16)
def _as_usual(migrates: frozenset[str]) -> Manner:
    return Manner(migrate=migrates)


class SyncOptions(Struct, frozen=True):
    """An application's options; `migrates` names the field managers whose client-side fields become ours."""

    words: frozenset[str] = frozenset()
    migrates: frozenset[str] = _KUBECTL

    @classmethod
    def of(cls, words: Iterable[str], manager: str = "") -> SyncOptions:
        """From `spec.syncPolicy.syncOptions`, and the manager that the Application's annotation names."""
        listed = frozenset(words)
        managers = frozenset({manager}) if manager else _KUBECTL
        return cls(listed, frozenset() if "ClientSideApplyMigration=false" in listed else managers)

    def has(self, name: str) -> bool:
        """Whether the application asks for it."""
        return f"{name}=true" in self.words

    @property
    def propagation(self) -> str:
        """How deletion goes on to what an object owns: Foreground, Background or Orphan."""
        return _value("PrunePropagationPolicy", self.words, frozenset(), "foreground").capitalize()

    def manner(self, desired: Body, live: Body | None) -> Manner:
        """How this object is written."""
        own = words_of(desired)
        there = words_of(live) if live else _NO_WORDS
        if not (own or there or self.words):
            return _as_usual(self.migrates)
        method = Method.APPLY
        if self._asks("Replace", own, there):
            method = Method.REPLACE  # it wins over server-side apply
        validate = _value("Validate", own, self.words, "true") == "true"
        if method is Method.APPLY and not (validate and self._server_side(own)):
            # Server-side apply refuses a field that the schema does not have, whatever it is told.
            method = Method.MERGE
        return Manner(
            method,
            validate=validate,
            force=self._asks("Force", own, there),
            migrate=self.migrates if method is not Method.REPLACE else frozenset(),
        )

    def _asks(self, name: str, *own: frozenset[str]) -> bool:
        """Whether the first of these words that is about the option, else the application, says yes."""
        said = (_value(name, each, _NO_WORDS, "") for each in own)
        return (next(filter(None, said), "") or ("true" if self.has(name) else "")) == "true"

    def _server_side(self, own: frozenset[str]) -> bool:
        return _value("ServerSideApply", own, self.words, "true") == "true"

    def may_be_missing(self, desired: Body) -> bool:
        """Whether the object's kind may still be unknown when the sync begins."""
        return self._asks("SkipDryRunOnMissingResource", words_of(desired))

    def prune(self, live: Body) -> str:
        """`true`, `false` or `confirm`."""
        return _value("Prune", words_of(live), self.words, "true")

    def delete(self, live: Body) -> str:
        """The same for the deletion of the whole application; `false` also for what Helm is told to keep."""
        if "keep" in words(_annotation(live, KEEP)):
            return "false"
        asked = _value("Delete", words_of(live), self.words, "true")
        # Argo CD: what waits for confirmation before it is pruned waits before it is deleted, too.
        return "confirm" if asked == "true" and self.prune(live) == "confirm" else asked

    def prunes_last(self, live: Body) -> bool:
        """Whether it is deleted after everything else."""
        return self._asks("PruneLast", words_of(live))


NO_OPTIONS: Final = SyncOptions()


def options_of(app: Application) -> SyncOptions:
    """What an Application asks for."""
    return SyncOptions.of(app.sync_policy.options, app.annotations.get(_MIGRATION_MANAGER, ""))


def parting_options_of(app: Application) -> SyncOptions:
    """By which all of an application is deleted: its finalizer says how deletion goes on."""
    options = options_of(app)
    how = "background" if app.cascades_in_background else "foreground"
    kept = frozenset(word for word in options.words if not word.startswith("PrunePropagationPolicy="))
    return replace(options, words=kept | {f"PrunePropagationPolicy={how}"})


def confirmed(annotations: Mapping[str, str], known: Inventory) -> bool:
    """Whether the Application approves what asks for confirmation, with a time after its last sync.

    Argo CD compares with the beginning of an operation that waits; a run of CI does not wait for people.
    """
    text = annotations.get(_APPROVED, "")
    try:
        given = datetime.fromisoformat(text)
        last = datetime.fromisoformat(known.history[-1].at) if known.history else given
    except ValueError:
        return False
    return given.tzinfo is not None and given >= last


def words_of(body: Body) -> frozenset[str]:
    """The options in a resource's annotation, as they stand there."""
    text = _annotation(body, ANNOTATION)
    return words(text) if text else _NO_WORDS


def misread_options(manifests: Iterable[Manifest]) -> Iterator[str]:
    """Every option of a resource that nobody can carry out."""
    for manifest in manifests:
        asked = sorted(words_of(manifest.body))
        for word in asked:
            why = objection(word)
            if not why and word.partition("=")[0] in OF_APPLICATION:
                why = "only an Application can ask for that."
            if why:
                yield f"{manifest.key} ({manifest.origin}) asks for {word} in {ANNOTATION}: {why}"
        pair = contradiction(asked)
        if pair is not None:
            both = f"{pair[0]} and {pair[1]}"
            yield f"{manifest.key} ({manifest.origin}) asks for {both} in {ANNOTATION}; keep one of them."


def _value(name: str, own: frozenset[str], others: frozenset[str], default: str) -> str:
    for listed in (own, others):
        for word in sorted(listed):
            if word.startswith(f"{name}="):
                return word.partition("=")[2]
    return default


def _annotation(body: Body, name: str) -> str:
    annotations: Any = (body.get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(name) or "")
