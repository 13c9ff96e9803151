"""Applications whose file is gone, and children that their parent no longer renders.

The law: what vanished deletes nothing, unless the Application carried the resources finalizer when it was
last synced and whoever had it lets it go; and only the inventories of this very repository are looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.application import Application, Destination
from syncline.core.applyset import decode, owner_of
from syncline.core.family import identity, wave
from syncline.core.parting import Kept, Present, ancestors, why_kept
from syncline.core.resource import Body, key_of
from syncline.errors import ClusterError, ConfigError, Interrupted, Place, SynclineError
from syncline.jobs.bugs import contained
from syncline.jobs.choose import asked_for
from syncline.jobs.prepare import Prepared, Record, farewell, recall
from syncline.jobs.present import problem
from syncline.jobs.reservations import is_definition
from syncline.jobs.whereabouts import Whereabouts
from syncline.report.model import Note, Problem, Severity
from syncline.report.words import plural
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.inventory import Ancestor
    from syncline.jobs.session import Session
    from syncline.ports import Cluster


class Parting(Struct, frozen=True):
    """An application that is gone from Git and carried the finalizer.

    `kept` says why nobody prunes it yet, empty where it goes; `then` is what it was when it was last synced,
    as far as that can be known.
    """

    record: Record
    kept: str = ""
    then: Application | None = None


class Leftovers(Struct, frozen=True):
    """What is to be deleted or shown as kept, in order, and what to say about the rest."""

    partings: tuple[Parting, ...] = ()
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()


def present(session: Session, revision: str) -> Present:
    """Who this commit has that may have had what is gone."""
    written = session.configuration(revision)
    controller = written.customizations.controller
    sets = {f"{one.namespace or 'argocd'}/{one.name}": controller.keeping(one.policy) for one in written.sets}
    return Present(session.family(revision).by_name, sets, prune=session.permissions.prune)


def leftovers(session: Session, head: str) -> Leftovers:
    """The applications that the clusters remember and this commit no longer defines; where some were named,
    those that these have rendered.

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
    asked = session.invocation
    if asked.path or asked.selection or session.configuration(head).broken:
        return Leftovers()
    family = session.family(head)
    if family.silent or family.broken or session.unrendered(head):
        return Leftovers()  # whose children they are nobody knows
    named = _parents_named(session, head) if asked.applications else frozenset[str]()
    if asked.applications and not named:
        return Leftovers()
    known = {(owner.namespace, owner.parent) for owner in map(owner_of, family.applications)}
    partings: list[Parting] = []
    notes: list[Note] = []
    found, there = Whereabouts(session, head).found(), present(session, head)
    notes += found.notes
    for parent in found.parents:
        try:
            record = _record(parent.cluster, parent.body, session)
        except ClusterError as error:
            # One that is damaged or a copy must not hide what became of all the others.
            notes.append(Note(Severity.WARNING, session.masker.scrub(str(error))))
            continue
        # Wherever it is defined to be: two names of one cluster, or a name that cannot be connected just now,
        # must not make an application look as if it were gone.
        if (record.owner.namespace, record.owner.parent) in known or not _is_below(named, record, session):
            continue
        if not record.inventory.cascades:
            notes += _left_behind(record)
        elif not _was_here(record, head, session):
            notes.append(_elsewhere(record, head))
        else:
            kept = _why_kept(record, there, session)
            if kept is not None and not kept.for_now:
                notes += _left_behind(record, f": {kept.why}")
                continue
            partings.append(_parting(record, kept, session))
    return Leftovers(in_order(partings), tuple(notes))


def _parents_named(session: Session, head: str) -> frozenset[str]:
    """Those of the named applications that render others, or once did."""
    family = session.family(head)
    parents = frozenset(family.parents.values())

    def is_parent(app: Application) -> bool:
        if identity(app) in parents:
            return True
        if all(is_definition(manifest.key) for manifest in session.rendering(app, head).manifests):
            return True  # it has nothing else, and may have no inventory either
        try:
            return recall(app, session).inventory.has_children
        except Interrupted:
            raise
        except SynclineError:
            return False  # told by its own sync

    asked = family.with_descendants(asked_for(session, head))
    answers = each(is_parent, asked, workers=session.workers)
    return frozenset(identity(app) for app, found in zip(asked, answers, strict=True) if found)


def _is_below(named: frozenset[str], record: Record, session: Session) -> bool:
    if not named:
        return True
    try:
        return any(above.name in named for above in _line(record, session))
    except Interrupted:
        raise
    except SynclineError:
        return False  # whose it was is said when all are looked at


def _left_behind(record: Record, why: str = "") -> Iterable[Note]:
    known = record.inventory
    if known.keys:
        stay = f"{plural(len(known.keys), 'object')} {'stays' if len(known.keys) == 1 else 'stay'}"
        text = f"The Application {known.app} is gone from Git; its {stay}{why}."
        yield Note(Severity.INFO, text)


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


def _why_kept(record: Record, there: Present, session: Session) -> Kept | None:
    try:
        return why_kept(_line(record, session), there, record.inventory)
    except Interrupted:
        raise
    except SynclineError as error:
        return Kept(f"whose it was cannot be known ({session.masker.scrub(error.message).rstrip('.')})")


def _parting(record: Record, kept: Kept | None, session: Session) -> Parting:
    if kept is not None:
        return Parting(record, kept.why)
    try:
        return Parting(record, then=_last_definition(record, session))
    except Interrupted:
        raise
    except SynclineError:
        return Parting(record)  # told when its plan is made


def _line(record: Record, session: Session) -> tuple[Ancestor, ...]:
    """Who had it; of what an older version wrote down Git knows it. Raises SynclineError."""
    known = record.inventory
    if known.ancestors is not None:
        return known.ancestors
    session.repository.fetch_missing((known.revision,))
    app = _defined(record, session)
    return ancestors(app, session.family(known.revision)) if app else ()


def in_order(partings: Iterable[Parting]) -> tuple[Parting, ...]:
    """Children before their parents, then by the steps of a set that retreats and by waves, both backwards:
    as Argo CD deletes them.
    """
    return tuple(sorted(partings, key=_order))


def _order(parting: Parting) -> tuple[int, float, int, str]:
    app, known = parting.then, parting.record.inventory
    step = 0.0
    if app is not None and app.rolling is not None and app.rolling.reverse:
        step = float("inf") if app.rolling.step is None else -float(app.rolling.step)
    return -len(known.ancestors or ()), step, -wave(app) if app else 0, known.app


def leave(parting: Parting, head: str, session: Session) -> Prepared:
    """The plan of the deletion; without the hooks that belong to it nothing is deleted.

    Raises ConfigError when what the hooks were cannot be known any more.
    """
    record = parting.record
    if parting.kept:
        return farewell(record, head, session, kept=parting.kept)
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
    try:
        session.repository.fetch_missing((record.inventory.revision,))
        return _defined(record, session)
    except Interrupted:
        raise
    except SynclineError:
        if record.inventory.hooks.parting:
            raise
        return None


def _defined(record: Record, session: Session) -> Application | None:
    own = (record.owner.namespace, record.owner.parent)
    listed = session.applications(record.inventory.revision)
    return next((app for app in listed if (owner_of(app).namespace, owner_of(app).parent) == own), None)


def _record(cluster: Cluster, parent: Body, session: Session) -> Record:
    inventory = decode(parent)
    key = key_of(parent)
    owner = owner_of(_ghost(inventory.app, key.namespace), session.repository_id)
    return Record(cluster, replace(owner, parent=key.name), parent, inventory)


def _ghost(name: str, namespace: str) -> Application:
    return Application(name, Place(f"Application {name}"), (), Destination(namespace=namespace))
