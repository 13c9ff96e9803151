"""The health that a script tells.

The law: a script that fails or answers nonsense makes its object Unknown, and one that says nothing leaves it
on its way; neither makes anything Healthy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.health.status import Health, HealthStatus
from syncline.core.lua.script import Script, ScriptError
from syncline.core.lua.shared import engine

if TYPE_CHECKING:
    from syncline.core.resource import Body

_BY_LABEL: Final = {status.label: status for status in HealthStatus}


def by_script(script: Script, body: Body, now: int) -> Health:
    """The script's word for this object."""
    try:
        kind, word, message = engine().health(script, body, now)
    except ScriptError as error:
        return Health(HealthStatus.UNKNOWN, f"The health script at {script.name} failed: {error}.")
    if kind == "empty":
        # Argo CD waits for such an object, too; a controller that has not spoken yet is the usual reason.
        return Health(HealthStatus.PROGRESSING, f"The health script at {script.name} tells no status.")
    if word not in _BY_LABEL:
        said = f"the status {word[:40]!r}" if word else "a table without a status"
        return Health(
            HealthStatus.UNKNOWN,
            f"The health script at {script.name} returned {said}; it must be one of {', '.join(_BY_LABEL)}.",
        )
    return Health(_BY_LABEL[word], message)
