"""From `syncline.yaml` to `Settings`.

The law: a misspelt setting is an error, because the default in its place could be the dangerous one; and no
token is ever taken from a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncline.config.access_file import clusters, kube_version, remotes, server, token_env
from syncline.config.complaint import Complaints, did_you_mean
from syncline.config.decoding import (
    Node,
    Table,
    at_least,
    entries,
    flag,
    list_of,
    strict_fields,
    text,
    texts,
)
from syncline.config.groups import must_have_group
from syncline.config.masking_file import masking
from syncline.config.settings import (
    DriftPolicy,
    GuardLimits,
    PluginAccess,
    Settings,
)
from syncline.config.source_plugin import PluginFile
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Callable

FILE_NAMES = ("syncline.yaml", ".syncline.yaml")
"""Where the settings are looked for, at the root of the repository."""

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0}
_DURATION = regex(r"(?:[0-9]+(?:\.[0-9]+)?[hms])+")
_PART = regex(r"([0-9.]+)([hms])")
_KIND = regex(r"[A-Z][A-Za-z0-9]*(?:\.[a-z0-9.-]+)?")
_TEAM = regex(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")


def _seconds(node: Node) -> float:
    seconds = 0.0
    if isinstance(node.value, int | float) and not isinstance(node.value, bool):
        seconds = float(node.value)
    elif isinstance(node.value, str) and _DURATION.fullmatch(node.value):
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(node.value))
    if seconds <= 0:
        node.error("must be a time such as 90s, 5m or 1h30m, or a number of seconds above zero.")
    return seconds


def _plugin(node: Node) -> PluginAccess:
    if isinstance(node.value, dict) and not node.has("baseUrl"):
        node.error("needs a baseUrl, such as http://localhost:4355.")
    found = strict_fields(node, {"baseUrl": server, "tokenEnv": token_env, "timeout": _seconds})
    url = found.pop("base_url", "")
    return PluginAccess(url, **found)


_SOURCE_PLUGIN: Table = {
    "file": text,
    "network": flag,
    "forks": flag,
    "kubeVersion": kube_version,
    "apiVersions": texts,
}


def _source_plugin(node: Node) -> PluginFile:
    found = strict_fields(node, _SOURCE_PLUGIN)
    if isinstance(node.value, dict) and not node.has("file"):
        node.error("needs a file: the path of a ConfigManagementPlugin in this repository.")
    return PluginFile(**found, place=node.complaints.place(node.path))


def _team(node: Node) -> str:
    team = text(node)
    if not _TEAM.fullmatch(team):
        node.error("must be a GitHub team, written organisation/team.")
    return team


def _kind(node: Node) -> str:
    kind = text(node)
    if not _KIND.fullmatch(kind):
        node.error("must be a kind, such as Secret or Deployment.apps.")
    must_have_group(node, kind)
    return kind


_GUARD: Table = {
    "maxPrune": at_least(0),
    "maxPrunePercent": at_least(0, 100),
    "protectedKinds": list_of(_kind),
    "replaceProtectedKinds": flag,
}


def _guard(node: Node) -> GuardLimits:
    found = strict_fields(node, _GUARD)
    kinds = frozenset(found.pop("protected_kinds", ()))
    if not found.pop("replace_protected_kinds", False):
        kinds |= GuardLimits().protected_kinds
    return GuardLimits(**found, protected_kinds=kinds)


def _word(*words: str) -> Callable[[Node], str]:
    def read(node: Node) -> str:
        found = text(node)
        if found not in words:
            node.error(f"must be one of {', '.join(words)}.")
        return found

    return read


_POLICIES = ("application", "heal", "alert")


def _policies(node: Node) -> dict[str, str]:
    return {name: _word(*_POLICIES)(child) for name, child in entries(node)}


_DRIFT: Table = {
    "policy": _word(*_POLICIES),
    "applications": _policies,
    "rounds": at_least(1),
    "pause": _seconds,
}


def tool_version(node: Node) -> str:
    """A version of a program, or the beginning of one."""
    found = text(node)
    if not _TOOL_VERSION.fullmatch(found):
        node.error('must be a version such as "3", "v4" or "3.22.0".')
    return found


_TOOL_VERSION = regex(r"v?[0-9]+(?:\.[0-9]+){0,2}")


def _tools_of_apps(node: Node) -> dict[str, str]:
    found = {name: strict_fields(child, {"helm": tool_version}) for name, child in entries(node)}
    return {name: tools.get("helm", "") for name, tools in found.items()}


_RENDER: Table = {
    "timeout": _seconds,
    "helm": tool_version,
    "applications": _tools_of_apps,
    "wall": _word("required", "possible"),
}


_SYNC: Table = {
    "onlyAutomated": flag,
    "timeout": _seconds,
    "rollbackOnFailure": flag,
    "binding": _word("off", "inform", "harmless", "exact"),
}


def _lease_duration(node: Node) -> float:
    seconds = _seconds(node)
    if 0 < seconds < _SHORTEST_LEASE:
        node.error(f"must be at least {_SHORTEST_LEASE} s, or a slow answer would end the Lease.")
    return seconds


_SHORTEST_LEASE = 5


_SETTINGS: Table = {
    "clusters": clusters,
    "defaultCluster": text,
    "repositories": texts,
    "guard": _guard,
    "sync": lambda node: strict_fields(node, _SYNC),
    "drift": lambda node: DriftPolicy(**strict_fields(node, _DRIFT)),
    "lease": lambda node: strict_fields(node, {"duration": _lease_duration, "required": flag}),
    "render": lambda node: strict_fields(node, _RENDER),
    "remotes": remotes,
    "statuses": lambda node: strict_fields(node, {"limit": at_least(0)}),
    "plugins": lambda node: {name: _plugin(child) for name, child in entries(node)},
    "sourcePlugins": list_of(_source_plugin),
    "signing": lambda node: strict_fields(node, {"gpgKeys": texts, "allowedSigners": text}),
    "teams": lambda node: {name: _team(child) for name, child in entries(node)},
    "unrestrictedProjects": texts,
    "masking": masking,
    "kubeVersion": kube_version,
    "validation": _word("warn", "refuse", "off"),
}


def decode(body: Any, complaints: Complaints) -> Settings:
    """The settings, or all the defaults when `complaints` holds an error about them."""
    root = Node(body, (), complaints)
    found = strict_fields(root, _SETTINGS)
    for section, names in _PREFIXED.items():
        found |= {names[key]: value for key, value in found.pop(section, {}).items()}
    settings = Settings(**found)
    if settings.default_cluster and settings.default_cluster not in settings.clusters:
        known = did_you_mean(settings.default_cluster, settings.clusters)
        root.child("defaultCluster").error(f"names a cluster that is not under clusters{known}")
    return Settings() if complaints.errors else settings


_PREFIXED = {
    "signing": {"gpg_keys": "gpg_keys", "allowed_signers": "allowed_signers"},
    "sync": {
        "only_automated": "sync_only_automated",
        "timeout": "sync_timeout",
        "rollback_on_failure": "rollback_on_failure",
        "binding": "binding",
    },
    "lease": {"duration": "lease_seconds", "required": "require_lease"},
    "render": {
        "timeout": "render_timeout",
        "helm": "helm",
        "applications": "helm_by_app",
        "wall": "render_wall",
    },
    "statuses": {"limit": "status_limit"},
}
