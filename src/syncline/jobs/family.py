"""Which Applications there are: those in files, and those that other Applications render.

The law: only what may render an Application is rendered to find out, and what cannot be rendered is silent,
never childless.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.config import argo
from syncline.config.complaint import Complaint, Complaints
from syncline.config.load import BrokenApplication
from syncline.config.metadata import API_VERSION
from syncline.core.family import Claim, Family, claimed_twice, identity
from syncline.documents import Document
from syncline.errors import Interrupted, SynclineError
from syncline.jobs.fetching import is_own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.resource import Body, Manifest
    from syncline.jobs.session import Session

_WORDS = (API_VERSION.encode(), b"Application")
_KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""Only Kustomize makes manifests from files outside its own directory."""

_MOST = 5_000
"""Applications in one revision: a chart that renders ever more of itself must come to an end."""


def gather(session: Session, revision: str) -> Family:
    """Every application of the revision with its parent."""
    return _Gathering(session, revision).all()


class _Gathering:
    def __init__(self, session: Session, revision: str) -> None:
        self._session = session
        self._revision = revision
        self._known = {identity(app): app for app in session.configuration(revision).applications}
        self._parents: dict[str, str] = {}
        self._silent: set[str] = set()
        self._broken: list[BrokenApplication] = []
        self._rivals: list[str] = []
        self._complaints: list[Complaint] = []
        found = session.mentions[revision].items()
        self._told = {(b.namespace or "argocd", b.name) for b in session.configuration(revision).broken}
        self._places = _with_directories(path for path, text in found if all(word in text for word in _WORDS))

    def all(self) -> Family:
        """Look at each application once, also at those that turn up on the way."""
        waiting = list(self._known.values())
        while waiting and len(self._known) < _MOST:
            app = waiting.pop(0)
            if self._may_be_parent(app):
                waiting += self._children(app)
        return Family(
            tuple(self._known.values()),
            self._parents,
            frozenset(self._silent),
            tuple(self._broken),
            tuple(self._rivals),
            tuple(self._complaints),
        )

    def _may_be_parent(self, app: Application) -> bool:
        # A source that only lends its files renders nothing.
        if not self._places:
            return False
        rendered = [source for source in app.sources if not source.chart and (source.path or not source.ref)]
        roots = {posixpath.normpath(source.path.strip("/") or ".") for source in rendered}
        if not roots.isdisjoint(self._places):
            return True
        tree = self._session.renderings.recipes.tree(self._revision)
        files = [posixpath.normpath(f"{place}/{name}") for place in roots for name in _KUSTOMIZATIONS]
        if not tree.has_links and not any(map(tree.has, files)):
            return False
        is_elsewhere = self._session.render_options.is_elsewhere
        if any(is_own(each.repo_url, self._session) and is_elsewhere(each, app) for each in rendered):
            return True  # what its Kustomization names at another commit is not told by this one
        return not self._places.isdisjoint(self._session.inputs.of(app, self._revision))

    def _children(self, parent: Application) -> Iterator[Application]:
        try:
            rendering = self._session.rendering(parent, self._revision)
        except Interrupted:
            raise
        except SynclineError:
            self._silent.add(identity(parent))
            return
        for manifest in rendering.manifests:
            if (manifest.key.group, manifest.key.kind) == ("argoproj.io", "Application"):
                yield from self._child(manifest, parent)

    def _child(self, manifest: Manifest, parent: Application) -> Iterator[Application]:
        child = self._decoded(manifest, parent)
        if child is None or identity(child) == identity(parent):
            return  # an application may well manage its own definition
        name, above = identity(child), identity(parent)
        if self._parents.setdefault(name, above) != above:
            first = self._parents[name].removeprefix("argocd/")
            self._rivals.append(
                f"The Application {child.name} ({child.origin}) is rendered by {parent.name} and by {first}; "
                f"that of {first} counts. Take it out of one of them."
            )
            return
        is_new = name not in self._known
        self._known[name] = child
        if is_new:
            yield child

    def _decoded(self, manifest: Manifest, parent: Application) -> Application | None:
        body = _without_the_parents_namespace(manifest, parent)
        complaints = Complaints(Document(body, manifest.origin))
        child = argo.decode(body, complaints)
        if child is None:
            found = BrokenApplication(manifest.key.name, "", manifest.origin, complaints.errors)
            namespace = str((body.get("metadata") or {}).get("namespace") or "argocd")
            if (namespace, found.name) not in self._told:  # else its file has said so, at the very line
                self._broken.append(found)
            return None
        known = self._known.get(identity(child))
        if known is None or known.body != child.body:  # else its file has said so
            self._complaints += (replace(each, place=manifest.origin) for each in complaints.found)
        return child


def _without_the_parents_namespace(manifest: Manifest, parent: Application) -> Body:
    """The definition as Git has it: it was given the parent's namespace where it names none of its own."""
    metadata = manifest.body["metadata"]
    if metadata.get("namespace") not in {parent.destination.namespace, "argocd"}:
        return manifest.body
    kept = {name: value for name, value in metadata.items() if name != "namespace"}
    return {**manifest.body, "metadata": kept}


def _with_directories(files: Iterable[str]) -> frozenset[str]:
    """The files, and every directory that has one of them below it."""
    found = set[str]()
    for path in files:
        while path and path not in found:
            found.add(path)
            path = posixpath.dirname(path)  # noqa: PLW2901 - upwards
    return frozenset({*found, "."} if found else ())


def rivalries(apps: Iterable[Application], revision: str, session: Session) -> dict[str, list[str]]:
    """What the applications have in common and may not: by identity, the sentences that refuse a sync."""
    claims: dict[tuple[str, object], list[Claim]] = {}
    listed = {identity(app): app for app in apps}
    for name, app in listed.items():
        try:
            rendering, cluster = session.rendering(app, revision), session.cluster_name(app.destination)
        except SynclineError:
            continue  # told where it is asked for
        for manifest in rendering.manifests:
            if manifest.key.group != "argoproj.io" or manifest.key.kind != "Application":
                claims.setdefault((cluster, manifest.key), []).append(Claim(name, str(manifest.origin)))
    twice = {key: found for key, found in claims.items() if len(found) > 1}
    rightful: dict[object, str] = {}
    for key, found in twice.items():
        rightful[key[1]] = next(
            (claim.app for claim in found if _has(listed[claim.app], key[1], session)), ""
        )
    return claimed_twice({key[1]: found for key, found in twice.items()}, rightful)


def _has(app: Application, key: object, session: Session) -> bool:
    from syncline.jobs.prepare import recall

    if session.invocation.job.value == "diff":
        return False
    try:
        return key in recall(app, session).inventory.keys
    except SynclineError:
        return False
