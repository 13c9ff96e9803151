"""Who the token is.

The law: nobody is asked before it matters, and in doubt a comment is someone else's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.errors import GitHubError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.github.client import Api

WORKFLOW: Final = "github-actions[bot]"
"""Who writes with a workflow's own token."""


class Identity:
    """The login that GitHub gives what this token writes."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._login = ""

    def is_author(self, comment: Mapping[str, Any]) -> bool:
        """Whether we wrote the comment."""
        return author_of(comment) == self._known()

    def learn(self, made: Mapping[str, Any]) -> None:
        """A comment that we have just made says who we are."""
        self._login = author_of(made) or self._login

    def _known(self) -> str:
        if not self._login:
            self._login = self._viewer() if self._api.is_installation else self._user()
        return self._login

    def _user(self) -> str:
        return str(self._api.get("/user").get("login") or "")

    def _viewer(self) -> str:
        # GET /user is refused to an App's token, a workflow's own included; GraphQL's viewer is not
        # (https://github.com/fullsend-ai/fullsend/pull/1953).
        try:
            data = self._api.query("{viewer{login}}").get("data")
        except GitHubError:
            return WORKFLOW
        viewer = data.get("viewer") if isinstance(data, dict) else None
        login = str(viewer.get("login") or "") if isinstance(viewer, dict) else ""
        return f"{login.removesuffix('[bot]')}[bot]" if login else WORKFLOW


def author_of(comment: Mapping[str, Any]) -> str:
    """The login of who wrote it; empty when the account is gone."""
    user = comment.get("user")
    return str(user.get("login") or "") if isinstance(user, dict) else ""
