"""What a chart is made of: its dependencies and its schemas.

The law: helm gets everything that a chart is made of and fetches nothing; what only helm could fetch is
refused before it starts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from syncline.documents import read_once
from syncline.errors import DocumentError, Place, RenderError
from syncline.fetch.archive import packed
from syncline.render.links import plain, reached, real_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.documents import Document

_LOCAL: Final = "file://"
LISTS: Final = ("Chart.yaml", "requirements.yaml")
"""`requirements.yaml` is where charts of apiVersion v1 list their dependencies."""

_SCHEMA: Final = "values.schema.json"


class Dependency(Struct, frozen=True):
    """One entry of a chart's `dependencies`; `raw` is all of it, as written."""

    name: str
    version: str
    alias: str
    repository: str
    document: Document
    number: int
    raw: Mapping[str, Any] = field(default_factory=dict)

    @property
    def place(self) -> Place:
        """The line that names it; looked for when somebody asks, which is when something is wrong."""
        return Place(self.document.place.file, self.document.line_of(("dependencies", self.number)))

    @property
    def is_local(self) -> bool:
        """Whether it names a directory beside the chart."""
        return self.repository.startswith(_LOCAL)

    @property
    def local_path(self) -> str:
        """Where a local one lies, from the chart; an absolute path is one of no repository."""
        return self.repository.removeprefix(_LOCAL)

    def directory(self, chart: Path) -> Path:
        """The directory of a local one."""
        return plain(chart / self.local_path)


def dependencies(chart: Path, root: Path) -> list[Dependency]:
    """What the chart says it depends on. Raises RenderError for a broken Chart.yaml."""
    return [
        dependency
        for name in LISTS
        for document in documents_of(chart / name, root)
        for dependency in listed(document)
    ]


def unvendored(chart: Path, root: Path) -> list[Dependency]:
    """The dependencies that do not lie in `charts/`. Raises RenderError for one that can lie nowhere else."""
    absent = [each for each in dependencies(chart, root) if not _is_vendored(chart, each.name, root)]
    for each in absent:
        if not each.repository:
            raise RenderError(
                f"The chart dependency {each.name!r} is not in charts/ and names no repository.",
                place=each.place,
                remedy="Put the chart into charts/, or name its repository.",
            )
    return absent


def local_charts(chart: Path, root: Path) -> Iterator[Path]:
    """The chart, and the directories that its `file://` dependencies name, and theirs.

    Raises RenderError for one that is missing or outside of the repository.
    """
    todo, seen = [chart], set[Path]()
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        yield place
        todo += [local(each, place, root) for each in dependencies(place, root) if each.is_local]


def local(dependency: Dependency, chart: Path, root: Path) -> Path:
    """The directory of a `file://` dependency. Raises RenderError when it is missing or outside."""
    target = real_in(root, dependency.directory(chart))
    if not target.is_relative_to(root):
        raise RenderError(
            f"The chart dependency {dependency.name!r} leads out of the repository.",
            place=dependency.place,
            remedy="Move the chart into the repository.",
        )
    if not (target / "Chart.yaml").is_file():
        raise RenderError(
            f"The chart dependency {dependency.name!r} names {dependency.repository!r}, where no chart is.",
            place=dependency.place,
            remedy="Correct the path, relative to the chart.",
        )
    return target


def check_schemas(chart: Path, root: Path, asked_by: Place | None = None) -> None:
    """Raise RenderError for a schema that helm would have to fetch parts of; `asked_by` is who asks for what
    was fetched.
    """
    for path in reached(chart, root):
        place = asked_by or Place(str(path.relative_to(root)))
        if path.name == _SCHEMA and path.is_file():
            _check_schema(path.read_bytes(), place)
        elif path.suffix == ".tgz" and path.is_file():
            check_packed_schemas(path.read_bytes(), place)


def check_packed_schemas(archive: bytes, place: Place) -> None:
    """The same for a packed chart."""
    for _, text in packed(archive, lambda name: name.endswith(f"/{_SCHEMA}")):
        _check_schema(text, place)


def _check_schema(text: bytes, place: Place) -> None:
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError):
        return  # helm says what is wrong with it
    known = set(_values(schema, {"$id", "id"}))
    for reference in _values(schema, {"$ref", "$dynamicRef", "$recursiveRef", "$schema"}):
        base = reference.partition("#")[0]
        if base and base not in known and not base.startswith(_META_SCHEMAS):
            raise RenderError(
                f"The values schema refers to {reference!r}, which helm would have to fetch.",
                place=place,
                remedy="Write it into the schema under $defs, or set skipSchemaValidation.",
            )


_META_SCHEMAS: Final = ("http://json-schema.org/", "https://json-schema.org/")
"""Those that helm carries with it."""


def _values(schema: Any, names: set[str]) -> Iterator[str]:
    todo = [schema]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield from (text for name in names if isinstance(text := value.get(name), str))
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def documents_of(file: Path, root: Path) -> tuple[Document, ...]:
    """What stands in a file of a chart; nothing where it is not there. Raises RenderError."""
    if not file.is_file():
        return ()
    try:
        return read_once(
            file.read_bytes(), str(file.relative_to(root)) if file.is_relative_to(root) else file.name
        )
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


def listed(document: Document) -> Iterator[Dependency]:
    """The dependencies that a document lists."""
    value = document.value
    found = value.get("dependencies") if isinstance(value, dict) else None
    for number, each in enumerate(found if isinstance(found, list) else ()):
        if isinstance(each, dict):
            name, version, alias, repository = (
                str(each.get(key) or "") for key in ("name", "version", "alias", "repository")
            )
            yield Dependency(name, version, alias, repository, document, number, each)


def _is_vendored(chart: Path, name: str, root: Path) -> bool:
    charts = chart / "charts"
    if (charts / name).is_dir() or _packed(charts, name):
        return True
    return any(_name(each, root) == name for each in charts.glob("*/Chart.yaml"))


def _packed(charts: Path, name: str) -> bool:
    """Whether an archive holds it: `NAME-VERSION.tgz`, the version beginning with a digit or a v."""
    beginnings = tuple(f"{name}-{sign}" for sign in "0123456789v")
    return any(each.name.startswith(beginnings) for each in charts.glob("*.tgz"))


def _name(file: Path, root: Path) -> str:
    values = [document.value for document in documents_of(file, root)]
    return str(values[0].get("name", "")) if values and isinstance(values[0], dict) else ""
