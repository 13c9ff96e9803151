"""How well an object is: a total function of the live object alone."""

from syncline.core.health.aggregation import Member, aggregate
from syncline.core.health.assessment import assess
from syncline.core.health.status import Health, HealthStatus

__all__ = ["Health", "HealthStatus", "Member", "aggregate", "assess"]
