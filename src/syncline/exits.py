"""How a command ends.

The law: there is one place where every exception ends, and it tells a mistake from a bug.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from syncline.errors import ExitCode, SynclineError

if TYPE_CHECKING:
    from collections.abc import Mapping

F = TypeVar("F", bound=Callable[..., Any])


def guarded(function: F) -> F:
    """The one top-level except: a mistake is one sentence and its exit code, a bug shows its trace."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SynclineError as error:
            fail(error)
        except KeyboardInterrupt:
            # Before the run listens to signals, or at the second one.
            _complain("The run was stopped by SIGINT.")
            sys.exit(ExitCode.INTERRUPTED)
        except Exception:  # noqa: BLE001 - the last net: told as a bug, with its trace
            import traceback

            sys.stderr.write(_discreet(traceback.format_exc()))
            _complain("this is a bug in Syncline; please report it with the lines above.")
            sys.exit(ExitCode.BUG)

    return call  # type: ignore[return-value]


def fail(error: SynclineError) -> NoReturn:
    """End with the error's sentence."""
    _complain(str(error))
    sys.exit(error.exit_code)


def deafened(write: Callable[[], None]) -> None:
    """Write to standard output; whoever reads it may go away early, which changes nothing about the run."""
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def likes_colour(environ: Mapping[str, str]) -> bool:
    """Whether the environment has nothing against colours (no-color.org; a dumb terminal has none)."""
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def _complain(sentence: str) -> None:
    from syncline.report.escaping import visible

    colour = None if likes_colour(os.environ) else False
    click.secho("syncline: ", fg="red", bold=True, nl=False, err=True, color=colour)
    click.echo(visible(_discreet(sentence)), err=True)


def _discreet(text: str) -> str:
    """Whatever ends the program is said without what the environment holds as secret."""
    from syncline.discretion import masker_of

    return masker_of(os.environ).scrub(text)
