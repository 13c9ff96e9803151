"""Where an Application goes, by all the names of that cluster, and what nobody looks at there.

The law: an unknown cluster is told by whoever needs it; here it is known by what the Application calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.config.settings import IN_CLUSTER_SERVER, ClusterAccess
from syncline.core.project import Target
from syncline.errors import ClusterError

if TYPE_CHECKING:
    from syncline.config.application import Destination
    from syncline.config.unmanaged import Unmanaged
    from syncline.jobs.session import Session

_IN_CLUSTER: Final = "in-cluster"


def target_of(destination: Destination, session: Session) -> Target:
    """The destination by all the names it has."""
    try:
        name = session.cluster_name(destination)
    except ClusterError:
        return Target(destination.name, destination.server, destination.namespace)
    access = session.settings.clusters.get(name) or ClusterAccess(name)
    is_default = name == session.settings.default_cluster
    if is_default and destination.name in {"", _IN_CLUSTER} and destination.server in {"", IN_CLUSTER_SERVER}:
        # Projects are Argo CD's files: what runs it is called so there, whatever the settings call it.
        return Target(_IN_CLUSTER, IN_CLUSTER_SERVER, destination.namespace, access.project)
    server = destination.server or access.server_alias or access.server
    return Target(
        name=destination.name or name,
        server=server or (IN_CLUSTER_SERVER if is_default else ""),
        namespace=destination.namespace,
        project=access.project,
    )


def unmanaged_of(destination: Destination, session: Session) -> Unmanaged:
    """Which kinds nobody looks at in the cluster of a destination."""
    return replace(session.customizations.unmanaged, server=target_of(destination, session).server)
