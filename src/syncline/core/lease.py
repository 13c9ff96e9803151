"""Who may write an application: what a Lease object says, and what to do about it.

The law: nobody takes a Lease that another holds, unless that one has been seen not to renew it; a clock that
is wrong costs a wait and never makes two writers.

Source: `coordination.k8s.io/v1`; the fields mean what Kubernetes' own leader election means by them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.core.moments import after, to_micro, to_second

if TYPE_CHECKING:
    from syncline.core.applyset import Owner
    from syncline.core.resource import Body

SECONDS: Final = 30
"""How long a Lease is good for without being renewed."""


class Tenure(Struct, frozen=True):
    """Somebody's hold on a Lease. `since` and `renewed` are RFC 3339 in UTC, or empty."""

    holder: str
    since: str = ""
    renewed: str = ""
    seconds: int = SECONDS

    @property
    def name(self) -> str:
        """The holder as people should see it: without the part that only tells two runs apart."""
        return self.holder.partition("#")[0].strip() or "somebody"

    def is_over(self, now: str) -> bool:
        """Whether it should have been renewed by now, going by the clocks on both sides."""
        until = after(self.renewed or self.since, self.seconds)
        return not until or to_second(now) > until


def tenure_of(lease: Body | None) -> Tenure | None:
    """Who holds a Lease; None where it is free."""
    spec = (lease or {}).get("spec") or {}
    holder = str(spec.get("holderIdentity") or "")
    if not holder:
        return None
    seconds = spec.get("leaseDurationSeconds")
    return Tenure(
        holder,
        to_second(str(spec.get("acquireTime"))),
        to_second(str(spec.get("renewTime"))),
        seconds if isinstance(seconds, int) and seconds > 0 else SECONDS,
    )


def taken(lease: Body | None, owner: Owner, holder: str, now: str, seconds: int = SECONDS) -> Body:
    """The Lease as it is to be when this holder takes it, on top of what was read."""
    before = (lease or {}).get("spec") or {}
    changes = before.get("leaseTransitions")
    spec = {
        "holderIdentity": holder,
        "leaseDurationSeconds": seconds,
        "acquireTime": to_micro(now),
        "renewTime": to_micro(now),
        "leaseTransitions": (changes if isinstance(changes, int) else -1) + 1,
    }
    return _with_spec(lease, owner, spec)


def renewed(lease: Body, now: str) -> Body:
    """The same hold, as of now."""
    return {**lease, "spec": {**lease["spec"], "renewTime": to_micro(now)}}


def released(lease: Body) -> Body:
    """The Lease, free for whoever comes."""
    kept = {name: value for name, value in lease["spec"].items() if name == "leaseTransitions"}
    return {**lease, "spec": {**kept, "holderIdentity": "", "leaseDurationSeconds": 1}}


def _with_spec(lease: Body | None, owner: Owner, spec: dict[str, Any]) -> Body:
    if lease is not None:
        return {**lease, "spec": spec}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": owner.parent,
            "namespace": owner.namespace,
            "labels": {"app.kubernetes.io/managed-by": "syncline"},
        },
        "spec": spec,
    }
