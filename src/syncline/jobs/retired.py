"""Applications whose file is gone.

The law: a file that vanished deletes nothing, unless the Application carried the resources finalizer when it
was last synced; and only the inventories of this very repository are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.application import Application, Destination
from syncline.core.applyset import decode, owner_of
from syncline.core.resource import Body, key_of
from syncline.errors import ClusterError, ConfigError, Interrupted, Place, SynclineError
from syncline.jobs.bugs import contained
from syncline.jobs.prepare import Prepared, Record, farewell
from syncline.jobs.present import problem
from syncline.jobs.whereabouts import Whereabouts
from syncline.report.model import Note, Problem, Severity

if TYPE_CHECKING:
    from syncline.jobs.session import Session
    from syncline.ports import Cluster


class Leftovers(Struct, frozen=True):
    """What is to be deleted with its Application, and what to say about the rest."""

    records: tuple[Record, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def leftovers(session: Session, head: str) -> Leftovers:
    """The applications that the clusters remember and this commit no longer defines.

    Where any definition is broken nobody can tell which one is gone, so nothing is taken for gone. Never
    raises: what was synced before it must be told.
    """
    try:
        with contained(session):
            return _leftovers(session, head)
    except Interrupted:
        return Leftovers()
    except SynclineError as error:
        return Leftovers(problems=(problem(error, session.masker),))


def _leftovers(session: Session, head: str) -> Leftovers:
    configuration = session.configuration(head)
    if session.invocation.applications or session.invocation.path or configuration.broken:
        return Leftovers()
    family = session.family(head)
    if family.silent or family.broken or session.unrendered(head):
        return Leftovers()  # whose children they are nobody knows
    known = {(owner.namespace, owner.parent) for owner in map(owner_of, family.applications)}
    records: list[Record] = []
    notes: list[Note] = []
    found = Whereabouts(session, head).found()
    notes += found.notes
    for parent in found.parents:
        try:
            record = _record(parent.cluster, parent.body, session)
        except ClusterError as error:
            # One that is damaged or a copy must not hide what became of all the others.
            notes.append(Note(Severity.WARNING, session.masker.scrub(str(error))))
            continue
        name = record.inventory.app
        # Wherever it is defined to be: two names of one cluster, or a name that cannot be connected just now,
        # must not make an application look as if it were gone.
        if (record.owner.namespace, record.owner.parent) in known:
            continue
        if record.inventory.cascades and not _was_here(record, head, session):
            notes.append(_elsewhere(record, head))
        elif record.inventory.cascades:
            records.append(record)
        elif record.inventory.keys:
            count = len(record.inventory.keys)
            notes.append(
                Note(Severity.INFO, f"The Application {name} is gone from Git; its {count} objects stay.")
            )
    return Leftovers(tuple(records), tuple(notes))


def _was_here(record: Record, head: str, session: Session) -> bool:
    """Whether this commit is one that comes after what was synced: only then it can have removed it.

    Another branch may deliver to the same clusters, and an older commit may be asked for.
    """
    return session.repository.is_ancestor(record.inventory.accounted, head)


def _elsewhere(record: Record, head: str) -> Note:
    known = record.inventory
    text = (
        f"The Application {known.app} is not in this commit and was left alone: it was last synced from "
        f"{known.accounted[:7]}, which {head[:7]} does not come after. If it is meant to go, delete its "
        "objects by hand; a shallow clone cannot tell (fetch-depth: 0)."
    )
    return Note(Severity.WARNING, text)


def leave(record: Record, head: str, session: Session) -> Prepared:
    """The plan of the deletion; without the hooks that belong to it nothing is deleted.

    Raises ConfigError when what the hooks were cannot be known any more.
    """
    name = record.inventory.app
    try:
        then = _last_definition(record, session)
        if then is None and record.inventory.hooks.parting:
            raise ConfigError(f"commit {record.inventory.revision[:7]} does not define it any more.")
        return farewell(record, head, session, then)
    except (Interrupted, ClusterError):
        raise
    except SynclineError as error:
        raise ConfigError(
            f"The Application {name} is gone from Git and was not deleted: its last state is unknown: "
            f"{error.message}",
            remedy="Delete its objects by hand, or restore its file and remove it again.",
        ) from error


def _last_definition(record: Record, session: Session) -> Application | None:
    """The application as it was last synced, for its options and its hooks."""
    revision = record.inventory.revision
    try:
        session.repository.fetch_missing((revision,))
        found = session.applications(revision)
    except Interrupted:
        raise
    except SynclineError:
        if record.inventory.hooks.parting:
            raise
        return None
    own = (record.owner.namespace, record.owner.parent)
    return next((app for app in found if (owner_of(app).namespace, owner_of(app).parent) == own), None)


def _record(cluster: Cluster, parent: Body, session: Session) -> Record:
    inventory = decode(parent)
    key = key_of(parent)
    owner = owner_of(_ghost(inventory.app, key.namespace), session.repository_id)
    return Record(cluster, replace(owner, parent=key.name), parent, inventory)


def _ghost(name: str, namespace: str) -> Application:
    return Application(name, Place(f"Application {name}"), (), Destination(namespace=namespace))
