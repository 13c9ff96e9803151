"""The process in which Jsonnet is evaluated, by go-jsonnet, as Argo CD does it.

The law: it reads its task from standard input, answers on standard output, imports nothing of Syncline, opens
no file beyond the boundary, and cannot grow or run beyond its limits.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
from pathlib import Path
from typing import Any

_MEMORY = 2 * 1024 * 1024 * 1024
"""Of address space: Go sets aside most of a gigabyte before it begins."""

_REFUSED = "<refused>"
_PLACE = re.compile(r"(?P<file>[^\s:()]+|<[^>]*>):\(?(?P<line>[0-9]+):[0-9]+")
_RUNTIME = "RUNTIME ERROR: "
_CIRCLE = "max stack frames exceeded"


class _Importer:
    """Finds what is imported: beside the importing file, then in the last search path first (go-jsonnet)."""

    def __init__(self, boundary: str, paths: list[str]) -> None:
        self._boundary = os.path.realpath(boundary)
        self._paths = list(reversed(paths))
        self.refusal = ""

    def __call__(self, base: str, name: str) -> tuple[str, bytes]:
        for place in (base, *self._paths):
            path = Path(os.path.normpath(Path(self._boundary, place, name)))
            if not os.path.lexists(path):
                continue
            found = Path(os.path.realpath(path))
            if not found.is_relative_to(self._boundary) or not path.is_relative_to(self._boundary):
                return self._refuse(f"The import {name!r} leads out of the repository.")
            if found.is_file() and ".git" not in found.relative_to(self._boundary).parts:
                return os.path.relpath(path, self._boundary), found.read_bytes()
        outside = not Path(os.path.normpath(Path(self._boundary, base, name))).is_relative_to(self._boundary)
        return self._refuse(
            f"The import {name!r} leads out of the repository."
            if outside
            else f"The import {name!r} does not exist, neither beside the file nor in a library path."
        )

    def _refuse(self, sentence: str) -> tuple[str, bytes]:
        # The bindings lose the text of an exception; a program that fails keeps the line that imports it.
        self.refusal = self.refusal or sentence
        return _REFUSED, b"error 'refused'"


def main() -> None:
    """Evaluate every file that the task names."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (task["seconds"], task["seconds"]))
    json.dump(_answer(task), sys.stdout)


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    import _gojsonnet

    texts = {}
    for name in task["files"]:
        importer = _Importer(task["boundary"], task["paths"])
        text = Path(task["boundary"], name).read_bytes().decode("utf-8", "replace")
        try:
            texts[name] = _gojsonnet.evaluate_snippet(
                name, text, import_callback=importer, max_trace=0, **task["variables"]
            )
        except RuntimeError as error:
            return _told(str(error), importer.refusal, name)
        if importer.refusal:  # importstr takes the failing program for a text
            return {"error": importer.refusal, "file": name, "line": 0}
    return {"texts": texts}


def _told(said: str, refusal: str, name: str) -> dict[str, Any]:
    """One sentence, and the line of a file of the repository that it is about."""
    is_runtime = said.startswith(_RUNTIME)
    message, _, trace = said.removeprefix(_RUNTIME).partition("\n\t" if is_runtime else "\n")
    place = next(filter(_is_ours, _PLACE.finditer(trace if is_runtime else message)), None)
    if not is_runtime:
        message = _PLACE.sub("", message, count=1).lstrip("-0123456789):( ")
    if _CIRCLE in message:
        message = "It refers to itself without an end, or nests too deep"
    sentence = refusal or f"The Jsonnet fails: {message.strip().rstrip('.')}."
    return {
        "error": sentence,
        "file": place["file"] if place else name,
        "line": int(place["line"]) if place else 0,
    }


def _is_ours(place: re.Match[str]) -> bool:
    return place["file"] != _REFUSED and (place["file"] == "<std>") is False


if __name__ == "__main__":
    main()
