"""The Applications that ApplicationSets make, beside those that files define.

The law: what a set makes is decoded like a file, and each complaint about it stands at a line of the set; a
set that fails makes nothing, and says so, so that what it made before is not taken for removed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from syncline.config import argo
from syncline.config.application import Application, Rolling
from syncline.config.appset.expand import TEMPLATE
from syncline.config.appset.model import ApplicationSet, SetError
from syncline.config.appset.selector import all_hold
from syncline.config.argo import NO_CLUSTER
from syncline.config.complaint import Complaint, Complaints
from syncline.config.load import BrokenApplication, Configuration, set_apart
from syncline.documents import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.appset.expand import Made
    from syncline.config.complaint import Path
    from syncline.errors import Place

_SHOWN: Final = 80
_NO_VALUE: Final = "<no value>"
"""What Go's templates write for a parameter that there is not."""
_ALIAS: Final = (
    " A cluster that is reached by a context has a server for templates where syncline.yaml gives it a "
    "serverAlias; its name is always there."
)


class _TemplateComplaints(Complaints):
    """Complaints about one Application, placed in the template that made it."""

    def __init__(self, appset: ApplicationSet) -> None:
        super().__init__(Document(None, appset.origin))
        self._appset = appset

    def place(self, path: Path = ()) -> Place:
        return self._appset.place((*TEMPLATE, *path)) if path else self._appset.origin


def with_generated(
    found: Configuration, results: Iterable[tuple[ApplicationSet, tuple[Made, ...] | SetError]]
) -> Configuration:
    """The configuration with all that its sets make."""
    applications: list[Application] = []
    broken: list[BrokenApplication] = []
    complaints: dict[Complaint, None] = {}
    for appset, result in results:
        if isinstance(result, SetError):
            broken.append(_failed(appset, result))
            continue
        if not result and not _may_be_empty(appset):
            words = f"ApplicationSet {appset.name} makes no Applications: its generators find nothing."
            complaints[Complaint(words, appset.origin, "warning")] = None
        for made in result:
            one = _decoded(appset, made, complaints)
            (broken if isinstance(one, BrokenApplication) else applications).append(one)  # type: ignore[arg-type]
    errors = {error: None for each in broken for error in each.errors}
    return set_apart(
        replace(
            found,
            applications=(*found.applications, *applications),
            complaints=(*found.complaints, *(complaints | errors)),
            broken=(*found.broken, *broken),
        )
    )


_OFTEN_EMPTY: Final = frozenset({"plugin", "pullRequest", "scmProvider"})


def _may_be_empty(appset: ApplicationSet) -> bool:
    """Whether it is nothing odd that there is nothing just now: no pull request is open."""
    kinds = {generator.kind for generator in appset.generators}
    nested = {kind for generator in appset.generators for kind in _inside(generator.body)}
    return not _OFTEN_EMPTY.isdisjoint(kinds | nested)


def _inside(body: Mapping[str, Any]) -> Iterator[str]:
    for entry in body.get("generators") or ():
        for kind, value in entry.items():
            yield kind
            yield from _inside(value if isinstance(value, dict) else {})


def _failed(appset: ApplicationSet, error: SetError) -> BrokenApplication:
    message = f"ApplicationSet {appset.name} makes no Applications: {error.message}"
    complaint = Complaint(message, appset.place(error.path))
    return BrokenApplication(appset.name, appset.namespace, complaint.place, (complaint,))


def _decoded(
    appset: ApplicationSet, made: Made, complaints: dict[Complaint, None]
) -> Application | BrokenApplication:
    book = _TemplateComplaints(appset)
    app = argo.decode(made.body, book)
    name = _name(made.body)
    if app is not None and not argo.NAME.fullmatch(app.name):
        book.error(
            ("metadata", "name"),
            "metadata.name is no name for an Application: lower-case letters, digits, hyphens and dots; "
            "use a normalized parameter, or goTemplate's normalize.",
        )
    errors = tuple(_of(appset, each, name) for each in book.errors)
    if appset.is_go and _NO_VALUE in str(made.body):
        words = (
            f"ApplicationSet {appset.name} makes {name[:_SHOWN]!r}, which holds {_NO_VALUE}: a parameter of "
            "the template is missing. goTemplateOptions: [missingkey=error] would say which."
        )
        complaints[Complaint(words, appset.place(TEMPLATE), "warning")] = None
    complaints |= dict.fromkeys(_of(appset, each) for each in book.found if each.severity == "warning")
    if app is None or errors:
        return BrokenApplication(name, appset.namespace, appset.origin, errors)
    return replace(
        app,
        origin=appset.origin,
        made_by=appset.name,
        reads=made.reads,
        rolling=_rolling(appset, app.labels),
    )


def _name(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(name or "")


def _of(appset: ApplicationSet, complaint: Complaint, name: str = "") -> Complaint:
    of = f" makes {name[:_SHOWN]!r}, whose" if name else ":"
    hint = _ALIAS if NO_CLUSTER in complaint.message and _asks_for_clusters(appset) else ""
    return replace(complaint, message=f"ApplicationSet {appset.name}{of} {complaint.message}{hint}")


def _asks_for_clusters(appset: ApplicationSet) -> bool:
    return any(
        generator.kind == "clusters"
        or any("clusters" in each for each in generator.body.get("generators") or ())
        for generator in appset.generators
    )


def _rolling(appset: ApplicationSet, labels: Mapping[str, str]) -> Rolling | None:
    """The first step whose expressions all hold has the Application."""
    if appset.steps is None:
        return None
    for number, step in enumerate(appset.steps):
        if all_hold(step.expressions, labels):
            return Rolling(appset.name, number, step.most, step.place, reverse=appset.reverse)
    return Rolling(appset.name, None, origin=appset.origin, reverse=appset.reverse)
