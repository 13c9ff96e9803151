"""The process in which templates run.

The law: it reads its task from standard input, answers on standard output, imports nothing of Syncline, and
cannot grow or run beyond its limits.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
)
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

if TYPE_CHECKING:
    from collections.abc import Callable

_MEMORY = 1024 * 1024 * 1024


class _Loader(FileSystemLoader):
    """Templates below one directory, and through links no further than the boundary."""

    def __init__(self, root: str, boundary: str) -> None:
        super().__init__(root)
        self._boundary = os.path.realpath(boundary)

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            source, filename, fresh = super().get_source(environment, template)
        except PermissionError:
            raise TemplateNotFound(template) from None
        found = Path(os.path.realpath(filename))
        if not found.is_relative_to(self._boundary) or ".git" in found.relative_to(self._boundary).parts:
            raise TemplateNotFound(template)
        return source, filename, fresh


def main() -> None:
    """Render every template that the task names."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (task["seconds"], task["seconds"]))
    environment = ImmutableSandboxedEnvironment(
        loader=_Loader(task["root"], task["boundary"]),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
    )
    environment.filters["to_json"] = json.dumps
    json.dump(_answer(environment, task), sys.stdout)


def _answer(environment: ImmutableSandboxedEnvironment, task: dict[str, Any]) -> dict[str, Any]:
    texts = {}
    for name in task["templates"]:
        try:
            texts[name] = environment.get_template(name).render(task["values"])
        except Exception as error:  # noqa: BLE001 - whatever a template does, its sentence is told
            place, line = _where(name, error, task["root"])
            return {"error": _sentence(error), "remedy": _remedy(error), "template": place, "line": line}
    return {"texts": texts}


def _where(name: str, error: Exception, root: str) -> tuple[str, int]:
    """The template and the line that were being rendered last; Jinja2 makes frames of them."""
    if isinstance(error, TemplateSyntaxError):
        return error.name or name, error.lineno
    place, line = name, 0
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if Path(file).is_relative_to(root):
            place, line = os.path.relpath(file, root), trace.tb_lineno
        trace = trace.tb_next
    return place, line


def _sentence(error: Exception) -> str:
    if isinstance(error, SecurityError):
        return "The template does something the sandbox forbids."
    if isinstance(error, (MemoryError, OverflowError)):
        return "The template asks for more memory, or a longer range, than it may have."
    if isinstance(error, RecursionError):
        return "The template includes or calls itself without an end."
    if isinstance(error, TemplateNotFound):
        return f"The template refers to {error.name}, which does not exist below the application's path."
    if isinstance(error, TemplateError):
        return f"The template fails: {str(error).rstrip('.')}."
    # Messages of Python's own errors can quote a value, which may be a secret.
    return f"The template fails with a {type(error).__name__}."


def _remedy(error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return "Define it in the values, or give it a default with | default(...)."
    if isinstance(error, TemplateNotFound):
        return "Name it relative to the application's path."
    return ""


if __name__ == "__main__":
    main()
