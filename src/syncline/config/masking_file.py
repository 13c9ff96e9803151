"""`masking:` of `syncline.yaml`: what is hidden besides Secrets.

The law: a rule that would hide nothing is an error, because what it was to hide would be shown.
"""

from __future__ import annotations

from syncline.config.decoding import Node, Table, flag, jq_path, list_of, pointer, strict_fields, text, texts
from syncline.config.groups import must_have_group
from syncline.config.settings import HiddenField, Masking
from syncline.patterns import regex


def _hidden_kind(node: Node) -> str:
    kind = text(node)
    if not _KIND_GLOB.fullmatch(kind):
        node.error("must be a kind, such as Secret, Deployment.apps or *.")
    must_have_group(node, kind)
    return kind


_KIND_GLOB = regex(r"[A-Z*][A-Za-z0-9*]*(?:\.[a-z0-9.*-]+)?")


def _hidden_field(node: Node) -> HiddenField:
    table: Table = {
        "kind": _hidden_kind,
        "jsonPointers": list_of(pointer),
        "jqPathExpressions": list_of(jq_path),
    }
    found = strict_fields(node, table)
    if isinstance(node.value, dict) and not (node.has("jsonPointers") or node.has("jqPathExpressions")):
        node.error("names no field; write jsonPointers or jqPathExpressions.")
    return HiddenField(**found)


def masking(node: Node) -> Masking:
    """What is hidden besides Secrets."""
    table: Table = {"fields": list_of(_hidden_field), "annotations": texts, "guess": flag}
    found = strict_fields(node, table)
    return Masking(
        fields=tuple(found.get("fields", ())),
        annotations=frozenset(found.get("annotations", ())),
        guess=found.get("guess", True),
    )
