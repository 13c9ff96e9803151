"""Jinja2 templates: Syncline's own source type, in Argo CD's words a plugin named `jinja2`.

The law: a template runs in a sandbox in a process of its own, with a deadline and a memory limit, and an
undefined variable is an error.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from syncline.config.application import PluginOptions
from syncline.core.rendering import Chunk
from syncline.documents import read
from syncline.errors import DocumentError, Place, RenderError
from syncline.process import run
from syncline.render.directory import SUFFIXES
from syncline.render.links import real

if TYPE_CHECKING:
    from syncline.render.options import Order

TEMPLATE_SUFFIX: Final = ".j2"
_PARAMETERS: Final = frozenset({"values", "values-files"})
_CHILD: Final = Path(__file__).with_name("jinja_child.py")


def render(order: Order) -> Iterator[Chunk]:
    """The rendered templates and the plain manifests beside them, in the order of their paths."""
    root = order.directory
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and _counts(path)]
    templates = [path for path in files if path.suffix == TEMPLATE_SUFFIX]
    rendered = _rendered(order, root, templates) if templates else {}
    used = {real(path) for path in values_paths(order)}
    for path in files:
        if path in rendered:
            yield Chunk(order.relative(path), rendered[path].encode(), has_lines=False)
        elif real(path) not in used:
            yield Chunk(order.relative(path), path.read_bytes(), lenient=True)


def is_template(name: str) -> bool:
    """Whether a file name is that of a manifest template, such as `web.yaml.j2`."""
    return name.endswith(tuple(f"{suffix}{TEMPLATE_SUFFIX}" for suffix in SUFFIXES))


def _counts(path: Path) -> bool:
    return is_template(path.name) or path.suffix in SUFFIXES


def values_paths(order: Order) -> list[Path]:
    """The files named by the parameter `values-files`, relative to the application's path or, with `/`, to
    the root.
    """
    names = _parameters(order).get("values-files") or ()
    names = (names,) if isinstance(names, str) else names
    if not isinstance(names, tuple | list):
        raise RenderError("The parameter values-files must be an array.", place=order.app.origin)
    base = order.source.path.strip("/")
    return [
        order.inside(name if name.startswith("/") else f"{base}/{name}", "values file")
        for name in names
        if isinstance(name, str)
    ]


def _rendered(order: Order, root: Path, templates: list[Path]) -> Mapping[Path, str]:
    names = [path.relative_to(root).as_posix() for path in templates]
    asked = {
        "root": str(root),
        "boundary": str(order.root),
        "templates": names,
        "values": {**_values(order), "app": _facts(order)},
        "seconds": int(order.room.seconds) + 1,
    }
    answer = run(
        [sys.executable, "-I", str(_CHILD)],
        cwd=root,
        room=order.room,
        stdin=json.dumps(asked).encode(),
        name="jinja2",
    )
    if answer.code:
        lines = answer.stderr.strip().splitlines()
        why = lines[-1].rstrip(".") if lines else "the renderer was ended, as one that takes too much"
        raise RenderError(f"The templates could not be rendered: {why}.", place=order.place(root))
    said: dict[str, Any] = json.loads(answer.stdout)
    if "error" in said:
        place = order.place(root / said["template"], said["line"])
        raise RenderError(said["error"], place=place, remedy=said["remedy"])
    return {root / name: text for name, text in said["texts"].items()}


def _facts(order: Order) -> dict[str, str]:
    return {
        "name": order.app.name,
        "namespace": order.app.destination.namespace,
        "project": order.app.project,
        "revision": order.checkout.revision,
    }


def _parameters(order: Order) -> Mapping[str, Any]:
    plugin = order.source.plugin or PluginOptions()
    unknown = sorted({*plugin.parameters} - _PARAMETERS) + sorted(f"env.{name}" for name in plugin.env)
    if unknown:
        raise RenderError(
            f"The plugin jinja2 does not know {', '.join(unknown)}.",
            place=order.app.origin,
            remedy=f"Its parameters are {' and '.join(sorted(_PARAMETERS))}.",
        )
    return plugin.parameters


def _values(order: Order) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path in values_paths(order):
        values = _merged(values, _map(path.read_bytes(), order.relative(path)))
    given = _parameters(order).get("values") or {}
    if isinstance(given, str):
        given = _map(given.encode(), order.app.origin.file)
    if not isinstance(given, Mapping):
        raise RenderError("The parameter values must be a map.", place=order.app.origin)
    return _merged(values, given)


def _map(text: bytes, file: str) -> dict[str, Any]:
    try:
        documents = read(text, file)
    except DocumentError as error:
        raise RenderError(error.message, place=error.place, remedy=error.remedy) from error
    values = documents[0].value if documents else {}
    if not isinstance(values, dict):
        raise RenderError("The values must be a map.", place=Place(file, 1))
    return values


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Maps are merged, anything else is replaced (as helm does with values)."""
    merged = dict(base)
    for name, value in over.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, Mapping) else value
    return merged
