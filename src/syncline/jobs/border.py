"""The border of a run: whatever leaves it goes through here.

The law: every text in a report, an event or an exception is scrubbed of all that the run knows by then, by
walking the value, so that a field that is added tomorrow is scrubbed as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from syncline.core.mask import MaskedBody, masked_again
from syncline.core.resource import ResourceKey
from syncline.errors import SynclineError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncline.config.settings import Settings
    from syncline.core.mask import Masker
    from syncline.core.verdict import Event
    from syncline.jobs.observer import Observer
    from syncline.report.model import AppReport, Job, Report

T = TypeVar("T")

_SILENT: Final = frozenset({bool, int, float, type(None), ResourceKey})
"""What holds no text but what things are called."""


def scrubbed(value: T, masker: Masker) -> T:
    """The value without a secret in any text of it. What objects are called is public, and stays."""
    found: T = _scrubbed(value, masker)
    return found


def _scrubbed(value: Any, masker: Masker) -> Any:
    kind = type(value)
    if kind is str:
        return masker.scrub(value, is_public=True)
    if kind is tuple:
        parts = tuple(_scrubbed(part, masker) for part in value)
        return value if all(map(_is, parts, value)) else parts
    if kind is list:
        return [_scrubbed(part, masker) for part in value]
    if kind is MaskedBody:
        return masked_again(value, masker)
    if isinstance(value, Struct):
        return _of_fields(value, masker)
    # An enumeration's text is ours.
    if not isinstance(value, Enum) and isinstance(value, Mapping):
        shown = {name: _scrubbed(inner, masker) for name, inner in value.items()}
        return value if all(map(_is, shown.values(), value.values())) else shown
    return value


def _of_fields(value: Struct, masker: Masker) -> Any:
    changed = {}
    for name in value.__struct_fields__:
        held = getattr(value, name)
        # Most fields of most rows are empty.
        if held and type(held) not in _SILENT and (part := _scrubbed(held, masker)) is not held:
            changed[name] = part
    return replace(value, **changed) if changed else value


def _is(one: object, other: object) -> bool:
    return one is other


def scrub_error(error: BaseException, masker: Masker) -> None:
    """Take the secrets from an exception and from those it came of, which a trace prints, too."""
    todo, seen = [error], set[int]()
    while todo:
        each = todo.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        each.args = tuple(_scrubbed(part, masker) for part in each.args)
        if isinstance(each, SynclineError):
            each.message, each.remedy = masker.scrub(each.message), masker.scrub(each.remedy)
        if isinstance(each, OSError):
            for name in ("strerror", "filename", "filename2"):
                setattr(each, name, _scrubbed(getattr(each, name), masker))
        todo += [other for other in (each.__cause__, each.__context__) if other is not None]
        todo += each.exceptions if isinstance(each, BaseExceptionGroup) else ()


class Discreet:
    """An observer that tells another one what it may know."""

    def __init__(self, observer: Observer, masker: Masker) -> None:
        self._observer = observer
        self._masker = masker
        self._clean: dict[int, tuple[AppReport, int]] = {}

    def begin(self, applications: Sequence[str], settings: Settings) -> None:
        """These applications will be looked at."""
        self._observer.begin(applications, settings)

    def planned(self, job: Job, report: AppReport) -> None:
        """This is about to be done."""
        self._observer.planned(job, scrubbed(report, self._masker))

    def event(self, application: str, event: Event) -> None:
        """Something happened in a cluster."""
        self._observer.event(application, scrubbed(event, self._masker))

    def finished(self, report: AppReport) -> None:
        """One application is done."""
        knowledge = self._masker.knowledge
        shown = scrubbed(report, self._masker)
        if shown is report:
            self._clean[id(report)] = report, knowledge
        self._observer.finished(shown)

    def whole(self, report: Report) -> Report:
        """The report of the run; of its applications, those that somebody has seen as they are, and of which
        no more is known by now, are not looked through again.
        """
        apps = tuple(
            app if self._is_clean(app) else scrubbed(app, self._masker) for app in report.applications
        )
        return replace(scrubbed(replace(report, applications=()), self._masker), applications=apps)

    def _is_clean(self, report: AppReport) -> bool:
        seen, knowledge = self._clean.get(id(report), (None, -1))
        return seen is report and knowledge == self._masker.knowledge
