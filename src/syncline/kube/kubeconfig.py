"""The kubeconfig files, merged as kubectl merges them.

The law: the first file that names a cluster, a user or a context wins, whole; a relative path belongs to the
file that holds it; no value of a user ever becomes part of a message.

Source of the rules: kubernetes.io, "Organizing Cluster Access Using kubeconfig Files", section "Merging".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from msgspec import Struct, field

from syncline import documents
from syncline.discreet import Discreet
from syncline.errors import ClusterError, Place

Fields: TypeAlias = Mapping[str, Any]

_NOTHING: Fields = MappingProxyType({})


class Entry(Discreet, frozen=True):
    """A named cluster, user or context, and the file it stands in."""

    _SHOWN = ("name", "file")

    name: str
    file: Path
    fields: Fields

    def text(self, key: str) -> str:
        """A field that should be text; empty where it is missing. Raises ClusterError for another type."""
        value = self.fields.get(key)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise ClusterError(
                f'"{key}" of "{self.name}" in the kubeconfig is not text.', place=Place(str(self.file))
            )
        return value

    def path(self, key: str) -> Path | None:
        """A field that names a file, relative to the kubeconfig it stands in."""
        value = self.text(key)
        return self.file.parent / value if value else None


class Kubeconfig(Struct, frozen=True):
    """All kubeconfig files as one."""

    files: tuple[Path, ...]
    current_context: str = ""
    contexts: Mapping[str, Entry] = field(default_factory=dict)
    clusters: Mapping[str, Entry] = field(default_factory=dict)
    users: Mapping[str, Entry] = field(default_factory=dict)


class Selection(Struct, frozen=True):
    """One context with the cluster it names and its user; a context may do without a user."""

    context: Entry
    cluster: Entry
    user: Entry


def load(environ: Mapping[str, str], home: Path) -> Kubeconfig:
    """The files of KUBECONFIG, or `~/.kube/config`; missing ones are passed over, as kubectl does.

    Raises ClusterError when there is none at all, and when one is not a kubeconfig.
    """
    named = [Path(part) for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    asked = tuple(named or [home / ".kube" / "config"])
    files = tuple(path for path in asked if path.is_file())
    if not files:
        raise ClusterError(
            f"There is no kubeconfig: {', '.join(map(_amiss, asked))}.",
            remedy="Set KUBECONFIG to one, name one with --kubeconfig, or give the cluster a server and a "
            "tokenEnv in syncline.yaml.",
        )
    return merge(files, [_read(path) for path in files])


def _amiss(path: Path) -> str:
    return f"{path} {'is no file' if path.exists() else 'does not exist'}"


def merge(files: tuple[Path, ...], contents: Iterable[Fields]) -> Kubeconfig:
    """The first to name something wins."""
    parts = list(zip(files, contents, strict=True))
    return Kubeconfig(
        files,
        next((str(content["current-context"]) for _, content in parts if content.get("current-context")), ""),
        _entries(parts, "contexts", "context"),
        _entries(parts, "clusters", "cluster"),
        _entries(parts, "users", "user"),
    )


def select(config: Kubeconfig, context: str = "") -> Selection:
    """The context of that name; empty means `current-context`.

    Raises ClusterError naming the contexts there are.
    """
    name = context or config.current_context
    if not name:
        raise ClusterError(
            "The kubeconfig has no current-context, so no cluster is chosen.",
            place=_place(config),
            remedy=f"Name one of its contexts: {_listed(config.contexts)}.",
        )
    chosen = _named(config, config.contexts, "context", name)
    cluster = _named(config, config.clusters, "cluster", chosen.text("cluster"))
    user = chosen.text("user")
    nobody = Entry(user, chosen.file, _NOTHING)
    return Selection(chosen, cluster, _named(config, config.users, "user", user) if user else nobody)


def _read(path: Path) -> Fields:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ClusterError(
            f"The kubeconfig cannot be read: {error.strerror}.",
            place=Place(str(path)),
            remedy="Correct its permissions, or set KUBECONFIG to another file.",
        ) from None
    found = [document.value for document in documents.read(text, str(path))]
    if len(found) != 1 or not isinstance(found[0], Mapping):
        raise _no_kubeconfig(path, "it is not one mapping")
    return found[0]


def _no_kubeconfig(path: Path, why: str) -> ClusterError:
    return ClusterError(
        f"This is not a kubeconfig: {why}.",
        place=Place(str(path)),
        remedy="Set KUBECONFIG to a kubeconfig file.",
    )


def _entries(parts: Iterable[tuple[Path, Fields]], plural: str, singular: str) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for file, content in parts:
        for item in _list(content, plural, file):
            name = str(item.get("name") or "")
            fields = item.get(singular)
            found.setdefault(name, Entry(name, file, fields if isinstance(fields, Mapping) else _NOTHING))
    return found


def _list(content: Fields, plural: str, file: Path) -> list[Fields]:
    items = content.get(plural) or []
    if not (isinstance(items, list) and all(isinstance(item, Mapping) for item in items)):
        raise _no_kubeconfig(file, f'"{plural}" is not a list of mappings')
    return items


def _named(config: Kubeconfig, entries: Mapping[str, Entry], what: str, name: str) -> Entry:
    entry = entries.get(name)
    if entry is not None:
        return entry
    import difflib

    close = difflib.get_close_matches(name, entries, n=1)
    hint = f'Did you mean "{close[0]}"? ' if close else ""
    raise ClusterError(
        f'The kubeconfig has no {what} "{name}".',
        place=_place(config),
        remedy=f"{hint}It has: {_listed(entries)}.",
    )


def _listed(entries: Mapping[str, Entry]) -> str:
    return ", ".join(sorted(entries)) or "none"


def _place(config: Kubeconfig) -> Place:
    return Place(os.pathsep.join(map(str, config.files)))
