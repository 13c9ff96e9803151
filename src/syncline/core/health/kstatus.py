"""What any kind may say of itself by the conventions that most controllers keep.

The law: only an object that speaks is judged: without the conditions Ready, Reconciling or Stalled, and
without a generation that was seen, nothing is known of it.

(sigs.k8s.io/cli-utils, "kstatus": `Reconciling` and `Stalled` are the exceptions, `Ready` sums up.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.core.health.conditions import UNSEEN, fresh_conditions, is_stale
from syncline.core.health.fields import Malformed, mapping, trouble_of, words_of
from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Mapping


def by_convention(group: str, body: Mapping[str, Any]) -> Health | None:
    """The health of a custom resource that keeps the conventions; None for one that says nothing."""
    if not is_custom(group):
        return None
    try:
        if not mapping(body, "status"):
            return None
        return UNSEEN if is_stale(body) else _by_conditions(body)
    except Malformed:
        return None


def is_custom(group: str) -> bool:
    """Whether a group is not one of Kubernetes' own."""
    return "." in group and (not group.endswith(".k8s.io") or group.endswith(".x-k8s.io"))


def _by_conditions(body: Mapping[str, Any]) -> Health | None:
    found = {each.get("type"): each for each in fresh_conditions(body) if isinstance(each.get("type"), str)}
    stalled, reconciling, ready = (found.get(name) for name in ("Stalled", "Reconciling", "Ready"))
    if stalled and stalled.get("status") == "True":
        return Health(HealthStatus.DEGRADED, trouble_of(stalled))
    if reconciling and reconciling.get("status") == "True":
        return Health(HealthStatus.PROGRESSING, trouble_of(reconciling))
    if ready is None:
        return None
    if ready.get("status") == "True":
        return Health(HealthStatus.HEALTHY, words_of(ready))
    return Health(HealthStatus.PROGRESSING, trouble_of(ready))
