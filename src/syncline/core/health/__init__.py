"""How well an object is: a total function of the live object alone."""

from syncline.core.health.status import Health, HealthStatus

__all__ = ["Health", "HealthStatus"]
