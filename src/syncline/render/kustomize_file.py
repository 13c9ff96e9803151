"""The Kustomization of a directory in a copy, read and written anew.

The law: a file of the checkout is never written through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from syncline.documents import dump, read_once
from syncline.render.links import replaced

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_METADATA: Final = "buildMetadata"
_ORIGINS: Final = "originAnnotations"


def value_of(file: Path | None) -> dict[str, Any] | None:
    """What stands in it; None for what kustomize itself will refuse, in its own words."""
    if file is None:
        return None
    documents = read_once(file.read_bytes(), file.name)
    values = [document.value for document in documents if isinstance(document.value, dict)]
    return values[0] if len(documents) == len(values) == 1 else None


def rewrite(file: Path, value: Mapping[str, Any]) -> None:
    """Put another one in its place."""
    replaced(file, dump(value).encode())


def asks_for_origins(value: Mapping[str, Any] | None) -> bool:
    """Whether the build notes each object's file."""
    return value is not None and _ORIGINS in _asked(value)


def with_origins(value: Mapping[str, Any]) -> dict[str, Any]:
    """The same, so that it does."""
    return {**value, _METADATA: list(dict.fromkeys([*_asked(value), _ORIGINS]))}


def _asked(value: Mapping[str, Any]) -> list[str]:
    asked = value.get(_METADATA)
    return list(map(str, asked)) if isinstance(asked, list) else []
