"""What a commit says about how it is to be delivered.

The law: only files that could define something are read, and from the commit, never from the work tree.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from syncline.config import Configuration, load
from syncline.config.application import Application, Destination, Source
from syncline.errors import ClusterError, Place, UsageError
from syncline.git import Repository
from syncline.once import Once
from syncline.room import Room

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config.settings import Settings
    from syncline.jobs.invocation import Invocation
    from syncline.jobs.session import Session

_FILES: Final = (".yaml", ".yml", ".json")
_TEMPLATES: Final = (".j2", ".tpl")
_ENDINGS: Final = (*_FILES, *_TEMPLATES)
_MOST_CHANGED: Final = 500
_WORDS: Final = ("argoproj.io/", "argocd-cm")
_SETTINGS: Final = ("syncline.yaml", ".syncline.yaml")


def mentions(repository: Repository, revision: str) -> dict[str, bytes]:
    """Every file of this commit that could define something, or render a definition."""
    patterns = tuple(f"*{ending}" for ending in _ENDINGS)
    return repository.files_containing(revision, _WORDS, patterns, _SETTINGS)


def mentions_after(
    known: Mapping[str, bytes], changed: frozenset[str], repository: Repository, revision: str
) -> dict[str, bytes] | None:
    """The same of a commit that differs in these paths from one whose files are known; None where it is less
    work to look at all of them, or not the same.
    """
    if len(changed) > _MOST_CHANGED:
        return None
    asked = sorted(path for path in changed if path.endswith(_ENDINGS) or path in _SETTINGS)
    texts = repository.contents(revision, asked)
    words = tuple(word.encode() for word in _WORDS)
    kept = {path: text for path, text in known.items() if path not in changed}
    new = {path: t for path, t in texts.items() if path in _SETTINGS or any(word in t for word in words)}
    return {**kept, **new}


class Mentions:
    """The files that could define something, at each commit of a run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: Once[str, dict[str, bytes]] = Once(self._look)
        self._known: dict[str, dict[str, bytes]] = {}

    def __getitem__(self, revision: str) -> Mapping[str, bytes]:
        return self._found[revision]

    def alike(self, revision: str) -> Iterator[str]:
        """The commits at which they are the very same as at this one."""
        found = self._found[revision]
        return (other for other, known in list(self._known.items()) if other != revision and known == found)

    def _look(self, revision: str) -> dict[str, bytes]:
        """At a second commit only what differs from the first one is looked at."""
        session, found = self._session, None
        has_links = session.renderings.recipes.tree(revision).has_links
        for other, known in [] if has_links else list(self._known.items())[:1]:
            changed = session.inputs.changed(other, revision)
            found = mentions_after(known, changed, session.repository, revision)
        if found is None:
            found = mentions(session.repository, revision)
        self._known[revision] = found
        return found


def definitions(found: Mapping[str, bytes]) -> Configuration:
    """Everything that these files define, whole and broken."""
    return load(sorted((path, text) for path, text in found.items() if path.endswith(_FILES)))


def cluster_named(destination: Destination, settings: Settings) -> str:
    """The configuration's name of a destination; empty for the default cluster when it has no name.

    Raises ClusterError.
    """
    found = settings.cluster_of(destination)
    if found is not None:
        return found
    asked = destination.name or destination.server
    known = ", ".join(sorted(settings.clusters)) or "none"
    raise ClusterError(
        f"The cluster {asked!r} is unknown (known: {known}).",
        remedy="Add it under clusters: in syncline.yaml.",
    )


def nameless(path: str) -> Application:
    """An application made of a directory alone; it is called like the directory."""
    name = PurePosixPath(path).name or "root"
    source = Source(path=path.strip("/") or ".", repo_url="")
    return Application(name, Place(path), (source,), Destination(namespace="default"))


def inside(root: Path, invocation: Invocation) -> str:
    """The path that a person names, from where they stand, as the repository has it. Raises UsageError."""
    top, here = root.resolve(), invocation.root.resolve()
    asked = Path(os.path.normpath(here / invocation.path))
    if not asked.is_relative_to(top):
        raise UsageError(f"--path {invocation.path!r} is not in the repository {top.name}.")
    return asked.relative_to(top).as_posix()


def names_at_head(root: Path, environ: Mapping[str, str]) -> list[str]:
    """The names that a command may be given, for completing them."""
    repository = Repository(root, room=Room(path=environ.get("PATH", "")), environ=environ)
    found = definitions(mentions(repository, "HEAD"))
    return sorted(
        {app.name for app in found.applications} | {each.name for each in found.broken if each.name}
    )
