"""Which revision of an application is known to have been good.

The law: good is what somebody recorded as a success of this very application; who could not be asked is
named, and never counts as having said no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.family import identity
from syncline.core.inventory import Inventory
from syncline.core.recovery import read_record, revision_of
from syncline.errors import GitError, GitHubError
from syncline.github.statuses import context_of
from syncline.jobs.prepare import recall
from syncline.report.model import Job
from syncline.report.sentences import tells_of_success

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.config.application import Application
    from syncline.jobs.session import Session

MOST: Final = 100
"""Commits whose statuses are asked for: one question each."""


class Good(Struct, frozen=True):
    """A revision, and who says that it is good; without `source`, why nobody could say it (or nothing)."""

    revision: str
    source: str = ""
    trouble: str = ""


class Goodness:
    """All that is known of what was good, for applications of one commit."""

    def __init__(self, session: Session, head: str, apps: Iterable[Application]) -> None:
        asked = session.invocation.recovery
        self._session = session
        self._head = head
        self._record = read_record(asked.record, asked.record_name or "The record") if asked.record else ()
        self._names = [app.name for app in apps]
        self._trail: list[tuple[str, Mapping[str, tuple[str, str]]]] = []
        self._next = head
        self._trouble = ""

    def of(self, app: Application) -> Good:
        """What was asked for, what the record says, what the cluster itself remembers, what the commits'
        statuses say, else the branch's head.
        """
        session, head = self._session, self._head
        if session.invocation.head:
            return Good(head, "it was asked for")
        recorded = revision_of(identity(app), app.destination.namespace, self._record)
        if recorded:
            name = session.invocation.recovery.record_name or "the record"
            return Good(recorded, f"the last good one in {name}")
        kept = Inventory(app.name)
        if session.invocation.job is not Job.DRILL:
            kept = recall(app, session).inventory
        if kept.revision:
            return Good(kept.revision, "the last good one in the cluster's own history")
        stated = self._stated(app)
        if stated:
            return Good(stated, "the newest commit whose status on GitHub says that it was synced")
        return Good(head, trouble=self._trouble)

    def _stated(self, app: Application) -> str:
        """The newest commit whose status for this application is a success. The aggregate tells nothing: it
        does not say which applications its run was about.
        """
        if self._names.count(app.name) > 1:
            return ""  # a status has only the name
        asked = self._session.invocation.recovery
        context = context_of(f"{asked.status_context}/{Job.SYNC.value}/{app.name}")
        number = 0
        while number < len(self._trail) or self._step():
            sha, states = self._trail[number]
            state, line = states.get(context, ("", ""))
            if state == "success" and tells_of_success(line):
                return sha
            number += 1
        return ""

    def _step(self) -> bool:
        """Read the statuses of one more commit of the branch; False where there is no more to read."""
        if not self._next or self._trouble or len(self._trail) >= MOST:
            return False
        session = self._session
        host, _, name = session.repository_id.partition("/")
        owner, _, repo = name.partition("/")
        if session.forge is None or "." not in host or not repo or "/" in repo:
            return False
        session.cancellation.check()
        try:
            states = session.forge.statuses(owner, repo, self._next)
            self._trail.append((self._next, states))
            self._next = next(iter(session.repository.parents(self._next)), "")
        except (GitHubError, GitError) as error:
            self._trouble = f"the statuses of its commits could not be read: {error.message}"
            return False
        return True
