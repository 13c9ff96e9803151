"""Why a sync did not become healthy: the pods of what is not, and the last words of their containers.

The law: it is bounded in pods, lines and octets; it never turns one failure into another; and no log is
quoted before the application's Secrets are known, so that it cannot tell one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.health import HealthStatus
from syncline.core.loglines import Source
from syncline.core.pods import pod_state, suspects
from syncline.core.resource import key_of
from syncline.errors import ApiError, ClusterError, ExitCode, Interrupted
from syncline.jobs.grown import branches_of, with_branches
from syncline.kube.logs import LogQuery
from syncline.report.model import AppReport, Note, Problem, Severity
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, ResourceKey
    from syncline.core.tree import Branch
    from syncline.core.verdict import SyncResult
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session
    from syncline.kube.cluster import ApiCluster

MOST_PODS: Final = 5
LINES: Final = 20
OCTETS: Final = 8 * 1024


_FEW: Final = 10
"""Objects of a kind that are read one by one; more come in one list."""


class _Suspect(Struct, frozen=True):
    """A container whose last words are asked for, and what its pod is like."""

    source: Source
    about: str


def with_evidence(report: AppReport, prepared: Prepared, session: Session, result: SyncResult) -> AppReport:
    """The report of a sync that failed, with the pods of each unhealthy workload and what they last said."""
    if session.invocation.timeout == 0:
        return report  # what was given no time is not ill
    ill = [key for key, health in sorted(result.health.items()) if health.status > HealthStatus.SUSPENDED]
    try:
        return _told(report, prepared, session, ill) if ill else report
    except Interrupted:
        raise
    except ClusterError as error:
        said = session.masker.scrub(error.message)
        note = Note(Severity.INFO, f"The pods of what is not healthy could not be read: {said}")
        return replace(report, notes=(*report.notes, note))


def _told(report: AppReport, prepared: Prepared, session: Session, ill: Iterable[ResourceKey]) -> AppReport:
    cluster = session.cluster(prepared.app.destination)
    bodies = _read(cluster, ill, session)
    branches, _ = branches_of(bodies, prepared, session)
    pods = [branch.body for branch in branches if _is_sick_pod(branch)]
    closed = learn_secrets(cluster, {key_of(pod).namespace for pod in pods}, session)
    rows = with_branches(report.resources, branches, session)
    open_pods = [pod for pod in pods if key_of(pod).namespace not in closed]
    suspected = [one for pod in open_pods[:MOST_PODS] for one in _suspects(pod)]
    quotes = each(lambda one: _quoted(cluster, one, session), suspected, workers=session.workers)
    notes = [
        Note(Severity.INFO, f"The logs in {name} are not quoted: its Secrets, which they may hold, {why}")
        for name, why in sorted(closed.items())
    ]
    if len(open_pods) > MOST_PODS:
        more = f"{len(open_pods) - MOST_PODS} more pods are not well; see syncline logs {prepared.app.name}."
        notes.append(Note(Severity.INFO, more))
    found = tuple(quote for quote in quotes if quote is not None)
    return replace(report, resources=rows, failures=(*report.failures, *found), notes=(*report.notes, *notes))


def learn_secrets(cluster: ApiCluster, namespaces: Iterable[str], session: Session) -> Mapping[str, str]:
    """Let the masker know every Secret of these namespaces; those that could not be read, with the reason."""
    closed: dict[str, str] = {}
    for namespace in sorted(namespaces):
        resource = cluster.resource("", "Secret")
        try:
            for body in cluster.list(resource, namespace=namespace).items if resource else ():
                session.masker.learn(body)
        except ClusterError as error:
            closed[namespace] = f"could not be read: {error.message}"
    return closed


def _read(cluster: ApiCluster, keys: Iterable[ResourceKey], session: Session) -> dict[ResourceKey, Body]:
    """Those that are there: a few one by one, many of one kind in one list."""
    groups: dict[tuple[str, str, str], list[ResourceKey]] = defaultdict(list)
    for key in keys:
        groups[key.group, key.kind, key.namespace].append(key)

    def read(group: tuple[str, str, str]) -> dict[ResourceKey, Body]:
        wanted, resource = groups[group], cluster.resource(*group[:2])
        if resource is None:
            return {}
        if len(wanted) > _FEW:
            listed = {key_of(body): body for body in cluster.list(resource, namespace=group[2]).items}
            return {key: listed[key] for key in wanted if key in listed}
        found = {key: cluster.get(resource, key.namespace, key.name) for key in wanted}
        return {key: body for key, body in found.items() if body is not None}

    answers = each(read, list(groups), workers=session.workers)
    return {key: body for answer in answers for key, body in answer.items()}


def _is_sick_pod(branch: Branch) -> bool:
    is_pod = (branch.key.group, branch.key.kind) == ("", "Pod")
    return is_pod and branch.health is not None and branch.health.status > HealthStatus.SUSPENDED


def _suspects(pod: Body) -> list[_Suspect]:
    key, state = key_of(pod), pod_state(pod)
    return [
        _Suspect(Source(key.namespace, key.name, container.name), state.words)
        for container in suspects(state)[:2]
        if container.wrote
    ]


def _quoted(cluster: ApiCluster, suspect: _Suspect, session: Session) -> Problem | None:
    source = suspect.source
    query = LogQuery(source, tail=LINES, octets=OCTETS)
    try:
        lines = [line.text for line in cluster.log(query)]
    except ApiError:
        return None  # it has written nothing, or its node does not answer: the row tells its state
    said = session.masker.scrub("\n".join(lines[-LINES:]))
    if not said.strip():
        return None
    head = f"Pod {source.namespace}/{source.pod}: {session.masker.scrub(suspect.about)}."
    return Problem(f"{head} The last lines of {source.container}:\n{said}", ExitCode.UNHEALTHY)
