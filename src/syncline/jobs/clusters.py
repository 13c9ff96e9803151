"""The clusters of a run.

The law: each is connected once, whoever asks and by which name, and what its connection holds as a secret is
known to the masker before anything is asked of it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from syncline.config.settings import ClusterAccess
from syncline.core.trust import Tier
from syncline.errors import ForbiddenError
from syncline.kube.patience import Timing
from syncline.once import Once

if TYPE_CHECKING:
    from syncline.jobs.session import Session, Surroundings
    from syncline.kube.cluster import ApiCluster


class Clusters:
    """Connections, made when they are asked for."""

    def __init__(self, session: Session, surroundings: Surroundings) -> None:
        self._session = session
        self._surroundings = surroundings
        self._named: Once[str, ApiCluster] = Once(self._connect)
        self._direct: Once[str, ApiCluster] = Once(lambda name: self._reach(self._access(name)))

    def expect(self) -> None:
        """Load what a connection takes while the run still waits for git: it is a tenth of a short run."""
        self._session.ahead.begin(lambda: import_module("syncline.kube.cluster"))

    def named(self, name: str) -> ApiCluster:
        """The cluster that the configuration calls so; empty for a default one without a name.

        Raises ClusterError or ConfigError with what to add, and ForbiddenError where none may be asked.
        """
        return self._named[name]

    def direct(self, name: str) -> ApiCluster:
        """A configured cluster itself, also in a drill, which speaks to another in its place."""
        return self._direct[name]

    def close(self) -> None:
        """End the connections."""
        for cluster in (*self._named.made(), *self._direct.made()):
            cluster.close()

    def _connect(self, name: str) -> ApiCluster:
        invocation = self._session.invocation
        if invocation.tier is Tier.RENDER:
            raise ForbiddenError(
                "This event may render only, so no cluster is asked.",
                remedy="Pull requests of the same repository may read one.",
            )
        context = invocation.recovery.context
        if context:
            # In a drill, every destination is the throw-away cluster.
            return self._reach(ClusterAccess(context, context=context))
        return self._reach(self._access(name))

    def _access(self, name: str) -> ClusterAccess:
        return self._session.settings.clusters.get(name) or ClusterAccess(name or "default")

    def _reach(self, access: ClusterAccess) -> ApiCluster:
        from syncline.kube.cluster import connect  # with TLS and all; a diff without a cluster needs none

        cancellation = self._surroundings.cancellation
        cluster = connect(
            access,
            self._environ(),
            home=self._surroundings.home,
            root=self._session.invocation.root,
            timing=Timing(sleep=cancellation.wait, stopping=lambda: cancellation.requested),
        )
        cluster.tell_secrets(self._surroundings.masker.learn_value)
        cancellation.when_late(cluster.hang_up)
        return cluster

    def _environ(self) -> dict[str, str]:
        invocation = self._session.invocation
        named = {"KUBECONFIG": invocation.kubeconfig} if invocation.kubeconfig else {}
        return {**invocation.environ, **named}
