"""Which helm renders a chart.

The law: a version that is asked for is the version that renders, or nothing does.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from syncline.errors import RenderError
from syncline.patterns import regex
from syncline.process import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncline.render.options import Order
    from syncline.room import Room

_NAME: Final = "helm"
_NUMBER: Final = regex(r"v?([0-9]+(?:\.[0-9]+)*)")
_OLDEST: Final = 3


class _Asked(Struct, frozen=True):
    """The question for a program's version."""

    path: str
    room: Room

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.path == other.path

    def __hash__(self) -> int:
        return hash(self.path)

    def make(self) -> str:
        answer = run([self.path, "version", "--short"], cwd=Path("/"), room=self.room)
        found = _NUMBER.match(answer.stdout.decode("utf-8", "replace").strip())
        return found[1] if found and not answer.code else ""


def program(order: Order) -> str:
    """The program: the version's that is asked for, else the `helm` on the PATH. Raises RenderError."""
    asked, where = _version(order)
    if not asked:
        return _NAME
    number = asked.removeprefix("v")
    if number.partition(".")[0].isdigit() and int(number.partition(".")[0]) < _OLDEST:
        raise RenderError(
            f"Helm {asked}, which {where} asks for, is no longer there.",
            place=order.app.origin,
            remedy="Take the version out, or ask for v3 or v4.",
        )
    known: dict[str, str] = {}
    for name, path in _candidates(number, order.room):
        known[name] = order.options.workshop.made[_Asked(path, order.room)]
        if f"{known[name]}.".startswith(f"{number}."):
            return path
    there = ", ".join(f"{name} is {found or 'broken'}" for name, found in known.items()) or "there is none"
    raise RenderError(
        f"Helm {asked}, which {where} asks for, is not on the PATH ({there}).",
        place=order.app.origin,
        remedy=f"Use the image, or put it on the PATH as helm-{number}.",
    )


def _version(order: Order) -> tuple[str, str]:
    """The version that is asked for, and by whom: the settings for this application, itself, the settings."""
    options, helm = order.options, order.source.helm
    if options.helm_forced:
        return options.helm_forced, f"render.applications.{order.app.name}.helm in syncline.yaml"
    if helm is not None and helm.version:
        return helm.version, "spec.source.helm.version"
    return options.helm_default, "render.helm in syncline.yaml"


def _candidates(number: str, room: Room) -> Iterator[tuple[str, str]]:
    major = number.partition(".")[0]
    for name in (f"{_NAME}-{number}", f"{_NAME}-v{number}", f"{_NAME}{major}", _NAME):
        path = shutil.which(name, path=room.path)
        if path:
            yield name, path
