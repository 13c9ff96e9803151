"""What charts are told of the cluster, where that is not what the cluster is.

The law: a rendering rests on the commit and the settings alone, so that what was reviewed is what is applied:
no cluster is asked for what charts see. Where it is of another version than they were told, that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from syncline.core.lifecycle import minor_of
from syncline.report.model import Note, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.config.application import Source
    from syncline.jobs.prepare import Prepared
    from syncline.jobs.session import Session

_ASKS: Final = b".Capabilities."


def capability_notes(prepared: Prepared, minor: int, configured: str, session: Session) -> Iterator[Note]:
    """What to know where charts rest on another version than the cluster's, which is `minor`."""
    if "helm" not in prepared.rendering.tools:
        return
    untold = [source for source in prepared.app.sources if not (source.helm and source.helm.kube_version)]
    told = minor_of(configured)
    remedy = "set kubeVersion for it under clusters: in syncline.yaml"
    if told is not None and told != minor and untold:
        yield Note(
            Severity.WARNING,
            f"Charts are told Kubernetes {configured}, and the cluster is 1.{minor}; {remedy}.",
        )
    elif told is None and any(_asks(source, prepared, session) for source in untold):
        yield Note(
            Severity.INFO,
            "The chart asks for the version of Kubernetes or its APIs (.Capabilities) and is told those that "
            f"helm is built for; the cluster is 1.{minor}: {remedy}, and apiVersions.",
        )


def _asks(source: Source, prepared: Prepared, session: Session) -> bool:
    """Whether a template of the chart looks at what it is told; charts from elsewhere are not searched."""
    if source.chart or not source.path:
        return False
    root = session.checkouts.of(prepared.app, prepared.rendering.revision).root
    folder = root / source.path.strip("/") / "templates"
    return any(map(_mentions, sorted(folder.rglob("*")))) if folder.is_dir() else False


def _mentions(file: Path) -> bool:
    return file.is_file() and not file.is_symlink() and _ASKS in file.read_bytes()
