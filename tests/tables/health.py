"""Words for rows of health tables.

The law: a row reads as what an object says and what that means.
"""

from __future__ import annotations

from typing import Any

H, S, P, D, U = "Healthy", "Suspended", "Progressing", "Degraded", "Unknown"


def conditions(*told: str) -> dict[str, Any]:
    """`Ready=False:Reason` as conditions."""
    found = []
    for word in told:
        kind, _, rest = word.partition("=")
        status, _, reason = rest.partition(":")
        found.append({"type": kind, "status": status, "reason": reason, "message": f"about {kind}"})
    return {"status": {"conditions": found}}


def status(**fields: Any) -> dict[str, Any]:
    return {"status": fields}


def spec(**fields: Any) -> dict[str, Any]:
    return {"spec": fields}


def said(*told: str, **fields: Any) -> dict[str, Any]:
    """Conditions beside other fields of a status."""
    return {"status": {**conditions(*told)["status"], **fields}}
