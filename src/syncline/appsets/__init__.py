"""The edges that ApplicationSets need and nobody else: Go's templates and the plugins of generators."""

from __future__ import annotations

from syncline.appsets.gotemplates import PROGRAM, render_templates
from syncline.appsets.plugin import ask_plugin

__all__ = ["PROGRAM", "ask_plugin", "render_templates"]
