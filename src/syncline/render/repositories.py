"""Which repository a source names.

The law: a source of another repository is refused, never rendered from this one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from syncline.errors import RenderError

if TYPE_CHECKING:
    from syncline.config.application import Source
    from syncline.render.options import Order


def normalized_url(url: str) -> str:
    """A repository URL as Argo CD compares them: lower case, no scheme's user, no `.git`."""
    text = re.sub(r"^[a-z+]+://", "", url.strip().lower())
    text = re.sub(r"^[^/@]*@", "", text).replace(":", "/", 1) if "@" in text else text
    return text.rstrip("/").removesuffix(".git")


def must_be_ours(source: Source, order: Order) -> None:
    """Raises RenderError for a chart registry, and for a repository that is not this one."""
    if source.chart or source.repo_url.startswith("oci://"):
        raise RenderError(
            f"The source {source.chart or source.repo_url!r} comes from a chart registry, "
            "which this version does not read.",
            place=order.app.origin,
            remedy="Vendor the chart into the repository and name its path.",
        )
    known = {normalized_url(url) for url in order.options.repositories}
    if source.repo_url and known and normalized_url(source.repo_url) not in known:
        raise RenderError(
            f"The source repository {source.repo_url!r} is not this one, and this version reads no others.",
            place=order.app.origin,
            remedy="If it is this one under another URL, list the URL under repositories: in syncline.yaml.",
        )
