"""What `argocd-cm` says of comparing: ignored differences, known types, how objects are tracked.

The law: a key that cannot be understood is an error at its line and spoils only itself.  (Argo CD, "Diff
Customization", "Resource Tracking", "Reconcile Optimization".)
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.config.application import IgnoreDifference
from syncline.config.complaint import Complaint, did_you_mean
from syncline.config.decoding import jq_objection, pointer_objection
from syncline.config.globs import compiled
from syncline.config.groups import missing_group
from syncline.documents import read
from syncline.errors import DocumentError, Place
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IGNORED: Final = "ignoreDifferences"
NOISE: Final = "ignoreResourceUpdates"
TYPED: Final = "knownTypeFields"
KEYS: Final = ("application.resourceTrackingMethod", "application.instanceLabelKey", "installationID")
"""What is read of `argocd-cm` besides the keys that begin with `resource.`."""

PATIENCE: Final = "controller.ignore.normalizer.jq.timeout"
"""What is read of `argocd-cmd-params-cm`."""

_METHODS: Final = ("annotation", "annotation+label", "label")
_OLD: Final = "resource.customizations"
_OPTIONS: Final = "resource.compareoptions"
_LISTS: Final = ("jsonPointers", "jqPathExpressions", "managedFieldsManagers")
_KNOWN: Final = ("ignoreAggregatedRoles", "ignoreDifferencesOnResourceUpdates", "ignoreResourceStatusField")
_LONGEST_PATIENCE: Final = 60.0
_STATUS_WORDS: Final = frozenset({"", "all", "crd", "none", "off", "false"})
_TYPE: Final = regex(r"core/v1/[A-Z]\w*|core/Quantity|meta/v1/Duration")


class Tracking(Struct, frozen=True):
    """How Argo CD marks its objects: by annotation, by the label `label`, or both."""

    method: str = "annotation"
    label: str = "app.kubernetes.io/instance"
    installation: str = ""


class KnownType(Struct, frozen=True):
    """A field of a custom kind that holds one of Kubernetes' own types, such as `core/v1/PodSpec`."""

    path: tuple[str, ...]
    type: str


class Comparison(Struct, frozen=True):
    """How objects are compared in every application. `known_types` is by `group/Kind`.

    `noise` is what `ignoreResourceUpdates` names: it saves Argo CD a refresh, and nothing is refreshed here.
    `jq_seconds` is how long one jq expression may take for one object.
    """

    ignored: tuple[IgnoreDifference, ...] = ()
    noise: tuple[IgnoreDifference, ...] = ()
    known_types: Mapping[str, tuple[KnownType, ...]] = field(default_factory=dict)
    ignore_aggregated_roles: bool = False
    tracking: Tracking = field(default_factory=Tracking)
    jq_seconds: float = 1.0


class _Trouble(Exception):  # noqa: N818 - a finding about a key
    """A sentence about the key that is being read."""


class _Found:
    def __init__(self) -> None:
        self.ignored: dict[str, IgnoreDifference] = {}
        self.noise: dict[str, IgnoreDifference] = {}
        self.known_types: dict[str, tuple[KnownType, ...]] = {}
        self.options: Mapping[str, Any] = {}
        self.tracking: dict[str, str] = {}
        self.jq_seconds = 1.0


def decode(texts: Mapping[str, tuple[str, Place]]) -> tuple[Comparison, tuple[Complaint, ...]]:
    """The rules of comparing in these keys, and what is wrong with them."""
    found = _Found()
    complaints: list[Complaint] = []
    # The key for one kind wins over the old map of all kinds, wherever it stands.
    for key, (text, place) in sorted(texts.items(), key=lambda entry: entry[0] != _OLD):
        try:
            _take(found, key, text, place)
        except _Trouble as trouble:
            complaints.append(Complaint(str(trouble), place))
        except DocumentError as error:
            if key != _OLD:  # the other reader of the old map tells it
                complaints.append(Complaint(f"{key}: {error.message} {error.remedy}".strip(), place))
    comparison = Comparison(
        tuple(found.ignored.values()),
        tuple(found.noise.values()),
        found.known_types,
        ignore_aggregated_roles=found.options.get("ignoreAggregatedRoles") is True,
        tracking=Tracking(**found.tracking),
        jq_seconds=found.jq_seconds,
    )
    return comparison, tuple(complaints)


def _take(found: _Found, key: str, text: str, place: Place) -> None:
    if key == _OLD:
        _take_old(found, text, place)
    elif key == _OPTIONS:
        found.options = _options(_map(text, key, place))
    elif key == KEYS[0]:
        if text not in {"", *_METHODS}:
            raise _Trouble(f"{key} must be {', '.join(_METHODS[:-1])} or {_METHODS[-1]}.")
        found.tracking["method"] = text or _METHODS[0]
    elif key == KEYS[1] and text:
        found.tracking["label"] = text
    elif key == KEYS[2]:
        found.tracking["installation"] = text
    elif key == PATIENCE:
        found.jq_seconds = _patience(text)
    elif key.startswith(f"{_OLD}."):
        what, _, which = key.removeprefix(f"{_OLD}.").partition(".")
        if what in {IGNORED, NOISE, TYPED} and text.strip():
            _take_one(found, what, _kind(which, key), (text, key, place))


def _patience(text: str) -> float:
    from syncline.config.windows import go_seconds

    try:
        seconds = go_seconds(text.strip())
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= _LONGEST_PATIENCE:
        raise _Trouble(f"{PATIENCE} must be a time such as 2s, of at most a minute.")
    return seconds


def _take_old(found: _Found, text: str, place: Place) -> None:
    listed = _read(text, _OLD, place)
    # What else is wrong with it tells the other reader (`customizations.py`).
    for kind, fields in listed.items() if isinstance(listed, dict) else ():
        for what in (IGNORED, NOISE, TYPED):
            inner = fields.get(what) if isinstance(fields, dict) else None
            if inner:
                words = inner if isinstance(inner, str) else None
                if words is None and what != TYPED:
                    raise _Trouble(f"{_OLD}: {kind}: {what} must be a string.")
                _take_one(found, what, kind, (words or inner, f"{_OLD}: {kind}: {what}", place))


def _take_one(found: _Found, what: str, kind: str, told: tuple[Any, str, Place]) -> None:
    text, name, place = told
    if what == TYPED:
        value = _read(text, name, place) if isinstance(text, str) else text
        found.known_types[kind] = tuple(_known_types(value, name))
        return
    rule = _rule(kind, _map(text, name, place), name)
    (found.ignored if what == IGNORED else found.noise)[kind] = rule


def _rule(kind: str, fields: Mapping[str, Any], name: str) -> IgnoreDifference:
    group, _, bare = kind.rpartition("/")
    if home := missing_group(bare, group):
        raise _Trouble(f"{name} means no object: {bare} is of the group {home}; write {home}_{bare}.")
    for part in (group, bare):
        try:
            compiled(part)
        except (ValueError, re.error):
            raise _Trouble(f"{name}: {kind} is not a glob; close its brackets and braces.") from None
    for field_name in fields:
        if field_name not in _LISTS:
            hint = did_you_mean(field_name, _LISTS)
            raise _Trouble(f"{name}: {field_name} is not a field Argo CD knows{hint}")
    pointers, expressions, managers = (tuple(_texts(fields.get(each), f"{name}: {each}")) for each in _LISTS)
    for written, objection in [(pointers, pointer_objection), (expressions, jq_objection)]:
        for each in written:
            if why := objection(each):
                raise _Trouble(f"{name}: {each!r} {why}.")
    return IgnoreDifference(group, bare, "", "", pointers, expressions, managers)


def _known_types(value: Any, name: str) -> Iterator[KnownType]:
    for entry in value if isinstance(value, list) else [value]:
        path, known = (entry.get("field"), entry.get("type")) if isinstance(entry, dict) else (None, None)
        if not isinstance(path, str) or not path or not isinstance(known, str):
            raise _Trouble(f"{name} must be a list of `field:` and `type:`.")
        if not _TYPE.fullmatch(known):
            raise _Trouble(f"{name}: {known} must be core/v1/TYPE, core/Quantity or meta/v1/Duration.")
        yield KnownType(tuple(path.split(".")), known)


def _options(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    for name, value in fields.items():
        if name not in _KNOWN:
            raise _Trouble(f"{_OPTIONS}: {name} is not an option Argo CD knows{did_you_mean(name, _KNOWN)}")
        if name != "ignoreResourceStatusField" and not isinstance(value, bool):
            raise _Trouble(f"{_OPTIONS}: {name} must be true or false.")
        if name == "ignoreResourceStatusField" and str(value).lower() not in _STATUS_WORDS:
            raise _Trouble(f"{_OPTIONS}: {name} must be all, crd or none.")
    return fields


def _kind(which: str, key: str) -> str:
    if which == "all":
        return "*/*"
    parts = which.split("_")
    if len(parts) not in {1, 2} or not all(parts):
        raise _Trouble(f"{key} must end with group_Kind, or with Kind for the core group.")
    return "/".join(parts)


def _read(text: str, name: str, place: Place) -> Any:
    documents = read(text, place.file)
    if len(documents) > 1:
        raise _Trouble(f"{name} holds more than one document.")
    return documents[0].value if documents else {}


def _map(text: str, name: str, place: Place) -> Mapping[str, Any]:
    value = _read(text, name, place)
    if not isinstance(value, dict):
        raise _Trouble(f"{name} must be a mapping.")
    return value


def _texts(value: Any, name: str) -> list[str]:
    listed = [] if value is None else value
    if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
        raise _Trouble(f"{name} must be a list of strings.")
    return listed
