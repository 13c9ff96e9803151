"""Manifests from sources, by the real programs.

The law: a renderer is a function from an Order to chunks; all that is common to them is here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline.core.rendering import Chunk, Rendering, make_rendering
from syncline.errors import DocumentError, RenderError
from syncline.render import directory, helm, jinja, kustomize
from syncline.render.detect import Tool, tool_of
from syncline.render.inputs import input_paths
from syncline.render.options import Checkout, Order, RenderOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from syncline.config.application import Application, Source

__all__ = ["Checkout", "RenderOptions", "input_paths", "normalized_url", "render"]

RENDERERS: Mapping[Tool, Callable[[Order], Iterator[Chunk]]] = {
    Tool.DIRECTORY: directory.render,
    Tool.HELM: helm.render,
    Tool.KUSTOMIZE: kustomize.render,
    Tool.JINJA: jinja.render,
}


def render(app: Application, checkout: Checkout, options: RenderOptions) -> Rendering:
    """All sources of the application, one after the other. Raises RenderError, DocumentError or ToolError."""
    orders = [Order(app, source, checkout, options) for source in app.sources if _makes_manifests(source)]
    if not orders:
        raise RenderError(f"{app.name} has no source with a path.", place=app.origin)
    chunks = [chunk for order in orders for chunk in _chunks(order)]
    try:
        return make_rendering(app, checkout.revision, chunks, options.scopes)
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error


def normalized_url(url: str) -> str:
    """A repository URL as Argo CD compares them: lower case, no scheme's user, no `.git`."""
    text = re.sub(r"^[a-z+]+://", "", url.strip().lower())
    text = re.sub(r"^[^/@]*@", "", text).replace(":", "/", 1) if "@" in text else text
    return text.rstrip("/").removesuffix(".git")


def _makes_manifests(source: Source) -> bool:
    # A source with only a ref lends its files to others (Argo CD, "Multiple Sources").
    return bool(source.path or source.chart or not source.ref)


def _chunks(order: Order) -> list[Chunk]:
    source = order.source
    if source.chart or source.repo_url.startswith("oci://"):
        raise RenderError(
            f"The source {source.chart or source.repo_url!r} comes from a chart registry, "
            "which this version does not read.",
            place=order.app.origin,
            remedy="Vendor the chart into the repository and name its path.",
        )
    known = {normalized_url(url) for url in order.options.repositories}
    if source.repo_url and known and normalized_url(source.repo_url) not in known:
        raise RenderError(
            f"The source repository {source.repo_url!r} is not this one, and this version reads no others.",
            place=order.app.origin,
            remedy="If it is this one under another URL, list the URL under repositories: in syncline.yaml.",
        )
    return list(RENDERERS[tool_of(order)](order))
