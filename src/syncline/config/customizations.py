"""`argocd-cm`'s `resource.customizations`: health checks and actions of kinds, in both key styles.

The law: a key that cannot be understood is an error at its line and spoils only itself; the keys for one kind
win, field by field, over the old map of all kinds.  (Argo CD, "Resource Health", "Resource Actions".)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from syncline.config.complaint import Complaint, did_you_mean
from syncline.config.globs import compiled
from syncline.documents import read
from syncline.errors import DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_OLD: Final = "resource.customizations"
_PREFIX: Final = "resource.customizations."
_ALL: Final = "all"
_EVERY_GROUP: Final = "*/*"
_OTHERS: Final = frozenset({"ignoreDifferences", "ignoreResourceUpdates", "knownTypeFields"})
_OURS: Final = frozenset({"health", "useOpenLibs", "actions"})
_OLD_FIELDS: Final = _OTHERS | {"health.lua", "health.lua.useOpenLibs", "actions"}
_TYPES: Final = _OTHERS | _OURS
_ACTION_FIELDS: Final = ("discovery.lua", "definitions", "mergeBuiltinActions")


class Lua(Struct, frozen=True):
    """A script, and where it is written."""

    text: str
    place: Place


class Actions(Struct, frozen=True):
    """A kind's actions: the script that says which there are now, and each one's script by its name.

    Without `merge` they replace the built-in ones.
    """

    discovery: Lua
    scripts: Mapping[str, Lua]
    merge: bool = False


class Customization(Struct, frozen=True):
    """What is said of one kind."""

    health: Lua | None = None
    open_libs: bool = False
    actions: Actions | None = None


class _Trouble(Exception):  # noqa: N818 - a finding about a key
    """A sentence about the key that is being read."""


Texts = dict[str, tuple[str, Place]]


def decode(texts: Mapping[str, tuple[str, Place]]) -> tuple[dict[str, Customization], tuple[Complaint, ...]]:
    """The customizations by kind, and what is wrong with them."""
    found: dict[str, Customization] = {}
    complaints: list[Complaint] = []
    steps = [_old(texts[_OLD])] if _OLD in texts else []
    steps += [
        _one(key.removeprefix(_PREFIX), text, place)
        for key, (text, place) in texts.items()
        if key.startswith(_PREFIX)
    ]
    for step in steps:
        for kind, changes in _told(step, complaints):
            found[kind] = replace(found.get(kind, Customization()), **changes)
    return found, tuple(complaints)


Step = tuple[Place, "Iterator[tuple[str, dict[str, Any]]]"]


def _told(step: Step, complaints: list[Complaint]) -> Iterator[tuple[str, dict[str, Any]]]:
    place, kinds = step
    try:
        yield from kinds
    except _Trouble as trouble:
        complaints.append(Complaint(str(trouble), place))
    except DocumentError as error:
        complaints.append(Complaint(f"{error.message} {error.remedy}".strip(), place))


def _old(entry: tuple[str, Place]) -> Step:
    text, place = entry
    return place, _old_kinds(text, place)


def _old_kinds(text: str, place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, fields in _mapping(_yaml(text, place), _OLD).items():
        _checked_glob(kind)
        for name in _mapping(fields, f"{_OLD}: {kind}"):
            if name not in _OLD_FIELDS:
                hint = did_you_mean(name, _OLD_FIELDS)
                raise _Trouble(f"{_OLD}: {kind}: {name} is not a field Argo CD knows{hint}")
        changes: dict[str, Any] = {}
        if fields.get("health.lua"):
            changes["health"] = Lua(_text(fields["health.lua"], f"{kind}: health.lua"), place)
        if "health.lua.useOpenLibs" in fields:
            changes["open_libs"] = _flag(fields, "health.lua.useOpenLibs", f"{_OLD}: {kind}")
        if fields.get("actions"):
            changes["actions"] = _actions(
                _text(fields["actions"], f"{kind}: actions"), place, f"{_OLD}: {kind}: actions"
            )
        yield kind, changes


def _one(rest: str, text: str, place: Place) -> Step:
    return place, _one_kind(rest, text, place)


def _one_kind(rest: str, text: str, place: Place) -> Iterator[tuple[str, dict[str, Any]]]:
    what, _, which = rest.partition(".")
    if what not in _TYPES:
        raise _Trouble(f"{_PREFIX}{rest} is not a setting Argo CD knows{did_you_mean(what, _TYPES)}")
    kind = _kind(which, f"{_PREFIX}{rest}")
    if what == "health" and text.strip():
        yield kind, {"health": Lua(text, place)}
    elif what == "useOpenLibs":
        if text.strip().lower() not in {"true", "false"}:
            raise _Trouble(f"{_PREFIX}{rest} must be true or false, as a string.")
        yield kind, {"open_libs": text.strip().lower() == "true"}
    elif what == "actions" and text.strip():
        yield kind, {"actions": _actions(text, place, f"{_PREFIX}{rest}")}


def _kind(which: str, key: str) -> str:
    if which == _ALL:
        return _EVERY_GROUP
    parts = which.split("_")
    if len(parts) not in {1, 2} or not all(parts):
        raise _Trouble(f"{key} must end with group_Kind, or with Kind for the core group.")
    return "/".join(parts)


def _checked_glob(kind: Any) -> None:
    try:
        compiled(kind if isinstance(kind, str) else "{")
    except (ValueError, re.error):
        raise _Trouble(
            f"{_OLD}: {kind} is no group/Kind and no glob; close its brackets and braces."
        ) from None


def _actions(text: str, place: Place, key: str) -> Actions:
    fields = _known(_mapping(_yaml(text, place), key), _ACTION_FIELDS, key)
    definitions = fields.get("definitions") or []
    if not isinstance(definitions, list):
        raise _Trouble(f"{key}: definitions must be a list.")
    scripts = {}
    for definition in definitions:
        entry = _known(_mapping(definition, f"{key}: a definition"), ("name", "action.lua"), key)
        name = _text(entry.get("name"), f"{key}: a definition's name")
        if name in scripts:
            raise _Trouble(f"{key}: {name} is defined twice; remove one of them.")
        scripts[name] = Lua(_text(entry.get("action.lua"), f"{key}: {name}: action.lua"), place)
    discovery = Lua(_text(fields.get("discovery.lua"), f"{key}: discovery.lua"), place)
    return Actions(discovery, scripts, merge=_flag(fields, "mergeBuiltinActions", key))


def _known(fields: dict[str, Any], names: Iterable[str], what: str) -> dict[str, Any]:
    for name in fields:
        if name not in names:
            raise _Trouble(f"{what}: {name} is not a field Argo CD knows{did_you_mean(str(name), names)}")
    return fields


def _flag(fields: Mapping[str, Any], name: str, what: str) -> bool:
    value = fields.get(name)
    if not isinstance(value, bool | None):
        raise _Trouble(f"{what}: {name} must be true or false, without quotes.")
    return value is True


def _yaml(text: str, place: Place) -> Any:
    documents = read(text, place.file)
    if len(documents) > 1:
        raise _Trouble(f"{_OLD} holds more than one document.")
    return documents[0].value if documents else {}


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Trouble(f"{name} must be a mapping.")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Trouble(f"{name} must be a string with something in it.")
    return value


DIRECTORY: Final = "resource_customizations"
"""Where a repository may keep scripts in Argo CD's own layout: GROUP/KIND/health.lua, and KIND for core."""


def bundled(files: Iterable[tuple[str, bytes | str]]) -> dict[str, Customization]:
    """The scripts of that directory, by `Kind`, `group/Kind` or, where a name has a `_`, a glob.

    As in Argo CD they have the open libraries for health, and never for actions.
    """
    trees: dict[str, dict[str, Lua]] = {}
    for path, content in sorted(files):
        inside = path.removeprefix(f"{DIRECTORY}/").split("/")
        at = inside.index("actions") if "actions" in inside[1:] else len(inside) - 1
        text = content if isinstance(content, str) else content.decode("utf-8", "replace")
        trees.setdefault("/".join(inside[:at]), {})["/".join(inside[at:])] = Lua(text, Place(path))
    found = {}
    for directory, scripts in trees.items():
        kind = directory.replace("_", "*") if "/" in directory else directory
        found[kind] = Customization(scripts.get("health.lua"), open_libs=True, actions=_tree_actions(scripts))
    return found


def _tree_actions(scripts: Mapping[str, Lua]) -> Actions | None:
    discovery = scripts.get("actions/discovery.lua")
    if discovery is None:
        return None
    named = {
        path.split("/")[1]: script
        for path, script in scripts.items()
        if path.startswith("actions/") and path.endswith("/action.lua")
    }
    return Actions(discovery, named)
