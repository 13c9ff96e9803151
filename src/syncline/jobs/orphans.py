"""Objects of a namespace that belong to nobody, where the project asks to be warned of them.

The law: an orphan is only spoken of, never touched; kinds that may not be read are left out in silence, for
the warning is a courtesy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.project import claims_of, is_orphan
from syncline.core.resource import key_of
from syncline.errors import ClusterError, ConfigError
from syncline.report.model import Note, Severity
from syncline.report.words import plural
from syncline.runtime import each

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.core.resource import ResourceKey
    from syncline.jobs.session import Session
    from syncline.ports import Cluster

_KINDS: Final = (
    ("", "ConfigMap"),
    ("", "PersistentVolumeClaim"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("apps", "StatefulSet"),
    ("batch", "CronJob"),
    ("batch", "Job"),
    ("networking.k8s.io", "Ingress"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
)
_NAMED: Final = 10


def orphan_notes(app: Application, cluster: Cluster, session: Session) -> tuple[Note, ...]:
    """A warning with the names of the first ten, or nothing."""
    namespace = app.destination.namespace
    try:
        project = session.project(app.project)
    except ConfigError:
        return ()
    if project is None or project.orphans is None or not namespace:
        return ()
    found = each(lambda kind: _listed(cluster, *kind, namespace), _KINDS, workers=session.workers)
    listed = [each for many in found for each in many]
    made = [claims_of(body) for key, body in listed if (key.group, key.kind) == ("apps", "StatefulSet")]
    orphans = sorted(
        key
        for key, body in listed
        if is_orphan(key, body, project.orphans) and not any(is_made(key) for is_made in made)
    )
    if not orphans:
        return ()
    more = f" and {len(orphans) - _NAMED} more" if len(orphans) > _NAMED else ""
    names = ", ".join(f"{key.group_kind} {key.name}" for key in orphans[:_NAMED])
    verb = "belongs" if len(orphans) == 1 else "belong"
    text = f"{plural(len(orphans), 'object')} in {namespace} {verb} to no Application: {names}{more}."
    return (Note(Severity.WARNING, text, place=project.place("orphanedResources")),)


def _listed(
    cluster: Cluster, group: str, kind: str, namespace: str
) -> list[tuple[ResourceKey, dict[str, object]]]:
    try:
        resource = cluster.resource(group, kind)
        items = cluster.list(resource, namespace=namespace).items if resource else ()
    except ClusterError:
        return []
    return [(key_of(body), dict(body)) for body in items]
