"""Which tool renders a source.

The law: an explicit block decides; else the files do, and Kustomize wins over Helm (Argo CD, "Tool
Detection").
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from syncline.errors import RenderError
from syncline.render.jinja import is_template
from syncline.render.kustomization import NAMES

if TYPE_CHECKING:
    from syncline.render.options import Order


class Tool(Enum):
    """The renderers there are."""

    DIRECTORY = "directory"
    HELM = "helm"
    KUSTOMIZE = "kustomize"
    JINJA = "jinja2"


def tool_of(order: Order) -> Tool:
    """The tool for this source. Raises RenderError for a plugin we do not have."""
    source = order.source
    if source.plugin is not None and source.plugin.name:
        if source.plugin.name == Tool.JINJA.value:
            return Tool.JINJA
        raise RenderError(
            f"The plugin {source.plugin.name!r} is not known.",
            place=order.app.origin,
            remedy="This version has one plugin, jinja2.",
        )
    explicit = {Tool.HELM: source.helm, Tool.KUSTOMIZE: source.kustomize, Tool.DIRECTORY: source.directory}
    for tool, block in explicit.items():
        if block is not None:
            return tool
    return _by_files(order)


def _by_files(order: Order) -> Tool:
    directory = order.directory
    names = [path.name for path in directory.iterdir()] if directory.is_dir() else []
    if any(name in NAMES for name in names):
        return Tool.KUSTOMIZE
    if any(name.endswith("Chart.yaml") for name in names):
        return Tool.HELM
    if any(is_template(path.name) for path in directory.rglob("*.j2")):
        return Tool.JINJA
    return Tool.DIRECTORY
