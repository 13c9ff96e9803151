"""How fast 2,000 objects are compared in memory, on one core: `python tests/bench/compare.py`.

It prints processor seconds, which other work on the machine does not lengthen, and beside them what the same
objects cost as canonical JSON, which is how most tools ask whether two are equal.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.bench import objects  # noqa: E402 - after the path, like the next
from served import applied  # noqa: E402
from syncline.config.application import IgnoreDifference  # noqa: E402
from syncline.core.fields import with_value  # noqa: E402
from syncline.core.ignore import yielding  # noqa: E402
from syncline.core.inventory import Inventory  # noqa: E402
from syncline.core.live import Level, LiveState, Prediction  # noqa: E402
from syncline.core.normalize import normalize_desired  # noqa: E402
from syncline.core.plan import Intent, make_plan  # noqa: E402
from syncline.core.predict import in_sync, predict_apply  # noqa: E402
from syncline.core.resource import Manifest, key_of  # noqa: E402
from syncline.core.validation import findings  # noqa: E402
from syncline.errors import Place  # noqa: E402
from syncline.kube.kinds import table  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from syncline.core.resource import Body, ResourceKey

COUNT = 2000
ROUNDS = 5
RULES = (
    IgnoreDifference("apps", "Deployment", "", "", ("/spec/replicas",)),
    IgnoreDifference("*", "*", managed_fields_managers=("kube-controller-manager",)),
    IgnoreDifference(
        "apps",
        "Deployment",
        jq_path_expressions=('.spec.template.spec.containers[] | select(.name == "side") | .image',),
    ),
)


class World:
    """The objects as Git wants them and as the server has them; a tenth of them was changed."""

    def __init__(self, changed: int) -> None:
        bodies = [normalize_desired(body) for body in objects(COUNT, "shop")]
        self.manifests = tuple(
            Manifest(key_of(b), str(b["apiVersion"]), b, Place("all.yaml")) for b in bodies
        )
        self.live: dict[ResourceKey, Body] = {}
        for number, manifest in enumerate(self.manifests):
            body = applied(dict(manifest.body), dict(manifest.body))
            metadata = {**body["metadata"], "uid": str(number), "resourceVersion": "7", "generation": 2}
            body = {**body, "metadata": metadata, "status": {"observedGeneration": 2}}
            edited = with_value(body, ("metadata", "labels", "app"), "theirs")
            # A copy, as what a server answers shares nothing with what it was sent.
            self.live[manifest.key] = json.loads(json.dumps(edited if number < changed else body))

    def compare(self, rules: tuple[IgnoreDifference, ...] = ()) -> int:
        predicted: dict[ResourceKey, Body] = {}
        listed = []
        for manifest in self.manifests:
            live = self.live[manifest.key]
            body = yielding(manifest.key, manifest.body, live, rules)
            predicted[manifest.key] = live if in_sync(live, body) else predict_apply(live, body)
            listed.append(Manifest(manifest.key, manifest.api_version, body, manifest.origin))
        intent = Intent("web", "0", tuple(listed))
        prediction = Prediction(Level.LIVE, predicted)
        plan = make_plan(intent, Inventory("web", frozenset(self.live)), LiveState(self.live), prediction)
        return len(plan.writes)

    def as_json(self) -> int:
        return sum(
            json.dumps(manifest.body, sort_keys=True) != json.dumps(self.live[manifest.key], sort_keys=True)
            for manifest in self.manifests
        )

    def validate(self) -> int:
        known = table()
        found = 0
        for manifest in self.manifests:
            node = known.node(manifest.api_version, manifest.key.kind, known.newest)
            found += len(list(findings(manifest.body, node))) if node else 0
        return found


def seconds(work: Callable[[], Any]) -> float:
    """The fastest of a few rounds: what disturbs a round only makes it longer."""
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def main() -> None:
    """Measure."""
    began = time.process_time()
    table()
    opened = time.process_time() - began
    same, some, every = World(0), World(COUNT // 10), World(COUNT)
    assert (same.compare(), some.compare(), every.compare()) == (0, COUNT // 10, COUNT)
    assert same.validate() == 0
    base = seconds(same.as_json)
    print(f"{COUNT:,} objects in memory, processor seconds, and as a multiple of canonical JSON")
    for label, work in (
        ("canonical JSON of both sides", same.as_json),
        ("compared, nothing differs", same.compare),
        ("compared, a tenth differs", some.compare),
        ("compared, everything differs", every.compare),
        ("compared, a tenth differs, three ignore rules", lambda: some.compare(RULES)),
        ("held against the schemas", same.validate),
    ):
        spent = seconds(work)
        print(f"  {label:46} {spent:7.3f} s {spent / base:7.2f}×")
    print(f"  {'the schemas read, once for a run':46} {opened:7.3f} s")


if __name__ == "__main__":
    main()
