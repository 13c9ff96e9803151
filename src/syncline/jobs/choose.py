"""Which applications a run is about, and in which order.

The law: a name that matches nothing is an error, never an empty run that looks like success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.config.application import SKIP_RECONCILE
from syncline.core.family import wave
from syncline.errors import UsageError
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.application import Application
    from syncline.config.load import BrokenApplication
    from syncline.jobs.session import Session


def broken_ones(session: Session, revision: str) -> tuple[BrokenApplication, ...]:
    """The definitions that nothing can be made of, as far as they were asked for. Each is told as the problem
    of its application.
    """
    asked = set(session.invocation.applications)
    found = () if session.invocation.path else broken_at(session, revision)
    return tuple(each for each in found if not asked or asked & set(labels(each)))


def broken_at(session: Session, revision: str) -> tuple[BrokenApplication, ...]:
    """All of them, those that a parent renders too; of a run about a directory only those in files."""
    children = () if session.invocation.path else session.family(revision).broken
    return (*session.configuration(revision).broken, *children)


def asked_for(session: Session, revision: str) -> tuple[Application, ...]:
    """The applications that the run is about, as of this commit. Raises UsageError."""
    return chosen(
        session.applications(revision), session.invocation.applications, broken_at(session, revision)
    )


def chosen(
    applications: Iterable[Application], names: tuple[str, ...], broken: Iterable[BrokenApplication] = ()
) -> tuple[Application, ...]:
    """Those that were named (`name` or `namespace/name`), or all, in the order in which they depend on each
    other.

    Raises UsageError for a name that nobody has. The broken ones are told elsewhere: they may be named, too.
    """
    ordered = sorted(applications, key=lambda app: (wave(app), app.name, app.namespace))
    known = {label for app in ordered for label in labels(app)} | {
        label for each in broken for label in labels(each)
    }
    for name in names:
        if name not in known:
            raise UsageError(f"There is no Application {name!r}.", remedy=_hint(name, known))
    return tuple(app for app in ordered if not names or set(labels(app)) & set(names))


def without_left_alone(
    apps: Iterable[Application], session: Session
) -> tuple[tuple[Application, ...], tuple[Note, ...]]:
    """Those that may be touched, and what is to be said of those that ask to be left alone.

    One that was named stays: whoever names it is told at the door.
    """
    listed = tuple(apps)
    if session.invocation.applications:
        return listed, ()
    alone = [app for app in listed if app.is_left_alone]
    notes = (Note(Severity.INFO, f"{left_alone(app)}.", place=app.origin) for app in alone)
    return tuple(app for app in listed if not app.is_left_alone), tuple(notes)


def left_alone(app: Application) -> str:
    """That an application is not touched, and why."""
    return f'{app.name} is left alone, because it has the annotation {SKIP_RECONCILE}: "true"'


def labels(app: Application | BrokenApplication) -> tuple[str, str]:
    """What an application may be called on the command line."""
    return (app.name, f"{app.namespace or 'argocd'}/{app.name}")


def _hint(name: str, known: set[str]) -> str:
    import difflib

    close = difflib.get_close_matches(name, sorted(known), n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    names = sorted(label for label in known if "/" not in label)
    return f"Known are: {', '.join(names[:20]) or 'none; no Application file was found in the repository'}."
