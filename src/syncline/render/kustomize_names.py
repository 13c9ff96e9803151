"""What a Kustomization, and the configuration of one of kustomize's plugins, names.

The law: every path and URL that kustomize would open is among the references, with the line that names it.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from syncline.documents import Document, read
from syncline.errors import DocumentError, Place
from syncline.render.kustomize_charts import Inflated, chart_values, charts, homes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Where: TypeAlias = tuple[str | int, ...]

PLUGINS: Final = ("generators", "transformers", "validators")
DIRECTORIES: Final = ("resources", "bases", "components")
_SINGLE: Final = ("crds", "configurations")
_WITH_PATH: Final = ("patches", "patchesJson6902", "replacements")
_OF_PLUGINS: Final = ("path", "targetFilePath")


class Role(Enum):
    """How a build reads a file: as objects or text, as the configuration of its own plugins, or with
    helm: a chart, or a home of helm's own.
    """

    CONTENT = "content"
    PLUGIN = "plugin"
    CHART = "chart"
    HOME = "home"


class Inline(Struct, frozen=True):
    """A place in the objects that a text holds: which of them, and where in it."""

    number: int
    where: Where


class Reference(Struct, frozen=True, eq=False):
    """A path that a Kustomization names, where it names it, and what is expected there; `number` is that of
    the document in its file. What a text within it says is `inline`.
    """

    path: str
    document: Document
    where: Where
    role: Role = Role.CONTENT
    chart: Inflated | None = None
    number: int = 0
    inline: Inline | None = None

    @property
    def place(self) -> Place:
        """The line; it is looked for when somebody asks, which is when something is wrong."""
        return Place(self.document.place.file, self.document.line_of(self.where))

    @property
    def field(self) -> str:
        """The Kustomization's field that it stands in; none where the configuration of a plugin names it."""
        return str(self.where[0]) if self.where and self.inline is None else ""


def named(document: Document, role: Role, number: int = 0) -> Iterator[Reference]:
    """What one document of a Kustomization names, which is a map; `role` is that of what it builds."""
    value = document.value
    for field in DIRECTORIES:
        for path, where in _strings(value.get(field), (field,)):
            yield Reference(path, document, where, role, number=number)
    for field in _SINGLE:
        for path, where in _strings(value.get(field), (field,)):
            yield Reference(path, document, where, number=number)
    for path, where in _files(value):
        yield Reference(path, document, where, number=number)
    yield from _inflated(value, document, number)
    for field in PLUGINS:
        for text, where in _strings(value.get(field), (field,)):
            yield from _plugin(text, Reference(text, document, where, Role.PLUGIN, number=number))


def _plugin(text: str, written: Reference) -> Iterator[Reference]:
    """The path of a plugin's configuration, or what one names that is written down there itself."""
    bodies = _inline(text)
    if not bodies:
        yield written
    for place, body in enumerate(bodies):
        for each in configured(replace(written.document, value=body), written.number):
            inline = Inline(place, each.where)
            yield replace(each, document=written.document, where=written.where, inline=inline)


def configured(document: Document, number: int = 0) -> Iterator[Reference]:
    """What the configuration of one of kustomize's own plugins names, or a list of some."""
    for value, at in _listed(document.value, ()):
        for path, where in _configured(value):
            yield Reference(path, document, (*at, *where), number=number)
        for each in _inflated(value, document, number):
            yield replace(each, where=(*at, *each.where))


def _listed(value: Any, at: Where) -> Iterator[tuple[Mapping[str, Any], Where]]:
    """The objects, those of lists by themselves."""
    if not isinstance(value, dict):
        return
    yield value, at
    if str(value.get("kind")).endswith("List"):
        for number, each in enumerate(_list(value.get("items"))):
            yield from _listed(each, (*at, "items", number))


def _inflated(value: Mapping[str, Any], document: Document, number: int) -> Iterator[Reference]:
    """What helm would be given."""
    for chart in charts(value):
        yield Reference(chart.path, document, chart.where, Role.CHART, chart, number)
    for path, where in homes(value):
        yield Reference(path, document, where, Role.HOME, number=number)


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


def _configured(value: Mapping[str, Any]) -> Iterator[tuple[str, Where]]:
    """The files that the configuration of a plugin names."""
    for field in _OF_PLUGINS:
        if isinstance(value.get(field), str) and value[field]:
            yield value[field], (field,)
    for text, where in _strings(value.get("paths"), ("paths",)):
        if not _inline(text):
            yield text, where
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
    for entry, at in _strings(generator.get("files"), (*where, "files")):
        yield entry.rpartition("=")[2], at
    yield from _strings(generator.get("envs"), (*where, "envs"))
    if isinstance(generator.get("env"), str):
        yield generator["env"], (*where, "env")


def _strings(value: Any, where: Where) -> Iterator[tuple[str, Where]]:
    yield from (
        (entry, (*where, number)) for number, entry in enumerate(_list(value)) if isinstance(entry, str)
    )


def _list(value: Any) -> list[Any]:
    # A wrong type is kustomize's to complain about.
    return value if isinstance(value, list) else []
