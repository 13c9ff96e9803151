"""Where the files of a source lie.

The law: a source of another repository is fetched from there or refused, never rendered from this one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.errors import Interrupted, RenderError, SynclineError
from syncline.fetch import FetchError
from syncline.fetch.question import without_login
from syncline.render.artifacts import Artifact
from syncline.render.links import real
from syncline.render.options import Checkout
from syncline.render.remote_targets import remote_of
from syncline.render.workshop import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from syncline.config.application import Source
    from syncline.render.options import Order, RenderOptions
    from syncline.render.remote_targets import Base


_OCI: Final = "oci://"


def normalized_url(url: str) -> str:
    """A repository URL as Argo CD compares them: lower case, no scheme's user, no `.git`."""
    text = re.sub(r"^[a-z+]+://", "", url.strip().lower())
    text = re.sub(r"^[^/@]*@", "", text).replace(":", "/", 1) if "@" in text else text
    return text.rstrip("/").removesuffix(".git")


def leads_to(url: str, own: frozenset[str]) -> bool:
    """Whether a URL in a Kustomization is one of these repositories, whose URLs are normalized."""
    base = remote_of(url).base
    return base is not None and normalized_url(base.url) in own


def leads_back(url: str, options: RenderOptions, home: Checkout) -> bool:
    """Whether a build that begins at a URL in a Kustomization comes to this repository, by way of whatever
    other repositories name one another. What cannot be fetched or followed is not built either.
    """
    own, seen, todo = frozenset(map(normalized_url, options.repositories)), set[str](), [url]
    while todo and options.bases is not None:
        here = todo.pop()
        base = remote_of(here).base
        if leads_to(here, own):
            return True
        if base is None or here in seen:
            continue
        seen.add(here)
        try:
            todo += _named_by(options.bases(base, home), base)
        except Interrupted:
            raise
        except SynclineError:
            continue
    return False


def _named_by(checkout: Checkout, base: Base) -> list[str]:
    """The URLs that a directory of a repository names, and what it is built of there."""
    from syncline.render.kustomization import Asked, Spot, Step, Tree, Way

    tree = Tree(real(checkout.root))
    away: list[Asked] = []
    for _ in Way(away=away).follow(Step(Spot(tree, real(tree.root / base.path)))):
        pass
    return [each.reference.path for each in away]


def located(order: Order) -> Order:
    """The order in the tree that its source's files lie in. Raises RenderError."""
    source = order.source
    if not source.chart:
        return replace(order, checkout=_tree(source, order), home=order.ours)
    wanted = _wanted(source)
    try:
        chart = order.options.workshop.chart(wanted)
        folder = order.options.workshop.unpacked(chart)
    except FetchError as error:
        raise RenderError(error.message, place=order.app.origin, remedy=error.remedy) from error
    return replace(
        order, checkout=Checkout(folder, chart.version, asked_by=order.app.origin), home=order.ours
    )


def lender(source: Source, order: Order) -> Path:
    """The root of the tree that a `ref` lends files of. Raises RenderError."""
    if source.chart or source.repo_url.startswith(_OCI):
        what = "a chart" if source.chart else "an OCI artifact"
        raise RenderError(
            f"The ref {source.ref!r} is {what}, which lends no files.",
            place=order.app.origin,
            remedy="Give the ref to a source that is a Git repository.",
        )
    return real(_tree(source, order).root)


def resolutions(order: Order) -> Iterator[str]:
    """What the version of something fetched came to, as sentences; of an order that was located."""
    source = order.source
    if source.chart:
        chart = order.options.workshop.chart(_wanted(source))
        asked = "" if chart.version == source.target_revision else f", for {source.target_revision}"
        url = without_login(source.repo_url)
        yield f"The chart {source.chart} is {chart.version}{asked} ({url}, {chart.digest[:19]})."
    elif source.repo_url.startswith(_OCI):
        tag = order.checkout.found_by
        through = "" if tag == order.checkout.revision else f", by the tag {tag}"
        yield f"The artifact {without_login(source.repo_url)} is {order.checkout.revision[:19]}{through}."
    elif order.checkout.label:
        name = order.checkout.found_by.removeprefix("refs/heads/").removeprefix("refs/")
        through = f", by {name}" if name else ""
        url = without_login(source.repo_url)
        yield f"The repository {url} is at {order.checkout.revision[:12]}{through}{_hydrated_from(order)}."


def _wanted(source: Source) -> Wanted:
    passes = source.helm is not None and source.helm.pass_credentials
    return Wanted(source.repo_url, source.chart, source.target_revision, pass_credentials=passes)


def _tree(source: Source, order: Order) -> Checkout:
    """The tree of a source that is no chart: this repository's, as long as nobody fetches others."""
    if source.repo_url.startswith(_OCI):
        return _artifact(source, order)
    hydration = order.app.hydration
    if hydration is not None and source == hydration.wet and order.options.trees is not None:
        return order.options.trees(source, order.app)
    known = {normalized_url(url) for url in order.options.repositories}
    if source.repo_url and known and normalized_url(source.repo_url) not in known:
        if order.options.trees is not None:
            return order.options.trees(source, order.app)
        raise RenderError(
            f"The source repository {source.repo_url!r} is not this one, and this version reads no others.",
            place=order.app.origin,
            remedy="If it is this one under another URL, list the URL under repositories: in syncline.yaml.",
        )
    pinned = order.options.pinned(source, order.app)
    if pinned is None:
        return order.ours
    # A name of the very commit at hand is no other place, though more of it may be needed than is at hand.
    is_ours = pinned.revision == order.ours.revision
    return replace(pinned, label="", found_by="") if is_ours else pinned


def _artifact(source: Source, order: Order) -> Checkout:
    try:
        found = order.options.workshop.artifact(Artifact(source.repo_url, source.target_revision))
    except FetchError as error:
        raise RenderError(error.message, place=order.app.origin, remedy=error.remedy) from error
    name = source.repo_url.rstrip("/").rpartition("/")[2]
    return Checkout(found.folder, found.digest, label=f"{name}@{found.tag}", found_by=found.tag)


def _hydrated_from(order: Order) -> str:
    """Which commit the hydrator rendered, by the file that it leaves (Argo CD, "hydrator.metadata")."""
    file = order.root / order.source.path.strip("/") / "hydrator.metadata"
    if order.app.hydration is None or not file.is_file():
        return ""
    try:
        said = json.loads(file.read_bytes())
    except ValueError:
        return ""
    sha = said.get("drySha") if isinstance(said, dict) else None
    if not isinstance(sha, str):
        return ""
    behind = "" if sha == order.ours.revision else f", and not from {order.ours.revision[:12]}"
    return f", hydrated from {sha[:12]}{behind}"
