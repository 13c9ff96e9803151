"""`masking:` of `syncline.yaml`: what is hidden besides Secrets.

The law: a rule that would hide nothing is an error, because what it was to hide would be shown.
"""

from __future__ import annotations

from syncline.config.decoding import Node, Table, flag, list_of, strict_fields, text, texts
from syncline.config.groups import must_have_group
from syncline.config.jq import unreadable
from syncline.config.settings import HiddenField, Masking
from syncline.patterns import regex


def _pointer(node: Node) -> str:
    pointer = text(node)
    if not pointer.startswith("/"):
        node.error("must be a JSON pointer, such as /spec/password.")
    return pointer


def _expression(node: Node) -> str:
    expression = text(node)
    why = unreadable(expression) if expression else ""
    if why:
        node.error(f"is no jq path expression: {why}.")
    return expression


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
        "jsonPointers": list_of(_pointer),
        "jqPathExpressions": list_of(_expression),
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
