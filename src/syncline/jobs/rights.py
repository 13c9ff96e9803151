"""What an event may do.

The law: the trust tier decides, before anything is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.core.trust import Tier
from syncline.errors import ForbiddenError

if TYPE_CHECKING:
    from syncline.jobs.session import Session


def must_write(session: Session, job: str) -> None:
    """Raises ForbiddenError when the event's trust tier may not change a cluster and the run is not a dry
    one.
    """
    if session.invocation.tier is not Tier.WRITE and not session.invocation.dry_run:
        why = session.invocation.tier_reason
        raise ForbiddenError(
            f"This event may not {job}: {why}." if why else f"This event may not {job}.",
            remedy="Run it on push, schedule or workflow_dispatch of the default or a protected branch.",
        )
