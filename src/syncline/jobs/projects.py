"""Projects, enforced: at every plan, and at the door of every sync.

The law: what a project forbids is a refusal of the plan, never a sentence that somebody may overlook; a
project that cannot be read allows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.config.complaint import did_you_mean
from syncline.config.global_projects import extended
from syncline.config.globs import glob_matches
from syncline.config.project import DEFAULT_PROJECT, AppProject, Role, SyncWindow
from syncline.core.project import application_refusals, granted, restrained
from syncline.core.windows import Sync, closed, instant, matching
from syncline.errors import ClusterError, ConfigError, GitHubError
from syncline.jobs.choose import left_alone
from syncline.jobs.signatures import untrusted
from syncline.jobs.targets import target_of
from syncline.report.model import Job, Note, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.config import Configuration
    from syncline.config.application import Application
    from syncline.config.settings import Settings
    from syncline.core.plan import Plan
    from syncline.jobs.session import Session

_APPLICATIONS: Final = "applications"
_SYNC: Final = "sync"


def project_of(name: str, found: Configuration, settings: Settings) -> AppProject | None:
    """The project of this name with what global ones add to it; None for one that the settings leave
    unrestricted. Raises ConfigError.
    """
    project = _own_project(name, found, settings)
    for each in found.customizations.global_projects if project else ():
        if project is not None and each.covers(project):
            other = _own_project(each.name, found, settings)
            project = project if other is None else extended(project, other)
    return project


def _own_project(name: str, found: Configuration, settings: Settings) -> AppProject | None:
    """The same as it is written."""
    broken = found.broken_projects.get(name)
    if broken is not None:
        raise ConfigError(f"The project {name} has an error: {broken.message}", place=broken.place)
    if name in found.projects:
        return found.projects[name]
    if name in settings.unrestricted_projects:
        return None
    if name == DEFAULT_PROJECT.name:
        return DEFAULT_PROJECT
    hint = did_you_mean(name, found.projects) if found.projects else "."
    raise ConfigError(
        f"The project {name} is not defined in this repository{hint}",
        remedy=(
            "Add its AppProject file, or, if nothing restricts it here, list it under "
            "unrestrictedProjects: in "
            "syncline.yaml."
        ),
    )


def governed(plan: Plan, app: Application, session: Session) -> Plan:
    """The plan with all that the Application's project has against it."""
    try:
        project = session.project(app.project)
    except ConfigError as error:
        sentence = f"{error.message} {error.remedy}".strip()
        where = error.place or app.origin
        return replace(plan, refusals=(*plan.refusals, f"{sentence} ({where})"))
    if project is None:
        return plan
    target = target_of(app.destination, session)
    refusals = tuple(application_refusals(app, project, target))
    if session.invocation.job is not Job.DIFF:
        refusals += tuple(untrusted(app, project, plan.revision, session))
    return restrained(replace(plan, refusals=(*plan.refusals, *refusals)), project, target)


def project_notes(app: Application, session: Session) -> tuple[Note, ...]:
    """What a reviewer should know of the project: a window that is closed now keeps nobody from reviewing."""
    if session.invocation.job is not Job.DIFF:
        return ()
    reason = window_reason(app, session)
    project = _project_or_none(app, session)
    said = [f"Now it could not be synced: {reason}."] if reason else []
    said += [f"{left_alone(app)}."] if app.is_left_alone else []
    if project is not None:
        # The commit of a review is not the one that is merged.
        found = untrusted(app, project, session.head, session)
        said += [f"As it is, it could not be synced: {each}" for each in found]
    return tuple(Note(Severity.WARNING, text) for text in said)


def changed_projects(before: Configuration, after: Configuration) -> dict[str, Note]:
    """Which projects the change itself brings or alters, by name: plans are judged by their new text."""
    found: dict[str, Note] = {}
    for name in sorted(before.projects.keys() | after.projects.keys()):
        old, new = before.projects.get(name), after.projects.get(name)
        if old is not None and new is not None and old.bare() == new.bare():
            continue
        verb = "adds" if old is None else "removes" if new is None else "alters"
        text = f"This change {verb} the project {name}; its Applications are judged by what it will be."
        found[name] = Note(Severity.WARNING, text, place=(new or old or DEFAULT_PROJECT).origin)
    return found


def at_the_door(plan: Plan, app: Application, session: Session) -> Plan:
    """The plan as it is when the sync would begin: the time and the person have to be right as well."""
    sentences = [
        f"What argocd-cm spares or forbids is not known: {each.message} ({each.place})"
        for each in session.customizations.unclear
    ]
    if app.is_left_alone and session.invocation.job is not Job.DRILL:
        sentences.append(f"{left_alone(app)}; remove it to have it synced.")
    reason = window_reason(app, session)
    if reason:
        sentences.append(f"{app.name} may not be synced now: {reason}.")
    stranger = _role_refusal(app, session)
    if stranger:
        sentences.append(stranger)
    return replace(plan, refusals=(*plan.refusals, *sentences)) if sentences else plan


def window_reason(app: Application, session: Session, since: str = "") -> str:
    """Why the project's sync windows are against a sync at this moment; empty when they are not."""
    if session.invocation.job is Job.DRILL:
        return ""  # they say when the real cluster may change
    project = _project_or_none(app, session)
    windows = () if project is None else _windows(app, project)
    if not windows:
        return ""
    sync = Sync(
        instant(session.clock.now()),
        manual=is_manual(session),
        since=instant(since) if since else None,
    )
    return closed(windows, sync)


def is_manual(session: Session) -> bool:
    """Whether a person asked for this very sync. Healing is the machine's own idea, whoever started the
    run.
    """
    return session.invocation.manual and session.invocation.job is not Job.DRIFT


def vigil(app: Application, session: Session) -> Callable[[], None]:
    """What a running sync checks at its safe points: whether it was asked to stop, and whether its window
    closed.
    """
    project = _project_or_none(app, session)
    if project is None or not _windows(app, project):
        return session.cancellation.check
    since = session.clock.now()
    said: list[str] = []

    def check() -> None:
        session.cancellation.check()
        # Said once: whoever ends the run for it checks again whether it was asked to stop.
        reason = "" if said else window_reason(app, session, since)
        if reason:
            said.append(reason)
            raise ClusterError(
                f"The sync was stopped: {reason}.",
                remedy="What was applied stays; a sync in an open window finishes it.",
            )

    return check


def _windows(app: Application, project: AppProject) -> tuple[SyncWindow, ...]:
    cluster = app.destination.name or app.destination.server
    return matching(project.windows, app, cluster)


def _project_or_none(app: Application, session: Session) -> AppProject | None:
    try:
        return session.project(app.project)
    except ConfigError:
        return None  # the plan is refused for that already


def _role_refusal(app: Application, session: Session) -> str:
    """Why the person may not sync: only people are asked, and only where a role says who may (Argo CD's
    automated syncs ask nobody either).
    """
    project = _project_or_none(app, session)
    roles = (
        [] if project is None else [role for role in project.roles if role.groups and _is_about_syncs(role)]
    )
    login = session.invocation.actor
    if project is None or not roles or not login or not is_manual(session):
        return ""
    teams = {group: team_of(group, session.settings) for role in roles for group in role.groups}
    try:
        mine = [role for role in roles if _is_in(role, teams, login, session)]
    except GitHubError as error:
        return (
            f"Whether {login} may sync {app.name} cannot be found out: {error.message} {error.remedy}".strip()
        )
    rights = [
        (right.action, right.object, right.allows)
        for role in mine
        for right in role.rights
        if right.resource in {_APPLICATIONS, "*"}
    ]
    names = [app.name, f"{app.namespace or 'argocd'}/{app.name}"]
    if any(granted(rights, _SYNC, name) for name in names):
        return ""
    listed = ", ".join(f"{role.name} ({role.place})" for role in roles)
    asked = ", ".join(sorted({team or f"{group} (no team)" for group, team in teams.items()}))
    return (
        f"{login} may not sync {app.name}: in the project {project.name} the roles {listed} say who "
        f"may, by the "
        f"teams {asked}."
    )


def _is_about_syncs(role: Role) -> bool:
    return any(
        right.resource in {_APPLICATIONS, "*"} and glob_matches(right.action, _SYNC) for right in role.rights
    )


def _is_in(role: Role, teams: dict[str, str], login: str, session: Session) -> bool:
    return any(teams[group] and session.is_member(teams[group], login) for group in role.groups)


def team_of(group: str, settings: Settings) -> str:
    """The GitHub team that a group of a role means: by the settings, or `organisation:team` as Dex writes
    it.
    """
    if group in settings.teams:
        return settings.teams[group]
    organization, sign, slug = group.replace("/", ":", 1).partition(":")
    return f"{organization}/{slug}" if sign and organization and slug else ""


def role_notes(app: Application, session: Session) -> tuple[Note, ...]:
    """A role that could not be asked for is said: the command line does not know who somebody is on
    GitHub.
    """
    project = _project_or_none(app, session)
    roles = (
        () if project is None else [role for role in project.roles if role.groups and _is_about_syncs(role)]
    )
    if (
        session.invocation.actor
        or session.invocation.job not in {Job.SYNC, Job.ROLLBACK, Job.RECOVER}
        or not roles
    ):
        return ()
    names = ", ".join(role.name for role in roles)
    text = (
        f"The roles {names} of the project {app.project} say who may sync it; nobody is logged in to GitHub "
        "here, so the cluster's own rights decide."
    )
    return (Note(Severity.WARNING, text, place=roles[0].place),)
