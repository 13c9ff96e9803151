"""What the API server was asked, in its own words.

The law: a request is in the log before its answer has wholly left the server (audit mode `blocking`), so a
client that has its answers can be counted at once, and is counted once per request.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from plane.identities import COMPONENTS, OBSERVER

REFUSED = 400
READS = frozenset({"get", "list", "watch"})


class Request(NamedTuple):
    """The verb is Kubernetes' own (list, patch, …); a dry run shows in the URI."""

    verb: str
    uri: str
    code: int

    @property
    def is_read(self) -> bool:
        return self.verb in READS

    @property
    def is_dry_run(self) -> bool:
        return "dryRun=" in self.uri


def write_policy(path: Path) -> None:
    silent: list[dict[str, Any]] = [
        {"level": "None", "users": [*COMPONENTS, OBSERVER, "system:apiserver"]},
        {"level": "None", "userGroups": ["system:serviceaccounts", "system:unauthenticated"]},
    ]
    policy = {
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "omitManagedFields": True,
        "rules": [*silent, {"level": "Metadata"}],
    }
    path.write_text(json.dumps(policy))


def read_requests(log: Path, mark: int, user: str) -> list[Request]:
    """The user's requests since the mark, a byte offset, in the order of their answers."""
    with log.open("rb") as file:
        file.seek(mark)
        lines = file.read().splitlines(keepends=True)
    events = (json.loads(line) for line in lines if line.endswith(b"\n"))
    ours = (event for event in events if event["user"].get("username") == user)
    # What takes long is logged when it starts and again when it ends: the audit id makes the two one. A watch
    # may end after the mark of somebody else, so that only its start counts.
    return list({event["auditID"]: _request(event) for event in ours if not _is_end_of_watch(event)}.values())


def _is_end_of_watch(event: Any) -> bool:
    code: int = event.get("responseStatus", {}).get("code", 0)
    return event["verb"] == "watch" and event["stage"] == "ResponseComplete" and code < REFUSED


def _request(event: Any) -> Request:
    return Request(event["verb"], event["requestURI"], event.get("responseStatus", {}).get("code", 0))
