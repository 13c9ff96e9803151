"""What a Kustomization refers to.

The law: everything a build would read lies in this repository, or the build does not start.
"""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from syncline.documents import Document, read, read_once
from syncline.errors import DocumentError, Place, RenderError
from syncline.render.charts import check_schemas
from syncline.render.kustomize_charts import Inflated, chart_values, charts, homes
from syncline.render.links import is_of_git, plain, real
from syncline.render.remote_targets import has_password, is_remote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATHS: Final = ("resources", "bases", "components", "crds", "configurations")
_PLUGINS: Final = ("generators", "transformers", "validators")
_WITH_PATH: Final = ("patches", "patchesJson6902", "replacements")
Where = tuple[str | int, ...]


class Role(Enum):
    """How a build reads a file: as objects or text, as the configuration of its own plugins, or with
    helm: a chart, or a home of helm's own.
    """

    CONTENT = "content"
    PLUGIN = "plugin"
    CHART = "chart"
    HOME = "home"


class Reference(Struct, frozen=True, eq=False):
    """A path that a Kustomization names, where it names it, and what is expected there."""

    path: str
    document: Document
    where: Where
    role: Role = Role.CONTENT
    chart: Inflated | None = None

    @property
    def place(self) -> Place:
        """The line; it is looked for when somebody asks, which is when something is wrong."""
        return Place(self.document.place.file, self.document.line_of(self.where))


def file_of(directory: Path) -> Path | None:
    """The Kustomization of a directory."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


Lacking: TypeAlias = list[tuple[Path, Reference]]
"""Charts that are not in the repository and can be fetched, by the place where a build looks for them."""

Away: TypeAlias = list[tuple[Path, Reference]]
"""What a Kustomization names that lies elsewhere, by the directory of the Kustomization."""


def followed(
    directory: Path, root: Path, *, lacking: Lacking | None = None, away: Away | None = None
) -> Iterator[Path]:
    """Every file and directory that a build of this directory reads, the directory itself first.

    The charts too, where the build may render them: then those that can be fetched are added to `lacking`,
    and to `away` what lies elsewhere.

    A path that leads over links is given as it is written, too. Raises RenderError for what is remote,
    missing or outside of the repository, with the line that names it.
    """
    todo, seen = [(real(directory), Role.CONTENT)], set[tuple[Path, Role]]()
    while todo:
        place, role = todo.pop()
        if (place, role) in seen:
            continue
        seen.add((place, role))
        yield place
        base = place if place.is_dir() else place.parent
        for reference in _references(place, role, root):
            if reference.role in {Role.CHART, Role.HOME} and lacking is None:
                continue
            written = plain(base / reference.path)
            if lacking is not None and _can_be_fetched(written, reference, root):
                lacking.append((written, reference))
                continue
            if away is not None and place.is_dir() and is_elsewhere(reference):
                away.append((place, reference))
                continue
            target = _target(written, reference, root)
            if written != target:
                yield written
            todo.append((target, reference.role))


def _can_be_fetched(written: Path, reference: Reference, root: Path) -> bool:
    is_remote = reference.chart is not None and reference.chart.is_remote
    return is_remote and written.is_relative_to(root) and not os.path.lexists(written)


def is_elsewhere(reference: Reference) -> bool:
    """Whether it is a URL of the Kustomization's own, for which a path can be put.

    What stands in the configuration of a plugin is none of its own words.
    """
    is_ours = reference.role is Role.CONTENT and is_remote(reference.path) and _is_said(reference)
    return is_ours and not has_password(reference.path)


def _is_said(reference: Reference) -> bool:
    said = reference.document.value
    for step in reference.where:
        said = said[step]
    return said == reference.path or (isinstance(said, str) and said.endswith(f"={reference.path}"))


def references(directory: Path, root: Path) -> Iterator[Reference]:
    """The paths that the directory's Kustomization names."""
    return _references(directory, Role.CONTENT, root)


def _references(place: Path, role: Role, root: Path) -> Iterator[Reference]:
    if role is Role.CHART:
        check_schemas(place, root)
        return
    if not place.is_dir():
        for document in _documents(place, root) if role is Role.PLUGIN else ():
            yield from (Reference(path, document, where) for path, where in _configured(document.value))
            yield from _inflated(document.value, document)
        return
    file = file_of(place)
    for document in _documents(file, root) if file else ():
        if isinstance(document.value, dict):
            yield from named(document, role)


def _documents(file: Path, root: Path) -> tuple[Document, ...]:
    try:
        return read_once(file.read_bytes(), str(file.relative_to(root)))
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


def named(document: Document, role: Role) -> Iterator[Reference]:
    """The paths that one document of a Kustomization names, which is a map."""
    value = document.value
    for field in _PATHS:
        for path, where in _strings(value.get(field), (field,)):
            yield Reference(path, document, where, role)
    for path, where in _files(value):
        yield Reference(path, document, where)
    yield from _inflated(value, document)
    for field in _PLUGINS:
        for text, where in _strings(value.get(field), (field,)):
            inline = _inline(text)
            if not inline:
                yield Reference(text, document, where, Role.PLUGIN)
            for body in inline:
                yield from (Reference(path, document, where) for path, _ in _configured(body))
                yield from (
                    Reference(each.path, document, where, each.role) for each in _inflated(body, document)
                )


def _inflated(value: Any, document: Document) -> Iterator[Reference]:
    """What helm would be given."""
    if isinstance(value, dict):
        for chart in charts(value):
            yield Reference(chart.path, document, chart.where, Role.CHART, chart)
        for path, where in homes(value):
            yield Reference(path, document, where, Role.HOME)


def _files(value: Mapping[str, Any]) -> Iterator[tuple[str, Where]]:
    """The single files that a Kustomization names."""
    for field in _WITH_PATH:
        yield from _with_path(value.get(field), (field,))
    for text, where in _strings(value.get("patchesStrategicMerge"), ("patchesStrategicMerge",)):
        if not _inline(text):
            yield text, where
    for field in ("configMapGenerator", "secretGenerator"):
        for number, generator in enumerate(_list(value.get(field))):
            yield from _generated(generator, (field, number))
    yield from chart_values(value)
    openapi = value.get("openapi")
    if isinstance(openapi, dict) and isinstance(openapi.get("path"), str):
        yield openapi["path"], ("openapi", "path")


def _configured(value: Any) -> Iterator[tuple[str, Where]]:
    """The files that the configuration of one of kustomize's own plugins names."""
    if not isinstance(value, dict):
        return
    if isinstance(value.get("path"), str):
        yield value["path"], ("path",)
    yield from _strings(value.get("paths"), ("paths",))
    yield from _with_path(value.get("replacements"), ("replacements",))
    yield from _generated(value, ())
    yield from chart_values(value)


def _inline(text: str) -> list[Any]:
    """The objects, if the text is the object itself and not the path of one."""
    try:
        values = [document.value for document in read(text, "inline")]
    except DocumentError:
        return []
    return values if values and all(isinstance(value, dict) for value in values) else []


def _with_path(value: Any, where: Where) -> Iterator[tuple[str, Where]]:
    for number, entry in enumerate(_list(value)):
        if isinstance(entry, dict) and isinstance(entry.get("path"), str) and entry["path"]:
            yield entry["path"], (*where, number, "path")


def _generated(generator: Any, where: Where) -> Iterator[tuple[str, Where]]:
    if not isinstance(generator, dict):
        return
    for field in ("files", "envs"):
        for entry, at in _strings(generator.get(field), (*where, field)):
            yield entry.rpartition("=")[2], at
    if isinstance(generator.get("env"), str):
        yield generator["env"], (*where, "env")


def _strings(value: Any, where: Where) -> Iterator[tuple[str, Where]]:
    yield from (
        (entry, (*where, number)) for number, entry in enumerate(_list(value)) if isinstance(entry, str)
    )


def _list(value: Any) -> list[Any]:
    # A wrong type is kustomize's to complain about.
    return value if isinstance(value, list) else []


def _target(written: Path, reference: Reference, root: Path) -> Path:
    if reference.role is Role.HOME:
        raise RenderError(
            "The Kustomization gives helm a home of its own, from which helm would load plugins.",
            place=reference.place,
            remedy="Take configHome (helmHome) out; every build has a home that is empty.",
        )
    if is_remote(reference.path) and has_password(reference.path):
        raise RenderError(
            "The Kustomization refers to a URL with a password in it.",
            place=reference.place,
            remedy="Take it out, and name the variable that holds it under remotes: in syncline.yaml.",
        )
    if is_remote(reference.path):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is remote.",
            place=reference.place,
            remedy="Vendor it into the repository.",
        )
    target = real(written)
    if not (target.is_relative_to(root) and written.is_relative_to(root)):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is outside of the repository.",
            place=reference.place,
            remedy="Move it into the repository.",
        )
    if is_of_git(target, root):
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which is one of Git's own files.",
            place=reference.place,
            remedy="Name a file that is committed.",
        )
    if not target.exists() and reference.role is Role.CHART:
        raise RenderError(
            f"The chart that the Kustomization has helm render is not in {reference.path!r}, and no "
            "repository and version are named.",
            place=reference.place,
            remedy="Commit it there, or name its repo and version.",
        )
    if not target.exists():
        raise RenderError(
            f"The Kustomization refers to {reference.path!r}, which does not exist.",
            place=reference.place,
            remedy="Correct the path, or add the file.",
        )
    return target
