"""Manifests from sources, by the real programs.

The law: a renderer is a function from an Order to chunks; all that is common to them is here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from syncline.core.rendering import Chunk, Rendering, make_rendering
from syncline.errors import DocumentError, RenderError, ToolError
from syncline.render import directory, helm, jinja, kustomize
from syncline.render.detect import Tool, tool_of
from syncline.render.inputs import Inputs, Readings, input_paths
from syncline.render.links import reached
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import overridden
from syncline.render.repositories import must_be_ours, normalized_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.config.application import Application, Source

__all__ = ["Checkout", "Inputs", "Readings", "RenderOptions", "input_paths", "normalized_url", "render"]

RENDERERS: Mapping[Tool, Callable[[Order], Iterator[Chunk]]] = {
    Tool.DIRECTORY: directory.render,
    Tool.HELM: helm.render,
    Tool.KUSTOMIZE: kustomize.render,
    Tool.JINJA: jinja.render,
}


def render(app: Application, checkout: Checkout, options: RenderOptions) -> Rendering:
    """All sources of the application, one after the other. Raises RenderError or ToolError."""
    orders = [Order(app, source, checkout, options) for source in app.sources if _makes_manifests(source)]
    if not orders:
        raise RenderError(
            f"{app.name} has no source with a path.",
            place=app.origin,
            remedy="Give one of its sources a path.",
        )
    chunks, warnings, tools = list[Chunk](), list[str](), set[str]()
    try:
        for order in orders:
            must_be_ours(order.source, order)
            found = overridden(order)
            chunks += _chunks(found.order)
            tools.add(tool_of(found.order).value)
            warnings += [*found.warnings, *_in_vain(found.order)]
        rendering = make_rendering(app, checkout.revision, chunks, options.scopes, warnings)
        return replace(rendering, tools=tuple(sorted(tools)))
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


def _makes_manifests(source: Source) -> bool:
    # A source with only a ref lends its files to others (Argo CD, "Multiple Sources").
    return bool(source.path or source.chart or not source.ref)


def _chunks(order: Order) -> list[Chunk]:
    tool = tool_of(order)
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
        return list(RENDERERS[tool](order))
    except ToolError as error:
        raise ToolError(error.message, place=order.place(place), remedy=error.remedy) from error


def _in_vain(order: Order) -> Iterator[str]:
    """What the source asks for and does not get, though Argo CD would give it."""
    kustomize_options = order.source.kustomize
    if kustomize_options is not None and kustomize_options.version:
        yield (
            f"spec.source.kustomize.version asks for {kustomize_options.version}; "
            "this version uses the kustomize on the PATH."
        )
