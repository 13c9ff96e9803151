"""What becomes of an application that Git no longer defines.

The law: it goes only where whoever had it would let Argo CD delete it: a parent that prunes, a set whose
policy lets it go, or a parent that is gone itself and took its children along; its own finalizer is asked
after that.

Source: Argo CD's "App of Apps", "App Deletion" and "Controlling Resource Modification" of ApplicationSets. To
Argo CD a child is a resource of its parent, and an ApplicationSet owns what it makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.config.application import SKIP_RECONCILE
from syncline.core.family import identity
from syncline.core.inventory import Ancestor
from syncline.core.options import confirmed, options_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from syncline.config.application import Application
    from syncline.core.family import Family
    from syncline.core.inventory import Inventory


class Present(Struct, frozen=True):
    """Who is still there: the Applications by identity, and the ApplicationSets with the policy by which they
    leave what they no longer make (empty where they let it go). `prune` is `--prune`.
    """

    applications: Mapping[str, Application] = field(default_factory=dict)
    sets: Mapping[str, str] = field(default_factory=dict)
    prune: bool = False


def ancestors(app: Application, family: Family) -> tuple[Ancestor, ...]:
    """Who has an application, the nearest first."""
    return tuple(_above(app, family))


def _above(app: Application, family: Family) -> Iterator[Ancestor]:
    last = app
    for name in list(family.line(app))[1:]:
        last = family.by_name.get(name, last)
        yield Ancestor(name, cascades=last.cascades)
    if last.made_by and identity(last) not in family.parents:
        yield Ancestor(f"{last.namespace or 'argocd'}/{last.made_by}", is_set=True)


class Kept(Struct, frozen=True):
    """Why an application stays. `for_now` that it would be pruned, which its parent may allow one day; else
    nobody has it any more.
    """

    why: str
    for_now: bool = False


def why_kept(line: tuple[Ancestor, ...], present: Present, known: Inventory) -> Kept | None:
    """Why an application that is gone from Git stays in its cluster; None where it may go. `known` is what
    the cluster remembers of it: an approval counts when it is newer.
    """
    for above in line:
        name = above.name.removeprefix("argocd/")
        if above.is_set:
            policy = present.sets.get(above.name, "")
            why = f"the ApplicationSet {name} leaves what it no longer makes ({policy})"
            return Kept(why) if policy else None
        parent = present.applications.get(above.name)
        if parent is not None:
            why = _unpruned(parent, present, known)
            return Kept(why, for_now=True) if why else None
        if not above.cascades:
            return Kept(f"its parent {name} is gone without the resources finalizer, and left its children")
    return None


def _unpruned(parent: Application, present: Present, known: Inventory) -> str:
    if parent.is_left_alone:
        return f"its parent {parent.name} is to be left alone ({SKIP_RECONCILE})"
    asked = options_of(parent).prune({})
    if asked == "false":
        return f"its parent {parent.name} says Prune=false"
    if asked == "confirm" and not confirmed(parent.annotations, known):
        return f"its parent {parent.name} asks for confirmation: give it argocd.argoproj.io/deletion-approved"
    if parent.sync_policy.prune or present.prune:
        return ""
    return f"its parent {parent.name} prunes nothing; allow it with automated.prune there, or --prune"
