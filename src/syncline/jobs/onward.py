"""Runs that come late.

The law: a commit that nobody chose takes nothing back: where a later one was synced, or begun, a run of an
older one leaves the application as it is.  A run that is started again has the commit of its own day, and
of runs that wait for each other any may be the last.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.inventory import Cause
from syncline.errors import GitError

if TYPE_CHECKING:
    from syncline.core.inventory import Inventory
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session


def overtaken(inventory: Inventory, session: Session) -> str:
    """Why this run's commit is no news to an application any more; empty where it is."""
    head = session.head
    later = _later(inventory, head, session)
    return later and (
        f"{inventory.app} stays at {later[:7]}, which comes after {head[:7]}: an older commit takes nothing "
        "back by itself. To go back, roll it back, or sync it by its name."
    )


def kept_onward(prepared: Prepared, session: Session) -> Prepared:
    """The plan, refused where another run brought a later commit meanwhile; made anew, it is asked anew."""
    again, record, plan = prepared.again, prepared.record, prepared.plan
    why = overtaken(record.inventory, session) if record else ""
    refusals = (*plan.refusals, why) if why else plan.refusals
    anew = (lambda: kept_onward(again(), session)) if again else None
    return replace(prepared, plan=replace(plan, refusals=refusals), again=anew)


def _later(inventory: Inventory, head: str, session: Session) -> str:
    """The commit after this one that was synced, or at least begun."""
    asked, git = session.invocation, session.repository
    attempt = inventory.attempt
    newest = attempt.revision if attempt and attempt.cause is Cause.SYNC else inventory.accounted
    if not (asked.onward and asked.affected_only) or newest in {"", head} or git.is_ancestor(newest, head):
        return ""
    with suppress(GitError):
        git.fetch_missing((newest,))
    if not git.is_ancestor(head, newest):
        return ""
    # A force push takes back what it left behind, and nothing that came after it.
    return "" if asked.forced_from and git.is_ancestor(newest, asked.forced_from) else newest
