"""What a CustomResourceDefinition defines, however badly it is written.

The law: a definition that is none, in whole or in part, defines nothing there, and is the server's to refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, Manifest

KIND: Final = "CustomResourceDefinition"


def defined_by(crd: Body) -> tuple[str, str]:
    """The group and the kind that it defines."""
    spec = as_map(crd.get("spec"))
    return str(spec.get("group") or ""), str(as_map(spec.get("names")).get("kind") or "")


def versions_of(crd: Body) -> tuple[Mapping[str, Any], ...]:
    """Its versions."""
    listed = as_map(crd.get("spec")).get("versions")
    return tuple(each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, dict))


def schema_of(crd: Body, version: str) -> Mapping[str, Any] | None:
    """The schema of one of its versions; None where it has none."""
    for each in versions_of(crd):
        if each.get("name") == version:
            schema = as_map(each.get("schema")).get("openAPIV3Schema")
            return schema if isinstance(schema, dict) else None
    return None


def definition_among(manifests: Iterable[Manifest], group: str, kind: str) -> Body | None:
    """The definition of a kind among manifests."""
    for manifest in manifests:
        if manifest.key.kind == KIND and defined_by(manifest.body) == (group, kind):
            return manifest.body
    return None


def as_map(value: Any) -> Mapping[str, Any]:
    """The value where it is a map, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_texts(value: Any) -> tuple[str, ...]:
    """The strings of a list; none of anything else."""
    return tuple(each for each in (value if isinstance(value, list) else ()) if isinstance(each, str))
