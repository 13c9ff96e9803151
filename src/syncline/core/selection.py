"""A few resources of an application, chosen by what they are or by their labels.

The law: what is not chosen is not touched, and a choice that fits nothing is a mistake, not a success.

Source of the forms: `argocd app sync --resource`, and Kubernetes' equality-based label selectors.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.errors import UsageError
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from syncline.core.resource import Body, ResourceKey

_LABEL: Final = regex(r"(!?)\s*([A-Za-z0-9][A-Za-z0-9._/-]*)\s*(?:(!=|==|=)\s*([A-Za-z0-9._-]*))?")


class Pattern(Struct, frozen=True):
    """`group:kind:name` or `group:kind:namespace/name`; `*` stands for anything, also for an empty group."""

    group: str
    kind: str
    namespace: str
    name: str
    excludes: bool = False

    def fits(self, key: ResourceKey) -> bool:
        """Whether it means this object."""
        pairs = (
            (key.group, self.group),
            (key.kind, self.kind),
            (key.namespace, self.namespace),
            (key.name, self.name),
        )
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)


class Requirement(Struct, frozen=True):
    """One part of a label selector: the label is there, or is not, or has a value, or another one."""

    label: str
    value: str | None
    wanted: bool

    def fits(self, labels: Body) -> bool:
        """Whether these labels meet it; `!=` is also met by an absent label, as in Kubernetes."""
        there = self.label in labels if self.value is None else labels.get(self.label) == self.value
        return there is self.wanted


class Selection(Struct, frozen=True):
    """What was asked for; without any pattern or requirement it is everything."""

    patterns: tuple[Pattern, ...] = ()
    requirements: tuple[Requirement, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.patterns or self.requirements)

    def fits(self, key: ResourceKey, *bodies: Body | None) -> bool:
        """Whether an object is chosen; its labels are those of the first body that there is."""
        chosen = [pattern for pattern in self.patterns if not pattern.excludes]
        if any(pattern.excludes and pattern.fits(key) for pattern in self.patterns):
            return False
        if chosen and not any(pattern.fits(key) for pattern in chosen):
            return False
        body = next((body for body in bodies if body is not None), {})
        labels = (body.get("metadata") or {}).get("labels") or {}
        return all(requirement.fits(labels) for requirement in self.requirements)


EVERYTHING: Final = Selection()


def selection(resources: Iterable[str], labels: Iterable[str]) -> Selection:
    """From the command line's words. Raises UsageError for one that cannot be read."""
    requirements = (_requirement(part) for text in labels for part in text.split(","))
    return Selection(tuple(map(_pattern, resources)), tuple(requirements))


def _pattern(text: str) -> Pattern:
    excludes = text.startswith("!")
    parts = text.removeprefix("!").split(":")
    if len(parts) != 3 or not parts[1] or not parts[2]:  # noqa: PLR2004 - group, kind, name
        raise UsageError(
            f"{text!r} names no resource.",
            remedy="Write GROUP:KIND:NAME or GROUP:KIND:NAMESPACE/NAME, such as apps:Deployment:web or "
            ":ConfigMap:settings; * stands for anything and a leading ! excludes.",
        )
    group, kind, name = parts
    namespace, slash, last = name.rpartition("/")
    return Pattern(group, kind, namespace if slash else "*", last, excludes)


def _requirement(text: str) -> Requirement:
    match = _LABEL.fullmatch(text.strip())
    if match is None or (match[1] and match[3]):
        raise UsageError(
            f"{text!r} is not a label selector.", remedy="Write label=value, label!=value, label or !label."
        )
    negated, label, operator, value = match.groups()
    if operator is None:
        return Requirement(label, None, not negated)
    return Requirement(label, value, operator != "!=")
