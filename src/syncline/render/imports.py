"""What Jsonnet files import.

The law: a file that an import may mean is in the answer, whether it is there or not; what an import names by
an expression cannot be, because Jsonnet takes only literals.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from syncline.render.links import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from syncline.render.options import Order

_IMPORT: Final = re.compile(rb"""\bimport(?:str|bin)?\s*@?(?:"([^"\n]+)"|'([^'\n]+)'|\|\|\|)""")
_SUFFIXES: Final = (".jsonnet", ".libsonnet")


def jsonnet_inputs(order: Order) -> Iterator[Path]:
    """The library directories of the source and, from file to file, all that its Jsonnet imports."""
    options = order.source.directory
    named = options.jsonnet.get("libs") if options else None
    libs = [plain(order.root / str(lib).strip("/")) for lib in named or ()]
    yield from libs
    directory = order.directory
    if directory.is_dir():
        starts = [path for path in directory.rglob("*") if path.suffix in _SUFFIXES]
        yield from _followed(starts, libs)


def _followed(starts: Sequence[Path], libs: Sequence[Path]) -> Iterator[Path]:
    todo, seen = list(starts), set(starts)
    while todo:
        file = todo.pop()
        if not file.is_file() or file.suffix not in _SUFFIXES:
            continue  # importstr takes any file as it is
        for match in _IMPORT.finditer(file.read_bytes()):
            name = (match[1] or match[2] or b"").decode("utf-8", "replace")
            for base in (file.parent, *libs) if name else ():
                target = plain(base / name)
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
                    yield target
