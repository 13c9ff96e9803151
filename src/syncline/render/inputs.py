"""What an application's rendering reads beyond its own path.

The law: a file that a build would read is in the answer; what cannot be followed makes no answer smaller,
because the build itself will then fail and say so.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.documents import read
from syncline.errors import SynclineError
from syncline.render import helm, jinja, kustomize
from syncline.render.charts import local_charts, unvendored
from syncline.render.detect import Tool
from syncline.render.imports import jsonnet_inputs
from syncline.render.kustomization import file_of
from syncline.render.links import plain, reached, real
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.config.application import Application


class Inputs(Struct, frozen=True):
    """Files and directories, relative to the root; not `whole` where something could not be followed, or lies
    somewhere else.
    """

    paths: frozenset[str] = frozenset()
    whole: bool = True


def input_paths(root: Path, app: Application) -> frozenset[str]:
    """Files and directories, relative to the root."""
    return Readings(root).of(app).paths


class Readings:
    """What the applications of one checkout read. The checkout stays as it is meanwhile."""

    def __init__(self, root: Path) -> None:
        self._root = real(root)

    def of(self, app: Application) -> Inputs:
        """What one application reads."""
        found: set[Path] = set()
        whole = True
        for source in app.sources:
            whole = whole and not (source.chart or source.repo_url.startswith("oci://"))
            if not source.chart:
                order = Order(app, source, Checkout(self._root, ""), RenderOptions())
                whole = self._take(order, found) and whole
        top = str(self._root)
        names = {
            path[len(top) + 1 :] for path in map(str, found) if path == top or path.startswith(f"{top}/")
        }
        return Inputs(frozenset(name or "." for name in names), whole)

    def _take(self, order: Order, found: set[Path]) -> bool:
        """Add what a source reads; whether everything could be followed."""
        whole = True
        try:
            order = overridden(order).order
            whole = not _is_elsewhere(order)
        except SynclineError:
            whole = False
        if not order.source.path:
            return whole
        for named in self._ways(order):
            try:
                found.update(named(order))
            except SynclineError:
                whole = False
        return whole

    def _ways(self, order: Order) -> Iterator[Callable[[Order], Iterable[Path]]]:
        yield self._kustomized
        yield self._charted
        source = order.source
        if source.helm is not None:
            yield helm.inputs
        if source.plugin is not None:
            yield jinja.values_paths
        if source.helm is None and source.kustomize is None and source.plugin is None:
            yield jsonnet_inputs

    def _kustomized(self, order: Order) -> Iterator[Path]:
        for place in kustomize.inputs(order):
            yield from self._through_links(place, order)
            yield from _inflated(place)

    def _charted(self, order: Order) -> Iterator[Path]:
        for place in local_charts(order.directory, order.root):
            yield from self._through_links(place, order)

    def _through_links(self, place: Path, order: Order) -> Iterator[Path]:
        """The place, the links in it and on the way to it, and what those lead to."""
        yield place
        if self._has_links:
            for path in reached(place, order.root):
                yield from (path, real(path)) if path.is_symlink() else ()

    @cached_property
    def _has_links(self) -> bool:
        """Whether there is a link anywhere: most repositories have none, and need not be searched again."""
        todo = [self._root]
        while todo:
            with os.scandir(todo.pop()) as entries:
                for entry in entries:
                    if entry.is_symlink():
                        return True
                    if entry.is_dir(follow_symlinks=False) and entry.name != ".git":
                        todo.append(Path(entry.path))
        return False


def _is_elsewhere(order: Order) -> bool:
    """Whether the source takes something from a place that no commit of this repository has."""
    if order.source.plugin is not None and order.source.plugin.name not in {"", Tool.JINJA.value}:
        return True  # nobody knows what somebody's program reads
    if any("://" in name for name in order.source.helm.value_files) if order.source.helm else False:
        return True
    if not order.source.path or not order.directory.is_dir():
        return False
    return any(not each.is_local for each in unvendored(order.directory, order.root))


_INFLATED: Final = b"helmChart"
"""In a Kustomization that inflates charts, in all three ways to write that."""


def _inflated(directory: Path) -> Iterator[Path]:
    """The charts that a Kustomization inflates, and their values: both may lie elsewhere."""
    file = file_of(directory) if directory.is_dir() else None
    text = file.read_bytes() if file else b""
    if _INFLATED not in text:
        return
    for document in read(text, "kustomization"):
        value = document.value if isinstance(document.value, dict) else {}
        home = value.get("helmGlobals")
        home = home.get("chartHome") if isinstance(home, dict) else None
        yield plain(directory / str(home or "charts"))
        for field in ("helmCharts", "helmChartInflationGenerator"):
            for chart in value.get(field) or () if isinstance(value.get(field), list) else ():
                yield from (plain(directory / name) for name in _values_of(chart))


def _values_of(chart: object) -> Iterator[str]:
    if isinstance(chart, dict):
        for field in ("valuesFile", "values", "chartHome"):
            if isinstance(chart.get(field), str) and "\n" not in chart[field]:
                yield chart[field]
        more = chart.get("additionalValuesFiles")
        yield from (str(name) for name in (more if isinstance(more, list) else ()))
