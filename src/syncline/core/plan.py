"""What a sync would do, as one value.

The law: a plan of what is live changes nothing; nothing is deleted because it could not be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from syncline.core.fields import FieldChange
from syncline.core.inventory import Inventory
from syncline.core.live import Level
from syncline.core.resource import Body, ResourceKey
from syncline.errors import Place


class Action(Enum):
    """What happens to one object."""

    CREATE = "create"
    UPDATE = "update"
    RECREATE = "recreate"
    ADOPT = "adopt"
    PRUNE = "prune"
    FORGET = "forget"
    KEEP = "keep"
    UNCHANGED = "unchanged"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Change:
    """One object's part in the plan.

    `before` is what is there (live, or the base rendering offline), `after` what would be; bodies are real values,
    so a `Change` never leaves the process unmasked.  `why` is a sentence where the action needs one.
    """

    key: ResourceKey
    action: Action
    before: Body | None = None
    after: Body | None = None
    fields: tuple[FieldChange, ...] = ()
    origin: Place | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a sync of one application would do. `refusals` are the guard's sentences; with one, nothing is done."""

    app: str
    revision: str
    level: Level
    inventory: Inventory
    changes: tuple[Change, ...]
    refusals: tuple[str, ...] = ()
