"""From a document to an `Application`.

The law: each rule is Argo CD's own (`util/argo/argo.go`, `types.go`), and a definition with an error gives no
Application at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from syncline.config.application import (
    Application,
    Automated,
    Destination,
    Hydration,
    IgnoreDifference,
    Retry,
    Source,
    SyncPolicy,
)
from syncline.config.decoding import (
    Node,
    Table,
    anything,
    at_least,
    checked,
    fields,
    flag,
    jq_path,
    list_of,
    pointer,
    snake,
    text,
    text_map,
    texts,
    whole,
)
from syncline.config.globs import compiled
from syncline.config.groups import missing_group
from syncline.config.metadata import application_metadata, check_head, sync_options
from syncline.config.source import dry_source, source, sources
from syncline.patterns import regex

if TYPE_CHECKING:
    from syncline.config.complaint import Complaints

NO_CLUSTER = "names no cluster"
"""What is said of a destination with neither a server nor a name."""


def _automated(node: Node) -> Automated:
    return Automated(**fields(node, _AUTOMATED))


_AUTOMATED: Table = {"enabled": flag, "prune": flag, "selfHeal": flag, "allowEmpty": flag}
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART = regex(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(h|ms|us|µs|ns|m|s)")


def _seconds(node: Node) -> float:
    """Go's durations, `5s` or `1m30s`; a bare number is seconds (Argo CD, "Automated Sync Retry")."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        return float(node.value)
    written = text(node)
    unsigned = written.lstrip("+-")
    parts = _PART.findall(unsigned)
    if unsigned.isdecimal() and unsigned.isascii():
        found = float(unsigned)
    elif parts and "".join(number + unit for number, unit in parts) == unsigned:
        found = sum(float(number) * _UNITS[unit] for number, unit in parts)
    else:
        node.error("must be a duration such as 5s, 3m or 1h30m.")
        return 0.0
    return -found if written.startswith("-") else found


_BACKOFF: Table = {"duration": _seconds, "factor": at_least(1), "maxDuration": _seconds}
_RETRY: Table = {"limit": whole, "backoff": lambda node: fields(node, _BACKOFF), "refresh": flag}


def _retry(node: Node) -> Retry:
    found = fields(node, _RETRY)
    backoff = found.pop("backoff", {})
    names = {"duration": "first", "factor": "factor", "max_duration": "longest"}
    return Retry(**found, **{names[name]: value for name, value in backoff.items()})


_SYNC_POLICY: Table = {
    "automated": _automated,
    "syncOptions": sync_options,
    "retry": _retry,
    "managedNamespaceMetadata": checked({"labels": text_map, "annotations": text_map}),
}


def _sync_policy(node: Node) -> SyncPolicy:
    found = fields(node, _SYNC_POLICY)
    policy = SyncPolicy(
        **{"options" if name == "sync_options" else name: value for name, value in found.items()}
    )
    if node.has("managedNamespaceMetadata") and not policy.create_namespace:
        node.child("managedNamespaceMetadata").warn(
            "has no effect without the sync option CreateNamespace=true."
        )
    return policy


def _destination(node: Node) -> Destination:
    found = Destination(**fields(node, {"server": _server, "name": text, "namespace": text}))
    if node.has("server") and node.has("name"):
        node.error("has both a server and a name; a cluster is named by one of them.")
    elif isinstance(node.value, dict) and not node.has("server") and not node.has("name"):
        node.error(f"{NO_CLUSTER}; give it a server or a name.")
    return found


def _server(node: Node) -> str:
    return text(node).rstrip("/")


_HYDRATOR: Table = {
    "drySource": dry_source,
    "syncSource": lambda node: fields(node, dict.fromkeys(("targetBranch", "path", "repoURL"), text)),
    "hydrateTo": lambda node: fields(node, {"targetBranch": text}),
}


def _hydrated(node: Node) -> Hydration:
    found = fields(node, _HYDRATOR)
    dry, wet = found.get("dry_source", Source()), found.get("sync_source", {})
    branch = wet.get("target_branch", "")
    # snake() keeps capitals together: repoURL is repo_url.
    one = Source(wet.get("repo_url") or dry.repo_url, wet.get("path", ""), target_revision=branch)
    if not one.repo_url or not one.path or not branch:
        node.error("needs drySource.repoURL, syncSource.path and syncSource.targetBranch.")
    return Hydration(dry, one, found.get("hydrate_to", {}).get("target_branch") or branch)


def _glob(node: Node) -> str:
    pattern = text(node)
    try:
        compiled(pattern)
    except (ValueError, re.error):
        node.error("is not a glob; close its brackets and braces.")
    return pattern


_IGNORE: Table = {
    **dict.fromkeys(("group", "kind"), _glob),
    **dict.fromkeys(("name", "namespace"), text),
    "jsonPointers": list_of(pointer),
    "jqPathExpressions": list_of(jq_path),
    "managedFieldsManagers": texts,
}


def _ignore(node: Node) -> IgnoreDifference:
    found = fields(node, _IGNORE)
    if isinstance(node.value, dict) and not node.has("kind"):
        node.error("needs a kind, or it means no object; * is any.")
    elif home := missing_group(found.get("kind", ""), found.get("group", "")):
        node.warn(f"has no effect: {found['kind']} is of the group {home}; write group: {home}.")
    elif isinstance(node.value, dict) and not any(map(node.has, _IGNORED_BY)):
        node.warn(
            f"has no effect: it names no field. Write {', '.join(_IGNORED_BY[:-1])} or {_IGNORED_BY[-1]}."
        )
    return IgnoreDifference(**found)


_IGNORED_BY: Final = ("jsonPointers", "jqPathExpressions", "managedFieldsManagers")


_SPEC: Table = {
    "source": source,
    "sources": sources,
    "sourceHydrator": _hydrated,
    "destination": _destination,
    "project": text,
    "syncPolicy": _sync_policy,
    "ignoreDifferences": list_of(_ignore),
    "info": list_of(checked({"name": text, "value": text})),
    "revisionHistoryLimit": at_least(0),
}


_SOURCE_FIELDS = ("sourceHydrator", "sources", "source")  # the first that is set wins


def _spec(node: Node) -> dict[str, Any]:
    winner = next((name for name in _SOURCE_FIELDS if node.has(name)), None)
    losers = [name for name in _SOURCE_FIELDS if name != winner and node.has(name)]
    for name in losers:
        node.child(name).warn(f"has no effect beside {winner}.")
    found = fields(node, {**_SPEC, **dict.fromkeys(losers, anything)})
    if isinstance(node.value, dict) and winner is None:
        node.error("has neither source nor sources.")
    if isinstance(node.value, dict) and not node.has("destination"):
        node.error("needs a destination.")
    given = {name: found.pop(snake(name), None) for name in _SOURCE_FIELDS}
    chosen = given.get(winner or "")
    if isinstance(chosen, Hydration):
        found["hydration"], chosen = chosen, chosen.wet
    found["sources"] = chosen if isinstance(chosen, tuple) else (chosen,)
    found["project"] = found.get("project") or "default"
    found.pop("info", None)  # shown by Argo CD's own interface only
    return found


NAME: Final = regex(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
"""An Application's: what Kubernetes takes, and what is safe as a part of a file's name."""


def _operation(node: Node) -> None:
    if node.value:
        node.warn("has no effect: a sync is asked of Syncline itself, and nothing of a file begins one.")


_APPLICATION: Table = {
    "apiVersion": text,
    "kind": text,
    "metadata": application_metadata,
    "spec": _spec,
    "status": anything,
    "operation": _operation,
}


def decode(body: Any, complaints: Complaints) -> Application | None:
    """The Application, or None when `complaints` holds an error about it."""
    root = Node(body, (), complaints)
    found = fields(root, _APPLICATION)
    check_head(root)
    if not root.has("spec"):
        complaints.error((), "An Application needs a spec.")
    if complaints.errors:
        return None
    metadata, spec = found["metadata"], found["spec"]
    kept = ("name", "namespace", "labels", "annotations", "finalizers")
    return Application(
        **{name: metadata[name] for name in kept if name in metadata},
        **spec,
        origin=complaints.place(),
        body=body,
    )


def identifying_values(body: Any) -> list[Any]:
    """What tells a template of an Application from an Application: its name, sources and destination."""
    spec = _mapping(_mapping(body).get("spec"))
    listed = spec.get("sources")
    parts = [spec.get("source"), *(listed if isinstance(listed, list) else ()), spec.get("destination")]
    named = [value for part in parts for key, value in _mapping(part).items() if key not in _OPTIONS]
    return [_mapping(_mapping(body).get("metadata")).get("name"), *named]


_OPTIONS = ("helm", "kustomize", "directory", "plugin")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
