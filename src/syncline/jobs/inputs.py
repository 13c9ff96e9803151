"""What renderings read, at each commit.

The law: what two commits have in common is followed once; what could not be followed to its end is never
taken for what another commit has.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncline.core.affected import at_hand, roots_of, touched
from syncline.core.family import identity
from syncline.jobs.once import AtRevision
from syncline.once import Once
from syncline.render import Checkout, Inputs, Readings, leads_back
from syncline.render.glance import Glance, telling

if TYPE_CHECKING:
    from syncline.config.application import Application, Source
    from syncline.jobs.session import Session


class InputTable:
    """The inputs of applications at revisions, each looked for when somebody asks."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._readings: Once[str, Readings] = Once(
            lambda sha: Readings(session.checkouts.whole(sha).root, session.render_options)
        )
        self._glances: Once[str, Glance] = Once(
            lambda sha: Glance(
                session.renderings.recipes.tree(sha),
                lambda paths: session.repository.contents(sha, paths),
                session.render_options,
            )
        )
        self._changed: Once[tuple[str, str], frozenset[str]] = Once(
            lambda pair: session.repository.changed_paths(*pair)
        )
        self._back: Once[tuple[str, str], bool] = Once(
            lambda pair: leads_back(pair[0], session.render_options, Checkout(Path(os.devnull), pair[1]))
        )
        self._inputs: Once[AtRevision, Inputs] = Once(self._follow)
        self._known: dict[str, tuple[str, tuple[Source, ...], Inputs]] = {}

    def expect(self, revision: str) -> None:
        """Have git read what will be asked of this commit, while the run does something else."""
        session = self._session
        tree = session.renderings.recipes.tree
        session.ahead.begin(lambda: session.repository.contents(revision, telling(tree(revision))))

    def of(self, app: Application, revision: str) -> frozenset[str]:
        """Files and directories that its rendering reads beyond its own path."""
        return self._inputs[AtRevision(app, revision)].paths

    def at_hand(self, app: Application) -> Application:
        """The application without its sources elsewhere."""
        is_elsewhere = self._session.render_options.is_elsewhere
        return at_hand(app, [each for each in app.sources if is_elsewhere(each, app)])

    def roots(self, app: Application, revision: str) -> frozenset[str]:
        """The files and directories of the commit in which a change touches its rendering."""
        return roots_of(self.at_hand(app), self.of(app, revision))

    def back(self, app: Application, revision: str) -> str:
        """A URL in its Kustomizations by which a build comes back to this repository, or nothing; what that
        names is fetched. Directly named, the repository is among the inputs.
        """
        urls = sorted(self._inputs[AtRevision(app, revision)].elsewhere)
        return next((url for url in urls if self._back[url, revision]), "")

    def is_whole(self, app: Application, revision: str) -> bool:
        """Whether they are all there is to read."""
        return self._inputs[AtRevision(app, revision)].whole

    def is_followed(self, app: Application, revision: str) -> bool:
        """Whether they are all that it could read of this commit, whatever else it reads elsewhere."""
        return self._inputs[AtRevision(app, revision)].followed

    def changed(self, base: str, head: str) -> frozenset[str]:
        """Every path that differs between two commits, in whichever order."""
        one, other = sorted((base, head))
        return self._changed[one, other]

    def _follow(self, asked: AtRevision) -> Inputs:
        app, revision = asked.app, asked.revision
        known = self._known.get(identity(app))
        if known is not None and known[1] == app.sources and self._is_as_it_was(app, known, revision):
            return known[2]
        found = self._glances[revision].of(app) or self._looked_for(app, revision)
        if found.whole:
            self._known.setdefault(identity(app), (revision, app.sources, found))
        return found

    def _looked_for(self, app: Application, revision: str) -> Inputs:
        """What nobody could tell at a glance: remembered, or followed through a checkout."""
        recipes = self._session.renderings.recipes
        found = recipes.recalled(app, revision)
        if found is None:
            found = self._readings[revision].of(app)
            recipes.keep(app, revision, found)
        return found

    def _is_as_it_was(
        self, app: Application, known: tuple[str, tuple[Source, ...], Inputs], revision: str
    ) -> bool:
        """Whether nothing changed in all that was read when it was followed at another commit."""
        changed = self.changed(known[0], revision)
        return not touched(changed, roots_of(self.at_hand(app), known[2].paths))
