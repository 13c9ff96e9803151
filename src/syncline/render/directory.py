"""Plain YAML and JSON files.

The law: a file is taken in the order of its path, must lie within the repository, and is never executed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.config.application import DirectoryOptions
from syncline.config.globs import compiled
from syncline.core.rendering import Chunk
from syncline.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.render.options import Order

SUFFIXES: Final = (".yaml", ".yml", ".json")
_SKIP: Final = b"+argocd:skip-file-rendering"
_MAX_TOTAL: Final = 10_000_000
"""Argo CD's `reposerver.max.combined.directory.manifests.size`, in bytes."""


def render(order: Order) -> Iterator[Chunk]:
    """The manifests of a directory, by Argo CD's rules for include, exclude and recurse."""
    options = order.source.directory or DirectoryOptions()
    total = 0
    for path in chosen_files(order, options):
        if path.suffix == ".jsonnet":
            raise RenderError(
                "Jsonnet is not rendered by this version.",
                place=order.place(path),
                remedy="Exclude it with spec.source.directory.exclude, and commit what it makes.",
            )
        total += path.stat().st_size
        if total > _MAX_TOTAL:
            raise RenderError(
                f"The manifests of {order.source.path or '.'} add up to more than 10 MB.",
                place=order.place(path),
                remedy="Split the application, or exclude what is no manifest.",
            )
        text = path.read_bytes()
        if _SKIP not in text:
            yield Chunk(order.relative(path), text, lenient=True)


def chosen_files(order: Order, options: DirectoryOptions) -> list[Path]:
    """The files that count, in lexical order."""
    root = order.directory
    if not root.is_dir():
        return [root]
    found = root.rglob("*") if options.recurse else root.glob("*")
    return [path for path in sorted(found) if _counts(path, root, order, options)]


def _counts(path: Path, root: Path, order: Order, options: DirectoryOptions) -> bool:
    if not path.is_file():
        return False
    if path.suffix not in {*SUFFIXES, ".jsonnet"} and not options.disable_extension_filter:
        return False
    name = path.relative_to(root).as_posix()
    if options.exclude and _matches(options.exclude, name, order):
        return False
    return not options.include or _matches(options.include, name, order)


def _matches(pattern: str, name: str, order: Order) -> bool:
    try:
        return compiled(pattern).fullmatch(name) is not None
    except ValueError as error:
        raise RenderError(
            f"The glob {pattern!r} has no meaning: {error}.",
            place=order.app.origin,
            remedy="Correct spec.source.directory.",
        ) from error
