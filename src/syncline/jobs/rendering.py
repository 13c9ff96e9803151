"""What a run allows its renderers.

The law: how programs are called, and which there are, is taken from the trusted commit and never from the
change that is being rendered.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config import source_plugin
from syncline.config.tools import tools_of
from syncline.core.trust import Tier
from syncline.errors import ConfigError
from syncline.render import RenderOptions
from syncline.report.model import Job
from syncline.wall import offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config import Configuration
    from syncline.config.application import Application
    from syncline.config.source_plugin import SourcePlugin
    from syncline.git import Repository
    from syncline.jobs.invocation import Invocation
    from syncline.jobs.once import AtRevision
    from syncline.jobs.session import Session
    from syncline.room import Room

_AT_HOME: Final = (
    ".aws", ".azure", ".config", ".docker", ".git-credentials", ".gitconfig", ".gnupg", ".kube", ".netrc",
    ".npmrc", ".pypirc", ".ssh", ".vault-token",
)  # fmt: skip
"""Where people and runners keep what they log in with."""


class Trusted(Struct, frozen=True):
    """The commit whose settings count, and what it says."""

    repository: Repository
    revision: str
    found: Configuration


def as_reviewed(asked: AtRevision, session: Session) -> Application:
    """The application as it is rendered: a review of one that is hydrated shows what hydrating will make."""
    app = asked.app
    if app.hydration is None or session.invocation.job is not Job.DIFF or asked.revision != session.head:
        return app
    return replace(app, sources=(app.hydration.dry,))


def options_for(invocation: Invocation, trusted: Trusted, room: Room, own: frozenset[str]) -> RenderOptions:
    """What renderers are given in this run. Raises ConfigError for a plugin that cannot be read, and for a
    wall that is required and cannot be built.
    """
    lacking = offered().lacks if trusted.found.settings.render_wall == "required" else ""
    if lacking:
        raise ConfigError(
            lacking, remedy="render.wall: required asks for a wall; take a newer kernel, or take that out."
        )
    return RenderOptions(
        room,
        own,
        tools=tools_of(trusted.found.customizations.texts),
        plugins=tuple(_plugins(trusted)),
        for_strangers=invocation.tier is Tier.RENDER,
        hidden=tuple(path.absolute() for path in _private(trusted.repository.root, invocation)),
    )


def _plugins(trusted: Trusted) -> Iterator[SourcePlugin]:
    seen: dict[str, SourcePlugin] = {}
    for entry in trusted.found.settings.source_plugins:
        content = trusted.repository.read(trusted.revision, entry.file.strip("/"))
        if content is None:
            raise ConfigError(
                f"The plugin's file {entry.file!r} is not in the repository.",
                place=entry.place,
                remedy="Correct sourcePlugins, or add the file.",
            )
        plugin = source_plugin.decode(entry, content)
        if plugin.name in {*seen, "jinja2"}:
            raise ConfigError(
                f"There are two plugins called {plugin.name}.",
                place=plugin.origin,
                remedy="Rename one of them.",
            )
        seen[plugin.name] = plugin
        yield plugin


def _private(root: Path, invocation: Invocation) -> Iterator[Path]:
    """The clone itself, whose configuration may hold a token, and what logs in elsewhere."""
    yield from (root, root / ".git")
    environ = {**invocation.environ, "--kubeconfig": invocation.kubeconfig}
    home = Path(environ.get("HOME") or os.path.expanduser("~"))  # noqa: PTH111 - without HOME, the user's
    yield from (home / name for name in _AT_HOME)
    for name in ("KUBECONFIG", "--kubeconfig", "RUNNER_TEMP", "GITHUB_EVENT_PATH"):
        yield from (Path(each) for each in environ.get(name, "").split(os.pathsep) if each)
