"""Plain YAML and JSON files.

The law: a file is taken in the order of its path, must lie within the repository, and is never executed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from syncline.config.application import DirectoryOptions
from syncline.core.rendering import Chunk
from syncline.errors import ConfigError, RenderError
from syncline.render.globs import compiled

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
            raise RenderError("Jsonnet is not rendered by this version.", place=order.place(path))
        text = path.read_bytes()
        total += len(text)
        if total > _MAX_TOTAL:
            raise RenderError(
                f"The manifests of {order.source.path or '.'} add up to more than 10 MB.",
                place=order.place(path),
                remedy="Split the application.",
            )
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
    if path.is_symlink():
        target = path.resolve()
        if not target.is_relative_to(order.checkout.root.resolve()):
            raise RenderError(
                "The symbolic link leads out of the repository.", place=order.place(path.parent / path.name)
            )
    if not path.is_file() or path.suffix not in {*SUFFIXES, ".jsonnet"}:
        return False
    name = path.relative_to(root).as_posix()
    if options.exclude and _matches(options.exclude, name, order):
        return False
    return not options.include or _matches(options.include, name, order)


def _matches(pattern: str, name: str, order: Order) -> bool:
    try:
        return compiled(pattern).fullmatch(name) is not None
    except (ValueError, re.error) as error:
        raise ConfigError(f"The glob {pattern!r} has no meaning: {error}.", place=order.app.origin) from error
