"""What an application's rendering reads beyond its own path.

The law: a file that a build would read is in the answer; what cannot be followed makes no answer smaller,
because the build itself will then fail and say so.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from syncline.core.affected import named_paths
from syncline.documents import read
from syncline.errors import SynclineError
from syncline.render.jinja import values_paths
from syncline.render.kustomization import followed
from syncline.render.options import Checkout, Order, RenderOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.config.application import Application, Source


def input_paths(root: Path, app: Application) -> frozenset[str]:
    """Files and directories, relative to the root."""
    top = root.resolve()
    found = {
        path
        for source in app.sources
        for path in _inputs(Order(app, source, Checkout(top, ""), RenderOptions()))
    }
    found |= {target for name in named_paths(app) for target in _linked(top / name)}
    found |= {target for path in tuple(found) for target in _linked(path)}
    return frozenset(str(path.relative_to(top)) for path in found if path.is_relative_to(top))


def _inputs(order: Order) -> Iterator[Path]:
    source: Source = order.source
    if not source.path or source.chart:
        return
    with contextlib.suppress(SynclineError):
        yield from followed(order.directory, order.checkout.root)
    with contextlib.suppress(SynclineError):
        yield from values_paths(order)
    with contextlib.suppress(SynclineError):
        yield from _local_charts(order.directory, order.checkout.root)


def _linked(path: Path) -> Iterator[Path]:
    """What the symbolic links on the way to a path, and below it, lead to."""
    target = path.resolve()
    if target != path:
        yield target
    if target.is_dir():
        for place, directories, files in os.walk(target):
            links = (Path(place, name) for name in (*directories, *files))
            yield from (link.resolve() for link in links if link.is_symlink())


def _local_charts(chart: Path, root: Path) -> Iterator[Path]:
    """The directories that a chart's `file://` dependencies name, and theirs."""
    todo, seen = [chart], set[Path]()
    while todo:
        place = todo.pop()
        if place in seen or not place.is_relative_to(root):
            continue
        seen.add(place)
        yield place
        file = place / "Chart.yaml"
        documents = read(file.read_bytes(), file.name) if file.is_file() else ()
        for document in documents:
            listed = document.value.get("dependencies") if isinstance(document.value, dict) else None
            urls = [str(each.get("repository", "")) for each in listed or () if isinstance(each, dict)]
            todo += [
                (place / url.removeprefix("file://")).resolve() for url in urls if url.startswith("file://")
            ]
