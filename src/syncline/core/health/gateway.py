"""The Gateway API: gateways with listeners, routes with a parent for each gateway.

The law: a part that is refused anywhere is ill; one that nobody has answered for is on its way.
(gateway-api.sigs.k8s.io, "Conditions".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.core.health.conditions import fresh_conditions, generation_of, is_fresh
from syncline.core.health.fields import mapping, members, text, trouble_of
from syncline.core.health.status import Health, HealthStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_BAD_WHEN_FALSE: Final = frozenset({"Accepted", "Programmed", "ResolvedRefs"})
_BAD_WHEN_TRUE: Final = frozenset({"Conflicted", "PartiallyInvalid"})
_PASSING: Final = frozenset({"Pending", "Waiting"})
_PASSING_OF: Final[Mapping[str, frozenset[str]]] = {
    # A new gateway has no load balancer's address and no running proxy yet.
    "Programmed": _PASSING | {"AddressNotAssigned", "NoResources"},
}
_HEALTHY: Final = Health(HealthStatus.HEALTHY)


def gateway(body: Mapping[str, Any]) -> Health:
    """Accepted and programmed, with every listener in order."""
    found = fresh_conditions(body)
    trouble = _trouble(found)
    generation = generation_of(mapping(body, "metadata").get("generation"))
    for listener in members(mapping(body, "status"), "listeners"):
        fresh = [each for each in members(listener, "conditions") if is_fresh(each, generation)]
        inner = _trouble(fresh)
        if inner and (trouble is None or inner.status > trouble.status):
            trouble = Health(inner.status, f"listener {text(listener, 'name')}: {inner.message}")
    return trouble or _settled(found, ("Accepted", "Programmed"))


def route(body: Mapping[str, Any]) -> Health:
    """Every gateway that the route names has accepted it, and what it refers to is there."""
    return _every_part(body, "parents", "It waits for its gateway.")


def policy(body: Mapping[str, Any]) -> Health:
    """Every ancestor that the policy is about has accepted it."""
    return _every_part(body, "ancestors", "It waits for what it is attached to.")


def _every_part(body: Mapping[str, Any], name: str, waiting: str) -> Health:
    generation = generation_of(mapping(body, "metadata").get("generation"))
    parts = list(members(mapping(body, "status"), name))
    worst = _HEALTHY if parts else Health(HealthStatus.PROGRESSING, waiting)
    for part in parts:
        found = [each for each in members(part, "conditions") if is_fresh(each, generation)]
        health = _trouble(found) or _settled(found, ("Accepted",))
        worst = max(worst, health, key=lambda each: each.status)
    return worst


def _trouble(found: Iterable[Mapping[str, Any]]) -> Health | None:
    passing: Health | None = None
    for each in found:
        kind, status = each.get("type"), each.get("status")
        if not isinstance(kind, str):
            continue
        if (kind in _BAD_WHEN_FALSE and status == "False") or (kind in _BAD_WHEN_TRUE and status == "True"):
            if text(each, "reason") not in _PASSING_OF.get(kind, _PASSING):
                return Health(HealthStatus.DEGRADED, trouble_of(each))
            passing = Health(HealthStatus.PROGRESSING, trouble_of(each))
    return passing


def _settled(found: Iterable[Mapping[str, Any]], needed: tuple[str, ...]) -> Health:
    true = [each.get("type") for each in found if each.get("status") == "True"]
    missing = next((kind for kind in needed if kind not in true), "")
    return Health(HealthStatus.PROGRESSING, f"It waits for its condition {missing}.") if missing else _HEALTHY
