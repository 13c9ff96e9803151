"""From a document to an `ApplicationSet`.

The law: an unknown generator is an error at its line; what a set asks for and Syncline has no use for is a
warning that says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from syncline.config.appset.kinds import GENERATORS, NESTED, UNSERVED, selector
from syncline.config.appset.model import ApplicationSet, Generator, RollingStep
from syncline.config.appset.selector import OPERATORS
from syncline.config.complaint import did_you_mean
from syncline.config.controller import POLICIES
from syncline.config.decoding import (
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
from syncline.config.metadata import METADATA, check_head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.complaint import Complaints

_DEEPEST: Final = 2
_GO_OPTIONS: Final = ("missingkey=default", "missingkey=invalid", "missingkey=zero", "missingkey=error")


def generators(node: Node, depth: int = 0) -> tuple[Generator, ...]:
    """The generators of a list, with those that a matrix or merge holds checked as well."""
    return tuple(one for member in members(node) for one in _generators_of(member, depth))


def _generators_of(node: Node, depth: int) -> Iterator[Generator]:
    if not isinstance(node.value, dict):
        node.must_be("a mapping")
        return
    kinds = [key for key in node.value if key not in {"template", "selector"} and node.value[key] is not None]
    if not kinds:
        node.error(f"names no generator; write one of {', '.join(sorted(GENERATORS))}.")
    wanted = selector(node.child("selector")) if node.has("selector") else None
    template = node.value.get("template") or {}
    for kind in kinds:
        if kind in UNSERVED:
            node.child(kind).error(UNSERVED[kind])
        elif kind not in GENERATORS:
            node.child(kind).error(f"is not a generator{did_you_mean(kind, GENERATORS)}")
        else:
            yield _generator(node.child(kind), kind, template, wanted, depth)


def _generator(node: Node, kind: str, template: Any, wanted: Any, depth: int) -> Generator:
    fields(node, GENERATORS[kind])
    body = node.value if isinstance(node.value, dict) else {}
    if kind in NESTED and isinstance(node.value, dict):
        if depth >= _DEEPEST:
            node.error(f"stands deeper than {_DEEPEST} levels, which Argo CD does not expand.")
        else:
            _nested(node, kind, depth)
    own = template or body.get("template") or {}
    if not isinstance(own, dict):
        node.error("has a template that is no mapping.")
        own = {}
    if kind == "git" and node.has("directories") and node.has("files"):
        node.child("files").warn("has no effect beside directories; write a second git generator.")
    if own and depth:
        node.warn("has a template of its own, which has no effect inside a matrix or merge.")
    return Generator(kind, body, node.path, own, wanted)


def _nested(node: Node, kind: str, depth: int) -> None:
    if node.has("generators"):
        generators(node.child("generators"), depth + 1)
    listed = node.value.get("generators")
    count = len(listed) if isinstance(listed, list) else 0
    if kind == "matrix" and count != 2:  # noqa: PLR2004 - Argo CD's own rule
        node.error(f"needs exactly two generators, and has {count}.")
    if kind == "merge":
        if count < 2:  # noqa: PLR2004 - Argo CD's own rule
            node.error(f"needs two generators or more, and has {count}.")
        if not node.has("mergeKeys"):
            node.error("needs mergeKeys, the names of the parameters that have to agree.")


def _applications_sync(node: Node) -> str:
    policy = text(node)
    if policy not in POLICIES:
        node.error(f"must be one of {', '.join(POLICIES)}.")
    if policy in {"create-only", "create-delete"}:
        node.warn(
            "keeps changes of the template from Applications that exist; Syncline keeps no Applications in a "
            "cluster, so each sync takes the template as it stands."
        )
    return policy


def _most(node: Node) -> int | str | None:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | str):
        node.must_be("a number or a percentage")
        return None
    digits = value[:-1] if isinstance(value, str) and value.endswith("%") else str(value)
    if not (digits.isascii() and digits.isdigit()):
        node.error("must be a number such as 1, or a percentage such as 25%.")
        return None
    return value if isinstance(value, str) and value.endswith("%") else int(value)


def _expression(node: Node) -> dict[str, Any]:
    found = fields(node, {"key": text, "operator": text, "values": texts})
    if found.get("operator") not in {"In", "NotIn"}:
        node.error(f"has the operator {found.get('operator', '(none)')}; a step takes In and NotIn.")
    return found if found.get("operator") in OPERATORS else {"key": "", "operator": "Exists"}


def _step(node: Node) -> RollingStep:
    found = fields(node, {"matchExpressions": list_of(_expression), "maxUpdate": _most})
    return RollingStep(
        found.get("match_expressions", ()), found.get("max_update"), node.complaints.place(node.path)
    )


def _rolling(node: Node) -> tuple[RollingStep, ...]:
    steps: tuple[RollingStep, ...] = fields(node, {"steps": list_of(_step)}).get("steps", ())
    return steps


class _Strategy(Struct, frozen=True):
    steps: tuple[RollingStep, ...] | None = None
    reverse: bool = False


def _strategy(node: Node) -> _Strategy:
    found = fields(node, {"type": text, "rollingSync": _rolling, "deletionOrder": text})
    kind = found.get("type", "")
    if kind not in {"", "AllAtOnce", "RollingSync"}:
        node.child("type").error("must be AllAtOnce or RollingSync.")
    order = found.get("deletion_order", "")
    if order not in {"", "AllAtOnce", "Reverse"}:
        node.child("deletionOrder").error("must be AllAtOnce or Reverse.")
    if kind != "RollingSync":
        if node.has("rollingSync"):
            node.child("rollingSync").warn("has no effect without type: RollingSync.")
        if order == "Reverse":
            node.child("deletionOrder").warn("has no effect without type: RollingSync and its steps.")
        return _Strategy()
    if not found.get("rolling_sync"):
        node.error("is RollingSync and has no steps.")
    return _Strategy(found.get("rolling_sync", ()), reverse=order == "Reverse")


def _go_option(node: Node) -> str:
    option = text(node)
    if option not in _GO_OPTIONS:
        node.error(f"must be one of {', '.join(_GO_OPTIONS)}.")
    return option


def _no_effect(why: str) -> Any:
    def decode(node: Node) -> Any:
        if node.value:
            node.warn(f"has no effect: {why}")
        return node.value

    return decode


_NO_CR: Final = "Syncline keeps no Applications in a cluster that somebody could have changed."

_TEMPLATE: Table = {
    "metadata": anything,
    "spec": anything,
}
_SPEC: Table = {
    "goTemplate": flag,
    "goTemplateOptions": list_of(_go_option),
    "generators": generators,
    "template": lambda node: fields(node, _TEMPLATE) and node.value,
    "templatePatch": text,
    "syncPolicy": lambda node: fields(
        node, {"applicationsSync": _applications_sync, "preserveResourcesOnDeletion": flag}
    ),
    "strategy": _strategy,
    "preservedFields": _no_effect(_NO_CR),
    "ignoreApplicationDifferences": _no_effect(_NO_CR),
    "applyNestedSelectors": anything,
}
_SET: Table = {
    "apiVersion": text,
    "kind": text,
    "metadata": lambda node: fields(node, METADATA),
    "spec": lambda node: fields(node, _SPEC),
    "status": anything,
}


def decode(body: Any, complaints: Complaints) -> ApplicationSet | None:
    """The set, or None when `complaints` holds an error about it."""
    root = Node(body, (), complaints)
    found = fields(root, _SET)
    check_head(root)
    spec = found.get("spec") or {}
    for name in ("generators", "template"):
        if not isinstance(root.value.get("spec"), dict) or not root.child("spec").has(name):
            complaints.error(("spec",), f"An ApplicationSet needs {name}.")
    if complaints.errors:
        return None
    policy, strategy = spec.get("sync_policy", {}), spec.get("strategy") or _Strategy()
    if spec.get("go_template_options") and not spec.get("go_template"):
        root.child("spec").child("goTemplateOptions").warn("has no effect without goTemplate: true.")
    return ApplicationSet(
        name=found["metadata"]["name"],
        namespace=found["metadata"].get("namespace", ""),
        origin=complaints.place(),
        generators=spec["generators"],
        template=spec["template"],
        template_patch=spec.get("template_patch", ""),
        is_go=spec.get("go_template", False),
        go_options=spec.get("go_template_options", ()),
        keeps_resources=policy.get("preserve_resources_on_deletion", False),
        policy=policy.get("applications_sync") or "sync",
        steps=strategy.steps,
        reverse=strategy.reverse,
        lines=complaints.lines(),
        base=complaints.base,
    )
