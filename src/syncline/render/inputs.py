"""What an application's rendering reads beyond its own path.

The law: a file that a build would read is in the answer; what cannot be followed makes no answer smaller,
because the build itself will then fail and say so.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from syncline.errors import SynclineError
from syncline.render import directory, helm_values, jinja, kustomize
from syncline.render.charts import local_charts
from syncline.render.detect import Tool
from syncline.render.links import reached, real
from syncline.render.options import Checkout, Order, RenderOptions
from syncline.render.overrides import overridden

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from syncline.config.application import Application


def input_paths(root: Path, app: Application, options: RenderOptions | None = None) -> frozenset[str]:
    """Files and directories, relative to the root."""
    top = real(root)
    found = {
        path
        for source in app.every_source
        if not source.chart
        for path in _inputs(Order(app, source, Checkout(top, ""), options or RenderOptions()))
    }
    return frozenset(str(path.relative_to(top)) for path in found if path.is_relative_to(top))


def _inputs(order: Order) -> Iterator[Path]:
    with suppress(SynclineError):
        order = overridden(order).order
    if not order.source.path:
        return
    if _may_be_a_plugin(order):
        yield order.root  # its programs may read any file
        return
    for named in (_kustomized, _charted, helm_values.inputs, jinja.values_paths, directory.inputs):
        yield from _as_far_as_possible(named, order)


def _may_be_a_plugin(order: Order) -> bool:
    source = order.source
    if source.plugin is not None and source.plugin.name:
        return source.plugin.name != Tool.JINJA.value
    decided = source.helm or source.kustomize or source.directory
    return not decided and any(plugin.discovers for plugin in order.options.plugins)


def _kustomized(order: Order) -> Iterator[Path]:
    return _through_links(kustomize.inputs(order), order)


def _charted(order: Order) -> Iterator[Path]:
    return _through_links(local_charts(order.directory, order.root), order)


def _through_links(places: Iterable[Path], order: Order) -> Iterator[Path]:
    """The places, the links in them and on the way to them, and what those lead to."""
    for place in places:
        yield place
        for path in reached(place, order.root):
            yield from (path, real(path)) if path.is_symlink() else ()


def _as_far_as_possible(named: Callable[[Order], Iterable[Path]], order: Order) -> Iterator[Path]:
    with suppress(SynclineError):
        yield from named(order)
