"""The process in which templates run.

The law: it reads its task from standard input, answers on standard output, imports nothing of Syncline, and
cannot grow or run beyond its limits.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_MEMORY = 1024 * 1024 * 1024


def main() -> None:
    """Render every template that the task names."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (task["seconds"], task["seconds"]))
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(task["root"]),
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
        except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            return _trouble(name, error)
        except (MemoryError, RecursionError, OverflowError) as error:
            return _trouble(name, error)
    return {"texts": texts}


def _trouble(name: str, error: Exception) -> dict[str, Any]:
    place, line = name, 0
    if isinstance(error, TemplateSyntaxError):
        place, line = error.name or name, error.lineno
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_name in {"top-level template code", "template"} or code.co_name.startswith("block "):
            line = trace.tb_lineno
        trace = trace.tb_next
    return {"error": _sentence(error), "remedy": _remedy(error), "template": place, "line": line}


def _sentence(error: Exception) -> str:
    if isinstance(error, SecurityError):
        return "The template does something the sandbox forbids."
    if isinstance(error, (MemoryError, OverflowError)):
        return "The template needs more memory than it may have."
    if isinstance(error, (UndefinedError, TemplateError)):
        return f"The template fails: {error}."
    # Messages of Python's own errors can quote a value, which may be a secret.
    return f"The template fails with a {type(error).__name__}."


def _remedy(error: Exception) -> str:
    if isinstance(error, UndefinedError):
        return "Define it in the values, or give it a default with | default(...)."
    return ""


if __name__ == "__main__":
    main()
