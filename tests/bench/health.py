"""How fast health is judged, on one core: `python tests/bench/health.py`.

It prints processor seconds, which other work on the machine does not lengthen.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from syncline.config.customizations import Customization, Lua
from syncline.core.customized import Customized
from syncline.core.health import Assessor, assess
from syncline.errors import Place

if TYPE_CHECKING:
    from collections.abc import Callable

COUNT = 5000
SCRIPT = """
local hs = {status = "Progressing", message = "Waiting"}
if obj.status ~= nil and obj.status.conditions ~= nil then
  for i, condition in ipairs(obj.status.conditions) do
    if condition.type == "Ready" then
      hs.status = condition.status == "True" and "Healthy" or "Degraded"
      hs.message = condition.message
    end
  end
end
return hs
"""


def condition(kind: str) -> dict[str, Any]:
    said = {"reason": kind, "message": "All is up to date", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    return {"type": kind, "status": "True", "observedGeneration": 3, **said}


def body(api_version: str, kind: str) -> dict[str, Any]:
    """About 1.5 kB, half of it managedFields, as objects of a cluster are."""
    fields: dict[str, Any] = {f"f:field{number}": {"f:inner": {}, ".": {}} for number in range(20)}
    metadata = {
        "name": "web",
        "namespace": "shop",
        "generation": 3,
        "labels": {"app": "web", "app.kubernetes.io/part-of": "shop"},
        "managedFields": [{"manager": "syncline", "operation": "Apply", "fieldsV1": fields}],
    }
    status = {"observedGeneration": 3, "conditions": [condition("Ready"), condition("Available")]}
    counts = {"replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}
    spec = {"replicas": 1, "hosts": ["a.example.com", "b.example.com"], "issuer": {"name": "main"}}
    whole = {"apiVersion": api_version, "kind": kind, "metadata": metadata}
    return {**whole, "spec": spec, "status": {**status, **counts}}


def seconds(judge: Callable[[dict[str, Any]], object], one: dict[str, Any]) -> float:
    judge(one)
    began = time.process_time()
    for _ in range(COUNT):
        judge(one)
    return time.process_time() - began


def main() -> None:
    scripted = Assessor(Customized({"example.com/Plant": Customization(Lua(SCRIPT, Place("cm.yaml", 1)))}))
    for label, judge, one in (
        ("built-in (Deployment)", assess, body("apps/v1", "Deployment")),
        ("a project's (Certificate)", assess, body("cert-manager.io/v1", "Certificate")),
        ("by convention", assess, body("example.com/v1", "Thing")),
        ("Lua", scripted, body("example.com/v1", "Plant")),
    ):
        spent = seconds(judge, one)
        print(f"{label:28} {COUNT} in {spent:6.3f} s   {COUNT / spent:9,.0f} per second")


if __name__ == "__main__":
    main()
