"""The definitions of custom kinds that lie in the repository.

The law: only files that name the group that is asked for are read, and each of them once; a file that
cannot be read, such as a chart's template, defines nothing.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

from syncline.core.definitions import KIND, defined_by
from syncline.documents import read
from syncline.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.core.resource import Body
    from syncline.git import Repository

_PATTERNS: Final = ("*.yaml", "*.yml", "*.json")
_LARGEST: Final = 8 * 1024 * 1024


class Definitions:
    """The CustomResourceDefinitions of one commit, by group and kind."""

    def __init__(self, repository: Repository, revision: str) -> None:
        self._repository = repository
        self._revision = revision
        self._files: dict[str, bytes] | None = None
        self._found: dict[tuple[str, str], Body] = {}
        self._groups: set[str] = set()
        self._lock = threading.Lock()

    def find(self, group: str, kind: str) -> Body | None:
        """The definition of a kind; None where the repository has none."""
        with self._lock:
            if group not in self._groups:
                self._groups.add(group)
                self._read(group)
            return self._found.get((group, kind))

    def _read(self, group: str) -> None:
        if self._files is None:
            self._files = self._repository.files_containing(self._revision, (KIND,), _PATTERNS)
        for path in sorted(self._files):
            text = self._files[path]
            if group.encode() in text and len(text) <= _LARGEST:
                for crd in _definitions(text, path):
                    self._found.setdefault(defined_by(crd), crd)


def _definitions(text: bytes, path: str) -> Iterator[dict[str, Any]]:
    try:
        documents = read(text, path)
    except DocumentError:
        return
    for document in documents:
        value = document.value
        listed = value.get("items") if isinstance(value, dict) and value.get("kind") == "List" else [value]
        for body in listed if isinstance(listed, list) else ():
            if isinstance(body, dict) and body.get("kind") == KIND and isinstance(body.get("spec"), dict):
                yield body
