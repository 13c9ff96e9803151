"""What grew out of an application's resources: ReplicaSets, Pods and whatever else names them as owner.

The law: offspring is shown, and never changes what is in sync; what may not be read is left out and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.health.fields import Malformed, mapping, members, number, text
from syncline.core.tree import Branch, tree
from syncline.errors import ClusterError
from syncline.report.model import Note, ResourceRow, Severity
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syncline.core.resource import Body
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session
    from syncline.ports import Cluster

_GROWING = (("apps", "ReplicaSet"), ("batch", "Job"), ("", "Pod"))
_PARENTS = frozenset(
    {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicationController"}
)


def with_offspring(
    rows: Iterable[ResourceRow], prepared: Prepared, session: Session
) -> tuple[tuple[ResourceRow, ...], tuple[Note, ...]]:
    """The rows with what grew out of them below each, and what could not be read."""
    record = prepared.record
    parents = {key: body for key, body in prepared.live.objects.items() if key.kind in _PARENTS}
    if record is None or not parents:
        return tuple(rows), ()
    namespaces = sorted({key.namespace for key in parents})
    asked = [(group, kind, namespace) for group, kind in _GROWING for namespace in namespaces]
    notes: list[Note] = []

    def ask(kind: tuple[str, str, str]) -> tuple[Body, ...]:
        try:
            return _all(record.cluster, *kind)
        except ClusterError as error:
            notes.append(
                Note(Severity.INFO, f"{kind[1]}s could not be read: {session.masker.scrub(error.message)}")
            )
            return ()

    found = each(ask, asked, workers=session.workers)
    branches = tree(parents, [body for bodies in found for body in bodies], session.assess)
    return tuple(_woven(rows, branches, session)), tuple(notes)


def _all(cluster: Cluster, group: str, kind: str, namespace: str) -> tuple[Body, ...]:
    resource = cluster.resource(group, kind)
    return cluster.list(resource, namespace=namespace).items if resource else ()


def _woven(
    rows: Iterable[ResourceRow], branches: Iterable[Branch], session: Session
) -> Iterator[ResourceRow]:
    below: dict[object, list[Branch]] = {}
    root: object = None
    for branch in branches:
        if branch.depth == 0:
            root = branch.key
            below[root] = []
        else:
            below[root].append(branch)
    for row in rows:
        yield row
        for branch in below.get(row.key, ()):
            message = session.masker.scrub(_facts(branch))
            yield ResourceRow(branch.key, "", branch.health, branch.depth, message)


def _facts(branch: Branch) -> str:
    """A pod's phase, restarts and trouble in a few words."""
    said = branch.health.message if branch.health else ""
    if branch.key.kind != "Pod":
        return said
    try:
        status = mapping(branch.body, "status")
        restarts = sum(number(each, "restartCount") for each in members(status, "containerStatuses"))
        phase = text(status, "phase")
    except Malformed:
        return said
    words = [phase, f"{restarts} restarts" if restarts else "", said if said != phase else ""]
    return ", ".join(filter(None, words))
