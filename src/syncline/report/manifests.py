"""The manifests of a rendering as one stream of YAML documents.

The law: the stream is nothing but YAML, so that another program can read it; each document is whole and says
in a comment whose it is and where it comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from syncline.documents import dump
from syncline.report.escaping import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.report.model import AppReport, Report


def manifests(report: Report) -> str:
    """Every manifest of every application; empty where there is none."""
    return "".join(text for app in report.applications for text in _documents(app))


def _documents(app: AppReport) -> Iterator[str]:
    for change in app.changes:
        if change.after is not None:
            parts = (app.name, str(change.origin) if change.origin else "")
            said = one_line(": ".join(part for part in parts if part))
            # Not splitlines(): a line ends where YAML ends it, and nowhere else.
            lines = dump(change.after.value).removesuffix("\n").split("\n")
            yield "\n".join(("---", f"# {said}", *map(visible, lines), ""))
