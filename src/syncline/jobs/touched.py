"""Why a change touches an application.

The law: when in doubt it is touched; whoever is left out renders to what it rendered to before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.config.settings_file import FILE_NAMES
from syncline.core.affected import GENERATE_PATHS, affected
from syncline.core.effective import altered
from syncline.core.family import identity
from syncline.core.fields import is_same
from syncline.errors import SynclineError
from syncline.render.remote_targets import shown

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.jobs.session import Session


def why_between(
    before: Application | None, after: Application | None, session: Session, base: str, head: str
) -> str:
    """Why the way from one commit to another touches an application, which may be there on one side only."""
    changed = session.inputs.changed(base, head)
    app = after or before
    if not changed or app is None:
        return ""
    if app.made_by and (before is None or after is None):
        verb = "no longer makes" if after is None else "makes"
        return f"ApplicationSet {app.made_by} {verb} it"
    same = before is not None and after is not None and _is_same(before, after)
    if not same and app.made_by:
        return f"ApplicationSet {app.made_by} makes it differently"
    for side, revision in ((before, base), (after, head)):
        if side is None:
            continue
        reason = _by_files(side, changed, revision, session, same=same)
        if reason:
            return reason
    if before is None or after is None:
        return f"its parent {'no longer renders' if after is None else 'renders'} it"
    if not is_same(before.body, after.body):
        return "its definition, which its parent renders"
    return by_settings(app, changed, session, base, head)


def why_since(app: Application, last: str, head: str, session: Session) -> str:
    """Why it needs another sync, when it was synced at `last`."""
    changed = session.inputs.changed(last, head)
    if not changed:
        return ""
    return (
        _by_files(app, changed, head, session)
        or _by_names(app, last, session)
        or _redefined(app, last, head, session)
        or by_settings(app, changed, session, last, head)
    )


def _by_files(
    app: Application, changed: frozenset[str], revision: str, session: Session, *, same: bool = False
) -> str:
    """Which of the files that it reads of this commit changed."""
    inputs = session.inputs
    reason = affected(inputs.at_hand(app), changed, inputs=inputs.of(app, revision), same_definition=same)
    if reason or GENERATE_PATHS in app.annotations:
        return reason
    url = inputs.back(app, revision)
    return f"{shown(url)}, which it is built from, leads back to this repository" if url else ""


def _by_names(app: Application, last: str, session: Session) -> str:
    """Whether a source names a commit of this repository by a name that may have meant another one then."""
    for source in app.sources:
        try:
            target = session.elsewhere.pin(source, app)
            if target is None or not target.name:
                continue
            if not session.repository.is_ancestor(target.sha, last):
                return f"its revision {source.target_revision} is {target.sha[:7]} by now"
        except SynclineError:
            return f"its revision {source.target_revision} cannot be looked up"
    return ""


def by_settings(app: Application, changed: frozenset[str], session: Session, then: str, now: str) -> str:
    """Which settings changed in what they mean for it. Settings that cannot be read touch everyone."""
    if not any(path in FILE_NAMES or path.endswith((".yaml", ".yml", ".json")) for path in changed):
        return ""
    try:
        before, after = session.written(then), session.written(now)
        return altered(app, before, after, lambda: _kinds(app, session, now))
    except SynclineError:
        return "the settings changed"


def _kinds(app: Application, session: Session, revision: str) -> frozenset[str]:
    rendering = session.rendering(app, revision)
    return frozenset(f"{manifest.key.group}/{manifest.key.kind}" for manifest in rendering.manifests)


def _is_same(before: Application, after: Application) -> bool:
    return is_same(before.body, after.body) and before.made_by == after.made_by


def _redefined(app: Application, last: str, head: str, session: Session) -> str:
    """Whether a parent renders the application otherwise than before, though no file of its own changed."""
    if identity(app) not in session.family(head).parents:
        return ""
    session.repository.fetch_missing((last,))
    then = {identity(each): each.body for each in session.applications(last)}
    return "" if is_same(then.get(identity(app)), app.body) else "its definition, which its parent renders"
