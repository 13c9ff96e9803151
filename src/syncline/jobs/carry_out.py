"""The second verb: a plan becomes events.

The law: a refused plan is not touched; what is carried out is the plan that was shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.execute import Claim, Means, execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.verdict import Event, SyncResult
    from syncline.jobs.prepare import Prepared, Record
    from syncline.jobs.session import Session


def carry_out(prepared: Prepared, session: Session, emit: Callable[[Event], None]) -> SyncResult | None:
    """The result, or None when the plan was refused."""
    record = prepared.record
    if prepared.plan.refusals or record is None:
        return None
    app = prepared.app
    claim = Claim(record.owner, record.parent, app.revision_history_limit, cascades=app.cascades)
    return execute(prepared.plan, claim, means_of(record, session), emit)


def means_of(record: Record, session: Session) -> Means:
    """With what a run of this session writes to a cluster."""
    timeout = session.invocation.timeout
    return Means(
        cluster=record.cluster,
        clock=session.clock,
        check=session.cancellation.check,
        seconds=session.settings.sync_timeout if timeout is None else timeout,
        workers=session.workers,
        by=session.invocation.actor or session.repository.actor(),
        assess=session.assess,
    )
