"""Hydrating: what an Application's dry source renders to is committed to the branch that is synced.

The law: a branch gets one commit for all that changes in it and none when nothing does; a Secret's values are
never committed.
"""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.documents import dump
from syncline.errors import ConfigError, UsageError
from syncline.jobs.choose import asked_for
from syncline.jobs.fetching import is_own
from syncline.jobs.rights import must_write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.application import Application
    from syncline.jobs.session import Session

_MANIFESTS: Final = "manifest.yaml"
_METADATA: Final = "hydrator.metadata"
_README: Final = """\
# Hydrated manifests

`{file}` is what {dry} renders to. Change that, not this file.
"""


class Hydrated(Struct, frozen=True):
    """What became of a branch: the Applications that changed in it, and the new commit, empty for none."""

    branch: str
    changed: tuple[str, ...]
    sha: str


def hydrate(session: Session) -> Iterator[Hydrated]:
    """Branch after branch. Raises SynclineError for what cannot be rendered or pushed."""
    head = session.head
    session.trust(head)
    must_write(session, "hydrate")
    apps = [app for app in asked_for(session, head) if app.hydration is not None]
    if not apps:
        raise UsageError("No Application here has a sourceHydrator.", remedy="Name one that has.")
    branches: dict[str, list[Application]] = {}
    for app in apps:
        branches.setdefault(_target(app, session), []).append(app)
    for branch, group in sorted(branches.items()):
        yield _branch(branch, group, head, session)


def _target(app: Application, session: Session) -> str:
    if app.hydration is None or not is_own(app.hydration.wet.repo_url, session):
        raise ConfigError(
            f"{app.name} is synced from another repository, to which nothing is pushed from here.",
            place=app.origin,
            remedy="Hydrate it where that repository is, or take repoURL out of syncSource.",
        )
    return app.hydration.target


def _branch(branch: str, apps: list[Application], head: str, session: Session) -> Hydrated:
    repository = session.repository
    base = repository.remote_branch(branch) or _origin(apps[0], session)
    files: dict[str, bytes] = {}
    changed: list[str] = []
    for app in apps:
        path, manifests = _path(app), _manifests(app, head, session)
        before = repository.read(base, f"{path}/{_MANIFESTS}") if base else None
        if manifests != before:
            changed.append(app.name)
            files |= _files(app, path, manifests, head)
    if not changed or session.invocation.dry_run:
        return Hydrated(branch, tuple(changed), "")
    message = f"Hydrate {', '.join(changed)} from {head[:12]}\n"
    sha = repository.commit_files(base, files, message)
    repository.push(sha, branch)
    return Hydrated(branch, tuple(changed), sha)


def _origin(app: Application, session: Session) -> str:
    """Where a branch that is to be merged into the synced one begins: there."""
    return session.elsewhere.hydrated(app)


def _path(app: Application) -> str:
    path = posixpath.normpath(app.sources[0].path.strip("/"))
    if path == "." or path.startswith(".."):
        raise ConfigError(
            f"The path {app.sources[0].path!r} of syncSource is no directory in the branch.",
            place=app.origin,
            remedy="Name one of the Application's own.",
        )
    return path


def _manifests(app: Application, head: str, session: Session) -> bytes:
    dry = app.sources if app.hydration is None else (app.hydration.dry,)
    rendering = session.rendering(replace(app, sources=dry), head)
    for manifest in rendering.manifests:
        has_values = any(manifest.body.get(name) for name in ("data", "stringData"))
        if (manifest.key.group, manifest.key.kind) == ("", "Secret") and has_values:
            raise ConfigError(
                f"{manifest.key} has values, which hydrating would commit.",
                place=manifest.origin,
                remedy="Make it from outside of Git: a SealedSecret, an ExternalSecret, or by hand.",
            )
    return "---\n".join(dump(manifest.body) for manifest in rendering.manifests).encode()


def _files(app: Application, path: str, manifests: bytes, head: str) -> dict[str, bytes]:
    if app.hydration is None:
        return {}
    dry = app.hydration.dry
    metadata = json.dumps({"repoURL": dry.repo_url, "drySha": head}, indent=2).encode() + b"\n"
    readme = _README.format(file=_MANIFESTS, dry=f"`{dry.path}` of {dry.repo_url}").encode()
    return {
        f"{path}/{_MANIFESTS}": manifests,
        f"{path}/README.md": readme,
        f"{path}/{_METADATA}": metadata,
        _METADATA: metadata,
    }
