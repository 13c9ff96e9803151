"""From a document to an `AppProject`.

The law: a rule that Argo CD would refuse, or that this version cannot keep, is an error at its own line; what
restricts is never passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.config.decoding import (
    Decoder,
    Node,
    Table,
    anything,
    fields,
    flag,
    list_of,
    members,
    text,
    texts,
)
from syncline.config.groups import missing_group
from syncline.config.metadata import METADATA, check_head
from syncline.config.project import (
    AllowedDestination,
    AppProject,
    KindRule,
    OrphanRule,
    Right,
    Role,
    SignaturePolicy,
)
from syncline.config.windows import sync_window

if TYPE_CHECKING:
    from syncline.config.complaint import Complaints

_LONGEST_DESCRIPTION: Final = 255
_RESOURCES: Final = frozenset(
    {"applications", "applicationsets", "repositories", "clusters", "logs", "exec", "projects"}
)


def _description(node: Node) -> str:
    words = text(node)
    if len(words) > _LONGEST_DESCRIPTION:
        node.error(f"is longer than {_LONGEST_DESCRIPTION} characters.")
    return words


def _patterns(node: Node) -> tuple[str, ...]:
    found = texts(node)
    for number, pattern in enumerate(found):
        if pattern == "!*":
            node.child(number).error("denies everything; leave the list empty instead.")
        if pattern in found[:number]:
            node.child(number).error("stands in the list twice.")
    return found


def _destination(node: Node) -> AllowedDestination:
    found = AllowedDestination(**fields(node, dict.fromkeys(("server", "name", "namespace"), text)))
    for name in ("server", "name", "namespace"):
        if getattr(found, name) == "!*":
            node.child(name).error("denies everything; remove the destination instead.")
    if isinstance(node.value, dict) and not node.has("server") and not node.has("name"):
        node.warn("names no cluster and matches none; give it a server or a name.")
    return found


def _destinations(node: Node) -> tuple[AllowedDestination, ...]:
    found = list_of(_destination)(node)
    for number, one in enumerate(found):
        if one in found[:number]:
            node.child(number).error("stands in the list twice.")
    return found


def _cluster_kinds(node: Node) -> tuple[KindRule, ...]:
    return tuple(
        KindRule(**fields(each, dict.fromkeys(("group", "kind", "name"), text))) for each in members(node)
    )


def _namespaced_kinds(node: Node) -> tuple[KindRule, ...]:
    return tuple(KindRule(**fields(each, dict.fromkeys(("group", "kind"), text))) for each in members(node))


def _denied(decode: Decoder[tuple[KindRule, ...]]) -> Decoder[tuple[KindRule, ...]]:
    def read(node: Node) -> tuple[KindRule, ...]:
        found = decode(node)
        for number, rule in enumerate(found):
            if home := missing_group(rule.kind, rule.group):
                node.child(number).error(
                    f"denies nothing: {rule.kind} is of the group {home}; write group: {home}."
                )
        return found

    return read


def _role(node: Node) -> Role:
    found = fields(
        node,
        {
            "name": text,
            "description": text,
            "policies": texts,
            "groups": texts,
            "jwtTokens": anything,
        },
    )
    if isinstance(node.value, dict) and not node.has("name"):
        node.error("needs a name.")
    lines = found.get("policies", ())
    rights = tuple(
        right
        for number, line in enumerate(lines)
        if (right := _right(node.child("policies").child(number), line)) is not None
    )
    return Role(found.get("name", ""), rights, found.get("groups", ()), node.complaints.place(node.path))


def _check_policies(roles: Node, project: str) -> None:
    """Each line is about its own role and project (Argo CD refuses any other): it would give something
    elsewhere, or nothing.
    """
    for role in members(roles) if roles.value else ():
        name = role.value.get("name") if isinstance(role.value, dict) else None
        lines = role.child("policies") if isinstance(role.value, dict) else role
        for node in members(lines) if isinstance(lines.value, list) else ():
            words = [word.strip() for word in str(node.value).split(",")]
            if len(words) == len(_WORDS) and words[1] != f"proj:{project}:{name}":
                node.error(f"is about {words[1]}; a line of this role begins with p, proj:{project}:{name}.")
            elif len(words) == len(_WORDS) and words[4].partition("/")[0] != project:
                node.error(f"is about {words[4]}, which is not of the project {project}.")


def _right(node: Node, line: str) -> Right | None:
    """`p, proj:PROJECT:ROLE, RESOURCE, ACTION, PROJECT/OBJECT, allow`."""
    words = [word.strip() for word in line.split(",")]
    if len(words) != len(_WORDS) or words[0] != "p":
        node.error(f"must read {', '.join(_WORDS)}.")
        return None
    _, _, resource, action, target, effect = words
    if resource not in _RESOURCES:
        node.error(f"is about {resource}, which is none of {', '.join(sorted(_RESOURCES))}.")
    if effect not in {"allow", "deny"}:
        node.error("must end in allow or deny.")
    project, slash, name = target.partition("/")
    if not slash or not project or not name:
        node.error("must name its object as PROJECT/APPLICATION, or PROJECT/* for all of them.")
    return Right(resource, action, name, effect == "allow")


_WORDS: Final = ("p", "proj:PROJECT:ROLE", "RESOURCE", "ACTION", "PROJECT/OBJECT", "allow or deny")


def _orphans(node: Node) -> tuple[OrphanRule, ...] | None:
    rule: Table = dict.fromkeys(("group", "kind", "name"), text)
    found = fields(node, {"warn": flag, "ignore": lambda each: [fields(one, rule) for one in members(each)]})
    return tuple(OrphanRule(**one) for one in found.get("ignore", ())) if found.get("warn") else None


def _account(node: Node) -> None:
    fields(node, dict.fromkeys(("server", "namespace", "defaultServiceAccount"), text))


def _accounts(node: Node) -> None:
    list_of(_account)(node)
    if node.value:
        node.warn(
            "has no effect: Syncline applies as the identity of its kubeconfig, not as an account of a "
            "project."
        )


def _mode(node: Node) -> str:
    mode = text(node)
    if mode not in _MODES:
        node.error(f"must be one of {', '.join(_MODES)}.")
    return mode


_MODES: Final = ("none", "head", "strict")
_GPG: Table = {"mode": _mode, "keys": texts}
_POLICY: Table = {
    "repos": list_of(lambda node: fields(node, {"url": text}).get("url", "")),
    "gpg": lambda node: fields(node, _GPG),
}


def _policy(node: Node) -> SignaturePolicy:
    found = fields(node, _POLICY)
    gpg = found.get("gpg", {})
    return SignaturePolicy(
        "sourceIntegrity", found.get("repos", ()), gpg.get("keys", ()), gpg.get("mode", "head")
    )


_INTEGRITY: Table = {"git": lambda node: fields(node, {"policies": list_of(_policy)})}


_SPEC: Table = {
    "sourceRepos": _patterns,
    "destinations": _destinations,
    "description": _description,
    "roles": list_of(_role),
    "clusterResourceWhitelist": _cluster_kinds,
    "clusterResourceBlacklist": _denied(_cluster_kinds),
    "namespaceResourceWhitelist": _namespaced_kinds,
    "namespaceResourceBlacklist": _denied(_namespaced_kinds),
    "orphanedResources": _orphans,
    "syncWindows": list_of(sync_window),
    "signatureKeys": list_of(lambda node: fields(node, {"keyID": text}).get("key_id", "")),
    "sourceIntegrity": lambda node: fields(node, _INTEGRITY),
    "sourceNamespaces": _patterns,
    "permitOnlyProjectScopedClusters": flag,
    "destinationServiceAccounts": _accounts,
}
_NAMES: Final = {
    "cluster_resource_whitelist": "cluster_allowed",
    "cluster_resource_blacklist": "cluster_denied",
    "namespace_resource_whitelist": "namespaced_allowed",
    "namespace_resource_blacklist": "namespaced_denied",
    "orphaned_resources": "orphans",
    "sync_windows": "windows",
    "permit_only_project_scoped_clusters": "own_clusters_only",
}
_DROPPED: Final = frozenset({"description", "destination_service_accounts"})


def _spec(node: Node) -> dict[str, Any]:
    found = fields(node, _SPEC)
    keys, integrity = found.pop("signature_keys", ()), found.pop("source_integrity", {})
    signatures = tuple(integrity.get("git", {}).get("policies", ()))
    if keys and signatures:
        node.child("signatureKeys").error("cannot be used together with sourceIntegrity; keep the latter.")
    if keys:
        signatures = (SignaturePolicy("signatureKeys", keys=keys),)
    if len({role.name for role in found.get("roles", ())}) != len(found.get("roles", ())):
        node.child("roles").error("holds two roles of one name.")
    places = {name: node.complaints.place((*node.path, name)) for name in node.value or {} if name in _SPEC}
    known = {_NAMES.get(name, name): value for name, value in found.items() if name not in _DROPPED}
    return {**known, "signatures": signatures, "places": places}


_PROJECT: Table = {
    "apiVersion": text,
    "kind": text,
    "metadata": lambda node: fields(node, METADATA),
    "spec": _spec,
    "status": anything,
}


def decode(body: Any, complaints: Complaints) -> AppProject | None:
    """The project, or None when `complaints` holds an error about it."""
    root = Node(body, (), complaints)
    found = fields(root, _PROJECT)
    check_head(root)
    if isinstance(root.value.get("spec"), dict):
        _check_policies(root.child("spec").child("roles"), str(found.get("metadata", {}).get("name") or ""))
    if complaints.errors:
        return None
    labels = found["metadata"].get("labels", {})
    return AppProject(found["metadata"]["name"], complaints.place(), labels=labels, **found.get("spec", {}))
