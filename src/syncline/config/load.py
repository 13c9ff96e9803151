"""From the texts of a repository to its configuration.

The law: one broken definition spoils nothing but itself, and is never passed over in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from syncline.config import argo, customizations, settings_file
from syncline.config.complaint import Complaint, Complaints, Path
from syncline.config.settings import Customizations, Settings
from syncline.documents import read
from syncline.errors import DocumentError, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application

_TEMPLATE_MARKS = ("{{", "{%")
_APPLICATION_KIND = re.compile(r"^[\s\-\"'{,]*kind[\"']?:\s*[\"']?Application\b", re.MULTILINE)
_OUR_WORDS = ("argoproj.io", "argocd-cm")
_YAML_NAMES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class BrokenApplication:
    """A definition with errors. `name` is empty when not even that could be read."""

    name: str
    namespace: str
    place: Place
    errors: tuple[Complaint, ...]


@dataclass(frozen=True, slots=True)
class OtherDefinition:
    """An `AppProject` or `ApplicationSet` that was found."""

    kind: str
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that a revision of the repository says about how it is to be delivered."""

    applications: tuple[Application, ...] = ()
    settings: Settings = field(default_factory=Settings)
    customizations: Customizations = field(default_factory=Customizations)
    complaints: tuple[Complaint, ...] = ()
    broken: tuple[BrokenApplication, ...] = ()
    others: tuple[OtherDefinition, ...] = ()

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
    _set_twins_apart(found)
    kinds, complaints = customizations.decode(found.customizations)
    found.complaints += complaints
    return Configuration(
        applications=tuple(found.applications),
        settings=found.settings,
        customizations=Customizations(found.customizations, kinds),
        complaints=tuple(found.complaints),
        broken=tuple(found.broken),
        others=tuple(found.others),
    )


class _Found:
    def __init__(self) -> None:
        self.applications: list[Application] = []
        self.settings = Settings()
        self.settings_place: Place | None = None
        self.customizations: dict[str, tuple[str, Place]] = {}
        self.complaints: list[Complaint] = []
        self.broken: list[BrokenApplication] = []
        self.others: list[OtherDefinition] = []


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
        if _is_application_and_no_template(text):
            complaint = _complaint(trouble, path)
            found.complaints.append(complaint)
            found.broken.append(BrokenApplication("", "", complaint.place, (complaint,)))
        return
    for document in documents:
        for body, base in _objects(document.value):
            _take_object(found, body, Complaints(document, base))


def _is_application_and_no_template(text: Text) -> bool:
    plain = text if isinstance(text, str) else text.replace(b"\0", b"").decode("utf-8", "replace")
    marked = any(mark in plain for mark in _TEMPLATE_MARKS)
    return not marked and "argoproj.io/" in plain and _APPLICATION_KIND.search(plain) is not None


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
    if kind == "ConfigMap" and _is_argocd_cm(body):
        _take_customizations(found, body, complaints)
    elif api_version.startswith("argoproj.io/") and kind == "Application":
        if not _is_template(argo.identifying_values(body)):
            _take_application(found, body, complaints)
    elif api_version.startswith("argoproj.io/") and kind in {"AppProject", "ApplicationSet"}:
        _take_other(found, str(kind), _metadata(body).get("name"), complaints)
    found.complaints += complaints.found


def _take_other(found: _Found, kind: str, name: Any, complaints: Complaints) -> None:
    if _is_template([name]):
        return
    found.others.append(OtherDefinition(kind, str(name or ""), complaints.place()))
    if kind == "ApplicationSet":
        complaints.warn((), f"ApplicationSet {name} is not expanded yet; its Applications are not delivered.")


def _take_application(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    application = argo.decode(body, complaints)
    if application is not None:
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


def _is_argocd_cm(body: Mapping[str, Any]) -> bool:
    metadata = _metadata(body)
    labels = metadata.get("labels")
    label = labels.get("app.kubernetes.io/name") if isinstance(labels, dict) else None
    return "argocd-cm" in {str(metadata.get("name")), str(label)}


def _take_customizations(found: _Found, body: Mapping[str, Any], complaints: Complaints) -> None:
    data = body.get("data")
    for key, text in data.items() if isinstance(data, dict) else ():
        if not key.startswith("resource."):
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


def _set_twins_apart(found: _Found) -> None:
    by_name: dict[tuple[str, str], list[Application]] = {}
    for application in found.applications:
        by_name.setdefault((application.namespace or "argocd", application.name), []).append(application)
    for first, *others in by_name.values():
        for other in others:
            _break(found, other, first)
        if others:
            _break(found, first, others[0])


def _break(found: _Found, application: Application, twin: Application) -> None:
    message = (
        f"Application {application.name} is also defined at {twin.origin}; rename or remove one of them."
    )
    complaint = Complaint(message, application.origin)
    found.complaints.append(complaint)
    found.applications.remove(application)
    found.broken.append(
        BrokenApplication(application.name, application.namespace, application.origin, (complaint,))
    )
