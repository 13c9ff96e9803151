"""What a Kustomization refers to.

The law: everything a build would read lies in this repository, or the build does not start.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncline.documents import Document, read
from syncline.errors import DocumentError, Place, RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATHS: Final = (
    "resources",
    "bases",
    "components",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
)
_REMOTE: Final = re.compile(
    r"^(?:[a-z+]+://|git@|github\.com[:/]|gitlab\.com[:/]|[\w.-]+\.[a-z]{2,}/.*(?:\?ref=|\.git))"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A path that a Kustomization names, and the line that names it."""

    path: str
    place: Place


def file_of(directory: Path) -> Path | None:
    """The Kustomization of a directory."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


def followed(directory: Path, root: Path) -> Iterator[Path]:
    """Every file and directory that a build of this directory reads, the directory itself first.

    Raises RenderError for what is remote, missing or outside of the repository, with the line that names it.
    """
    todo, seen = [directory.resolve()], set[Path]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        yield place
        if place.is_dir():
            todo += [_target(place, reference, root) for reference in references(place, root)]


def references(directory: Path, root: Path) -> Iterator[Reference]:
    """The paths that the directory's Kustomization names."""
    file = file_of(directory)
    if file is None:
        return
    name = str(file.relative_to(root))
    try:
        documents = read(file.read_bytes(), name)
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error
    for document in documents:
        if isinstance(document.value, dict):
            yield from (Reference(path, _place(document, where)) for path, where in _named(document.value))


def _place(document: Document, where: tuple[str | int, ...]) -> Place:
    return Place(document.place.file, document.line_of(where))


def _named(value: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    for field in _PATHS:
        yield from _strings(value.get(field), (field,))
    for field in ("patches", "patchesJson6902", "replacements"):
        for number, patch in enumerate(value.get(field) or ()):
            if isinstance(patch, dict) and isinstance(patch.get("path"), str):
                yield patch["path"], (field, number, "path")
    for number, entry in enumerate(value.get("patchesStrategicMerge") or ()):
        if isinstance(entry, str) and "\n" not in entry and ":" not in entry:
            yield entry, ("patchesStrategicMerge", number)
    for field in ("configMapGenerator", "secretGenerator"):
        for number, generator in enumerate(value.get(field) or ()):
            yield from _generated(generator, (field, number))


def _generated(generator: Any, where: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if not isinstance(generator, dict):
        return
    for field in ("files", "envs"):
        for entry, at in _strings(generator.get(field), (*where, field)):
            yield entry.rpartition("=")[2], at
    if isinstance(generator.get("env"), str):
        yield generator["env"], (*where, "env")


def _strings(value: Any, where: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    if isinstance(value, list):
        yield from ((entry, (*where, number)) for number, entry in enumerate(value) if isinstance(entry, str))


def _target(directory: Path, reference: Reference, root: Path) -> Path:
    if "\n" in reference.path:
        # Inline content, as transformers and generators allow.
        return directory
    if _REMOTE.match(reference.path):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is remote.",
            place=reference.place,
            remedy="Vendor it into the repository.",
        )
    target = (directory / reference.path).resolve()
    if not target.is_relative_to(root.resolve()):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is outside of the repository.",
            place=reference.place,
            remedy="Move it into the repository.",
        )
    if not target.exists():
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which does not exist.", place=reference.place
        )
    return target
