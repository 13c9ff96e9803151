"""Objects whose names change with what they hold.

The law: what is made and what it takes the place of are one pair of one kind, namespace and stem, and each is
in one pair at most; only the names are looked at to find them.

Source: kustomize puts a hash of the content behind the names of what its generators make.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.applyset import TRACKING_ANNOTATION
from syncline.core.fields import compare
from syncline.core.normalize import metadata_of, normalize_desired, normalize_live
from syncline.core.plan import Action, Change
from syncline.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from syncline.core.resource import Body, ResourceKey

_GENERATED: Final = regex(r"-[2456789bcdfghkmt]{10}$")
"""What kustomize puts behind the names of what it generates."""
_LEFT: Final = frozenset({Action.PRUNE, Action.KEEP})


def renames(changes: Iterable[Change]) -> Mapping[ResourceKey, Change]:
    """For each new object that takes another's place the change of that one; the youngest, where generations
    of it were kept.
    """
    left: dict[tuple[str, str, str], list[Change]] = defaultdict(list)
    made: list[Change] = []
    for change in changes:
        if change.action is Action.CREATE and change.after is not None:
            made.append(change)
        elif change.action in _LEFT and change.before is not None:
            left[_family(change.key)].append(change)
    found: dict[ResourceKey, Change] = {}
    for new in made if left else ():
        candidates = left.get(_family(new.key), ())
        if candidates:
            old = max(candidates, key=_age)
            left[_family(new.key)].remove(old)
            found[new.key] = old
    return found


def as_one(old: Change, new: Change) -> Change:
    """What the new object changes in the one whose place it takes, as if that had its name."""
    before = _called(normalize_live(old.before or {}), new)
    after = normalize_desired(new.after or {})
    return replace(new, action=Action.UPDATE, before=before, after=after, fields=compare(before, after))


def _family(key: ResourceKey) -> tuple[str, str, str]:
    return key.group_kind, key.namespace, _GENERATED.sub("", key.name)


def _age(change: Change) -> tuple[str, str]:
    return str(metadata_of(change.before or {}).get("creationTimestamp") or ""), change.key.name


def _called(body: Body, new: Change) -> Body:
    """The body under the new one's name, which the tracking id repeats."""
    metadata = {**metadata_of(body), "name": new.key.name}
    tracking = (metadata_of(new.after or {}).get("annotations") or {}).get(TRACKING_ANNOTATION)
    annotations = metadata.get("annotations") or {}
    if tracking and TRACKING_ANNOTATION in annotations:
        metadata["annotations"] = {**annotations, TRACKING_ANNOTATION: tracking}
    return {**body, "metadata": metadata}
