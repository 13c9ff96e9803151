"""What a rendering is made from, as a digest.

The law: whatever could make a rendering another one is in its digest; where that cannot be said there is
none.
"""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, msgpack

import syncline
from syncline.core.affected import roots_of, touched
from syncline.jobs.fetching import fitted
from syncline.jobs.once import AtRevision
from syncline.once import Once
from syncline.patterns import regex
from syncline.render import Inputs, normalized_url
from syncline.render.charts import LISTS
from syncline.render.jinja import TEMPLATE_SUFFIX
from syncline.render.kustomization import NAMES
from syncline.render.listing import Listing
from syncline.render.programs import Programs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.jobs.session import Session
    from syncline.render import RenderOptions
    from syncline.render.cache import Cache

_CODE: Final = ("render", "documents", "config", "core/rendering.py", "core/scopes.py", "core/resource.py")
_REVISION: Final = b"ARGOCD_APP_REVISION"
_WHOLE_APP: Final = regex(rb"revision|\bapp\b(?!\s*\.\s*(?:name|namespace|project)\b)")
"""In a Jinja2 template: what may come to the revision, be it by listing all that is known of the app."""

_ELSEWHERE: Final = frozenset({"room", "workshop", "trees", "pinned", "is_elsewhere", "bases", "hidden"})
"""Options that say how a program is run, and nothing of what it makes."""


_QUICK: Final = msgpack.Encoder(enc_hook=repr, order="deterministic")
_PAIR: Final = 2
_MOST_STATES: Final = 4
"""Both sides of a change, and of the one before."""


class Recipes:
    """The digests of what renderings of one run are made from."""

    def __init__(self, session: Session, cache: Cache | None) -> None:
        self._session = session
        self._cache = cache
        self._trees: Once[str, Listing] = Once(self._listing)
        self._read: Once[AtRevision, list[tuple[str, str]]] = Once(self._below)

    @cached_property
    def _programs(self) -> Programs:
        options = self._session.render_options
        return Programs(options.room, self._cache, options.tools.programs.values())

    def used(self, rendering: Rendering) -> Mapping[str, str]:
        """The programs that made a rendering, by their names, and what they call themselves."""
        ours = {"jinja2": self._jinja} if "jinja2" in rendering.tools else {}
        found = self._programs.versions(rendering.programs)
        return {**{Path(program).name: version for program, version in found.items()}, **ours}

    def expect(self, apps: Iterable[Application], revision: str) -> None:
        """Ask the programs that will probably render these what they are, while git still writes files."""
        listed = list(apps)

        def ask() -> None:
            tools = {tool for app in listed for tool in _made_by(self.paths(app, revision))}
            if tools:
                self._programs.versions(sorted(tools))

        self._session.ahead.begin(ask)

    @cached_property
    def _jinja(self) -> str:
        from importlib.metadata import version

        return version("jinja2")

    def _listing(self, revision: str) -> Listing:
        repository = self._session.repository
        return Listing(repository.tree(revision), is_restored=repository.keeps_lfs)

    def tree(self, revision: str) -> Listing:
        """The files of a commit."""
        return self._trees[revision]

    def recalled(self, app: Application, revision: str) -> Inputs | None:
        """What an earlier run found the application to read, if nothing in all of that is another now.

        What is read follows from the content of what is read: so it need not be followed again.
        """
        for paths, files in self._remembered(app):
            found = Inputs(frozenset(map(str, paths)))
            if files == self._state(app, revision, found):
                return found
        return None

    def keep(self, app: Application, revision: str, found: Inputs) -> None:
        """Remember what an application reads for later runs."""
        if self._cache is not None and found.whole:
            newest = [sorted(found.paths), self._state(app, revision, found)]
            others = [each for each in self._remembered(app) if each != newest]
            self._cache.save(self._name(app), {"inputs": [newest, *others][:_MOST_STATES]})

    def _remembered(self, app: Application) -> list[Any]:
        """Pairs of what was read and a digest of it, the newest first."""
        known = self._cache.load(self._name(app)) if self._cache is not None else None
        listed = known.get("inputs") if known else None
        pairs = listed if isinstance(listed, list) else []
        return [
            each
            for each in pairs
            if isinstance(each, list) and len(each) == _PAIR and isinstance(each[0], list)
        ]

    def _state(self, app: Application, revision: str, found: Inputs) -> str:
        roots = roots_of(self._session.inputs.at_hand(app), found.paths)
        return _digest(sorted(self._trees[revision].below(roots)))

    def _name(self, app: Application) -> str:
        return _digest(["inputs", self._code, _identity(app)])

    def digest(self, app: Application, revision: str) -> str:
        """Of the files, the definition, the programs, the options and our own code; empty where a rendering
        rests on something else, too.
        """
        parts = self._parts(app, revision)
        if not parts:
            return ""
        programs = dict(self._programs.versions())
        if self._may_use_jinja(app, revision):
            programs["jinja2"] = self._jinja
        return _digest({**parts, "code": self._code, "programs": programs})

    def are_alike(self, one: AtRevision, other: AtRevision) -> bool:
        """Whether two renderings of one run are made of the very same."""
        changed = self._session.inputs.changed(one.revision, other.revision)
        if touched(changed, self._session.inputs.roots(other.app, other.revision)):
            return False  # which is the cheapest to know
        parts = self._parts(one.app, one.revision)
        # Not by comparing them: a 1 is no true, and Python says that it is.
        return bool(parts) and _written(parts) == _written(self._parts(other.app, other.revision))

    def _parts(self, app: Application, revision: str) -> dict[str, Any]:
        """What may be another thing at another commit; nothing where a rendering rests on something else."""
        options = fitted(AtRevision(app, revision), self._session)
        if not self._rests_on_files(app, revision, options):
            return {}
        return {
            "options": {
                name: getattr(options, name) for name in options.__struct_fields__ if name not in _ELSEWHERE
            },
            "app": _identity(app),
            "files": self._files(app, revision),
            "revision": revision if self._knows_its_revision(app, revision) else "",
        }

    def inputs(self, app: Application, revision: str) -> str:
        """Of the files and the definition alone: what a person can change by a commit."""
        return _digest({"app": _identity(app), "files": self._files(app, revision)})

    def paths(self, app: Application, revision: str) -> tuple[str, ...]:
        """Every file that the rendering may read."""
        return tuple(path for path, _ in self._files(app, revision))

    def may_vary(self, app: Application, revision: str, rendering: Rendering) -> bool:
        """Whether it could come out differently another time."""
        from syncline.jobs.noise import suspects_of

        return bool(suspects_of(app, revision, rendering, self._session))

    def _rests_on_files(self, app: Application, revision: str, options: RenderOptions) -> bool:
        ours = {normalized_url(url) for url in options.repositories}
        if ours and any(each.repo_url and normalized_url(each.repo_url) not in ours for each in app.sources):
            return False
        roots = self._session.inputs.roots(app, revision)
        return self._session.inputs.is_whole(app, revision) and not self._trees[revision].has_modules(roots)

    def _files(self, app: Application, revision: str) -> list[tuple[str, str]]:
        return self._read[AtRevision(app, revision)]

    def _below(self, asked: AtRevision) -> list[tuple[str, str]]:
        roots = self._session.inputs.roots(asked.app, asked.revision)
        return sorted(self._trees[asked.revision].below(roots))

    def _knows_its_revision(self, app: Application, revision: str) -> bool:
        if _REVISION in _written(app.body.get("spec")):
            return True
        names = {path: path.rpartition("/")[2] for path in self.paths(app, revision)}
        overrides = [path for path, name in names.items() if name.startswith(".argocd-source")]
        templates = [path for path, name in names.items() if name.endswith(".j2")]
        asked = [*overrides, *templates]
        texts = self._session.repository.contents(revision, asked) if asked else {}
        return any(
            _REVISION in text if path in overrides else bool(_WHOLE_APP.search(text))
            for path, text in texts.items()
        )

    def _may_use_jinja(self, app: Application, revision: str) -> bool:
        """Whether Jinja2 could render it; asking for its version takes longer than many a rendering."""
        has_plugin = any(source.plugin is not None for source in app.every_source)
        return has_plugin or any(path.endswith(TEMPLATE_SUFFIX) for path in self.paths(app, revision))

    @cached_property
    def _code(self) -> str:
        home = Path(syncline.__file__).parent
        listed = [
            path
            for part in _CODE
            for path in ([home / part] if part.endswith(".py") else sorted((home / part).rglob("*.py")))
        ]
        digest = hashlib.sha256(syncline.__version__.encode())
        for path in listed:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def _made_by(paths: Iterable[str]) -> set[str]:
    """The programs that such files are for."""
    names = {path.rpartition("/")[2] for path in paths}
    programs = {"helm": LISTS, "kustomize": NAMES}
    return {program for program, files in programs.items() if not names.isdisjoint(files)}


def _identity(app: Application) -> Any:
    spec = app.body.get("spec") or {}
    written = {name: spec.get(name) for name in ("source", "sources", "sourceHydrator")}
    return [app.name, app.namespace, app.project, app.origin.file, app.destination, app.sources, written]


def _plain(value: Any) -> Any:
    """The value in JSON's words; what has no order gets one, what is a record is a map."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_plain(each), sort_keys=True) for each in value)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _written(parts: Any) -> bytes:
    """The parts as a text that is another one for others."""
    try:
        return _QUICK.encode(parts)
    except (TypeError, OverflowError, UnicodeEncodeError):
        # Some keys, numbers of more than 64 bits and names of files that are no text it has no word for.
        return json.dumps(_plain(parts), sort_keys=True, ensure_ascii=True).encode()


def _digest(parts: Any) -> str:
    return hashlib.sha256(_written(parts)).hexdigest()
