"""How far an event may be trusted.

The law: the tier is computed from the event and never from an input; what is unknown may only render.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Tier(Enum):
    """What a run may do with a cluster: nothing, read it without its Secrets, or change it."""

    RENDER = "render"
    READ = "read"
    WRITE = "write"
