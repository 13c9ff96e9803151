"""Which tool renders a source.

The law: an explicit block decides; else the files do, and Kustomize wins over Helm (Argo CD, "Tool
Detection").
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING

from syncline.errors import RenderError
from syncline.render.jinja import is_template
from syncline.render.kustomization import NAMES

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.render.options import Order


class Tool(Enum):
    """The renderers there are."""

    DIRECTORY = "directory"
    HELM = "helm"
    KUSTOMIZE = "kustomize"
    JINJA = "jinja2"
    PLUGIN = "plugin"


def tool_of(order: Order) -> Tool:
    """The tool for this source. Raises RenderError for a plugin we do not have."""
    source = order.source
    name = source.plugin.name if source.plugin is not None else None
    if name == Tool.JINJA.value:
        return Tool.JINJA
    from syncline.render import plugin

    if plugin.chosen(order) is not None:
        return Tool.PLUGIN
    if name is not None:
        return _nameless(order)
    explicit = {Tool.HELM: source.helm, Tool.KUSTOMIZE: source.kustomize, Tool.DIRECTORY: source.directory}
    chosen = [tool for tool, block in explicit.items() if block is not None]
    tool = chosen[0] if chosen else _by_files(order)
    # A tool that argocd-cm switches off leaves its files to the plain directory (Argo CD).
    return Tool.DIRECTORY if tool.value in order.options.tools.disabled else tool


def _nameless(order: Order) -> Tool:
    """The plugin that finds its files (Argo CD, "discovery"); ours finds templates."""
    if _has_templates(order.directory):
        return Tool.JINJA
    raise RenderError(
        "No plugin finds its files here.",
        place=order.app.origin,
        remedy="Name the plugin; jinja2, which is Syncline's own, takes *.yaml.j2 files.",
    )


def _by_files(order: Order) -> Tool:
    directory = order.directory
    names = _names(directory) if directory.is_dir() else []
    if any(name in NAMES for name in names):
        return Tool.KUSTOMIZE
    # Argo CD looks at the end of the name only; helm then says that there is no Chart.yaml.
    if any(name.endswith("Chart.yaml") for name in names):
        return Tool.HELM
    return Tool.JINJA if _has_templates(directory) else Tool.DIRECTORY


def _names(directory: Path) -> list[str]:
    """Of what lies there and is no directory; a link to one may be a file for all we know."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]


def _has_templates(directory: Path) -> bool:
    return any(is_template(path.name) for path in directory.rglob("*.j2"))
