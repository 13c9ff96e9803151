"""Manifests from sources, by the real programs.

The law: a renderer is a function from an Order to chunks; all that is common to them is here.
"""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.rendering import Chunk, Rendering, make_rendering
from syncline.errors import DocumentError, RenderError, ToolError
from syncline.render.detect import Tool, tool_of
from syncline.render.inputs import Inputs, Readings, input_paths
from syncline.render.links import reached
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import overridden
from syncline.render.repositories import leads_back, located, normalized_url, resolutions
from syncline.render.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.config.application import Application, Source

__all__ = [
    "Checkout",
    "Inputs",
    "Readings",
    "RenderOptions",
    "Workshop",
    "input_paths",
    "leads_back",
    "normalized_url",
    "render",
]

_MODULES: Final[Mapping[Tool, str]] = {
    Tool.DIRECTORY: "directory",
    Tool.HELM: "helm",
    Tool.KUSTOMIZE: "kustomize",
    Tool.JINJA: "jinja",
    Tool.PLUGIN: "plugin",
}


def renderer_of(tool: Tool) -> Callable[[Order], Iterator[Chunk]]:
    """The function that renders with a tool; only that one is imported."""
    found: Callable[[Order], Iterator[Chunk]] = import_module(f"syncline.render.{_MODULES[tool]}").render
    return found


def render(app: Application, checkout: Checkout, options: RenderOptions) -> Rendering:
    """All sources of the application, one after the other. Raises RenderError or ToolError."""
    orders = [Order(app, source, checkout, options) for source in app.sources if _makes_manifests(source)]
    if not orders:
        raise RenderError(
            f"{app.name} has no source with a path.",
            place=app.origin,
            remedy="Give one of its sources a path.",
        )
    chunks, warnings, remarks = list[Chunk](), list[str](), list[str]()
    tools, programs = set[str](), set[str]()
    try:
        for asked in orders:
            found = overridden(located(asked))
            with _labelled(found.order):
                tool = tool_of(found.order)
                chunks += _chunks(found.order, tool)
            tools.add(tool.value)
            programs |= found.order.said.programs
            warnings += [*found.warnings, *found.order.said.texts]
            remarks += [*resolutions(found.order), *found.order.said.remarks]
            if tool is Tool.HELM:
                from syncline.render import helm

                built = helm.built(found.order)
                warnings += built.warnings
                remarks += built.remarks
        rendering = make_rendering(
            app, checkout.revision, chunks, options.scopes, warnings, options.unmanaged
        )
        return replace(
            rendering,
            remarks=tuple(remarks),
            tools=tuple(sorted(tools)),
            programs=tuple(sorted(programs)),
        )
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


@contextmanager
def _labelled(order: Order) -> Iterator[None]:
    """A file of another repository is not taken for one of ours."""
    try:
        yield
    except (RenderError, ToolError, DocumentError) as error:
        label, place = order.checkout.label, error.place
        if label and place is not None and place != order.app.origin:
            error.place = replace(place, outside=label)
        raise


def _makes_manifests(source: Source) -> bool:
    # A source with only a ref lends its files to others (Argo CD, "Multiple Sources").
    return bool(source.path or source.chart or not source.ref)


def _chunks(order: Order, tool: Tool) -> list[Chunk]:
    place = order.directory
    if tool is not Tool.DIRECTORY and not place.is_dir():
        raise RenderError(
            f"The path {order.source.path!r} is a file, where {tool.value} needs a directory.",
            place=order.app.origin,
            remedy="Name the directory.",
        )
    for _ in reached(place, order.root):
        pass  # a link that leads out of the repository is refused before anything reads it
    try:
        found = list(renderer_of(tool)(order))
        here, label = order.checkout.asked_by, order.checkout.label
        if label:
            return [replace(chunk, file=f"{label}:{chunk.file}") for chunk in found]
        # The line that a person would edit is the one that asks for what was fetched.
        return (
            [replace(chunk, file=here.file, line=here.line, has_lines=False) for chunk in found]
            if here
            else found
        )
    except ToolError as error:
        raise ToolError(error.message, place=order.place(place), remedy=error.remedy) from error
