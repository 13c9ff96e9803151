"""`globalProjects` of `argocd-cm`: projects whose rules count in others, too.

The law: what a global project restricts is added to every project that its selector selects; it takes nothing
away.  (Argo CD, "Configuring Global Projects".)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.config.complaint import Complaint, did_you_mean
from syncline.documents import read
from syncline.errors import NOWHERE, DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from syncline.config.project import AppProject

KEY: Final = "globalProjects"
_FIELDS: Final = ("projectName", "labelSelector")
_SELECTOR: Final = ("matchLabels", "matchExpressions")

T = TypeVar("T")


class GlobalProject(Struct, frozen=True):
    """The name of a project whose rules count in all that the selector selects by their labels."""

    name: str
    selector: Mapping[str, Any] = field(default_factory=dict)
    place: Place = NOWHERE

    def covers(self, project: AppProject) -> bool:
        """Whether its rules count in this project."""
        from syncline.config.appset.selector import selects

        return project.name != self.name and selects(self.selector, project.labels)


def extended(project: AppProject, by: AppProject) -> AppProject:
    """The project with the rules of a global one behind its own."""
    return replace(
        project,
        source_repos=(*project.source_repos, *by.source_repos),
        destinations=(*project.destinations, *by.destinations),
        windows=(*project.windows, *by.windows),
        cluster_allowed=_joined(project.cluster_allowed, by.cluster_allowed),
        cluster_denied=_joined(project.cluster_denied, by.cluster_denied),
        namespaced_allowed=_joined(project.namespaced_allowed, by.namespaced_allowed),
        namespaced_denied=_joined(project.namespaced_denied, by.namespaced_denied),
        places={**by.places, **project.places},
    )


def _joined(own: tuple[T, ...] | None, others: tuple[T, ...] | None) -> tuple[T, ...] | None:
    # A list that is absent stays absent where the other one adds nothing.
    return (*(own or ()), *others) if others else own


def decode(texts: Mapping[str, tuple[str, Place]]) -> tuple[tuple[GlobalProject, ...], tuple[Complaint, ...]]:
    """The global projects in this key, and what is wrong with it."""
    if KEY not in texts:
        return (), ()
    text, place = texts[KEY]
    try:
        documents = read(text, place.file)
        listed = documents[0].value if documents else []
        if not isinstance(listed, list):
            return (), (Complaint(f"{KEY} must be a list of projectName and labelSelector.", place),)
        return tuple(_one(entry, place) for entry in listed), ()
    except DocumentError as trouble:
        return (), (Complaint(f"{KEY}: {trouble.message} {trouble.remedy}".strip(), place),)
    except ValueError as trouble:
        return (), (Complaint(f"{KEY}: {trouble}", place),)


def _one(entry: Any, place: Place) -> GlobalProject:
    from syncline.config.appset.selector import OPERATORS

    known = _mapping(entry, "an entry", _FIELDS)
    name = known.get("projectName")
    if not isinstance(name, str) or not name:
        raise ValueError("an entry needs projectName.")
    selector = _mapping(known.get("labelSelector") or {}, "labelSelector", _SELECTOR)
    labels, expressions = selector.get("matchLabels") or {}, selector.get("matchExpressions") or []
    if not isinstance(labels, dict) or not isinstance(expressions, list):
        raise ValueError(  # noqa: TRY004 - a finding about a text
            "labelSelector holds matchLabels, a mapping, and matchExpressions, a list."
        )
    for each in expressions:
        expression = _mapping(each, "an expression", ("key", "operator", "values"))
        if expression.get("operator") not in OPERATORS:
            raise ValueError(f"the operator of an expression must be one of {', '.join(OPERATORS)}.")
    return GlobalProject(name, selector, place)


def _mapping(value: Any, what: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{what} must be a mapping.")  # noqa: TRY004 - a finding about a text
    for name in value:
        if name not in known:
            raise ValueError(f"{name} is not a field Argo CD knows{did_you_mean(name, known)}")
    return value
