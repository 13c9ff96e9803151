"""Jsonnet files of a plain directory, by go-jsonnet.

The law: an evaluation runs in a process of its own, with a deadline and a memory limit, and imports files of
this repository only.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.config.application import DirectoryOptions
from syncline.errors import RenderError
from syncline.patterns import regex
from syncline.process import run
from syncline.render.links import plain, real
from syncline.render.substitution import substitute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from syncline.config.application import JsonnetVariable
    from syncline.render.options import Order

SUFFIX: Final = ".jsonnet"
_CHILD: Final = Path(__file__).with_name("jsonnet_child.py")
_IMPORT: Final = regex(rb"""\bimport(str|bin)?\s*@?(?:"([^"\n]+)"|'([^'\n]+)')""")


def evaluated(order: Order, files: Sequence[Path]) -> Mapping[Path, list[Any]]:
    """The objects that each file stands for: those of an array, or the one."""
    if not files:
        return {}
    names = {str(path.relative_to(order.root)): path for path in files}
    asked = {
        "boundary": str(order.root),
        "paths": [str(path.relative_to(order.root)) for path in _search_paths(order)],
        "files": list(names),
        "variables": _variables(order),
        # Of the processor, which Go's collector uses more than once at a time.
        "seconds": (int(order.room.seconds) + 1) * (os.cpu_count() or 1),
    }
    answer = run(
        [sys.executable, "-I", str(_CHILD)],
        cwd=order.root,
        # Go's collector keeps up, also where others have the processor.
        room=replace(order.room, environ={**order.room.environ, "GOMEMLIMIT": "256MiB"}),
        stdin=json.dumps(asked).encode(),
        name="jsonnet",
    )
    if answer.code:
        raise RenderError(
            f"The Jsonnet could not be evaluated: {_last_words(answer.stderr)}.", place=order.place(files[0])
        )
    said: dict[str, Any] = json.loads(answer.stdout)
    if "error" in said:
        raise _failure(said, order, names)
    return {names[name]: _objects(text, names[name], order) for name, text in said["texts"].items()}


def _last_words(stderr: str) -> str:
    if "No module named '_gojsonnet'" in stderr:
        return "the Python package gojsonnet is missing"
    return "the evaluation was ended, as one that takes too much time or memory"


def _failure(said: Mapping[str, Any], order: Order, names: Mapping[str, Path]) -> RenderError:
    file, line = said["file"], said["line"]
    if file.startswith("<"):
        # `<extvar:name>` and `<top-level-arg:name>` are code that the Application itself holds.
        what = file.strip("<>").replace(":", " ")
        return RenderError(
            f"{said['error'].rstrip('.')} (in the {what}).",
            place=order.app.origin,
            remedy="Correct spec.source.directory.jsonnet.",
        )
    place = names[file] if file in names else order.root / file
    return RenderError(said["error"], place=order.place(place, line), remedy="Correct the Jsonnet.")


def _objects(text: str, path: Path, order: Order) -> list[Any]:
    value = json.loads(text)
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in listed):
        raise RenderError(
            "The Jsonnet evaluates to something that is neither an object nor an array of objects.",
            place=order.place(path),
            remedy="End it with the object, or with [first, second].",
        )
    return listed


def _variables(order: Order) -> dict[str, dict[str, str]]:
    options = _options(order).jsonnet

    def chosen(variables: Iterable[JsonnetVariable], *, code: bool) -> dict[str, str]:
        return {
            each.name: substitute(each.value, order.build_environment)
            for each in variables
            if each.code is code
        }

    return {
        "ext_vars": chosen(options.ext_vars, code=False),
        "ext_codes": chosen(options.ext_vars, code=True),
        "tla_vars": chosen(options.tlas, code=False),
        "tla_codes": chosen(options.tlas, code=True),
    }


def _search_paths(order: Order) -> list[Path]:
    """The application's path, then the libraries, from the repository's root; the last one wins."""
    directory = order.directory if order.directory.is_dir() else order.directory.parent
    return [directory, *(order.inside(path, "Jsonnet library path") for path in _options(order).jsonnet.libs)]


def _options(order: Order) -> DirectoryOptions:
    return order.source.directory or DirectoryOptions()


def imported(order: Order, files: Iterable[Path]) -> Iterator[Path]:
    """The libraries, and everywhere that the files look for what they import, and what those import."""
    libraries = [plain(order.root / path.strip("/")) for path in _options(order).jsonnet.libs]
    yield from libraries
    searched = [order.directory, *libraries]
    todo, seen = list(files), set[Path]()
    while todo:
        file = todo.pop()
        if file in seen or not file.is_file() or not real(file).is_relative_to(order.root):
            continue
        seen.add(file)
        for how, double, single in _IMPORT.findall(file.read_bytes()):
            name = (double or single).decode("utf-8", "replace")
            places = [plain(base / name) for base in (file.parent, *searched)]
            yield from places
            yield from map(real, places)
            todo += () if how else places  # what is taken as text imports nothing
