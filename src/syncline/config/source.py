"""`spec.source` and its four kinds of options.

The law: after normalisation a source has at most one kind of options, as `util/argo` demands of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from syncline.config.application import (
    DirectoryOptions,
    HelmOptions,
    HelmParameter,
    JsonnetOptions,
    JsonnetVariable,
    KustomizeOptions,
    PluginOptions,
    Source,
)
from syncline.config.decoding import (
    Node,
    Table,
    anything,
    checked,
    fields,
    flag,
    list_of,
    members,
    text,
    text_map,
    texts,
    whole,
)
from syncline.documents import dump
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from syncline.config.complaint import Complaints

T = TypeVar("T")

_REF = regex(r"[a-zA-Z0-9_-]+")
_NUMBER = regex(r"[0-9]+")
_LARGEST_COUNT = 2**31 - 1


def _parameter(node: Node) -> HelmParameter:
    return HelmParameter(**{"name": "", "value": "", **fields(node, _PARAMETER)})


def _file_parameter(node: Node) -> HelmParameter:
    found = fields(node, {"name": text, "path": text})
    return HelmParameter(found.get("name", ""), found.get("path", ""))


def _values_object(node: Node) -> str:
    if not isinstance(node.value, dict):
        node.must_be("a mapping")
    return dump(node.value)


def _replica(node: Node) -> tuple[str, int]:
    found = fields(node, {"name": text, "count": _count})
    return found.get("name", ""), found.get("count", 0)


def _count(node: Node) -> int:
    if isinstance(node.value, str) and _NUMBER.fullmatch(node.value):
        number = int(node.value)
    elif isinstance(node.value, str):
        node.error("must be a whole number, or a string of digits.")
        return 0
    else:
        number = whole(node)
    if not 0 <= number <= _LARGEST_COUNT:
        node.error(f"must be from 0 to {_LARGEST_COUNT}.")
    return number


_PARAMETER: Table = {"name": text, "value": text, "forceString": flag}

_HELM: Table = {
    "releaseName": text,
    "namespace": text,
    "valueFiles": texts,
    "values": text,
    "valuesObject": _values_object,
    "parameters": list_of(_parameter),
    "fileParameters": list_of(_file_parameter),
    "ignoreMissingValueFiles": flag,
    "skipCrds": flag,
    "skipTests": flag,
    "skipSchemaValidation": flag,
    "kubeVersion": text,
    "apiVersions": texts,
    "version": text,
    "passCredentials": flag,
}

_TARGET: Table = dict.fromkeys(
    ("group", "version", "kind", "name", "namespace", "annotationSelector", "labelSelector"), text
)
_PATCH: Table = {"path": text, "patch": text, "target": checked(_TARGET), "options": anything}

_KUSTOMIZE: Table = {
    "namePrefix": text,
    "nameSuffix": text,
    "namespace": text,
    "images": texts,
    "replicas": list_of(_replica),
    "commonLabels": text_map,
    "commonAnnotations": text_map,
    "commonAnnotationsEnvsubst": flag,
    "forceCommonLabels": flag,
    "forceCommonAnnotations": flag,
    "labelWithoutSelector": flag,
    "labelIncludeTemplates": flag,
    "patches": list_of(checked(_PATCH)),
    "components": texts,
    "ignoreMissingComponents": flag,
    "version": text,
    "kubeVersion": text,
    "apiVersions": texts,
}

_VARIABLE: Table = {"name": text, "value": text, "code": flag}


def _variable(node: Node) -> JsonnetVariable:
    return JsonnetVariable(**fields(node, _VARIABLE))


_JSONNET: Table = {"extVars": list_of(_variable), "tlas": list_of(_variable), "libs": texts}


def _jsonnet(node: Node) -> JsonnetOptions:
    return JsonnetOptions(**fields(node, _JSONNET))


_DIRECTORY: Table = {
    "recurse": flag,
    "include": text,
    "exclude": text,
    "jsonnet": _jsonnet,
    "disableExtensionFilter": flag,
}


def _environment(node: Node) -> dict[str, str]:
    pairs = [fields(member, {"name": text, "value": text}) for member in members(node)]
    return {pair.get("name", ""): pair.get("value", "") for pair in pairs}


def _plugin_parameters(node: Node) -> dict[str, Any]:
    table: Table = {"name": text, "string": text, "array": texts, "map": text_map}
    found: dict[str, Any] = {}
    for member in members(node):
        given = fields(member, table)
        name = given.pop("name", "")
        found[name] = next(iter(given.values()), "")
    return found


_PLUGIN: Table = {"name": text, "env": _environment, "parameters": _plugin_parameters}


def _helm(node: Node) -> HelmOptions | None:
    found = fields(node, _HELM)
    if "values_object" in found:
        found["values"] = found.pop("values_object")
    return _unless_empty(HelmOptions(**found), HelmOptions())


def _kustomize(node: Node) -> KustomizeOptions | None:
    return _unless_empty(KustomizeOptions(**fields(node, _KUSTOMIZE)), KustomizeOptions())


def _directory(node: Node) -> DirectoryOptions | None:
    return _unless_empty(DirectoryOptions(**fields(node, _DIRECTORY)), DirectoryOptions())


def _plugin(node: Node) -> PluginOptions:
    return PluginOptions(**fields(node, _PLUGIN))  # empty is not absent: it asks for plugin discovery


def _unless_empty(options: T, empty: T) -> T | None:
    return None if options == empty else options


_SOURCE: Table = {
    "repoURL": text,
    "path": text,
    "chart": text,
    "targetRevision": text,
    "ref": text,
    "name": text,
    "tagPrefix": text,
    "helm": _helm,
    "kustomize": _kustomize,
    "directory": _directory,
    "plugin": _plugin,
}
_KINDS = ("helm", "kustomize", "directory", "plugin")


def source(node: Node) -> Source:
    """One source that stands alone: it needs a path or a chart."""
    found = Source(**fields(node, _SOURCE))
    if isinstance(node.value, dict):
        _check(node, found)
        if not node.has("path") and not node.has("chart"):
            node.error("needs a path in the repository, or the name of a chart.")
    return found


def dry_source(node: Node) -> Source:
    """What a hydrator renders: a path of a repository, with options as a source has them."""
    table = {name: _SOURCE[name] for name in ("repoURL", "path", "targetRevision", *_KINDS)}
    found = Source(**fields(node, table))
    _one_kind(node, [kind for kind in _KINDS if getattr(found, kind) is not None])
    return found


def sources(node: Node) -> tuple[Source, ...]:
    """Several sources: each needs a path, a chart or a ref, and no ref is used twice."""
    found: list[Source] = []
    for member in members(node):
        found.append(Source(**fields(member, _SOURCE)))
        if isinstance(member.value, dict):
            _check(member, found[-1])
            _check_ref(member, found)
    return tuple(found)


def patched_source(raw: Mapping[str, Any], complaints: Complaints) -> dict[str, Any]:
    """The four kinds of options of a source that an override was merged into; None where one is empty."""
    node = Node(raw, (), complaints)
    found = fields(node, _SOURCE)
    options = {kind: found.get(kind) for kind in _KINDS}
    _one_kind(node, [kind for kind, given in options.items() if given is not None])
    return options


def _check_ref(node: Node, found: Sequence[Source]) -> None:
    if not any(node.has(key) for key in ("path", "chart", "ref")):
        node.error("needs a path in the repository, the name of a chart, or a ref.")
    ref = found[-1].ref
    if ref and any(other.ref == ref for other in found[:-1]):
        node.child("ref").error("is used by another source of this Application; choose another name.")


def _check(node: Node, found: Source) -> None:
    if not node.has("repoURL"):
        node.error("needs a repoURL.")
    if node.has("chart") and not node.has("targetRevision"):
        node.error("needs a targetRevision: a chart has no default version.")
    if found.path.startswith("/"):
        node.child("path").error("must be relative to the repository, without a leading slash.")
    if found.ref and not _REF.fullmatch(found.ref):
        node.child("ref").error("may only contain letters, digits, hyphens and underscores.")
    _one_kind(node, [kind for kind in _KINDS if getattr(found, kind) is not None])


def _one_kind(node: Node, kinds: Sequence[str]) -> None:
    if len(kinds) > 1:
        node.error(f"has options of several kinds ({', '.join(kinds)}); keep one of them.")
