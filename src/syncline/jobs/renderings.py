"""The renderings of a run.

The law: each application is rendered once for each revision, whoever asks and however often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.jobs.once import AtRevision, Once
from syncline.render import render

if TYPE_CHECKING:
    from syncline.config.application import Application
    from syncline.core.rendering import Rendering
    from syncline.jobs.session import Session


class Renderings:
    """What has been rendered so far."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._made: Once[AtRevision, Rendering] = Once(self._render)

    def of(self, app: Application, revision: str) -> Rendering:
        """The application's manifests at this commit. Raises RenderError."""
        return self._made[AtRevision(app, revision)]

    def failed(self, revision: str) -> bool:
        """Whether some application of this commit could not be rendered when it was asked for."""
        return any(asked.revision == revision for asked in self._made.failed())

    def _render(self, asked: AtRevision) -> Rendering:
        session = self._session
        return render(asked.app, session.checkout(asked.revision), session.render_options())
