"""What a reviewer should not overlook in a plan.

The law: a remark says what will happen and to which object, from the changes alone; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from syncline.core.fields import ABSENT, compare
from syncline.core.images import Image, at, image_changes, images, maps, pod_spec
from syncline.core.immutable import immutable, mixed_strategy, sealed, shrunk
from syncline.core.normalize import normalize_desired
from syncline.core.plan import Action, Change
from syncline.core.renames import renames

__all__ = ["RULES", "Remark", "Rule", "Severity", "images", "remarks"]

if TYPE_CHECKING:
    from syncline.core.resource import Body, ResourceKey


class Severity(Enum):
    """How much attention a remark wants."""

    INFO = "info"
    WARNING = "warning"
    DANGER = "danger"


class Remark(Struct, frozen=True):
    """A sentence about one object."""

    severity: Severity
    key: ResourceKey
    text: str


Rule: TypeAlias = Callable[[Change], Iterator[str]]
"""What there is to say of one change."""

_CHANGING: Final = frozenset({Action.UPDATE, Action.ADOPT})
_REMOVING: Final = frozenset({Action.PRUNE, Action.RECREATE})
_ORPHANED: Final = frozenset({Action.PRUNE, Action.KEEP})


def remarks(changes: Iterable[Change]) -> tuple[Remark, ...]:
    """What there is to say of these changes: of each in the plan's order, then of several together."""
    listed = tuple(changes)
    each = (
        Remark(severity, change.key, text)
        for change in listed
        for severity, rule in RULES
        for text in rule(change)
    )
    return (*each, *_still_referenced(listed), *_renamed(listed))


_LOSSES: Final[Mapping[str, str]] = {
    "CustomResourceDefinition.apiextensions.k8s.io": "every object of the kind it defines is deleted with it",
    "Namespace": "everything in it is deleted with it",
    "PersistentVolume": "the storage behind it may be lost",
    "PersistentVolumeClaim": "the data in its volume may be lost",
    "StatefulSet.apps": "its pods stop; their claims are kept or deleted as its retention policy says",
}


def _lost(change: Change) -> Iterator[str]:
    if change.action in _REMOVING and change.key.group_kind in _LOSSES:
        yield f"it is deleted: {_LOSSES[change.key.group_kind]}"


def _unserved(change: Change) -> Iterator[str]:
    if change.key.kind != "CustomResourceDefinition" or change.action not in _CHANGING:
        return
    before, after = (_served(body) for body in (change.before, change.after))
    for version in sorted(before - after):
        yield f"version {version} is no longer served: manifests and clients that use it will fail"


def _served(crd: Body | None) -> set[str]:
    versions = at(crd, "spec", "versions")
    listed = versions if isinstance(versions, list) else []
    return {
        str(version.get("name")) for version in listed if isinstance(version, dict) and version.get("served")
    }


def _stopped(change: Change) -> Iterator[str]:
    for field in change.fields:
        if field.path == ("spec", "replicas") and field.after == 0 and change.action in _CHANGING:
            yield "it is scaled to 0 replicas: no pod will be left"


def _encrypted(change: Change) -> Iterator[str]:
    # A SopsSecret has its `sops` beside `spec`, too, and an operator that decrypts it.
    is_written = change.action in _CHANGING or change.action in {Action.CREATE, Action.RECREATE}
    if is_written and change.key.kind != "SopsSecret" and isinstance(at(change.after, "sops"), dict):
        yield (
            "it is encrypted by SOPS, and nothing decrypts it here: the cluster would be given the encrypted "
            "text; let a config management plugin or an operator decrypt it"
        )


def _image_notes(change: Change) -> Iterator[str]:
    for container, before, after in image_changes(change):
        old, new = Image.parse(before), Image.parse(after)
        if after and new.is_moving:
            yield f"container {container} runs {after}, whose content can change at any time"
        if before and after and old.registry != new.registry:
            yield f"container {container} comes from another registry: {new.registry}, not {old.registry}"


def _still_referenced(changes: Sequence[Change]) -> Iterator[Remark]:
    if not any(change.action in _REMOVING for change in changes):
        return
    users = {
        (kind, change.key.namespace, name): change.key
        for change in changes
        if change.after is not None
        for kind, name in _references(pod_spec(change.after))
    }
    for change in changes:
        user = users.get((change.key.group_kind, change.key.namespace, change.key.name))
        if change.action in _REMOVING and change.after is None and user is not None:
            yield Remark(Severity.DANGER, change.key, f"it is deleted, yet {user} still uses it")


_VOLUME_SOURCES: Final = (
    ("configMap", "name", "ConfigMap"),
    ("secret", "secretName", "Secret"),
    ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
)
_ENV_SOURCES: Final = (("configMapRef", "ConfigMap"), ("secretRef", "Secret"))
_KEY_SOURCES: Final = (("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"))


def _references(pod: Body) -> Iterator[tuple[str, str]]:
    for volume in maps(pod.get("volumes")):
        yield from ((kind, _name(volume.get(source), field)) for source, field, kind in _VOLUME_SOURCES)
    for container in [*maps(pod.get("initContainers")), *maps(pod.get("containers"))]:
        for source in maps(container.get("envFrom")):
            yield from ((kind, _name(source.get(field), "name")) for field, kind in _ENV_SOURCES)
        for variable in maps(container.get("env")):
            value = variable.get("valueFrom")
            yield from ((kind, _name(at(value, field), "name")) for field, kind in _KEY_SOURCES)


def _name(reference: Any, field: str) -> str:
    return str(reference.get(field) or "") if isinstance(reference, dict) else ""


_HOLDS_DATA: Final = frozenset({"PersistentVolume", "PersistentVolumeClaim", "StatefulSet.apps"})
_MOST_PAIRS: Final = 2500
_ALIKE: Final = 5


def _renamed(changes: Sequence[Change]) -> Iterator[Remark]:
    generated = renames(changes)  # which are shown as what they are
    told = {*generated, *(old.key for old in generated.values())}
    rest = [change for change in changes if change.key not in told]
    made = [change for change in rest if change.action is Action.CREATE and change.after is not None]
    gone = [change for change in rest if change.action in _ORPHANED and change.before is not None]
    if len(made) * len(gone) > _MOST_PAIRS:
        return
    for new in made:
        old = next((old for old in gone if _is_renamed(old, new)), None)
        if old is not None:
            gone.remove(old)
            yield _rename_remark(old, new)


def _rename_remark(old: Change, new: Change) -> Remark:
    was = old.key.name if old.key.namespace == new.key.namespace else f"{old.key.namespace}/{old.key.name}"
    fate = "is removed" if old.action is Action.PRUNE else "stays"
    text = f"it looks renamed from {was}: a new one is made and the old one {fate}"
    if new.key.group_kind in _HOLDS_DATA:
        return Remark(Severity.DANGER, new.key, f"{text}; its data stays with the old one")
    return Remark(Severity.INFO, new.key, text)


def _is_renamed(old: Change, new: Change) -> bool:
    if old.key.group_kind != new.key.group_kind or old.before is None or new.after is None:
        return False
    before = _with_name(_content(old.before), old.key.name, new.key.name)
    after = _content(new.after)
    leaves = _leaves(after)
    different = sum(_leaves(field.after) for field in compare(before, after) if field.after is not ABSENT)
    return bool(leaves) and different * _ALIKE <= leaves


def _content(body: Body) -> Body:
    """An object without its identity and what is said about it."""
    return {name: value for name, value in normalize_desired(body).items() if name != "metadata"}


def _with_name(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_name(inner, old, new) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_name(member, old, new) for member in value]
    return new if value == old else value


def _leaves(value: Any) -> int:
    if isinstance(value, dict | list):
        return sum(map(_leaves, value.values() if isinstance(value, dict) else value)) or 1
    return 1


RULES: Final[tuple[tuple[Severity, Rule], ...]] = (
    (Severity.DANGER, _lost),
    (Severity.DANGER, _encrypted),
    (Severity.WARNING, immutable),
    (Severity.WARNING, sealed),
    (Severity.WARNING, shrunk),
    (Severity.WARNING, mixed_strategy),
    (Severity.WARNING, _unserved),
    (Severity.WARNING, _stopped),
    (Severity.WARNING, _image_notes),
)
"""One question each, asked of every change."""
