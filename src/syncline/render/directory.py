"""Plain YAML and JSON files, and Jsonnet among them.

The law: a file is taken in the order of its path and must lie within the repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.config.application import DirectoryOptions
from syncline.config.globs import compiled
from syncline.config.tools import SIZE
from syncline.core.quantity import parse_quantity
from syncline.core.rendering import Chunk
from syncline.errors import RenderError
from syncline.render import jsonnet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.render.options import Order

SUFFIXES: Final = (".yaml", ".yml", ".json")
_SKIP: Final = b"+argocd:skip-file-rendering"


def render(order: Order) -> Iterator[Chunk]:
    """The manifests of a directory, by Argo CD's rules for include, exclude and recurse."""
    from syncline.core.lfs import is_pointer

    files = chosen_files(order, order.source.directory or DirectoryOptions())
    programs = [path for path in files if path.suffix == jsonnet.SUFFIX and _SKIP not in path.read_bytes()]
    objects = jsonnet.evaluated(order, programs)
    total, largest = 0, _largest(order)
    for path in files:
        if path.suffix == jsonnet.SUFFIX:
            yield from (Chunk(order.relative(path), each, has_lines=False) for each in objects.get(path, ()))
            continue
        total += path.stat().st_size
        if 0 < largest < total:
            raise RenderError(
                f"The manifests of {order.source.path or '.'} add up to more than "
                f"{order.options.tools.largest.text}B.",
                place=order.place(path),
                remedy=f"Split the application, exclude what is no manifest, or set {SIZE} in "
                "argocd-cmd-params-cm.",
            )
        text = path.read_bytes()
        if is_pointer(text):
            raise RenderError(
                "The file is a pointer of Git LFS, and what it stands for is not here.",
                place=order.place(path),
                remedy="Keep manifests in Git itself.",
            )
        if _SKIP not in text:
            yield Chunk(order.relative(path), text, lenient=True)


def _largest(order: Order) -> int:
    """What the manifests may add up to; 0 for as much as there is (Argo CD)."""
    said = order.options.tools.largest
    found = parse_quantity(said.text)
    if found is None or found < 0:
        raise RenderError(
            f"{SIZE} must be a quantity of bytes, such as 10M.", place=said.place, remedy="Correct it."
        )
    return int(found)


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
    if path.suffix == jsonnet.SUFFIX and "jsonnet" in order.options.tools.disabled:
        return False
    if path.suffix not in {*SUFFIXES, jsonnet.SUFFIX} and not options.disable_extension_filter:
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


def inputs(order: Order) -> Iterator[Path]:
    """What the Jsonnet files import, wherever it would be looked for."""
    if order.source.helm or order.source.kustomize or order.source.plugin:
        return
    files = chosen_files(order, order.source.directory or DirectoryOptions())
    yield from jsonnet.imported(order, [path for path in files if path.suffix == jsonnet.SUFFIX])
