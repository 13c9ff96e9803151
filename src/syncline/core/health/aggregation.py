"""The health of an application.

The law: an application is as well as its worst resource, and Missing only when nothing of it is live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.resource import ResourceKey

IGNORE: Final = "argocd.argoproj.io/ignore-healthcheck"
_CAUSES: Final = 3
_CHILD: Final = "Application.argoproj.io"


class Member(Struct, frozen=True):
    """One resource's part: `health` is None for a kind without a check, `live` that it exists, `is_ignored`
    that its annotation takes it out.
    """

    key: ResourceKey
    health: Health | None
    live: bool = True
    is_ignored: bool = False


def aggregate(members: Iterable[Member]) -> Health:
    """The worst health, with up to three causes named (Argo CD, "Resource Health")."""
    everyone = list(members)
    if everyone and not any(member.live for member in everyone):
        return Health(HealthStatus.MISSING, "None of its resources is there.")
    counted = [(member.key, member.health) for member in everyone if member.health and _counts(member)]
    worst = max((health.status for _, health in counted), default=HealthStatus.HEALTHY)
    if worst is HealthStatus.HEALTHY:
        return Health(worst)
    causes = [f"{key}: {health.message}".rstrip(": ") for key, health in counted if health.status is worst]
    return Health(worst, f"Caused by {'; '.join(causes[:_CAUSES])}")


def _counts(member: Member) -> bool:
    if not member.live or member.is_ignored or member.health is None:
        return False
    unclear = {HealthStatus.MISSING, HealthStatus.UNKNOWN}
    return not (member.key.group_kind == _CHILD and member.health.status in unclear)
