"""From the texts of a repository to its configuration.

The law: one broken definition spoils nothing but itself, and is never passed over in silence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from syncline.config import (
    argo,
    argocd_keys,
    comparison,
    controller,
    customizations,
    global_projects,
    settings_file,
    tools,
    unmanaged,
)
from syncline.config.complaint import Complaint, Complaints, Path, did_you_mean
from syncline.config.settings import Customizations, Settings
from syncline.documents import read
from syncline.errors import DocumentError, Place
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application
    from syncline.config.appset import ApplicationSet
    from syncline.config.project import AppProject

_TEMPLATE_MARKS = ("{{", "{%")
_OUR_KIND = regex(
    r"^[\s\-\"'{,]*kind[\"']?:\s*[\"']?(?P<kind>Application|ApplicationSet|AppProject)\b", re.MULTILINE
)
_KINDS = ("Application", "ApplicationSet", "AppProject")
_OUR_WORDS = ("argoproj.io", "argocd-cm")  # argocd-cmd-params-cm begins with the second
_ARGOCD_CM = ("resource.", global_projects.KEY, *tools.PREFIXES, *comparison.KEYS)
"""The keys of `argocd-cm` that count here."""
_PARAMETERS = (*controller.KEYS, comparison.PATIENCE, tools.SIZE)
"""The same of `argocd-cmd-params-cm`."""
_YAML_NAMES = (".yaml", ".yml", ".json")


class BrokenApplication(Struct, frozen=True):
    """A definition with errors. `name` is empty when not even that could be read."""

    name: str
    namespace: str
    place: Place
    errors: tuple[Complaint, ...]


class Configuration(Struct, frozen=True):
    """All that a revision of the repository says about how it is to be delivered."""

    applications: tuple[Application, ...] = ()
    settings: Settings = field(default_factory=Settings)
    customizations: Customizations = field(default_factory=Customizations)
    complaints: tuple[Complaint, ...] = ()
    broken: tuple[BrokenApplication, ...] = ()
    sets: tuple[ApplicationSet, ...] = ()
    projects: Mapping[str, AppProject] = field(default_factory=dict)
    broken_projects: Mapping[str, Complaint] = field(default_factory=dict)

    @property
    def settings_errors(self) -> tuple[Complaint, ...]:
        """Errors of `syncline.yaml` itself; with any, nothing may be written anywhere."""
        return tuple(
            complaint
            for complaint in self.complaints
            if complaint.severity == "error" and complaint.place.file in settings_file.FILE_NAMES
        )


Text: TypeAlias = str | bytes


def load(files: Iterable[tuple[str, Text]]) -> Configuration:
    """The configuration in these files, given as path from the repository's root and text."""
    found = _Found()
    for path, text in sorted(files, key=lambda file: file[0]):
        if path in settings_file.FILE_NAMES:
            _take_settings(found, path, text)
        elif path.endswith(_YAML_NAMES) and _mentions_us(text):
            _take_file(found, path, text)
    kinds, complaints = customizations.decode(found.customizations)
    compared, more = comparison.decode(found.customizations)
    left_out, others = unmanaged.decode(found.customizations)
    everywhere, odd = global_projects.decode(found.customizations)
    sets, wrong = controller.decode(found.customizations)
    found.unclear += (*complaints, *more, *others, *odd, *wrong)
    found.complaints += (*complaints, *more, *others, *odd, *wrong)
    unclear = tuple(each for each in found.unclear if each.severity == "error")
    return set_apart(
        Configuration(
            applications=tuple(found.applications),
            settings=found.settings,
            customizations=Customizations(
                found.customizations, kinds, compared, left_out, everywhere, sets, unclear
            ),
            complaints=tuple(found.complaints),
            broken=tuple(found.broken),
            sets=tuple(found.sets),
            projects=found.projects,
            broken_projects=found.broken_projects,
        )
    )


class _Found:
    def __init__(self) -> None:
        self.applications: list[Application] = []
        self.settings = Settings()
        self.settings_place: Place | None = None
        self.customizations: dict[str, tuple[str, Place]] = {}
        self.complaints: list[Complaint] = []
        self.unclear: list[Complaint] = []
        self.broken: list[BrokenApplication] = []
        self.sets: list[ApplicationSet] = []
        self.projects: dict[str, AppProject] = {}
        self.broken_projects: dict[str, Complaint] = {}


def _mentions_us(text: Text) -> bool:
    if isinstance(text, str):
        return any(word in text for word in _OUR_WORDS)
    compact = text.replace(b"\0", b"") if text[:2] in {b"\xff\xfe", b"\xfe\xff"} else text
    return any(word.encode() in compact for word in _OUR_WORDS)


def _take_settings(found: _Found, path: str, text: Text) -> None:
    if found.settings_place is not None:
        message = f"There are two settings files; {found.settings_place.file} is the other. Keep one of them."
        found.complaints.append(Complaint(message, Place(path)))
        return
    found.settings_place = Place(path)
    try:
        documents = read(text, path)
    except DocumentError as trouble:
        found.complaints.append(_complaint(trouble, path))
        return
    if len(documents) > 1:
        message = "The settings are one document; remove the second."
        found.complaints.append(Complaint(message, documents[1].place))
    for document in documents[:1]:
        complaints = Complaints(document)
        found.settings = settings_file.decode(document.value, complaints)
        found.complaints += complaints.found


def _complaint(trouble: DocumentError, path: str) -> Complaint:
    remedy = f" {trouble.remedy}" if trouble.remedy else ""
    return Complaint(f"{trouble.message}{remedy}", trouble.place or Place(path))


def _take_file(found: _Found, path: str, text: Text) -> None:
    try:
        documents = read(text, path)
    except DocumentError as trouble:
        _take_trouble(found, path, text, trouble)
        return
    for document in documents:
        for body, base in _objects(document.value):
            _take_object(found, body, Complaints(document, base))


def _take_trouble(found: _Found, path: str, text: Text, trouble: DocumentError) -> None:
    """A file that cannot be read: ours, or the template of a chart that is none of our business."""
    plain = text if isinstance(text, str) else text.replace(b"\0", b"").decode("utf-8", "replace")
    match = _OUR_KIND.search(plain) if "argoproj.io/" in plain else None
    if match is None:
        return
    complaint = _complaint(trouble, path)
    marked = any(mark in plain for mark in _TEMPLATE_MARKS)
    if not marked:
        found.complaints.append(complaint)
        if match["kind"] != "AppProject":
            found.broken.append(BrokenApplication("", "", complaint.place, (complaint,)))
    elif match["kind"] == "ApplicationSet" and "templates" not in path.split("/"):
        hint = "if this is an ApplicationSet and no chart's template, put its {{ }} in quotes."
        found.complaints.append(
            Complaint(f"{complaint.message} It is passed over; {hint}", complaint.place, "warning")
        )


def _objects(value: Any) -> Iterator[tuple[Mapping[str, Any], Path]]:
    if not isinstance(value, dict):
        return
    items = value.get("items")
    if isinstance(items, list) and str(value.get("kind", "")).endswith("List"):
        yield from ((item, ("items", index)) for index, item in enumerate(items) if isinstance(item, dict))
    else:
        yield value, ()


def _take_object(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    kind, api_version = body.get("kind"), str(body.get("apiVersion", ""))
    if kind == "ConfigMap" and _is_called(body, "argocd-cm"):
        _take_customizations(found, body, complaints, _ARGOCD_CM)
        argocd_keys.complain(body.get("data"), complaints)
        found.unclear += complaints.errors
    elif kind == "ConfigMap" and _is_called(body, "argocd-cmd-params-cm"):
        _take_customizations(found, body, complaints, _PARAMETERS)
        argocd_keys.complain_of_parameters(body.get("data"), complaints)
        found.unclear += complaints.errors
    elif api_version.startswith("argoproj.io/") and kind == "Application":
        if not _is_template(argo.identifying_values(body)):
            _take_application(found, body, complaints)
    elif api_version.startswith("argoproj.io/") and kind == "AppProject":
        _take_project(found, body, complaints)
    elif api_version.startswith("argoproj.io/") and kind == "ApplicationSet":
        _take_set(found, body, complaints)
    elif api_version.startswith("argoproj.io/") and isinstance(kind, str):
        meant = did_you_mean(kind, _KINDS, likeness=0.8)
        if meant != ".":
            complaints.warn(("kind",), f"kind {kind} is none of Argo CD's and has no effect{meant}")
    found.complaints += complaints.found


def _take_project(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    name = _metadata(body).get("name")
    if _is_template([name]):
        return
    from syncline.config import project_file

    made = project_file.decode(body, complaints)
    key = str(name or "")
    first = found.projects.pop(key, None)
    if first is not None:
        message = f"AppProject {key} is also defined at {first.origin}; rename or remove one of them."
        complaints.error((), message)
    if made is not None and first is None and key not in found.broken_projects:
        found.projects[key] = made
    elif complaints.errors:
        found.broken_projects.setdefault(key, complaints.errors[0])


def _take_set(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    name = _metadata(body).get("name")
    if _is_template([name]):
        return
    from syncline.config import appset

    made = appset.decode(body, complaints)
    if made is not None:
        found.sets.append(made)
        return
    broken = BrokenApplication(str(name or ""), "", complaints.place(), complaints.errors)
    found.broken.append(broken)


def _take_application(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    application = argo.decode(body, complaints)
    if application is not None and not argo.NAME.fullmatch(application.name):
        complaints.error(
            ("metadata", "name"),
            "metadata.name is no name for an Application: lower-case letters, digits, hyphens and dots.",
        )
    elif application is not None:
        found.applications.append(application)
        return
    metadata = _metadata(body)
    name, namespace = (
        value if isinstance(value := metadata.get(key), str) else "" for key in ("name", "namespace")
    )
    found.broken.append(BrokenApplication(name, namespace, complaints.place(), complaints.errors))


def _metadata(body: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = body.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _is_template(values: Iterable[Any]) -> bool:
    return any(isinstance(value, str) and mark in value for value in values for mark in _TEMPLATE_MARKS)


def _is_called(body: Mapping[str, Any], name: str) -> bool:
    metadata = _metadata(body)
    labels = metadata.get("labels")
    label = labels.get("app.kubernetes.io/name") if isinstance(labels, dict) else None
    return name in {str(metadata.get("name")), str(label)}


def _take_customizations(
    found: _Found, body: Mapping[str, Any], complaints: Complaints, known: tuple[str, ...]
) -> None:
    data = body.get("data")
    for key, text in data.items() if isinstance(data, dict) else ():
        if not key.startswith(known):
            continue
        path: Path = ("data", key)
        if not isinstance(text, str):
            complaints.error(
                path, f"{key} must be a string; put it in quotes, or write it as a block after `|`."
            )
        elif key in found.customizations:
            first = found.customizations[key][1]
            complaints.warn(path, f"{key} is already set at {first}, which is the one that is used.")
        else:
            found.customizations[key] = (text, complaints.place(path))


def set_apart(found: Configuration) -> Configuration:
    """The configuration with every Application broken that shares its name with another one."""
    by_name: dict[tuple[str, str], list[Application]] = {}
    for application in found.applications:
        by_name.setdefault((application.namespace or "argocd", application.name), []).append(application)
    twins = {
        id(one): others[1] if one is others[0] else others[0]
        for others in by_name.values()
        if len(others) > 1
        for one in others
    }
    broken = [_twin(one, twins[id(one)]) for one in found.applications if id(one) in twins]
    return replace(
        found,
        applications=tuple(one for one in found.applications if id(one) not in twins),
        complaints=(*found.complaints, *(each.errors[0] for each in broken)),
        broken=(*found.broken, *broken),
    )


def _twin(application: Application, other: Application) -> BrokenApplication:
    name = application.name
    message = f"Application {name} is also defined at {other.origin}; rename or remove one of them."
    if application.made_by and application.made_by == other.made_by and application.origin == other.origin:
        message = (
            f"ApplicationSet {application.made_by} makes two Applications called {name}; "
            "put a parameter that tells them apart into the name."
        )
    elif other.made_by:
        message = (
            f"Application {name} is also made by ApplicationSet {other.made_by} at {other.origin}; "
            "rename or remove one of them."
        )
    complaint = Complaint(message, application.origin)
    return BrokenApplication(name, application.namespace, application.origin, (complaint,))
