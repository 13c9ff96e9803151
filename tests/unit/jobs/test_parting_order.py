"""In which order goes what Git no longer has."""

from __future__ import annotations

from typing import Any

from syncline.config.application import Application, Destination, Rolling
from syncline.core.applyset import Owner
from syncline.core.inventory import Ancestor, Inventory
from syncline.errors import Place
from syncline.jobs.prepare import Record
from syncline.jobs.retired import Parting, in_order

NOBODY: Any = None
ROOT, TOP = Ancestor("argocd/root"), Ancestor("argocd/top")
FLEET = Ancestor("argocd/fleet", is_set=True)


def parting(
    name: str, *line: Ancestor, wave: int = 0, step: int | None = 0, reverse: bool = False
) -> Parting:
    then = Application(
        name,
        Place(f"{name}.yaml", 1),
        (),
        Destination(),
        annotations={"argocd.argoproj.io/sync-wave": str(wave)},
        rolling=Rolling("fleet", step, reverse=reverse) if FLEET in line else None,
    )
    owner = Owner(name, "shop", f"syncline-{name}")
    return Parting(Record(NOBODY, owner, None, Inventory(name, ancestors=line)), then=then)


def order(*partings: Parting) -> list[str]:
    return [each.record.inventory.app for each in in_order(partings)]


def test_children_go_before_their_parents_and_later_waves_before_earlier_ones() -> None:
    assert order(
        parting("top"),
        parting("root", TOP),
        parting("early", ROOT, TOP, wave=-1),
        parting("b", ROOT, TOP, wave=2),
        parting("a", ROOT, TOP, wave=2),
    ) == ["a", "b", "early", "root", "top"]


def test_the_steps_of_a_set_go_backwards_where_it_says_so_and_what_no_step_has_goes_last() -> None:
    listed = [("dev", 0), ("stray", None), ("prod", 2), ("stage", 1)]

    def going(*, reverse: bool) -> list[str]:
        return order(*(parting(name, FLEET, step=step, reverse=reverse) for name, step in listed))

    assert going(reverse=True) == ["prod", "stage", "dev", "stray"]
    assert going(reverse=False) == ["dev", "prod", "stage", "stray"]


def test_what_nobody_knows_the_last_definition_of_has_its_place_too() -> None:
    unknown = Parting(Record(NOBODY, Owner("x", "shop", "syncline-x"), None, Inventory("x")))
    assert order(parting("b"), unknown, parting("child", ROOT)) == ["child", "b", "x"]
