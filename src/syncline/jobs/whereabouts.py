"""Where an application may have been that Git no longer has.

The law: every cluster that this repository is configured for is asked, also one that no application is for
any more; where nobody could be asked, that is said.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from syncline.config import Configuration
from syncline.core.applyset import PARENT_SELECTOR, repository_of
from syncline.core.family import identity
from syncline.errors import ApiError, ClusterError, Interrupted, SynclineError
from syncline.jobs.definitions import cluster_named, definitions, mentions
from syncline.jobs.prepare import PARENT
from syncline.kube.status import lacks_right
from syncline.report.model import Note, Severity
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.application import Application
    from syncline.core.resource import Body
    from syncline.jobs.session import Session
    from syncline.kube.cluster import ApiCluster

_DEFINING: Final = frozenset({".yaml", ".yml", ".json"})


class Parent(Struct, frozen=True):
    """An inventory of this repository, as a cluster has it."""

    cluster: ApiCluster
    body: Body


class Found(Struct):
    """The inventories, and what to say of where nobody could look."""

    parents: list[Parent] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


class Whereabouts:
    """The clusters of one commit and of the commit before."""

    def __init__(self, session: Session, head: str) -> None:
        self._session = session
        self._head = head

    def found(self) -> Found:
        """Every inventory that was written for this repository."""
        names = sorted(self._names())
        answers = each(self._looked, names, workers=self._session.workers)
        found = Found(notes=[note for answer in answers for note in answer.notes])
        # Two names may lead to one cluster.
        once = {_uid(parent.body): parent for answer in answers for parent in answer.parents}
        found.parents += once.values()
        found.notes += self._lost()
        return found

    def _names(self) -> set[str]:
        settings = self._session.settings
        listed = {*settings.clusters, *self._of(self._session.family(self._head).applications)}
        if not settings.clusters:
            return listed | {""}  # there is only the default one
        if settings.default_cluster or "" in listed:
            return listed
        # Beside others it is asked where something was for it.
        return listed | self._of(self._former.applications)

    def _looked(self, name: str) -> Found:
        session, found = self._session, Found()
        try:
            cluster = session.clusters.named(name)
            bodies = self._listed(cluster, name)
        except Interrupted:
            raise
        except SynclineError as error:
            where = f"the cluster {name}" if name else "the default cluster"
            reason = session.masker.scrub(error.message)
            text = f"Removed Applications were not looked for in {where}: {reason}"
            return Found(notes=[Note(Severity.INFO, text)])
        found.parents += (Parent(cluster, b) for b in bodies if repository_of(b) == session.repository_id)
        return found

    def _listed(self, cluster: ApiCluster, name: str) -> list[Body]:
        try:
            return list(cluster.list(PARENT, selector=PARENT_SELECTOR).items)
        except ApiError as error:
            namespaces = self._namespaces(name)
            if not (lacks_right(error) and namespaces):
                raise
        # An identity that is bound to namespaces sees what is in those.
        return [
            body
            for namespace in namespaces
            for body in cluster.list(PARENT, namespace=namespace, selector=PARENT_SELECTOR).items
        ]

    def _namespaces(self, name: str) -> list[str]:
        apps = (*self._session.family(self._head).applications, *self._former.applications)
        there = {app.destination.namespace for app in apps if self._of([app]) == {name}}
        return sorted(there - {""})

    def _of(self, apps: Iterable[Application]) -> set[str]:
        """The configuration's names of the clusters that these are for."""
        names: set[str] = set()
        for app in apps:
            try:
                names.add(cluster_named(app.destination, self._session.settings))
            except ClusterError:
                continue  # told where the application itself is looked at
        return names

    def _lost(self) -> Iterable[Note]:
        """What is said of clusters that went from the settings together with their applications; it is the
        push that is about one commit.
        """
        if not self._session.invocation.affected_only:
            return
        there = {identity(app) for app in self._session.family(self._head).applications}
        gone = self._former.settings.clusters.keys() - self._session.settings.clusters.keys()
        for app in self._former.applications:
            if identity(app) in there or not gone:
                continue
            name = cluster_named(app.destination, self._former.settings)
            if name in gone:
                yield Note(
                    Severity.WARNING,
                    f"The Application {app.name} is gone from Git, and so is its cluster {name} from "
                    "syncline.yaml: what it left there was not looked for. Keep the cluster until the "
                    "Application is gone.",
                )

    @cached_property
    def _former(self) -> Configuration:
        """What the commit before defined in files, where this one changed any such file."""
        repository = self._session.repository
        try:
            before = repository.parents(self._head)[:1]
            changed = repository.changed_paths(before[0], self._head) if before else ()
            if any(PurePosixPath(path).suffix in _DEFINING for path in changed):
                return definitions(mentions(repository, before[0]))
        except Interrupted:
            raise
        except SynclineError:
            pass  # a shallow clone does not know
        return Configuration()


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")
