"""What grew out of an application's resources: ReplicaSets, Pods and whatever else names an owner.

The law: offspring is shown, and never changes what is in sync; what may not be read is left out and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.pods import pod_state
from syncline.core.tree import Branch, tree
from syncline.kube.offspring import Outlines
from syncline.report.model import Note, ResourceRow, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.core.resource import Body, ResourceKey
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

_TELLING: Final = ("Pod", "ReplicaSet.apps", "Job.batch")
"""Without these a tree is no tree; of others that may not be read it is enough to say how many."""


def with_offspring(
    rows: Iterable[ResourceRow], prepared: Prepared, session: Session, outlines: Outlines | None = None
) -> tuple[tuple[ResourceRow, ...], tuple[Note, ...]]:
    """The rows with what grew out of them below each, and what could not be read.

    `outlines` remembers what was read for the applications before.
    """
    branches, unread = grown(prepared, session, outlines)
    return with_branches(rows, branches, session), tuple(_notes(unread, session))


def grown(
    prepared: Prepared, session: Session, outlines: Outlines | None = None
) -> tuple[tuple[Branch, ...], Mapping[str, str]]:
    """The application's live objects with all that grew out of them, and which kinds could not be read."""
    roots = {
        key: body for key, body in prepared.live.objects.items() if (body.get("metadata") or {}).get("uid")
    }
    if prepared.record is None or not roots:
        return (), {}
    return branches_of(roots, prepared, session, outlines)


def branches_of(
    roots: Mapping[ResourceKey, Body], prepared: Prepared, session: Session, outlines: Outlines | None = None
) -> tuple[tuple[Branch, ...], Mapping[str, str]]:
    """The same of some of its objects."""
    cluster = session.cluster(prepared.app.destination)
    found = (outlines or Outlines(session.workers)).offspring(cluster, roots.values())
    return tree(roots, found.bodies, session.assess), found.unread


def with_branches(
    rows: Iterable[ResourceRow], branches: Iterable[Branch], session: Session
) -> tuple[ResourceRow, ...]:
    """The rows with the branches below those they grew from."""
    return tuple(_woven(rows, branches, session))


def _notes(unread: Mapping[str, str], session: Session) -> Iterator[Note]:
    for kind in _TELLING:
        if kind in unread:
            said = session.masker.scrub(unread[kind])
            yield Note(Severity.INFO, f"{kind}s could not be read: {said}")
    others = sorted(set(unread) - set(_TELLING))
    if others:
        more = f" and {len(others) - 5} more kinds" if len(others) > 5 else ""  # noqa: PLR2004 - a handful
        yield Note(Severity.INFO, f"What grew of {', '.join(others[:5])}{more} could not be read.")


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
            yield row_of(branch, session)


def row_of(branch: Branch, session: Session) -> ResourceRow:
    """A line of the tree for something that no repository has."""
    return ResourceRow(branch.key, "", branch.health, branch.depth, session.masker.scrub(facts(branch)))


def facts(branch: Branch) -> str:
    """A pod's phase, restarts and trouble, or what its health says, in a few words."""
    said = branch.health.message if branch.health else ""
    if (branch.key.group, branch.key.kind) != ("", "Pod"):
        return said
    state = pod_state(branch.body)
    return state.words if said in state.words else f"{state.words}, {said}"
