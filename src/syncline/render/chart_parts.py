"""What a chart depends on that is not vendored.

The law: it is had as the lock says, from where the chart says, and what it came to is told once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from syncline.errors import Place, RenderError
from syncline.fetch import FetchError
from syncline.fetch.question import without_login
from syncline.once import Once
from syncline.render.chart_lock import REMEDY, lock_of
from syncline.render.charts import Dependency, dependencies, local, unvendored
from syncline.render.workshop import Wanted

if TYPE_CHECKING:
    from pathlib import Path

    from syncline.render.options import Order
    from syncline.render.workshop import Chart

_DEEPEST: Final = 20

Near: TypeAlias = "tuple[Dependency, Path]"
"""A dependency that lies in the repository, and its directory."""


class Parts(Struct, frozen=True):
    """What one chart lacks: directories of the repository, and what was fetched."""

    near: list[Near]
    far: list[Chart]


class Gathering:
    """What the charts of an order lack; `warnings`, `remarks` and `fetched` are what that came to."""

    def __init__(self, order: Order, *, pass_credentials: bool) -> None:
        self._order = order
        self._root = order.root
        self._passes = pass_credentials
        self._absent: dict[Path, list[Dependency]] = {}
        self._parts: Once[Path, Parts] = Once(self._gathered)
        self.warnings: list[str] = []
        self.remarks: list[str] = []
        self.fetched: list[tuple[Chart, Place]] = []

    def of(self, chart: Path) -> Parts:
        """What the chart lacks. Raises RenderError for what cannot be had."""
        return self._parts[chart]

    def _gathered(self, chart: Path) -> Parts:
        wanted = self.unvendored(chart)
        charts = chart / "charts"
        if wanted and os.path.lexists(charts) and not charts.is_dir():
            raise RenderError(
                "What is called charts is no directory, so the chart's dependencies have no place.",
                place=self._order.place(charts),
                remedy="Take it away.",
            )
        near = [(each, local(each, chart, self._root)) for each in wanted if each.is_local]
        if near:
            self._about_lock(chart)
        return Parts(near, [self._fetch(each, chart) for each in wanted if not each.is_local])

    def unvendored(self, chart: Path) -> list[Dependency]:
        """What it asks for that does not lie in it. Raises RenderError for what can lie nowhere else."""
        if chart not in self._absent:
            self._absent[chart] = unvendored(chart, self._root)
        return self._absent[chart]

    def lent(self, chart: Path, inside: str = "") -> dict[str, Path | Place]:
        """What is not vendored, under the path that helm gives it, the deepest first.

        Raises RenderError for a chart that depends on itself.
        """
        found: dict[str, Path | Place] = {}
        for each in self.unvendored(chart):
            prefix = f"{inside}charts/{each.alias or each.name}/"
            if prefix.count("/") > _DEEPEST:
                raise RenderError(
                    f"The chart dependency {each.name!r} depends on the chart that asks for it.",
                    place=each.place,
                    remedy="Break the circle.",
                )
            if each.is_local:
                place = local(each, chart, self._root)
                found |= {**self.lent(place, prefix), prefix: place}
            else:
                found[prefix] = self._order.checkout.asked_by or each.place
        return found

    def _about_lock(self, chart: Path) -> None:
        lock = lock_of(chart, self._root)
        if lock is not None and not lock.is_current:
            self.warnings.append(f"{lock.place}: {lock.complaint} {REMEDY}")

    def _fetch(self, dependency: Dependency, chart: Path) -> Chart:
        lock = lock_of(chart, self._root)
        version = dependency.version
        if lock is not None:
            lock.must_be_current()
            version = lock.version_of(dependency, dependencies(chart, self._root)) or version
        wanted = Wanted(self._repository(dependency), dependency.name, version, pass_credentials=self._passes)
        try:
            found = self._order.options.workshop.chart(wanted)
        except FetchError as error:
            place = self._order.checkout.asked_by or dependency.place
            raise RenderError(error.message, place=place, remedy=error.remedy) from error
        self.fetched.append((found, dependency.place))
        self._tell(dependency, found, wanted.repository, is_locked=lock is not None)
        return found

    def _tell(self, dependency: Dependency, found: Chart, repository: str, *, is_locked: bool) -> None:
        asked = "" if found.version == dependency.version else f", for {dependency.version or 'any'}"
        self.remarks.append(
            f"The chart dependency {dependency.name} is {found.version}{asked} "
            f"({without_login(repository)}, {found.digest[:19]})."
        )
        if asked and not is_locked:
            self.warnings.append(
                f"{dependency.place}: No Chart.lock says which version of {dependency.name} is meant; "
                f"{dependency.version or 'any'} is {found.version} now and may be another one later. {REMEDY}"
            )

    def _repository(self, dependency: Dependency) -> str:
        """The URL; a name (`@name`, `alias:name`) is one of `remotes:`."""
        url = dependency.repository
        name = url.removeprefix("@") if url.startswith("@") else url.removeprefix("alias:")
        if name == url:
            return url
        found = self._order.options.workshop.aliases.get(name)
        if not found:
            raise RenderError(
                f"The chart dependency {dependency.name!r} names the unknown repository {name!r}.",
                place=dependency.place,
                remedy=f"Give its url under remotes.{name} in syncline.yaml.",
            )
        return found
