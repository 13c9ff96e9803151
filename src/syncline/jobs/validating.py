"""What Kubernetes of a certain version will say about manifests, before anybody asks it.

The law: a manifest is held against the schema of the version it is for, and the report says how that
version is known; what no schema is known for is not judged. Only what a change touches is looked at, unless
a version is asked about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.definitions import definition_among
from syncline.core.fields import show
from syncline.core.lifecycle import Target, minor_of, verdict, verdict_of_crd
from syncline.core.live import Level
from syncline.core.openapi import node_from_crd
from syncline.core.plan import Action
from syncline.core.validation import findings
from syncline.documents import read
from syncline.errors import ClusterError, DocumentError, Place, SynclineError
from syncline.jobs.capabilities import capability_notes
from syncline.jobs.reservations import is_definition
from syncline.kube.shapes import definition_in
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.lifecycle import Verdict
    from syncline.core.openapi import Node, Table
    from syncline.core.plan import Plan
    from syncline.core.resource import Body, Manifest, ResourceKey
    from syncline.core.validation import Finding
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

MOST: Final = 20
"""Findings of one application that are told one by one."""

_QUIET: Final = frozenset({Action.UNCHANGED, Action.FORGET, Action.PRUNE, Action.KEEP})
_NAMED: Final = 5
_OF_THE_CLUSTER: Final = "the cluster's"


def validated(prepared: Prepared, session: Session) -> Prepared:
    """The same with what the schemas say of it as notes or, where the settings ask for that, as refusals."""
    policy = session.settings.validation
    manifests = _manifests(prepared, everything=bool(session.invocation.kube_version))
    if policy == "off" or not manifests:
        return prepared
    known = _Known(prepared, session)
    said = [*_of_apis(manifests, known), *_of_fields(manifests, known)]
    told = (*_told(said, session), *_unjudged(manifests, known), *_told_otherwise(prepared, known, session))
    if policy != "refuse":
        return replace(prepared, notes=(*prepared.notes, *told))
    refused = tuple(
        f"{note.key} ({note.place}): {note.text}" for note in told if note.severity is Severity.DANGER
    )
    rest = tuple(note for note in told if note.severity is not Severity.DANGER)
    plan = replace(prepared.plan, refusals=(*prepared.plan.refusals, *refused))
    return replace(prepared, plan=plan, notes=(*prepared.notes, *rest))


def target_of(prepared: Prepared, session: Session) -> Target:
    """The version that the manifests are for: the one asked for, the cluster's, the configured, or the
    newest.
    """
    minor = minor_of(session.invocation.kube_version)
    if minor is not None:
        return Target(minor, "asked for")
    if prepared.record is not None and prepared.plan.level is not Level.OFFLINE:
        try:
            minor = minor_of(prepared.record.cluster.version())
        except ClusterError:
            minor = None
        if minor is not None:
            return Target(minor, _OF_THE_CLUSTER)
    minor = minor_of(_configured(prepared, session))
    if minor is not None:
        return Target(minor, "kubeVersion of syncline.yaml")
    return Target(_table().newest, "the newest known here", chosen=False)


def _told_otherwise(prepared: Prepared, known: _Known, session: Session) -> Iterator[Note]:
    """Where charts rest on another version than the cluster has."""
    if known.target.known_from == _OF_THE_CLUSTER:
        yield from capability_notes(prepared, known.target.minor, _configured(prepared, session), session)


def _configured(prepared: Prepared, session: Session) -> str:
    try:
        access = session.settings.clusters.get(session.cluster_name(prepared.app.destination))
    except SynclineError:
        access = None
    return (access.kube_version if access else "") or session.settings.kube_version


def _table() -> Table:
    from syncline.kube.kinds import table

    return table()


def _manifests(prepared: Prepared, *, everything: bool) -> tuple[Manifest, ...]:
    listed = prepared.rendering.manifests
    if everything:
        return listed
    touched = set(_touched(prepared.plan))
    return tuple(manifest for manifest in listed if manifest.key in touched)


def _touched(plan: Plan) -> Iterator[ResourceKey]:
    for change in (*plan.changes, *plan.hooks):
        if change.action not in _QUIET:
            yield change.key


class _Said(Struct, frozen=True):
    """What is to be said of one object: `path` is the field it is about, `refused` that the server will not
    take it.
    """

    manifest: Manifest
    text: str
    refused: bool
    path: tuple[str | int, ...] = ()


class _Known:
    """The schemas of the target, of Kubernetes' own kinds and of those that somebody defines."""

    def __init__(self, prepared: Prepared, session: Session) -> None:
        self.target = target_of(prepared, session)
        self.table = _table()
        self._prepared = prepared
        self._session = session
        self._definitions: dict[tuple[str, str], Body | None] = {}

    def is_custom(self, manifest: Manifest) -> bool:
        """Whether its kind is none of Kubernetes' own."""
        return manifest.key.group not in self.table.groups

    def verdict(self, manifest: Manifest) -> Verdict | None:
        """What is to be said of its API."""
        kind, version = manifest.key.kind, manifest.api_version
        if not self.is_custom(manifest):
            return verdict(version, kind, self.target, self.table)
        crd = self.definition(manifest)
        return verdict_of_crd(crd, version.rpartition("/")[2], version, kind) if crd else None

    def node(self, manifest: Manifest) -> Node | None:
        """The schema of its kind."""
        minor = min(max(self.target.minor, self.table.oldest), self.table.newest)
        if not self.is_custom(manifest):
            return self.table.node(manifest.api_version, manifest.key.kind, minor)
        crd = self.definition(manifest)
        metadata = self.table.type("meta.v1.ObjectMeta", minor)
        return node_from_crd(crd, manifest.api_version.rpartition("/")[2], metadata) if crd else None

    def definition(self, manifest: Manifest) -> Body | None:
        """What defines its kind: this application itself, the cluster it is compared with, or any file of
        its commit.
        """
        name = manifest.key.group, manifest.key.kind
        if name not in self._definitions:
            self._definitions[name] = self._find(*name)
        return self._definitions[name]

    def _find(self, group: str, kind: str) -> Body | None:
        rendering, record = self._prepared.rendering, self._prepared.record
        found = definition_among(rendering.manifests, group, kind)
        if found is None and record is not None and self._prepared.plan.level is not Level.OFFLINE:
            found = definition_in(record.cluster, group, kind)
        return found or self._session.definitions[rendering.revision].find(group, kind)

    def __str__(self) -> str:
        oldest, newest, minor = self.table.oldest, self.table.newest, self.target.minor
        if minor > newest:
            return f"Kubernetes 1.{newest}, the newest known here, in the place of 1.{minor}"
        if minor < oldest:
            return f"Kubernetes 1.{oldest}, the oldest known here, in the place of 1.{minor}"
        return f"{self.target}, {self.target.known_from}"


def _of_apis(manifests: Iterable[Manifest], known: _Known) -> Iterator[_Said]:
    """Each API that is gone, unknown or going, told once for all of its objects."""
    by_api: dict[tuple[str, str], list[Manifest]] = {}
    for manifest in manifests:
        by_api.setdefault((manifest.api_version, manifest.key.kind), []).append(manifest)
    for first, *others in by_api.values():
        said = known.verdict(first)
        if said is not None:
            is_sure = known.target.chosen or known.is_custom(first)
            more = f" ({len(others)} more of its objects here)" if others else ""
            where = f" ({known})" if said.refused and not is_sure else ""
            yield _Said(first, f"{said.text}{where}{more}", said.refused and is_sure, ("apiVersion",))


def _of_fields(manifests: Iterable[Manifest], known: _Known) -> Iterator[_Said]:
    nodes: dict[tuple[str, str], Node | None] = {}
    for manifest in manifests:
        api = manifest.api_version, manifest.key.kind
        if api not in nodes:
            nodes[api] = known.node(manifest)
        node = nodes[api]
        for finding in findings(manifest.body, node) if node is not None else ():
            yield _said_of(finding, manifest, known)


def _said_of(finding: Finding, manifest: Manifest, known: _Known) -> _Said:
    is_custom = known.is_custom(manifest)
    of = "by its definition" if is_custom else str(known)
    text = f"{show(finding.path)} {finding.text} ({of})"
    return _Said(manifest, text, refused=finding.sure or is_custom, path=finding.path)


def _unjudged(manifests: Iterable[Manifest], known: _Known) -> Iterator[Note]:
    """The custom kinds that nothing is known of."""
    # Argo CD's own definitions are read and judged field by field when the configuration is loaded.
    kinds = {
        each.key.group_kind: each
        for each in manifests
        if known.is_custom(each) and not is_definition(each.key)
    }
    unknown = sorted(kind for kind, each in kinds.items() if known.definition(each) is None)
    if unknown:
        named = ", ".join(unknown[:_NAMED]) + (f" and {len(unknown) - _NAMED} more" * (len(unknown) > _NAMED))
        text = f"Not held against a schema, because no definition of it was found: {named}."
        yield Note(Severity.INFO, text)


def _told(said: list[_Said], session: Session) -> Iterator[Note]:
    lines = _Lines(session)
    said = sorted(said, key=lambda one: not one.refused)
    for one in said[:MOST]:
        severity = Severity.DANGER if one.refused else Severity.WARNING
        text = session.masker.scrub(one.text)
        yield Note(severity, text, one.manifest.key, lines.place(one.manifest, one.path, session.head))
    rest = len(said) - MOST
    if rest > 0:
        worst = Severity.DANGER if said[MOST].refused else Severity.WARNING
        yield Note(worst, f"{rest} more of its fields or APIs are not as the schemas want them.")


class _Lines:
    """The lines of fields, for objects that stand in a file as they are."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._files: dict[str, Mapping[int, Mapping[tuple[str | int, ...], int]]] = {}

    def place(self, manifest: Manifest, path: tuple[str | int, ...], revision: str) -> Place:
        """The line of the field, or of the object where only that is known."""
        origin = manifest.origin
        if not origin.line or not path:
            return origin
        if origin.file not in self._files:
            self._files[origin.file] = self._read(origin.file, revision)
        found = self._files[origin.file].get(origin.line, {})
        while path and path not in found:
            path = path[:-1]
        return Place(origin.file, found.get(path, origin.line))

    def _read(self, file: str, revision: str) -> Mapping[int, Mapping[tuple[str | int, ...], int]]:
        try:
            text = self._session.checkouts.content(file, revision)
            documents = read(text, file) if text is not None else ()
        except (DocumentError, OSError):
            return {}
        return {document.place.line: document.lines().found for document in documents}
