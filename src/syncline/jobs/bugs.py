"""A mistake of our own, met on the way.

The law: it fails what it was met in and nothing else; the sentence says what and where and never which
values, and the trace is for whoever asks for it, without any secret this run has seen.
"""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from syncline.errors import BugError, SynclineError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.jobs.session import Session

_PACKAGE: Final = "syncline"
_REMEDY: Final = "Please report it, with the trace that SYNCLINE_DEBUG=1 shows."


@contextmanager
def contained(session: Session) -> Iterator[None]:
    """Within it a mistake of ours becomes a BugError, which is told like every other error."""
    try:
        yield
    except SynclineError:
        raise
    except Exception as error:  # noqa: BLE001 - told as a bug
        # Without the cause: whoever prints this one would print values, too.
        raise bug_of(error, session) from None


def bug_of(error: Exception, session: Session) -> BugError:
    """The sentence for a mistake; its trace is told to whoever debugs."""
    import traceback

    session.debug(session.masker.scrub("".join(traceback.format_exception(error))))
    return BugError(f"This is a bug in Syncline ({type(error).__name__} {_where(error)}).", remedy=_REMEDY)


def _where(error: Exception) -> str:
    """The innermost place of our own."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _PACKAGE in PurePath(frame.filename).parts] or list(frames)
    if not own:
        return "at an unknown place"
    parts = PurePath(own[-1].filename).parts
    begin = len(parts) - 1 - parts[::-1].index(_PACKAGE) if _PACKAGE in parts else len(parts) - 1
    return f"in {'/'.join(parts[begin:])}:{own[-1].lineno}"
