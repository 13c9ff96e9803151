"""What a process must not say, whoever says it.

The law: what the environment holds as secret is known before the first word; and what Python or a library
prints by itself (warnings, logging, the last words of a thread) is scrubbed like all the rest.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from syncline.core.mask import Masker, secrets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def masker_of(environ: Mapping[str, str]) -> Masker:
    """A masker with a key of its own that knows what the environment holds."""
    masker = Masker(os.urandom(32))
    for value in secrets_of(environ):
        masker.learn_value(value)
    return masker


@contextmanager
def discreet(masker: Masker, say: Callable[[str], object] | None = None) -> Iterator[None]:
    """Within it Python's own talk goes through the masker, to `say` or to standard error."""
    import logging
    import threading
    import traceback
    import warnings

    tell = say or _print

    def trace(kind: Any, error: BaseException | None, frames: Any) -> None:
        tell(masker.scrub("".join(traceback.format_exception(kind, error, frames))))

    def warn(message: object, category: type[Warning], *_: object, **__: object) -> None:
        tell(masker.scrub(f"{category.__name__}: {message}"))

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            tell(masker.scrub(self.format(record)))

    before = (threading.excepthook, sys.unraisablehook, warnings.showwarning, logging.lastResort)
    threading.excepthook = lambda hook: trace(hook.exc_type, hook.exc_value, hook.exc_traceback)
    sys.unraisablehook = lambda hook: trace(hook.exc_type, hook.exc_value, hook.exc_traceback)
    warnings.showwarning = warn
    logging.lastResort = Handler(logging.WARNING)
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook, warnings.showwarning, logging.lastResort = before


def _print(text: str) -> None:
    from syncline.report.escaping import visible

    sys.stderr.write(f"{visible(text).rstrip()}\n")
