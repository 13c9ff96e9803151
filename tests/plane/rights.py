"""What the identities may do.

The law: rights are plain RBAC that the server enforces; nothing here is decided on the client's side.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from plane.identities import Identity

RBAC = "/apis/rbac.authorization.k8s.io/v1"
READ = ("get", "list", "watch")
READABLE_GROUPS = ("example.com", "stable.example.com", "syncline.test")
"""API groups of custom resources that the reader may see from the start."""


def reader_rules(core_resources: Sequence[str], groups: Sequence[str]) -> list[dict[str, Any]]:
    """RBAC only grants: "all but Secrets" means naming all the others."""
    readable = sorted(name for name in core_resources if name.split("/")[0] != "secrets")
    return [
        {"apiGroups": [""], "resources": readable, "verbs": READ},
        group_rule(*groups, *READABLE_GROUPS),
    ]


def group_rule(*groups: str) -> dict[str, Any]:
    return {"apiGroups": groups, "resources": ["*"], "verbs": READ}


def cluster_role(name: str, rules: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {**_typed("ClusterRole", name), "rules": rules}


def binding(kind: str, role: str, identity: Identity) -> dict[str, Any]:
    """A ClusterRoleBinding, or the RoleBinding that narrows the same role to one namespace."""
    group = "rbac.authorization.k8s.io"
    return {
        **_typed(kind, role),
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": identity}],
    }


def everything() -> list[dict[str, Any]]:
    return [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]


def _typed(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": name}}
