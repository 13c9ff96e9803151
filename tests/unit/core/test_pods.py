from __future__ import annotations

from typing import Any

import pytest

from syncline.core.pods import pod_state, suspects

CRASH = {
    "restartCount": 3,
    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
    "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}},
}
RUNNING = {"ready": True, "state": {"running": {"startedAt": "x"}}}


def pod(*, phase: str = "Running", init: Any = None, **status: Any) -> dict[str, Any]:
    main = status.pop("main", RUNNING)
    spec: dict[str, Any] = {"containers": [{"name": "main"}]}
    told: dict[str, Any] = {"phase": phase, "containerStatuses": [{"name": "main", **main}], **status}
    if init is not None:
        spec["initContainers"] = [{"name": "first"}]
        told["initContainerStatuses"] = [{"name": "first", **init}]
    return {"kind": "Pod", "spec": spec, "status": told}


@pytest.mark.parametrize(
    ("body", "words", "suspected"),
    [
        (pod(), "Running", []),
        (pod(main=CRASH), "Running, 3 restarts, main: CrashLoopBackOff after Error (exit code 1)", ["main"]),
        (pod(main={"restartCount": 1, **RUNNING}), "Running, 1 restart", []),
        (pod(main={**RUNNING, "ready": False}), "Running", ["main"]),
        (pod(phase="Pending", main={"state": {"waiting": {"reason": "ContainerCreating"}}}), "Pending", []),
        (
            pod(phase="Pending", main={"state": {"waiting": {"reason": "ImagePullBackOff"}}}),
            "Pending, main: ImagePullBackOff",
            ["main"],
        ),
        (
            pod(phase="Failed", main={"state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}),
            "Failed, main: OOMKilled (exit code 137)",
            ["main"],
        ),
        (
            pod(phase="Pending", init=CRASH, main={"state": {"waiting": {"reason": "PodInitializing"}}}),
            "Pending, 3 restarts, first: CrashLoopBackOff after Error (exit code 1)",
            ["first"],
        ),
        (pod(init={"state": {"terminated": {"exitCode": 0}}}), "Running", []),
        (pod(phase="Failed", reason="Evicted"), "Failed, Evicted", []),
        (
            pod(
                phase="Pending",
                containerStatuses=[],
                conditions=[
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "full",
                    }
                ],
            ),
            "Pending, Unschedulable: full",
            [],
        ),
        ({"status": {"phase": 3}}, "malformed: phase is not a string", []),
        ({"status": "x"}, "malformed: status is not a map", []),
    ],
)
def test_a_pod_in_a_few_words(body: dict[str, Any], words: str, suspected: list[str]) -> None:
    state = pod_state(body)

    assert state.words == words
    assert [container.name for container in suspects(state)] == suspected
