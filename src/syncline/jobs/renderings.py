"""The renderings of a run.

The law: each application is rendered once for each revision, whoever asks and however often, and no more of
them at a time than keep the machine busy; what an earlier run, or this one at another commit, made of the
very same files, programs and options is taken from it.
"""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.family import identity
from syncline.errors import Interrupted, SynclineError, UsageError
from syncline.jobs.bugs import contained
from syncline.jobs.confession import confessed
from syncline.jobs.fetching import fitted
from syncline.jobs.once import AtRevision
from syncline.jobs.recipe import Recipes
from syncline.jobs.rendering import as_reviewed
from syncline.once import Once
from syncline.render import render
from syncline.report.model import Job
from syncline.runtime import each

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.jobs.session import Session
    from syncline.render.cache import Cache

_SHOWING: Final = frozenset({Job.DIFF, Job.RENDER})
"""The jobs that write nothing to a cluster, whatever they are told."""

KEY: Final = "SYNCLINE_CACHE_KEY"


class Renderings:
    """What has been rendered so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cache = _cache_of(session)
        self._steady: set[AtRevision] = set()
        self._own: dict[str, list[tuple[AtRevision, Rendering]]] = {}
        self._keys: Once[AtRevision, str] = Once(lambda asked: self.recipes.digest(asked.app, asked.revision))
        self._kept: Once[AtRevision, tuple[Rendering, bool] | None] = Once(self._find)
        self._made: Once[AtRevision, Rendering] = Once(self._make)
        self._turns = threading.BoundedSemaphore(session.renderers)

    def of(self, app: Application, revision: str) -> Rendering:
        """The application's manifests at this commit. Raises RenderError."""
        return self._made[AtRevision(app, revision)]

    def sides(self, after: AtRevision, before: AtRevision) -> tuple[Rendering, Rendering]:
        """Both sides of a change. Raises RenderError; what is wrong with the later one goes first.

        They are made at once, unless one of them may do for the other, or lie in the cache already.
        """
        is_one_enough = self._cache is not None or self.recipes.are_alike(before, after)
        made = each(self._made.__getitem__, (after, before), workers=1 if is_one_enough else 2)
        return made[0], made[1]

    def are_at_hand(self, sides: Iterable[AtRevision]) -> bool:
        """Whether an earlier run made all of these, so that no program has to be started for them."""
        if self._cache is None:
            return False
        try:
            with contained(self._session):
                found = [self._kept[asked] for asked in sides]
        except Interrupted:
            raise
        except SynclineError:
            return False  # told where it is asked for
        return all(kept is not None and not kept[1] for kept in found)

    def failed(self, revision: str) -> bool:
        """Whether some application of this commit could not be rendered when it was asked for."""
        return any(asked.revision == revision for asked in self._made.failed())

    def is_steady(self, app: Application, revision: str) -> bool:
        """Whether it is known already that it comes out the same each time."""
        return AtRevision(app, revision) in self._steady

    def again(self, app: Application, revision: str) -> Rendering:
        """The same once more, from nobody's memory. Raises RenderError."""
        session = self._session
        checkout = session.checkouts.of(app, revision)
        asked = AtRevision(app, revision)
        with self._turns, contained(session), confessed(app, checkout.root, session.masker):
            found = render(as_reviewed(asked, session), checkout, fitted(asked, session))
        session.masker.learn_all(manifest.body for manifest in found.manifests)
        return found

    def close(self) -> None:
        """Leave the cache no larger than it may be."""
        if self._cache is not None:
            self._cache.tidy()

    @cached_property
    def recipes(self) -> Recipes:
        """What renderings are made from."""
        return Recipes(self._session, self._cache)

    def _find(self, asked: AtRevision) -> tuple[Rendering, bool] | None:
        """What the cache has, and whether it may come out differently another time."""
        key = self._keys[asked] if self._cache is not None else ""
        return self._cache.find(key, asked.revision) if self._cache is not None and key else None

    def _make(self, asked: AtRevision) -> Rendering:
        app, revision = asked.app, asked.revision
        if self._cache is None or not self._keys[asked]:
            return self._as_before(asked) or self._rendered(asked)
        found = self._kept[asked]
        made, varies = found or (self.again(app, revision), False)
        self._session.masker.learn_all(manifest.body for manifest in made.manifests)
        if found is None:
            varies = self.recipes.may_vary(app, revision, made)
            self._cache.put(self._keys[asked], made, volatile=varies)
        if not varies:
            self._steady.add(asked)
        return made

    def _rendered(self, asked: AtRevision) -> Rendering:
        found = self.again(asked.app, asked.revision)
        self._own.setdefault(identity(asked.app), []).append((asked, found))
        return found

    def _as_before(self, asked: AtRevision) -> Rendering | None:
        """What this run made of the very same at another commit, unless it could come out differently."""
        for other, found in self._own.get(identity(asked.app), ()):
            if other.revision != asked.revision and self.recipes.are_alike(other, asked):
                if self.recipes.may_vary(other.app, other.revision, found):
                    return None
                return replace(found, revision=asked.revision)
        return None


def _cache_of(session: Session) -> Cache | None:
    invocation = session.invocation
    if not invocation.cache:
        return None
    from syncline.render.cache import SHORTEST_KEY, Cache

    secret = invocation.environ.get(KEY, "")
    if secret and len(secret) < SHORTEST_KEY:
        raise UsageError(
            f"{KEY} is too short to keep anything secret.",
            remedy=f"Give it at least {SHORTEST_KEY} random characters, or none.",
        )
    strict = invocation.job not in _SHOWING
    return Cache(Path(invocation.root, invocation.cache), secret, strict=strict)
