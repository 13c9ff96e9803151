"""Taking over the fields that another manager owns, before we apply the object.

The law: only `managedFields` are written, against the very version they were computed from; whoever writes in
between is seen, and the fields are computed anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.handover import handed_over
from syncline.errors import ApiError

if TYPE_CHECKING:
    from syncline.core.plan import Change
    from syncline.ports import ApiResource, Cluster

_CONFLICT: Final = 409
_TRIES: Final = 5


def take_over_fields(cluster: Cluster, resource: ApiResource, change: Change) -> None:
    """Make what the change's `handover` names own ours. Raises ApiError."""
    body = change.before
    for attempt in range(_TRIES):
        if body is None:
            return
        wanted = handed_over(body, change.handover)
        if wanted is body:
            return
        try:
            cluster.hand_over(resource, wanted)
        except ApiError as error:
            if error.code != _CONFLICT or attempt == _TRIES - 1:
                raise
            body = cluster.get(resource, change.key.namespace, change.key.name)
        else:
            return
