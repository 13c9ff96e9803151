"""Drill: a recovery on a throw-away cluster, which shows that the day it is needed it works.

The law: a drill touches no cluster that is configured for anything, nor one that holds an object it would
write; and it leaves behind what it found, unless it is told to keep what it built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.config.application import Destination
from syncline.core.applyset import PARENT_SELECTOR, repository_of
from syncline.core.resource import key_of
from syncline.errors import ClusterError, ConfigError, ExitCode, SynclineError, UsageError
from syncline.jobs.prepare import PARENT, recall
from syncline.jobs.recover import Item, apps_of, gather, rebuild
from syncline.jobs.rights import must_write
from syncline.kube.demolish import NAMESPACE, demolish, take_away
from syncline.kube.lease import LEASES
from syncline.kube.live import read_live
from syncline.report.model import Note, Problem, Report, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, ResourceKey
    from syncline.jobs.observer import Observer
    from syncline.jobs.session import Session
    from syncline.kube.cluster import ApiCluster

_CLEANING: Final = 120.0


def drill(session: Session, observer: Observer) -> Report:
    """Rebuild the applications of one cluster on another, prove them, and take them down again."""
    must_write(session, "drill")
    head, context = session.head, session.invocation.recovery.context
    session.trust(head)
    if not context:
        raise UsageError(
            "A drill needs a cluster to throw away.", remedy="Name its kubeconfig context with --context."
        )
    apps = apps_of(session, head)
    clusters = sorted({session.cluster_name(app.destination) for app in apps})
    if len(clusters) > 1:
        names = ", ".join(name or "default" for name in clusters)
        raise UsageError(
            f"A drill rebuilds one cluster, and these applications are for {names}.",
            remedy="Choose one with --cluster.",
        )
    cluster = session.cluster(Destination())
    _refuse_production(cluster, clusters, session)
    items, broken = gather(session, apps, head)
    _refuse_inhabited(cluster, items, session)
    before = {_name(body) for body in cluster.list(NAMESPACE).items}
    try:
        report = rebuild(session, observer, items)
    finally:
        note, problem = _cleaned(cluster, items, before, session)
    return replace(
        report,
        head=head,
        applications=(*report.applications, *broken),
        notes=(*report.notes, *note),
        problems=(*report.problems, *problem),
    )


def _refuse_production(cluster: ApiCluster, clusters: Iterable[str], session: Session) -> None:
    """Raises UsageError when the context is a configured cluster, by its address or by its identity."""
    uid = _uid(cluster)
    for name in sorted({*session.settings.clusters, *clusters}):
        try:
            real = session.clusters.direct(name)
        except SynclineError:
            continue  # what cannot be configured cannot be the same
        is_same = real.server.rstrip("/").lower() == cluster.server.rstrip("/").lower()
        if is_same or (uid and _uid(real) == uid):
            named = f"the configured cluster {name}" if name else "the current context"
            raise UsageError(
                f"{session.invocation.recovery.context!r} is {named}; no drill is held there.",
                remedy="Name a throw-away cluster; name the real ones under clusters: in syncline.yaml.",
            )


def _refuse_inhabited(cluster: ApiCluster, items: Mapping[str, Item], session: Session) -> None:
    """Raises ConfigError when anything is there that the drill would write, or that was written for
    this repository.
    """
    parents = cluster.list(PARENT, selector=PARENT_SELECTOR).items
    found = [str(key_of(body)) for body in parents if repository_of(body) == session.repository_id]
    for item in items.values():
        wanted = {manifest.key: manifest.api_version for manifest in item.rendering.manifests}
        live = read_live(cluster, wanted, frozenset(), selector="", workers=session.workers)
        found += [str(key) for key in sorted({*live.objects, *live.unreadable}) if key.kind != "Namespace"]
    if found:
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""  # noqa: PLR2004 - a handful
        raise ConfigError(
            f"The cluster of the drill is not empty: it holds {', '.join(found[:5])}{more}.",
            remedy="Take a fresh cluster, or clean this one up.",
        )


def _cleaned(
    cluster: ApiCluster, items: Mapping[str, Item], before: set[str], session: Session
) -> tuple[tuple[Note, ...], tuple[Problem, ...]]:
    if session.invocation.dry_run:
        return (), ()
    context = session.invocation.recovery.context
    if session.invocation.recovery.keep:
        return (Note(Severity.INFO, f"What was built on {context} was kept, as asked."),), ()
    try:
        left = _demolished(cluster, items, before, session)
    except ClusterError as error:
        left = (session.masker.scrub(error.message),)
    if left:
        names = ", ".join(left[:10])
        return (), (Problem(f"{context} could not be cleaned up: {names}.", ExitCode.CLUSTER),)
    return (Note(Severity.INFO, f"{context} was cleaned up: what the drill built is gone."),), ()


def _demolished(
    cluster: ApiCluster, items: Mapping[str, Item], before: set[str], session: Session
) -> tuple[str, ...]:
    owned: dict[ResourceKey, str] = {}
    fresh: set[str] = set()
    parents: list[tuple[str, str]] = []
    for item in items.values():
        record = recall(item.app, session)
        made = record.inventory.keys | record.inventory.hooks.keys
        owned |= dict.fromkeys(made, record.owner.id)
        fresh |= {record.owner.namespace, *(key.namespace for key in made)} - {""}
        fresh |= {key.name for key in made if key.group_kind == "Namespace"}
        if record.parent is not None and record.owner.namespace in before:
            parents.append((record.owner.namespace, record.owner.parent))
    left = demolish(cluster, owned, fresh - before, seconds=_CLEANING)
    # An application's Lease lies beside its inventory and bears its name.
    books = [(resource, *place) for place in parents for resource in (PARENT, LEASES)]
    return left or take_away(cluster, books, seconds=_CLEANING)


def _name(body: Body) -> str:
    return str((body.get("metadata") or {}).get("name") or "")


def _uid(cluster: ApiCluster) -> str:
    """What tells clusters apart, whatever they are called; nothing where it may not be read."""
    try:
        body = cluster.get(NAMESPACE, "", "kube-system")
    except ClusterError:
        return ""
    return str(((body or {}).get("metadata") or {}).get("uid") or "")
