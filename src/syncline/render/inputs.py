"""What an application's rendering reads beyond its own path.

The law: a file that a build would read is in the answer; what cannot be followed makes no answer smaller,
because the build itself will then fail and say so.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.affected import borrower
from syncline.errors import SynclineError
from syncline.render.detect import Tool
from syncline.render.links import reached, real
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import overridden
from syncline.render.repositories import leads_to, normalized_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from syncline.config.application import Application, Source


class Inputs(Struct, frozen=True):
    """Files and directories, relative to the root; not `whole` where something could not be followed, or lies
    somewhere else. `followed` says that of this commit it is all there is to read. `elsewhere` are the URLs
    that Kustomizations name.
    """

    paths: frozenset[str] = frozenset()
    whole: bool = True
    followed: bool = True
    elsewhere: frozenset[str] = frozenset()


def input_paths(root: Path, app: Application, options: RenderOptions | None = None) -> frozenset[str]:
    """Files and directories, relative to the root."""
    return Readings(root, options).of(app).paths


class Readings:
    """What the applications of one checkout read. The checkout stays as it is meanwhile."""

    def __init__(self, root: Path, options: RenderOptions | None = None) -> None:
        self._root = real(root)
        self._options = options or RenderOptions()

    def of(self, app: Application) -> Inputs:
        """What one application reads."""
        found: set[Path] = set()
        whole, elsewhere = app.hydration is None, set[str]()
        for source in app.every_source:
            whole = whole and not (source.chart or source.repo_url.startswith("oci://"))
            order = Order(app, source, Checkout(self._root, ""), self._options)
            if self._options.is_elsewhere(source, app):
                whole = False
                self._take_lent(order, found)
            elif not source.chart:
                whole = self._take(order, found) and whole
                elsewhere.update(order.said.elsewhere)
        top = str(self._root)
        names = {
            path[len(top) + 1 :] for path in map(str, found) if path == top or path.startswith(f"{top}/")
        }
        paths = frozenset(name or "." for name in names)
        return Inputs(paths, whole and not elsewhere, whole, frozenset(elsewhere))

    def _take_lent(self, order: Order, found: set[Path]) -> None:
        """Add what a source elsewhere reads of this commit: value files that a `ref` lends to it."""
        from syncline.render import helm_values

        app, options = order.app, self._options
        elsewhere = [each for each in app.sources if options.is_elsewhere(each, app)]
        if not any(each.ref for each in app.sources if each not in elsewhere):
            return
        try:
            pinned = options.pinned(order.source, app)
            if pinned is not None:
                order = overridden(replace(order, checkout=pinned, home=order.checkout)).order
            lent = borrower(order.source, app, elsewhere)
            if lent is not None:
                found.update(helm_values.inputs(replace(order, source=lent)))
        except SynclineError:
            return  # it cannot be rendered, whatever else changes

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
        if may_be_a_plugin(order):
            found.add(order.root)  # its programs may read any file
            return False
        for named in self._ways(order.source):
            try:
                found.update(named(order))
            except SynclineError:
                whole = False
        if self._leads_back(order):
            found.add(order.root)
            return False
        return whole

    def _leads_back(self, order: Order) -> bool:
        """Whether a Kustomization names this repository by its URL, of which any file may then be read."""
        own = frozenset(map(normalized_url, self._options.repositories))
        return any(leads_to(url, own) for url in order.said.elsewhere)

    def _ways(self, source: Source) -> Iterator[Callable[[Order], Iterable[Path]]]:
        from syncline.render import directory, helm_values, jinja

        yield self._kustomized
        yield self._charted
        yield helm_values.inputs
        if source.plugin is not None:
            yield jinja.values_paths
        if source.helm is None and source.kustomize is None and source.plugin is None:
            yield directory.inputs

    def _kustomized(self, order: Order) -> Iterator[Path]:
        from syncline.render import kustomize

        for place in kustomize.inputs(order):
            yield from self._through_links(place, order)

    def _charted(self, order: Order) -> Iterator[Path]:
        from syncline.render.charts import local_charts

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


def may_be_a_plugin(order: Order) -> bool:
    """Whether a program of the settings' may render it, which reads what it likes."""
    source = order.source
    if source.plugin is not None and source.plugin.name:
        return source.plugin.name != Tool.JINJA.value
    decided = source.helm or source.kustomize or source.directory
    return not decided and any(plugin.discovers for plugin in order.options.plugins)


def _is_elsewhere(order: Order) -> bool:
    """Whether the source takes something from a place that no commit of this repository has."""
    if any("://" in name for name in order.source.helm.value_files) if order.source.helm else False:
        return True
    if not order.source.path or not order.directory.is_dir():
        return False
    from syncline.render.charts import local_charts, unvendored

    charts = local_charts(order.directory, order.root)
    return any(not each.is_local for chart in charts for each in unvendored(chart, order.root))
