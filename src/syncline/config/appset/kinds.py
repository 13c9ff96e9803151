"""The fields of each generator.

The law: a generator that needs a cluster with Argo CD in it, or a host other than GitHub, is named as such
and never taken for a misspelling.
"""

from __future__ import annotations

import re
from typing import Any, Final

from syncline.config.appset.selector import OPERATORS
from syncline.config.decoding import (
    Node,
    Table,
    anything,
    checked,
    fields,
    flag,
    list_of,
    text,
    text_map,
    texts,
)

NESTED: Final = frozenset({"matrix", "merge"})

UNSERVED: Final = {
    "clusterDecisionResource": (
        "reads objects of the cluster that Argo CD runs in, and Syncline runs in none; list the clusters in "
        "syncline.yaml and use the clusters generator."
    ),
}

_HOSTS: Final = (
    "gitlab",
    "gitea",
    "bitbucket",
    "bitbucketServer",
    "azureDevOps",
    "azuredevops",
    "awsCodeCommit",
)


def selector(node: Node) -> dict[str, Any]:
    """A label selector, as it is written."""
    fields(node, {"matchLabels": text_map, "matchExpressions": list_of(_expression)})
    return node.value if isinstance(node.value, dict) else {}


def _expression(node: Node) -> None:
    found = fields(node, {"key": text, "operator": text, "values": texts})
    if found.get("operator") not in OPERATORS:
        node.error(f"has the operator {found.get('operator', '(none)')}; it may be {', '.join(OPERATORS)}.")


def _other_host(node: Node) -> None:
    node.error("is a host that this version does not ask; only github is.")


_PATH_RULE: Table = {"path": text, "exclude": flag}
_PLUGIN_INPUT: Table = {"parameters": anything}

_GITHUB: Table = {**dict.fromkeys(("api", "appSecretName"), text), "tokenRef": anything}
_PULLS: Table = {**_GITHUB, "owner": text, "repo": text, "labels": texts}
_ORGANIZATION: Table = {
    **_GITHUB,
    "organization": text,
    "allBranches": flag,
    "excludeArchivedRepos": flag,
}


def _expression_text(node: Node) -> str:
    pattern = text(node)
    # A template inside of a matrix is filled before it is an expression.
    if "{{" not in pattern:
        try:
            re.compile(pattern)
        except re.error:
            node.error("is no regular expression.")
    return pattern


def _protocol(node: Node) -> str:
    protocol = text(node)
    if protocol not in {"ssh", "https"} and "{{" not in protocol:
        node.error("must be ssh or https.")
    return protocol


_PULL_FILTER: Table = dict.fromkeys(("branchMatch", "targetBranchMatch", "titleMatch"), _expression_text)
_REPOSITORY_FILTER: Table = {
    **dict.fromkeys(("repositoryMatch", "labelMatch", "branchMatch"), _expression_text),
    "pathsExist": texts,
    "pathsDoNotExist": texts,
}
_HOSTED: Table = {
    "values": text_map,
    "requeueAfterSeconds": anything,
    "template": anything,
    **dict.fromkeys(_HOSTS, _other_host),
}
_NESTED: Table = {"generators": anything, "mergeKeys": texts, "template": anything}

GENERATORS: Final[dict[str, Table]] = {
    "list": {"elements": list_of(anything), "elementsYaml": text, "template": anything},
    "clusters": {"selector": selector, "values": text_map, "flatList": flag, "template": anything},
    "git": {
        "repoURL": text,
        "revision": text,
        "directories": list_of(checked(_PATH_RULE)),
        "files": list_of(checked(_PATH_RULE)),
        "values": text_map,
        "pathParamPrefix": text,
        "requeueAfterSeconds": anything,
        "template": anything,
    },
    "matrix": _NESTED,
    "merge": _NESTED,
    "pullRequest": {
        **_HOSTED,
        "github": checked(_PULLS),
        "filters": list_of(checked(_PULL_FILTER)),
        "continueOnRepoNotFoundError": flag,
    },
    "scmProvider": {
        **_HOSTED,
        "github": checked(_ORGANIZATION),
        "filters": list_of(checked(_REPOSITORY_FILTER)),
        "cloneProtocol": _protocol,
    },
    "plugin": {
        "configMapRef": checked({"name": text}),
        "input": checked(_PLUGIN_INPUT),
        "values": text_map,
        "requeueAfterSeconds": anything,
        "template": anything,
    },
}
"""What Argo CD's `applicationset_types.go` lists, but for what cannot be asked from here."""
