"""Logs: what the pods of an application write, as one.

The law: logs only read, and no value of a Secret that could be read is shown in a line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.loglines import LogLine, Source, merged
from syncline.core.pods import PodState, pod_state
from syncline.core.resource import ResourceKey, key_of
from syncline.core.tree import tree
from syncline.errors import ClusterError, UsageError
from syncline.jobs.actions import named
from syncline.jobs.choose import asked_for
from syncline.jobs.evidence import learn_secrets
from syncline.jobs.following import Following, Run
from syncline.jobs.prepare import Record, recall
from syncline.kube.live import read_live
from syncline.kube.logs import LogQuery, LogStream
from syncline.kube.offspring import Outlines
from syncline.ports import ApiResource

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterable, Iterator

    from syncline.config.application import Application
    from syncline.core.resource import Body
    from syncline.jobs.session import Session
    from syncline.kube.cluster import ApiCluster

MOST: Final = 100
"""Containers whose logs are read at a time, each over a connection of its own."""

_POD: Final = ApiResource("", "v1", "Pod", "pods", namespaced=True)


class AskedLogs(Struct, frozen=True):
    """What of the logs: `resources` as `Kind/name` (also pods), `containers` by name, both empty for all."""

    resources: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    grep: re.Pattern[str] | None = None
    follow: bool = False
    previous: bool = False
    since: float | None = None
    tail: int | None = None


def logs(session: Session, asked: AskedLogs, say: Callable[[str], None]) -> Iterator[LogLine]:
    """The lines by time. `say` is told what is missing. Raises SynclineError before the first line."""
    session.trust(session.head)
    apps = asked_for(session, session.head)
    if len(apps) != 1:
        raise UsageError("Logs are those of one Application.", remedy="For example: syncline logs web")
    reading = _Reading(apps[0], asked, session)
    reading.learn(say)
    lines = reading.followed(say) if asked.follow else reading.whole(say)
    return _shown(lines, asked.grep, session)


def _shown(lines: Iterator[LogLine], grep: re.Pattern[str] | None, session: Session) -> Iterator[LogLine]:
    # What is searched is what is shown: a pattern must not be an oracle for what is hidden.
    for line in lines:
        text = session.masker.scrub(line.text)
        if grep is None or grep.search(text):
            yield replace(line, text=text)


class _Reading:
    """The pods of one application."""

    def __init__(self, app: Application, asked: AskedLogs, session: Session) -> None:
        self._asked = asked
        self._session = session
        self._record: Record = recall(app, session)
        self._cluster: ApiCluster = session.cluster(app.destination)
        if not self._record.inventory.keys:
            raise UsageError(f"{app.name} was never synced.", remedy="Run syncline sync.")
        self._app = app
        self._namespaces = {key.namespace for key in self._record.inventory.keys} - {""}
        self._known: dict[str, bool] = {}

    def learn(self, say: Callable[[str], None]) -> None:
        """The Secrets that a line may tell."""
        for namespace, why in learn_secrets(self._cluster, self._namespaces, self._session).items():
            say(f"Secrets in {namespace} {why} What a log tells of them is not hidden.")

    def whole(self, say: Callable[[str], None]) -> Iterator[LogLine]:
        """What has been written so far."""
        pods = self._pods()
        self._must_have_containers(pods)
        runs = list(self._runs(pods))
        if len(runs) > MOST:
            raise UsageError(
                f"{self._app.name} has {len(runs)} containers; at most {MOST} logs are merged.",
                remedy="Name a resource, such as Deployment/web, or --container.",
            )
        if not runs:
            say(f"{self._app.name} has no container that wrote anything.")
        streams = [stream for stream in (self._open(run.query, say) for run in runs) if stream]
        has_read = not runs
        try:
            for line in merged(streams):
                self._session.cancellation.check()
                has_read = True
                yield line
            for stream in streams:
                has_read |= not stream.broken
                if stream.broken:
                    text = f"The log of {stream.source} broke off ({stream.broken})"
                    say(f"{text}; what is shown of it is not all.")
        finally:
            for stream in streams:
                stream.close()
        if not has_read:
            raise no_log(self._app.name, len(runs))

    def followed(self, say: Callable[[str], None]) -> Iterator[LogLine]:
        """What was written and what will be."""
        if self._asked.containers:
            self._must_have_containers(self._pods())
        following = Following(self._cluster, self._session.cancellation, self._scrubbed(say), most=MOST)
        yield from following.lines(lambda: self._look(say), self._session.clock.monotonic)
        if following.refused:
            raise no_log(self._app.name, following.refused)

    def _scrubbed(self, say: Callable[[str], None]) -> Callable[[str], None]:
        return lambda text: say(self._session.masker.scrub(text))

    def _look(self, say: Callable[[str], None]) -> list[Run]:
        """The runs there are now: the pods anew, and the owners only where a pod is not known yet."""
        try:
            pods = [
                body
                for namespace in sorted(self._namespaces)
                for body in self._cluster.list(_POD, namespace=namespace).items
            ]
            if any(_uid(pod) not in self._known for pod in pods):
                ours = {_uid(pod) for pod in self._pods()}
                self._known = {_uid(pod): _uid(pod) in ours for pod in pods}
        except ClusterError as error:
            say(f"The pods could not be read: {error.message} Trying again.")
            return []
        return list(self._runs(pod for pod in pods if self._known.get(_uid(pod))))

    def _pods(self) -> list[Body]:
        """The pods of the application, or of what was asked for of it."""
        keys = self._record.inventory.keys
        live = read_live(
            self._cluster, {}, keys, selector=self._record.owner.selector, workers=self._session.workers
        )
        roots = live.objects
        found = Outlines(self._session.workers).offspring(self._cluster, roots.values())
        branches = tree(roots, found.bodies, self._session.assess)
        bodies = {branch.key: branch.body for branch in branches}
        if not self._asked.resources:
            return _only_pods(bodies)
        wanted = {key for name in self._asked.resources for key in named(name, bodies)}
        chosen: dict[ResourceKey, Body] = {}
        above: list[ResourceKey] = []
        for branch in branches:
            del above[branch.depth :]
            above.append(branch.key)
            if wanted & set(above):
                chosen[branch.key] = branch.body
        return _only_pods(chosen)

    def _must_have_containers(self, pods: Iterable[Body]) -> None:
        """Raises UsageError for a container that no pod has: nobody is to wait for its lines."""
        known = {each.name for pod in pods for each in pod_state(pod).containers}
        for name in self._asked.containers if known else ():
            if name not in known:
                raise UsageError(
                    f"{self._app.name} has no container {name!r}.",
                    remedy=f"Known are: {', '.join(sorted(known))}.",
                )

    def _runs(self, pods: Iterable[Body]) -> Iterator[Run]:
        asked = self._asked
        for pod in pods:
            key, state = key_of(pod), pod_state(pod)
            for container in _chosen(state, asked):
                query = LogQuery(
                    Source(key.namespace, key.name, container),
                    follow=asked.follow,
                    previous=asked.previous,
                    tail=asked.tail,
                    since=asked.since,
                )
                number = next(each.run for each in state.containers if each.name == container)
                yield Run(_uid(pod), number, query)

    def _open(self, query: LogQuery, say: Callable[[str], None]) -> LogStream | None:
        try:
            return self._cluster.log(query)
        except ClusterError as error:
            self._scrubbed(say)(f"The log of {query.source} could not be read: {error.message}")
            return None


def no_log(name: str, count: int) -> ClusterError:
    """What ends a run that was to show logs and could read none."""
    what = f"None of the {count} logs" if count > 1 else "The only log"
    return ClusterError(
        f"{what} of {name} could{' not' if count == 1 else ''} be read.",
        remedy="What the cluster said of each stands above; the identity needs get on pods/log.",
    )


def _chosen(state: PodState, asked: AskedLogs) -> list[str]:
    return [
        each.name
        for each in state.containers
        if (not asked.containers or each.name in asked.containers)
        and (each.run > 0 if asked.previous else each.wrote)
    ]


def _only_pods(bodies: dict[ResourceKey, Body]) -> list[Body]:
    return [bodies[key] for key in sorted(bodies) if (key.group, key.kind) == ("", "Pod")]


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")
