"""What containers have written, for planes whose pods run nothing.

The law: a log is read the whole way: the API server asks the node's kubelet, which is kwok, and that reads a
file as a real kubelet does (the CRI format), so `since`, `tail`, `timestamps` and `follow` are theirs.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plane.rest import Rest

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_GROUP = "kwok.x-k8s.io"


def definition() -> dict[str, Any]:
    """The kind through which kwok is told where a pod's logs are."""
    open_schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1alpha1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": open_schema},
    }
    names = {"kind": "Logs", "listKind": "LogsList", "plural": "logs", "singular": "logs"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"logs.{_GROUP}"},
        "spec": {"group": _GROUP, "names": names, "scope": "Namespaced", "versions": [version]},
    }


def write(
    api: Rest,
    directory: Path,
    pod: Mapping[str, Any],
    text: str,
    *,
    containers: Sequence[str] = (),
    previous: str = "",
) -> Path:
    """Makes the lines of `text` the pod's log, a second apart and ending now.

    With `containers` each of them gets the lines, with its own name before them.  The file may be appended to
    with `append`; for several containers it is the first one's.  Effective once kwok has seen it.
    """
    metadata = pod["metadata"]
    namespace, name = metadata["namespace"], metadata["name"]
    folder = directory / "container-logs" / namespace
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    files: list[Path] = []
    for container in containers or [each["name"] for each in pod["spec"]["containers"]]:
        file, before = folder / f"{name}.{container}.log", folder / f"{name}.{container}.previous.log"
        lead = f"{container}: " if containers else ""
        file.write_text(_cri([f"{lead}{line}" for line in text.splitlines()]))
        before.write_text(_cri(previous.splitlines()))
        entries.append({"containers": [container], "logsFile": str(file), "previousLogsFile": str(before)})
        files.append(file)
    body = {"apiVersion": f"{_GROUP}/v1alpha1", "kind": "Logs", "metadata": {"name": name}}
    path = f"/apis/{_GROUP}/v1alpha1/namespaces/{namespace}/logs/{name}"
    api.apply(path, json.loads(json.dumps({**body, "spec": {"logs": entries}})))
    return files[0]


def append(file: Path, *lines: str) -> None:
    """More lines, written now."""
    with file.open("a") as stream:
        for line in lines:
            stream.write(f"{_stamp(datetime.now(UTC))} stdout F {line}\n")
            stream.flush()


def _cri(lines: Sequence[str]) -> str:
    first = datetime.now(UTC) - timedelta(seconds=len(lines))
    return "".join(
        f"{_stamp(first + timedelta(seconds=number))} stdout F {line}\n" for number, line in enumerate(lines)
    )


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f000Z")
