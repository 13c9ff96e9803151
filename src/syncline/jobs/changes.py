"""Changes, made fit to be seen.

The law: real values end here; what leaves is masked, and a value has one mark on both sides of a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from syncline.core.compare_options import is_extraneous
from syncline.core.drift import blames
from syncline.core.mask import Masker, mask_pair, masked_change, masked_paths
from syncline.core.plan import Action, Change
from syncline.core.renames import as_one, renames
from syncline.report.model import Author, Former, ShownChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_QUIET: Final = frozenset({Action.UNCHANGED, Action.FORGET})


def shown_changes(
    changes: Iterable[Change], masker: Masker, *, is_blamed: bool, bodies: bool
) -> Iterator[ShownChange]:
    """Those that alter something, each as anybody may see it."""
    listed = [change for change in changes if change.action not in _QUIET]
    generated = renames(listed)
    successors = {old.key: new for new, old in generated.items()}
    for change in listed:
        shown = shown_change(change, masker, is_blamed=is_blamed, bodies=bodies)
        if change.key in generated:
            shown = _renamed(shown, generated[change.key], change, masker)
        yield replace(shown, successor=successors[change.key]) if change.key in successors else shown


def _renamed(shown: ShownChange, old: Change, new: Change, masker: Masker) -> ShownChange:
    """A new object with the one whose place it takes: under one name, because a mark tells where a value
    stands.
    """
    one = as_one(old, new)
    before, after = mask_pair(one.before, one.after, masker) if shown.after else (None, None)
    former = Former(old.key, old.action, masker.scrub(old.why), before, masked_paths(one, masker))
    return replace(shown, after=after, former=former)


def shown_change(
    change: Change, masker: Masker, *, is_blamed: bool = False, bodies: bool = True
) -> ShownChange:
    """A change as anybody may see it, with who caused it where that is asked, and with the two objects."""
    before, after, paths = (
        masked_change(change, masker) if bodies else (None, None, masked_paths(change, masker))
    )
    why = masker.scrub(change.why)
    authors = tuple(_authors(change, masker)) if is_blamed else ()
    extraneous = change.action is Action.KEEP and is_extraneous(change.before)
    return ShownChange(
        change.key, change.action, before, after, paths, change.origin, why, authors, extraneous=extraneous
    )


def _authors(change: Change, masker: Masker) -> Iterator[Author]:
    for blame in blames(change):
        owner = blame.owner
        path, manager = masker.scrub(blame.path), masker.scrub(owner.manager)
        yield Author(path, manager, owner.operation, owner.time, owner.subresource, is_guess=blame.is_guess)
