"""Applications that render Applications.

The law: every application stands after its parent and after its siblings of earlier waves; who stands in a
circle is named and not delivered, and the others are.

Source: Argo CD's "App of Apps" and "Sync Waves". What a parent renders is what counts: a file that a parent
patches is delivered as patched.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field

from syncline.core.order import wave_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from syncline.config.application import Application
    from syncline.config.complaint import Complaint
    from syncline.config.load import BrokenApplication


def identity(app: Application) -> str:
    """What sets an application apart: `namespace/name`, in Argo CD's namespace where none is given."""
    return f"{app.namespace or 'argocd'}/{app.name}"


def wave(app: Application) -> int:
    """An application's sync wave among its siblings."""
    return wave_of({"metadata": {"annotations": app.annotations}})


class Family(Struct, frozen=True, dict=True):
    """All applications of a revision, and who renders whom.

    `parents` leads from an identity to that of its parent; `silent` are those that could not be rendered, so
    that nobody knows their children; `broken` are children whose definition has errors; `rivals` are second
    parents, with a sentence; `complaints` is what the definitions of children say without effect.
    """

    applications: tuple[Application, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    broken: tuple[BrokenApplication, ...] = ()
    rivals: tuple[str, ...] = ()
    complaints: tuple[Complaint, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, Application]:
        """The applications by their identities."""
        return {identity(app): app for app in self.applications}

    def circle(self, app: Application) -> str:
        """The sentence about the circle an application stands in; empty where it stands in none."""
        start = identity(app)
        way = [start]
        while (parent := self.parents.get(way[-1])) is not None and parent not in way:
            way.append(parent)
        if parent != start:
            return ""
        names = " → ".join(name.removeprefix("argocd/") for name in (*reversed(way), way[-1]))
        return (
            f"The Application {app.name} ({app.origin}) stands in a circle of Applications that render each "
            f"other: {names}. Take one of them out of its parent's source."
        )

    def with_descendants(self, chosen: Iterable[Application]) -> tuple[Application, ...]:
        """The chosen ones and everything below them."""
        names = {identity(app) for app in chosen}
        return tuple(app for app in self.applications if names & set(self.line(app)))

    def line(self, app: Application) -> Iterator[str]:
        """The application's identity and those of its ancestors."""
        seen: set[str] = set()
        name: str | None = identity(app)
        while name is not None and name not in seen:
            seen.add(name)
            yield name
            name = self.parents.get(name)

    def ordered(self, chosen: Iterable[Application]) -> tuple[Application, ...]:
        """In the order of delivery: each before its children, siblings by wave and name."""
        listed = sorted(chosen, key=lambda app: (wave(app), app.name, app.namespace))
        own = {identity(app) for app in listed}
        below: dict[str | None, list[Application]] = {}
        for app in listed:
            nearest = next((name for name in list(self.line(app))[1:] if name in own), None)
            below.setdefault(None if self.circle(app) else nearest, []).append(app)
        return tuple(self._walk(None, below))

    def _walk(self, name: str | None, below: Mapping[str | None, list[Application]]) -> Iterator[Application]:
        for app in below.get(name, ()):
            yield app
            yield from self._walk(identity(app), below)

    def before(self, app: Application) -> tuple[Application, ...]:
        """What must be healthy first: the siblings of earlier waves."""
        parent = self.parents.get(identity(app))
        if parent is None:
            return ()
        siblings = (each for each in self.applications if self.parents.get(identity(each)) == parent)
        return tuple(each for each in siblings if wave(each) < wave(app))


class Claim(Struct, frozen=True):
    """An application that has an object in its rendering: whose, and where it is written."""

    app: str
    place: str


def claimed_twice(
    claims: Mapping[object, Iterable[Claim]], rightful: Mapping[object, str]
) -> dict[str, list[str]]:
    """For each application the sentences about objects that are another one's.

    The rightful owner of an object goes on; where nobody has it yet, that is the first.
    """
    sentences: dict[str, list[str]] = {}
    for key, found in claims.items():
        listed = list(found)
        owner = next((claim for claim in listed if claim.app == rightful.get(key)), listed[0])
        for claim in listed:
            if claim.app != owner.app:
                sentences.setdefault(claim.app, []).append(
                    f"{key} ({claim.place}) is also in the Application {owner.app.removeprefix('argocd/')} "
                    f"({owner.place}); one object has one owner, so take it out of one of them."
                )
    return sentences
