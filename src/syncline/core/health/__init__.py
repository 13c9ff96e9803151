"""How well an object is: a total function of the live object and the scripts for its kind."""

from syncline.core.health.aggregation import Member, aggregate
from syncline.core.health.assessment import Assess, Assessor, assess, is_ignored
from syncline.core.health.status import Health, HealthStatus

__all__ = ["Assess", "Assessor", "Health", "HealthStatus", "Member", "aggregate", "assess", "is_ignored"]
